"""What others may hear of people's papers."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from accounts.models import Certificate
from accounts.rights import Right
from core import catalogue
from core.catalogue import ID, TEXT, EventType, record
from core.models import OutboxEvent
from core.telling import Told, tells

_KEY = "01939d2e-7c4c-7a31-9d2b-5f8f5a1c0e11"

catalogue.register(
    EventType(
        "certificate.expiring",
        "A certificate of a person ends soon.",
        record(
            {
                "certificate_id": ID,
                "user_id": ID,
                "skill": TEXT,
                "expires_on": {"type": "string", "format": "date"},
            }
        ),
        {
            "certificate_id": _KEY,
            "user_id": _KEY,
            "skill": "Lift technician",
            "expires_on": "2026-12-31",
        },
        Right.STAFF_MANAGE.value,
    )
)


@tells("accounts.certificate.expiring")
def tell_certificates(events: Sequence[OutboxEvent]) -> Iterator[Told]:
    """Certificates as they stand now."""
    keys = [UUID(event.payload["certificate_id"]) for event in events]
    found = Certificate.objects.filter(pk__in=keys).select_related("skill").in_bulk()
    for event, key in zip(events, keys, strict=True):
        if (row := found.get(key)) is not None:
            data = {
                **{"certificate_id": key, "user_id": row.user_id, "skill": row.skill.name},
                "expires_on": row.expires_on,
            }
            yield Told(event, "certificate.expiring", f"certificate/{key}", data)
