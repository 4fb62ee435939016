"""When each of many resources is taken: a fixed number of statements, whatever their number."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, time
from uuid import UUID

from accounts.models import WorkingCalendar
from scheduling.models import Booking, Resource, WindowBlock
from scheduling.rules.working_time import Hours
from scheduling.services import conflicts

Interval = tuple[datetime, datetime]


def occupancy(
    resources: Sequence[Resource],
    low: datetime,
    high: datetime,
    *,
    effect: str = "",
    other_than: UUID | None = None,
) -> dict[UUID, list[Interval]]:
    """What takes each resource in `[low, high)`, merged and in order: bookings on it, above and below, and windows.

    With `effect` windows of that effect only; the booking `other_than` does not count.
    """
    families = conflicts.families({resource.path for resource in resources})
    members = {one for family in families.values() for one in family}
    claims = Booking.objects.standing().on(members, low, high).exclude(pk=other_than)
    blocks = WindowBlock.objects.on(members, low, high)
    if effect:
        blocks = blocks.filter(window__effect=effect)
    found: dict[UUID, list[Interval]] = defaultdict(list)
    for key, start, end in claims.values_list("resource", "starts_at", "ends_at"):
        found[key].append((start, end))
    for key, start, end in blocks.values_list("resource", "blocked_from", "blocked_to"):
        found[key].append((start, end))
    return {
        resource.pk: merged(
            interval for member in families[resource.path] for interval in found.get(member, ())
        )
        for resource in resources
    }


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """Without overlaps, in order."""
    result: list[Interval] = []
    for start, end in sorted(intervals):
        if result and start <= result[-1][1]:
            result[-1] = result[-1][0], max(end, result[-1][1])
        else:
            result.append((start, end))
    return result


def working_week() -> list[Hours]:
    """When the organisation works: the hours of its default calendar, none where it has no such calendar."""
    columns = ("is_round_the_clock", "hours__weekday", "hours__opens_at", "hours__closes_at")
    rows = list(WorkingCalendar.objects.filter(is_default=True).values_list(*columns))
    if rows and rows[0][0]:
        return [(weekday, time.min, time.max) for weekday in range(7)]
    return [(weekday, opens, closes) for _, weekday, opens, closes in rows if opens is not None]
