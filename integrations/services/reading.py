"""Reading public events in their order, as those need them who carry them on."""

from uuid import UUID

from django.db.models import F, QuerySet

from core.tenancy import all_tenants
from integrations.models import Publication, PublishedEvent
from integrations.rules.envelopes import Event


def events_after(position: int, *, limit: int, organization_id: UUID | None = None) -> list[Event]:
    """Up to `limit` events after a position: of one organisation, or of all for the buses of the installation."""
    with all_tenants(reason="the message bus belongs to the installation"):
        rows = PublishedEvent.objects.after(position)
        if organization_id is not None:
            rows = rows.filter(organization=organization_id)
        return as_events(rows[:limit])


def oldest_kept() -> tuple[int, UUID | None]:
    """The position from which on everybody's events are kept, and the id of the event there, if there is any."""
    with all_tenants(reason="the clean-up removes everybody's by age"):
        rows = PublishedEvent.objects.after(0)
        found: tuple[int, UUID] | None = rows.values_list("position", "pk").first()
    return found or (Publication.objects.head() + 1, None)


def as_events(rows: "QuerySet[PublishedEvent]") -> list[Event]:
    """Rows without the database, with their organisations' short names."""
    return [
        Event(
            id=row.pk,
            position=row.position,
            type=row.type,
            version=row.version,
            subject=row.subject,
            organization=row.slug,
            organization_id=row.organization_id,
            occurred_at=row.occurred_at,
            correlation_id=row.correlation_id,
            data=row.data,
        )
        for row in rows.annotate(slug=F("organization__slug"))
    ]
