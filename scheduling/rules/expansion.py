"""The dates of a recurrence rule, computed from its anchor and found without walking there.

Every period (year, month, week, day, hour) has a number, so the period of any moment and the next one that the
interval allows are arithmetic; a search begins at the moment asked for, however long ago the rule started. The work
between two dates is counted and bounded: no rule can spin.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime, time
from functools import lru_cache
from itertools import groupby, islice

from scheduling.rules.calendar_days import DayRule, allowed_days, allows_any_day
from scheduling.rules.rrule import Frequency, InvalidRecurrence, Rule, parse

STEPS_BETWEEN_DATES = 12_000
"""Days or empty periods looked at without finding a date, after which a rule counts as having ended."""

STEPS_FOR_COUNT = 30_000
"""Steps to find the last date of a rule with COUNT, after which the rule is refused."""

_LAST_DAY = date(MAXYEAR, 12, 31).toordinal()
_HOURS = frozenset(range(24))


@dataclass(frozen=True, slots=True)
class Expansion:
    """A rule bound to its anchor: what the rule leaves open is taken from the start."""

    start: datetime
    frequency: Frequency
    interval: int
    days: DayRule
    hours: frozenset[int]
    times: tuple[time, ...]
    positions: frozenset[int]
    until: datetime
    anchor_period: int


@lru_cache(maxsize=16_384)
def expansion(text: str, start: datetime) -> Expansion:
    """The rule in `text` anchored at naive local `start`; raises InvalidRecurrence."""
    rule = parse(text)
    start = start.replace(microsecond=0, fold=0)
    hourly = rule.frequency == Frequency.HOURLY
    hours = rule.hours or (_HOURS if hourly else frozenset({start.hour}))
    return Expansion(
        start=start,
        frequency=rule.frequency,
        interval=rule.interval,
        days=_day_rule(rule, start),
        hours=hours,
        times=_times(rule, start, frozenset({0}) if hourly else hours),
        positions=rule.positions,
        until=rule.until or datetime.max,
        anchor_period=(
            start.toordinal() * 24 + start.hour
            if hourly
            else _period(rule.frequency, rule.week_start, start.toordinal())
        ),
    )


def _day_rule(rule: Rule, start: datetime) -> DayRule:
    """RFC 5545: what the rule does not say about the day is taken from the start."""
    months, month_days, weekdays = rule.months, rule.month_days, rule.weekdays
    yearly = rule.frequency == Frequency.YEARLY
    if yearly and month_days and not (months or rule.year_days or rule.week_numbers or weekdays):
        months = frozenset({start.month})
    if yearly and rule.week_numbers and not (month_days or rule.year_days or weekdays):
        weekdays = frozenset({(0, start.weekday())})
    if not (rule.week_numbers or rule.year_days or month_days or weekdays):
        if yearly:
            months = months or frozenset({start.month})
        if rule.frequency <= Frequency.MONTHLY:
            month_days = frozenset({start.day})
        elif rule.frequency == Frequency.WEEKLY:
            weekdays = frozenset({(0, start.weekday())})
    within_month = rule.frequency == Frequency.MONTHLY or bool(rule.months)
    return DayRule(
        months,
        month_days,
        rule.year_days,
        rule.week_numbers,
        weekdays,
        within_month,
        rule.week_start,
    )


def _times(rule: Rule, start: datetime, hours: frozenset[int]) -> tuple[time, ...]:
    """The times of a day; for an hourly rule those of an hour, with hour 0."""
    minutes = sorted(rule.minutes or {start.minute})
    seconds = sorted(rule.seconds or {start.second})
    return tuple(
        time(hour, minute, second)
        for hour in sorted(hours)
        for minute in minutes
        for second in seconds
    )


def _period(frequency: Frequency, week_start: int, day: int) -> int:
    """The number of the period that holds the day (a proleptic Gregorian ordinal)."""
    if frequency >= Frequency.DAILY:
        return day
    if frequency == Frequency.WEEKLY:
        return (day - 1 - week_start) // 7
    moment = date.fromordinal(day)
    return moment.year if frequency == Frequency.YEARLY else moment.year * 12 + moment.month - 1


def _first_day(frequency: Frequency, week_start: int, period: int) -> int:
    """The first day of a period; beyond the calendar's end when the period is."""
    if frequency >= Frequency.DAILY:
        return period
    if frequency == Frequency.WEEKLY:
        return max(1, period * 7 + 1 + week_start)
    year, month = (period, 0) if frequency == Frequency.YEARLY else divmod(period, 12)
    return date(year, month + 1, 1).toordinal() if year <= MAXYEAR else _LAST_DAY + 1


class _Search:
    """One walk over the dates of an expansion, counting the steps since the last date found."""

    def __init__(self, rule: Expansion) -> None:
        self.rule = rule
        self.steps = 0
        self.total = 0

    def found(self) -> None:
        self.total += self.steps
        self.steps = 0

    def periods(self, first: int) -> Iterator[tuple[list[int], int]]:
        """Days and the hour their times count from; whole periods where positions are picked."""
        rule = self.rule
        if rule.frequency == Frequency.HOURLY:
            for day in self._days(first):
                for hour in sorted(rule.hours):
                    if (day * 24 + hour - rule.anchor_period) % rule.interval == 0:
                        self.steps += 1
                        yield [day], hour
        elif rule.positions:
            for _, grouped in groupby(self._days(first), self._period_of):
                days = list(grouped)
                if self.steps >= STEPS_BETWEEN_DATES:
                    return  # perhaps not the whole period: its last day is unknown
                yield days, 0
        else:
            for day in self._days(first):
                yield [day], 0

    def _period_of(self, day: int) -> int:
        return _period(self.rule.frequency, self.rule.days.week_start, day)

    def _days(self, day: int) -> Iterator[int]:
        """The allowed days from `day` on that lie in a period which the interval allows."""
        rule = self.rule
        days: tuple[int, ...] = ()
        january = end = 0
        while day <= _LAST_DAY and self.steps < STEPS_BETWEEN_DATES:
            self.steps += 1
            aligned = self._aligned(day)
            if aligned != day:
                day = aligned
                continue
            if day > end:
                year = date.fromordinal(day).year
                january = date(year, 1, 1).toordinal() - 1
                end = date(year, 12, 31).toordinal()
                days = allowed_days(rule.days, year)
            index = bisect_left(days, day - january)
            if index == len(days):
                day = end + 1
            elif january + days[index] != day:
                day = january + days[index]
            else:
                yield day
                day += 1

    def _aligned(self, day: int) -> int:
        """The day itself when the interval allows its period, else the first day of the next period it allows."""
        rule = self.rule
        if rule.interval == 1:
            return day
        if rule.frequency == Frequency.HOURLY:
            return day + (rule.anchor_period - day * 24) % rule.interval // 24
        period = self._period_of(day)
        ahead = (rule.anchor_period - period) % rule.interval
        return _first_day(rule.frequency, rule.days.week_start, period + ahead) if ahead else day


def occurrences(rule: Expansion, moment: datetime) -> Iterator[datetime]:
    """The dates of the rule at or after `moment`, ascending, without regard to COUNT."""
    search = _Search(rule)
    yield from _occurrences(search, moment)


def _occurrences(search: _Search, moment: datetime) -> Iterator[datetime]:
    rule = search.rule
    earliest = max(moment, rule.start)
    if not allows_any_day(rule.days):
        return
    day = earliest.toordinal()
    if rule.positions:
        day = _first_day(
            rule.frequency, rule.days.week_start, _period(rule.frequency, rule.days.week_start, day)
        )
    for days, hour in search.periods(day):
        for found in _moments(rule, days, hour):
            if found > rule.until:
                return
            if found >= earliest:
                search.found()
                yield found


def _moments(rule: Expansion, days: list[int], hour: int) -> Iterator[datetime]:
    times = rule.times
    if not rule.positions:
        for day in days:
            for clock in times:
                yield _moment(day, hour, clock)
        return
    size = len(days) * len(times)
    chosen = {position - 1 if position > 0 else size + position for position in rule.positions}
    for index in sorted(index for index in chosen if 0 <= index < size):
        yield _moment(days[index // len(times)], hour, times[index % len(times)])


def _moment(day: int, hour: int, clock: time) -> datetime:
    return datetime.combine(date.fromordinal(day), clock.replace(hour=hour) if hour else clock)


@lru_cache(maxsize=16_384)
def last_of_count(text: str, start: datetime) -> datetime | None:
    """The last date of a rule with COUNT, None when it has no COUNT or ends before; raises InvalidRecurrence.

    With it COUNT becomes an end date, so such a rule is searched from any moment like every other.
    """
    count = parse(text).count
    if count is None:
        return None
    search = _Search(expansion(text, start))
    last = None
    for found in islice(_occurrences(search, start), count):
        last = found
        if search.total > STEPS_FOR_COUNT:
            raise InvalidRecurrence(
                "COUNT is too large for a rule with such rare dates: end it with UNTIL instead."
            )
    return last


def most_per_day(rule: Expansion) -> int:
    """An upper bound of the dates on one day."""
    slots = len(rule.times)
    if rule.positions:
        slots = min(slots, len(rule.positions))
    if rule.frequency == Frequency.HOURLY:
        slots *= min(len(rule.hours), -(-24 // rule.interval))
    return slots


def nominal_end(text: str, start: datetime) -> datetime:
    """The last moment that UNTIL or COUNT allow; the end of the calendar when neither is given."""
    return last_of_count(text, start) or expansion(text, start).until
