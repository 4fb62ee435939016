"""The AsyncAPI 3.0 document: every event that leaves and every one that is understood, with the ways they travel."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.catalogue import EventType
from integrations.rules.consumed import Consumed
from integrations.rules.envelopes import CONTENT_TYPE

_ATTRIBUTES: Mapping[str, Any] = {
    "specversion": {"type": "string", "const": "1.0"},
    "id": {"type": "string", "minLength": 1},
    "source": {"type": "string", "format": "uri-reference"},
    "subject": {"type": "string"},
    "time": {"type": "string", "format": "date-time"},
    "datacontenttype": {"type": "string", "const": "application/json"},
    "dataschema": {"type": "string", "format": "uri"},
    "organization": {"type": "string", "description": "The short name of the organisation."},
    "correlationid": {"type": "string", "description": "Ties together what one cause led to."},
}
_SEQUENCE = {"sequence": {"type": "string", "description": "Sorts in the order of all events."}}


@dataclass(frozen=True, slots=True)
class Place:
    """Where this installation can be reached, and under which names."""

    site: str
    exchange: str
    stream: str
    rabbitmq: str = ""
    redis: str = ""


def document(
    out: Iterable[EventType], known: Iterable[Consumed], *, place: Place
) -> dict[str, Any]:
    """The whole, from the installation's point of view: it sends `out` and receives `known`."""
    sent, taken = list(out), list(known)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Mainstay events",
            "version": "1.0.0",
            "description": "Every event is a CloudEvent 1.0 in JSON. It arrives at least once: its id tells whether "
            "it is known already. Events about one object come in the order in which they happened.",
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": _servers(place),
        "channels": _channels(sent, taken, place),
        "operations": {
            **{f"send.{one.name}": _operation("send", one, "out") for one in sent},
            **{f"receive.{one.name}": _operation("receive", one, "in") for one in taken},
        },
        "components": {
            "messages": {
                **{f"out.{one.name}": _message(one, one.version) for one in sent},
                **{f"in.{one.name}": _message(one, None) for one in taken},
            }
        },
    }


def _servers(place: Place) -> dict[str, Any]:
    scheme, _, host = place.site.partition("://")
    found: dict[str, Any] = {
        "api": {
            **{"host": host, "protocol": scheme or "http", "pathname": "/api/v1"},
            "description": "POST /events takes events in; GET /events?after= gives them again; webhooks send them.",
        }
    }
    if place.rabbitmq:
        found["rabbitmq"] = {
            **{"host": place.rabbitmq, "protocol": "amqp", "protocolVersion": "0.9.1"},
            "description": f"Topic exchange {place.exchange}; the routing key is the type.",
        }
    if place.redis:
        found["redis"] = {
            **{"host": place.redis, "protocol": "redis"},
            "description": "Out: pub/sub, maintenance:<thing>:<what>. "
            f"In: the stream {place.stream}, whose entries hold the event in the field event.",
        }
    return found


def _channels(sent: list[EventType], taken: list[Consumed], place: Place) -> dict[str, Any]:
    found: dict[str, Any] = {}
    ways: list[tuple[str, EventType | Consumed]] = [("out", one) for one in sent]
    ways += [("in", one) for one in taken]
    for way, one in ways:
        channel = found.setdefault(
            one.name,
            {
                "address": one.name,
                "messages": {},
                "bindings": {
                    "amqp": {
                        **{"is": "routingKey", "bindingVersion": "0.3.0"},
                        "exchange": {"name": place.exchange, "type": "topic", "durable": True},
                    }
                },
            },
        )
        channel["messages"][way] = {"$ref": f"#/components/messages/{way}.{one.name}"}
    return found


def _operation(action: str, one: EventType | Consumed, way: str) -> dict[str, Any]:
    channel = f"#/channels/{one.name}"
    return {
        "action": action,
        "summary": one.summary,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{way}"}],
    }


def _message(one: EventType | Consumed, version: int | None) -> dict[str, Any]:
    """Without a version it is one that others send: they need say no more than CloudEvents ask."""
    fields = {**_ATTRIBUTES, **(_SEQUENCE if version else {}), "type": {"const": one.name}}
    needed = ["specversion", "id", "source", "type", "data"]
    return {
        "name": one.name,
        "title": one.summary,
        "contentType": CONTENT_TYPE,
        "payload": {
            "type": "object",
            "properties": {**fields, "data": schema(one)},
            "required": [*needed, "subject", "time", "organization"] if version else needed,
        },
        "examples": [{"name": "example", "payload": {"type": one.name, "data": dict(one.example)}}],
    }


def schema(one: EventType | Consumed) -> dict[str, Any]:
    """The JSON Schema of an event's data."""
    return dict(one.data)
