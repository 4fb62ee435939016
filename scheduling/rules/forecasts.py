"""What is to come: dates that nobody has stored, computed for lists and the calendar."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice, takewhile

from scheduling import states
from scheduling.rules import recurrence as series
from scheduling.rules import zones
from scheduling.rules.due import Dated, Plan, Standing, anchored, dated, key_of, upcoming

#: A floating plan is walked date by date; one that is asked about centuries ahead answers nothing there.
_MOST_STEPS = 10_000


def forecast(
    plan: Plan,
    standing: Standing,
    pending: list[Dated],
    *,
    start: datetime,
    end: datetime,
    now: datetime,
    limit: int,
) -> list[Dated]:
    """Open, planned and coming dates due in `[start, end)`, in order, at most `limit`; creates nothing.

    A floating plan is continued as if every date were done on its day, and what is late today.
    """
    found = [o for o in pending if o.status == states.OPEN and start <= o.due_at < end]
    if plan.floating:
        coming = islice(_floating_forecast(plan, standing, pending, end, now), _MOST_STEPS)
        found += islice((o for o in coming if o.due_at >= start), limit)
    else:
        moved = {o.key: o for o in pending if o.status == states.PLANNED}
        found += [o for o in moved.values() if start <= o.due_at < end]
        from_start = Standing(max(standing.position, _key_before(plan, start)))
        nominal = (dated(plan, local) for local in anchored(plan, from_start))
        ahead = takewhile(lambda o: o.due_at < end, nominal)
        found += islice((o for o in ahead if o.due_at >= start and o.key not in moved), limit)
    return sorted(found, key=lambda o: o.due_at)[:limit]


def _key_before(plan: Plan, start: datetime) -> str:
    """A key before every date of the series from `start` on, so that what lies before need not be walked."""
    if start <= zones.to_utc(plan.recurrence.start, plan.zone):
        return ""
    return key_of(zones.to_local(start, plan.zone) - timedelta(days=1))


def series_after(plan: Plan, position: str, end: float) -> Iterator[tuple[str, float]]:
    """Key and moment of each date of a fixed series after the key `position`, due before `end`; none is moved.

    Moments are seconds since 1970.
    """
    for local in anchored(plan, Standing(position)):
        named = _named(local, plan.zone)
        if named[1] >= end:
            return
        yield named


@lru_cache(maxsize=65_536)
def _named(local: datetime, zone: str) -> tuple[str, float]:
    """Many schedules share their days and hours."""
    return key_of(local), zones.to_utc(local, zone).timestamp()


def _floating_forecast(
    plan: Plan, standing: Standing, pending: list[Dated], end: datetime, now: datetime
) -> Iterator[Dated]:
    first = next(upcoming(plan, standing, pending), None)
    if first is not None:
        if first.due_at >= end:
            return
        yield first
    last = first or max(
        (o for o in pending if o.status == states.OPEN), key=lambda o: o.due_at, default=None
    )
    day = zones.local_date(last.due_at, plan.zone) if last else None
    today = zones.local_date(now, plan.zone)
    while day is not None:
        day = max(day, today)
        local = series.floating_next(plan.recurrence, day)
        if local is None:
            return
        occurrence = dated(plan, local, baseline_on=day)
        if occurrence.due_at >= end:
            return
        yield occurrence
        day = local.date()
