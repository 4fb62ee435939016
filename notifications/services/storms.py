"""Too many messages for one person in a short time are folded into one that says so (the storm breaker).

What left lately is counted in the database, so that it holds however many workers send and however often they die.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from core.tenancy import tenant_scope
from notifications.models import Delivery, DeliveryItem
from notifications.rules.pace import STORM_SPAN, folds

_FOLDED = "Folded into one message with others, because too many came at once."
_AT_ONCE = {Delivery.Pace.PROMPT, Delivery.Pace.URGENT}
Counts = dict[tuple[UUID, str], int]


def counts(rows: Iterable[Delivery], *, now: datetime) -> Counts:
    """What left for the recipients of these deliveries lately, by person and channel; one query."""
    people = {row.recipient_id for row in rows if row.recipient_id and _is_counted(row)}
    if not people:
        return {}
    found: Counts = Delivery.objects.sent_lately(people, since=now - STORM_SPAN)
    return found


def is_too_many(row: Delivery, counted: Counts) -> bool:
    """Whether this one would be too many; if not, it counts for those after it."""
    if row.recipient_id is None or not _is_counted(row):
        return False
    key = (row.recipient_id, row.channel)
    if folds(sent_lately=counted.get(key, 0), is_urgent=row.pace == Delivery.Pace.URGENT):
        return True
    counted[key] = counted.get(key, 0) + 1
    return False


def fold(row: Delivery, *, lease_until: datetime, now: datetime) -> str:
    """Put what it carries into the person's message of the storm, or make it that message."""
    with tenant_scope(row.organization_id):
        try:
            with transaction.atomic():
                _fold(row, lease_until=lease_until, now=now)
        except IntegrityError:  # another worker opened the message meanwhile
            with transaction.atomic():
                _fold(row, lease_until=lease_until, now=now)
    return "folded"


def _fold(row: Delivery, *, lease_until: datetime, now: datetime) -> None:
    held = Delivery.objects.held(row.pk, lease_until=lease_until)
    recipients = [row.recipient_id] if row.recipient_id else []
    open_ones = Delivery.objects.open_digests(recipients, row.channel, Delivery.Pace.STORM)
    if not open_ones:
        held.update(
            state=Delivery.State.COLLECTING,
            pace=Delivery.Pace.STORM,
            available_at=now + STORM_SPAN,
            lease_until=None,
            attempts=F("attempts") - 1,
        )
        return
    [storm] = open_ones.values()
    if held.update(state=Delivery.State.DROPPED, last_error=_FOLDED, lease_until=None):
        known = DeliveryItem.objects.filter(delivery=storm).values("notification")
        moved = DeliveryItem.objects.filter(delivery=row).exclude(notification__in=known)
        moved.update(delivery_id=storm)


def _is_counted(row: Delivery) -> bool:
    """Digests count; letters that somebody waits for, and digests that waited themselves, do not."""
    return row.pace in _AT_ONCE and not row.letter
