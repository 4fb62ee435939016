"""How often things fail and how long they stay down: pure figures from stretches of time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

#: Fewer failures say nothing about the time between them (DOMAIN, "KPIs": insufficient, never 0).
FEWEST = 3
#: From when something was down until when; None: it still is.
Stretch = tuple[datetime, datetime | None]


@dataclass(frozen=True, slots=True)
class Reliability:
    """Figures of one resource in a period; None where there is too little to say.

    `failures` counts failure events: reports that come while it is down, or at the same moment, belong to one. `ended`
    of them are over. `time_to_repair` is the mean from report to completion of those (SMRP 3.5.2 takes the same
    events; it counts from failure to being back in use). `time_between_failures` is the mean calendar time from one
    failure to the next. `downtime` lies within the period.
    """

    failures: int
    ended: int
    first: datetime | None
    last: datetime | None
    time_to_repair: timedelta | None
    time_between_failures: timedelta | None
    downtime: timedelta


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Stretches that overlap or begin together as one, by their start."""
    found: list[Stretch] = []
    for start, end in sorted(stretches, key=lambda stretch: stretch[0]):
        if found and _goes_on(found[-1], start):
            low, high = found[-1]
            found[-1] = low, None if high is None or end is None else max(high, end)
        else:
            found.append((start, end))
    return found


def _goes_on(stretch: Stretch, moment: datetime) -> bool:
    start, end = stretch
    return moment == start or end is None or moment < end


def reliability(stretches: Iterable[Stretch], low: datetime, high: datetime) -> Reliability:
    """The figures of the failures that began in `[low, high)`."""
    events = [event for event in merged(stretches) if event[0] < high]
    begun = [event for event in events if low <= event[0]]
    lasted = [end - start for start, end in begun if end is not None and end <= high]
    first, last = (begun[0][0], begun[-1][0]) if begun else (None, None)
    between = (last - first) / (len(begun) - 1) if first and last and len(begun) >= FEWEST else None
    return Reliability(
        failures=len(begun),
        ended=len(lasted),
        first=first,
        last=last,
        time_to_repair=sum(lasted, timedelta()) / len(lasted) if lasted else None,
        time_between_failures=between,
        downtime=downtime(events, low, high),
    )


def downtime(events: Sequence[Stretch], low: datetime, high: datetime) -> timedelta:
    """How much of `[low, high)` lies within the merged `events`."""
    inside = (max(timedelta(), min(end or high, high) - max(start, low)) for start, end in events)
    return sum(inside, timedelta())
