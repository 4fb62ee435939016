"""Bookings as cleaning sees them: when the guests really left, and who comes next."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from scheduling.models import Booking
from worklogs.models import BookingTask, CleaningPlan, WorkOrder
from worklogs.rules import cleaning
from worklogs.rules.cleaning import Stay

#: What is told later of a departure is history.
_LATEST = timedelta(days=14)
_THOROUGH = (WorkOrder.TaskType.CHECKOUT_CLEANING, WorkOrder.TaskType.DEEP_CLEANING)


@dataclass
class Case:
    """A booking with what is known of its tasks."""

    booking: Booking
    rows: list[BookingTask]
    stay: Stay
    following: UUID | None


def load(
    keys: Collection[UUID],
    plans: Sequence[CleaningPlan],
    now: datetime,
    seen_at: datetime | None,
    left: UUID | None = None,
) -> list[Case]:
    """In a constant number of questions. `left`: the booking whose guests were told to have left just now."""
    bookings = Booking.objects.filter(id__among=set(keys)).select_related("resource")
    found = list(bookings.order_by("pk"))
    rows: dict[UUID, list[BookingTask]] = defaultdict(list)
    listed = BookingTask.objects.filter(booking__id__among={one.pk for one in found})
    for row in listed.select_related("work_order__resource", "plan"):
        rows[row.booking_id].append(row)
    beside = _beside(found, plans)
    cases = []
    for booking in found:
        left_at = _left_at(booking, rows[booking.pk], seen_at, now)
        if booking.pk == left and left_at is not None and not rows[booking.pk]:
            left_at = _heard_at(booking, left_at, seen_at or now, now)
        following = _following(booking, left_at or booking.ends_at, beside[booking.resource_id])
        stay = Stay(
            starts_at=booking.starts_at,
            ends_at=booking.ends_at,
            status=booking.status,
            zone=booking.resource.effective_time_zone,
            left_at=left_at,
            next_starts_at=following.starts_at if following else None,
        )
        key = following.pk if following else None
        cases.append(Case(booking, rows[booking.pk], stay, key))
    return cases


def _beside(
    bookings: Sequence[Booking], plans: Sequence[CleaningPlan]
) -> dict[UUID, list[Booking]]:
    """The standing bookings of the same resources that may come next, the first first."""
    found: dict[UUID, list[Booking]] = defaultdict(list)
    if not bookings:
        return found
    longest = max((plan.allowed_minutes + plan.setup_minutes for plan in plans), default=0)
    low = min(one.starts_at for one in bookings)
    high = max(one.ends_at for one in bookings) + timedelta(minutes=longest) + cleaning.FRESH
    rows = Booking.objects.standing().on({one.resource_id for one in bookings}, low, high)
    for row in rows.order_by("starts_at", "pk"):
        found[row.resource_id].append(row)
    return found


def _following(booking: Booking, checkout: datetime, beside: Sequence[Booking]) -> Booking | None:
    here = (booking.starts_at, booking.pk)
    later = (one for one in beside if (one.starts_at, one.pk) > here and one.pk != booking.pk)
    return next((one for one in later if one.ends_at > checkout), None)


def _left_at(
    booking: Booking, rows: Sequence[BookingTask], seen_at: datetime | None, now: datetime
) -> datetime | None:
    """When the guests left: as first seen. News of long ago is no departure of today."""
    if booking.status != cleaning.COMPLETED:
        return None
    known = next((row.left_at for row in rows if row.left_at), None)
    if known is not None:
        return known
    said = booking.source_at or seen_at or booking.ends_at
    if said <= booking.starts_at or said - booking.ends_at > cleaning.FRESH:
        said = booking.ends_at
    return max(booking.starts_at, min(said, now))


def _heard_at(booking: Booking, left_at: datetime, heard_at: datetime, now: datetime) -> datetime:
    """A departure that was told late counts from when it was heard of, where the room still waits for its cleaning."""
    is_late = left_at <= now - cleaning.FRESH
    return heard_at if is_late and not settled_since(booking, left_at, now=now) else left_at


def late_news(booking: Booking, *, is_known: bool, now: datetime) -> str:
    """Why nothing is cleaned after a departure that was told late; empty where it is in time, or cleaned now.

    `is_known`: the stay was, before. Of others nobody knows whether they are of yesterday or out of an archive.
    """
    left_at = _left_at(booking, (), None, now)
    if left_at is None or left_at > now - cleaning.FRESH or booking.cleaning_tasks.exists():
        return ""
    if not is_known:
        return "the stay was not known before"
    return settled_since(booking, left_at, now=now)


def settled_since(booking: Booking, left_at: datetime, *, now: datetime) -> str:
    """What speaks against cleaning after a departure of then: a half sentence, empty where nothing does."""
    orders = WorkOrder.objects.filter(resource=booking.resource_id, task_type__in=_THOROUGH)
    later = Booking.objects.filter(
        resource=booking.resource_id,
        status__in=[cleaning.CHECKED_IN, cleaning.COMPLETED],
        starts_at__gte=left_at,
        starts_at__lte=now,
    )
    if now - left_at > _LATEST:
        return "that is too long ago"
    if orders.filter(completed_at__gte=left_at).exists():
        return "it was cleaned since"
    if orders.open().exists():
        return "its cleaning is open already"
    return "others have moved in since" if later.exclude(pk=booking.pk).exists() else ""
