"""Which of many resources are free, and when."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.errors import Invalid
from scheduling.models import Resource
from scheduling.rules.working_time import stretches
from scheduling.services.occupancy import Interval, occupancy, working_week

#: The longest period that is searched, and the most resources that are looked at.
LONGEST, MOST = timedelta(days=62), 500
#: Attributes that say how many people a resource holds.
CAPACITY = ("capacity", "seats", "people", "beds")


@dataclass(frozen=True, slots=True)
class Free:
    """A resource and when it is free for long enough."""

    resource: Resource
    stretches: list[Interval]

    def as_row(self) -> dict[str, Any]:
        """For an answer of the API."""
        return {
            "resource": str(self.resource.pk),
            "resource_name": self.resource.name,
            "code": self.resource.code,
            "free": [{"starts_at": start, "ends_at": end} for start, end in self.stretches],
        }


def free_times(
    resources: Iterable[Resource],
    start: datetime,
    end: datetime,
    *,
    duration: timedelta,
    working_hours_only: bool = False,
    people: int = 0,
) -> list[Free]:
    """Resources that nothing takes for `duration` within `[start, end)`, those free soonest first.

    Of each all such stretches; with `working_hours_only` the parts of them in the default working week; with `people`
    only resources whose attributes say that they hold so many. Raises `Invalid` for a period that makes no sense.
    """
    if duration <= timedelta():
        raise Invalid("Say for how long.", field="duration_minutes")
    if end - start < duration:
        raise Invalid("The period is shorter than what is looked for.", field="end")
    if end - start > LONGEST:
        raise Invalid(f"Search {LONGEST.days} days at most.", field="end")
    rows = [row for row in resources if not people or holds(row) >= people][:MOST]
    taken = occupancy(rows, start, end)
    hours = working_week() if working_hours_only else []
    found = []
    for row in rows:
        gaps: Iterable[Interval] = _gaps(taken[row.pk], start, end)
        if working_hours_only:
            open_at = list(stretches(hours, row.effective_time_zone, start, end))
            gaps = _common(list(gaps), open_at)
        long_enough = [gap for gap in gaps if gap[1] - gap[0] >= duration]
        if long_enough:
            found.append(Free(row, long_enough))
    return sorted(found, key=lambda one: (one.stretches[0][0], one.resource.name))


def holds(resource: Resource) -> int:
    """How many people the resource's attributes say it holds; 0 where they do not say."""
    for name in CAPACITY:
        value = resource.attributes.get(name)
        if isinstance(value, int | float):
            return int(value)
    return 0


def _gaps(taken: Sequence[Interval], start: datetime, end: datetime) -> Iterator[Interval]:
    last = start
    for low, high in taken:
        if low > last:
            yield last, low
        last = max(last, high)
    if last < end:
        yield last, end


def _common(gaps: Sequence[Interval], open_at: Sequence[Interval]) -> Iterator[Interval]:
    """The parts of the gaps that lie in working hours."""
    for low, high in gaps:
        for opens, closes in open_at:
            if max(low, opens) < min(high, closes):
                yield max(low, opens), min(high, closes)
