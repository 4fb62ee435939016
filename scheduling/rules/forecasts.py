"""What is to come: dates that nobody has stored, computed for lists and the calendar."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from scheduling import states
from scheduling.rules import recurrence as series
from scheduling.rules import zones
from scheduling.rules.due import Dated, Plan, Standing, dated, key_of, local_of, upcoming


def forecast(
    plan: Plan, standing: Standing, pending: list[Dated], *, end: datetime, limit: int
) -> list[Dated]:
    """Open, planned and coming dates due before `end`, in order, at most `limit`; creates nothing.

    A floating plan is continued as if every date were done on its day.
    """
    dates = sorted(
        (o for o in pending if o.status == states.OPEN and o.due_at < end), key=lambda o: o.due_at
    )
    if plan.floating:
        return [*dates, *islice(_floating_forecast(plan, standing, pending, end), limit)][:limit]
    for occurrence in upcoming(plan, standing, pending):
        if len(dates) >= limit or (occurrence.due_at >= end and not occurrence.stored):
            break
        if (
            occurrence.due_at < end
        ):  # one that was moved behind the end does not hide those after it
            dates.append(occurrence)
    return dates[:limit]


def series_after(plan: Plan, position: str, end: datetime) -> Iterator[tuple[str, datetime]]:
    """Key and moment of each date of a fixed series after the key `position`, due before `end`; none is moved."""
    for local in series.after(plan.recurrence, local_of(position)):
        due_at = zones.to_utc(local, plan.zone)
        if due_at >= end:
            return
        yield key_of(local), due_at


def _floating_forecast(
    plan: Plan, standing: Standing, pending: list[Dated], end: datetime
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
    while day is not None:
        local = series.floating_next(plan.recurrence, day)
        if local is None:
            return
        occurrence = dated(plan, local, baseline_on=day)
        if occurrence.due_at >= end:
            return
        yield occurrence
        day = local.date()
