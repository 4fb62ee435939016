"""CloudEvents 1.0 in JSON: how public events travel, whichever way (https://github.com/cloudevents/spec, v1.0.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

CONTENT_TYPE = "application/cloudevents+json"


@dataclass(frozen=True, slots=True)
class Event:
    """A public event without any database; `organization` is the organisation's short name."""

    id: UUID
    position: int
    type: str
    version: int
    subject: str
    organization: str
    organization_id: UUID
    occurred_at: datetime
    correlation_id: str
    data: Mapping[str, Any]


def envelope(event: Event, *, site: str) -> dict[str, Any]:
    """The CloudEvent. `sequence` sorts as text in the order of all events (the Sequence extension)."""
    return {
        "specversion": "1.0",
        "id": str(event.id),
        "source": source(event.organization, site=site),
        "type": event.type,
        "subject": event.subject,
        "time": event.occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "dataschema": schema_address(event.type, event.version, site=site),
        "organization": event.organization,
        "sequence": f"{event.position:020d}",
        **({"correlationid": event.correlation_id} if event.correlation_id else {}),
        "data": dict(event.data),
    }


def source(organization: str, *, site: str) -> str:
    """By which receivers know where it comes from."""
    return f"{site}/organizations/{organization}"


def schema_address(type_name: str, version: int, *, site: str) -> str:
    """Where the JSON Schema of the data of this version is."""
    return f"{site}/api/v1/events/schemas/{type_name}/{version}"


def live_name(type_name: str) -> str:
    """What an event is called on sockets: `inventory:low-stock`."""
    return type_name.replace(".", ":", 1).replace("_", "-")


def redis_channel(type_name: str) -> str:
    """Where an event is published on Redis: `maintenance:work-order:created`."""
    return f"maintenance:{live_name(type_name)}"
