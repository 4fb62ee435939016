"""Which days of a year a rule allows.

The calendar has few kinds of years: what a rule allows depends only on the weekday of 1 January and on which of the
year and its neighbours are leap years. So the days are worked out once per rule and kind of year, and a rule that
allows no day in any kind of year provably never happens.
"""

from calendar import isleap
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

CYCLE = 400  # the Gregorian calendar repeats exactly, weekdays included


@dataclass(frozen=True, slots=True)
class DayRule:
    """The parts of a rule that choose days; empty sets do not restrict."""

    months: frozenset[int]
    month_days: frozenset[int]
    year_days: frozenset[int]
    week_numbers: frozenset[int]
    weekdays: frozenset[tuple[int, int]]
    ordinals_within_month: bool
    week_start: int


class _Day(NamedTuple):
    """A day of a year with its positions counted from the front and, negative, from the back."""

    year_day: int
    year_day_back: int
    month: int
    month_day: int
    month_day_back: int
    weekday: int


def _kind(year: int) -> tuple[int, bool, bool, bool]:
    return date(year, 1, 1).weekday(), isleap(year), isleap(year - 1), isleap(year + 1)


def _representatives() -> tuple[int, ...]:
    """For each year of the cycle the first year of the same kind."""
    first: dict[tuple[int, bool, bool, bool], int] = {}
    return tuple(first.setdefault(_kind(2000 + offset), 2000 + offset) for offset in range(CYCLE))


_REPRESENTATIVES = _representatives()


def allowed_days(rule: DayRule, year: int) -> tuple[int, ...]:
    """The allowed days of `year` as day numbers, 1 January = 1, ascending."""
    return _allowed_days(rule, _REPRESENTATIVES[year % CYCLE])


@lru_cache(maxsize=4096)
def allows_any_day(rule: DayRule) -> bool:
    """Whether the rule allows a day in any year at all."""
    return any(_allowed_days(rule, year) for year in sorted(set(_REPRESENTATIVES)))


@lru_cache(maxsize=32_768)
def _allowed_days(rule: DayRule, year: int) -> tuple[int, ...]:
    days = _days(year)
    if rule.months:
        days = [day for day in days if day.month in rule.months]
    if rule.month_days:
        days = [
            day
            for day in days
            if day.month_day in rule.month_days or day.month_day_back in rule.month_days
        ]
    if rule.year_days:
        days = [
            day
            for day in days
            if day.year_day in rule.year_days or day.year_day_back in rule.year_days
        ]
    if rule.week_numbers:
        numbers = _week_numbers(year, rule.week_start)
        days = [day for day in days if not rule.week_numbers.isdisjoint(numbers[day.year_day - 1])]
    if rule.weekdays:
        days = [day for day in days if _on_weekday(day, rule)]
    return tuple(day.year_day for day in days)


@lru_cache(maxsize=len(set(_REPRESENTATIVES)))
def _days(year: int) -> list[_Day]:
    length = 366 if isleap(year) else 365
    first = date(year, 1, 1).toordinal()
    found = []
    for offset in range(length):
        day = date.fromordinal(first + offset)
        back = day.day - month_length(year, day.month) - 1
        found.append(_Day(offset + 1, offset - length, day.month, day.day, back, day.weekday()))
    return found


def month_length(year: int, month: int) -> int:
    """The number of days of a month."""
    return (
        31 if month in {1, 3, 5, 7, 8, 10, 12} else 30 if month != 2 else 29 if isleap(year) else 28
    )


def _on_weekday(day: _Day, rule: DayRule) -> bool:
    if (0, day.weekday) in rule.weekdays:
        return True
    if rule.ordinals_within_month:
        front, back = day.month_day, day.month_day_back
    else:
        front, back = day.year_day, day.year_day_back
    nth, nth_from_end = (front + 6) // 7, -((6 - back) // 7)
    return (nth, day.weekday) in rule.weekdays or (nth_from_end, day.weekday) in rule.weekdays


@lru_cache(maxsize=256)
def _week_numbers(year: int, week_start: int) -> list[tuple[int, int]]:
    """For each day of the year its week number from the front and, negative, from the back of its week-year."""
    starts = {number: _first_week(number, week_start) for number in range(year - 1, year + 3)}
    january = date(year, 1, 1).toordinal()
    numbers = []
    for ordinal in range(january, date(year, 12, 31).toordinal() + 1):
        week_year = max(
            number for number in (year - 1, year, year + 1) if starts[number] <= ordinal
        )
        week = (ordinal - starts[week_year]) // 7 + 1
        numbers.append((week, week - 1 - (starts[week_year + 1] - starts[week_year]) // 7))
    return numbers


def _first_week(year: int, week_start: int) -> int:
    """The ordinal of the first day of week 1: the first week with at least four days in the year."""
    fourth = date(year, 1, 4)
    return fourth.toordinal() - (fourth.weekday() - week_start) % 7
