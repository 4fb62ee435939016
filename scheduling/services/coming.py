"""The dates to come of due states by the thousand: no model instances, and the engine only where it is needed."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import NamedTuple, cast
from uuid import UUID

import orjson

from scheduling import states
from scheduling.models import Resource, Schedule
from scheduling.rules import due, forecasts, zones
from scheduling.rules.due import Dated, Plan, Standing
from scheduling.rules.recurrence import FREQUENCIES, Unit
from scheduling.rules.rrule import Frequency, Rule, parse
from scheduling.services.plans import begun, plan_of

_HOUR, _DAY = 3_600, 86_400
_SHORTEST_UNIT = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 28, Unit.YEAR: 365}
_SHORTEST_PERIOD = {
    Frequency.HOURLY: 0,
    Frequency.DAILY: 1,
    Frequency.WEEKLY: 7,
    Frequency.MONTHLY: 28,
    Frequency.YEARLY: 365,
}

#: Dates without a row: key, moment as seconds since 1970, whether it is overdue.
Dates = list[tuple[str, float, bool]]


class Place(NamedTuple):
    """A resource; ids here and below are text."""

    pk: str
    name: str
    effective_time_zone: str


class Definition(NamedTuple):
    """What is read of a schedule: what an event shows of it, and what its dates are worked out from."""

    pk: str
    title: str
    maintenance_type: str
    priority: str
    assigned_to__name: str | None
    estimated_duration_minutes: int | None
    resource_id: UUID | None
    frequency: str
    interval: int
    interval_unit: str
    rrule: str
    basis: str
    overflow: str
    start: int
    until: datetime | None
    tolerance_days: int
    tolerance_percent: int | None
    backlog: str
    lead_days: int
    advance_notice_days: int
    exdates_text: str

    @property
    def start_at(self) -> datetime:
        """To the second."""
        return datetime.fromtimestamp(self.start, UTC)

    @property
    def exdates(self) -> list[str]:
        """As the model reads them; most series need no look at them here."""
        found: list[str] = orjson.loads(self.exdates_text)
        return found


class State(NamedTuple):
    """A due state whose next date is known; `next_due` as seconds since 1970."""

    schedule_id: str
    resource_id: str
    position: str
    baseline_on: date | None
    next_due: int
    next_due_key: str
    is_late: bool
    joined_at: datetime | None


@dataclass(slots=True)
class Forecast:
    """Answers the dates in `[start, end)` that have no row, at most `limit` for one due state.

    `home` is the organisation's zone, in which schedules for a type of resource start.
    """

    start: datetime
    end: datetime
    now: datetime
    home: str
    limit: int
    _from: float = field(init=False)
    _to: float = field(init=False)
    _plans: dict[tuple[str, str], Plan] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._from, self._to = self.start.timestamp(), self.end.timestamp()

    def dates(
        self, schedule: Definition, place: Place, state: State, moved: list[Dated], taken: set[str]
    ) -> Dates:
        """`taken` are the keys of dates in the range that have a row.

        Dates that were moved, wherever they lie now, leave their place in the series empty.
        """
        if not moved and self._only_next(schedule, place, state):
            is_shown = state.next_due >= self._from and (
                state.position != state.next_due_key not in taken
            )
            return [(state.next_due_key, state.next_due, state.is_late)] if is_shown else []
        plan = begun(self._plan(schedule, place), state.joined_at)
        places = taken.union(occurrence.key for occurrence in moved)
        coming = self._continued if plan.floating else self._series
        return coming(plan, state, moved, places)

    def _only_next(self, schedule: Definition, place: Place, state: State) -> bool:
        """Whether the date after the next one surely lies behind the range, by the shortest length of the interval.

        That holds only while the next date lies where the series put it, and is the last one with a row if it has one.
        """
        if state.position >= state.next_due_key:
            moment = datetime.fromtimestamp(state.next_due, UTC)
            nominal = zones.to_local(moment, place.effective_time_zone)
            if state.position != state.next_due_key or due.local_of(state.next_due_key) != nominal:
                return False
        # two hours: a change of the clocks shortens the way in between
        return state.next_due + _shortest_days(schedule) * _DAY - 2 * _HOUR >= self._to

    def _plan(self, schedule: Definition, place: Place) -> Plan:
        known = schedule.pk, place.effective_time_zone
        if known not in self._plans:
            # a schedule for one resource starts in its zone, and has due states nowhere else
            home = place.effective_time_zone if schedule.resource_id else self.home
            self._plans[known] = plan_of(
                cast("Schedule", schedule), cast("Resource", place), home=home
            )
        return self._plans[known]

    def _series(self, plan: Plan, state: State, moved: list[Dated], places: set[str]) -> Dates:
        """The dates of a fixed series; those that were moved leave their place empty."""
        just_before = zones.to_local(self.start, plan.zone) - timedelta(minutes=1)
        position = max(state.position, due.key_of(just_before))
        coming = forecasts.series_after(plan, position, self._to)
        start, now = self._from, self.now.timestamp()
        return [
            (key, at, at < now and self._is_late(plan, at))
            for key, at in islice(coming, self.limit)
            if at >= start and key not in places
        ]

    def _is_late(self, plan: Plan, at: float) -> bool:
        return due.overdue_moment(plan, datetime.fromtimestamp(at, UTC)) <= self.now

    def _continued(self, plan: Plan, state: State, moved: list[Dated], places: set[str]) -> Dates:
        """The dates of a floating series, each counted from the one before."""
        pending = list(moved)
        if state.position == state.next_due_key:
            # when it became overdue does not matter for what follows it
            moment = datetime.fromtimestamp(state.next_due, UTC)
            pending.append(Dated(state.next_due_key, moment, moment, states.OPEN))
        standing = Standing(state.position, state.baseline_on)
        found = forecasts.forecast(
            plan,
            standing,
            pending,
            start=self.start,
            end=self.end,
            now=self.now,
            limit=self.limit,
        )
        return [
            (date.key, date.due_at.timestamp(), date.overdue_at <= self.now)
            for date in found
            if date.key not in places and not date.stored
        ]


def _shortest_days(schedule: Definition) -> int:
    """From one date to the next it takes as many days at least; 0 when that is not plain to see."""
    if schedule.frequency in FREQUENCIES:
        unit, step = FREQUENCIES[schedule.frequency]
        return _SHORTEST_UNIT[unit] * step * schedule.interval
    if schedule.rrule:
        return _shortest_of_rule(schedule.rrule)
    return _SHORTEST_UNIT[Unit(schedule.interval_unit or "day")] * schedule.interval


@lru_cache(maxsize=4096)
def _shortest_of_rule(text: str) -> int:
    rule = parse(text)
    plain = Rule(rule.frequency, rule.interval, rule.count, rule.until, rule.week_start)
    return _SHORTEST_PERIOD[rule.frequency] * rule.interval if rule == plain else 0
