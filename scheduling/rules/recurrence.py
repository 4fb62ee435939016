"""When maintenance recurs: nominal dates in local wall time, computed from the anchor.

Everything here is naive local time; `scheduling.rules.zones` turns it into instants. Two ways to say how often: a
unit with an interval (every 3 months), whose n-th date is the anchor plus n intervals, or an RFC 5545 rule.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import MAXYEAR, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import islice

from scheduling.rules.calendar_days import month_length
from scheduling.rules.expansion import expansion, most_per_day, nominal_end, occurrences
from scheduling.rules.rrule import MAXIMUM_INTERVAL, Frequency, InvalidRecurrence, parse

__all__ = [
    "FREQUENCIES",
    "InvalidRecurrence",
    "Overflow",
    "Recurrence",
    "Unit",
    "after",
    "first_after",
    "floating_next",
    "interval_days",
    "validate",
]

MAXIMUM_EXDATES = 500
MAXIMUM_PER_DAY = 48


class Unit(StrEnum):
    """The unit of an interval."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class Overflow(StrEnum):
    """What a date becomes in a month too short for it: 31 January plus one month.

    CLAMP: the month's last day. SKIP: no date in that month. NEXT_DAY: the first of the month after.
    Applies to unit and interval; RFC 5545 rules always skip and say BYMONTHDAY=-1 for the last day.
    """

    CLAMP = "clamp"
    SKIP = "skip"
    NEXT_DAY = "next_day"


FREQUENCIES: dict[str, tuple[Unit, int]] = {
    "daily": (Unit.DAY, 1),
    "weekly": (Unit.WEEK, 1),
    "biweekly": (Unit.WEEK, 2),
    "monthly": (Unit.MONTH, 1),
    "quarterly": (Unit.MONTH, 3),
    "semiannual": (Unit.MONTH, 6),
    "annual": (Unit.YEAR, 1),
}
"""The named frequencies; "custom" is any other unit and interval, or a rule."""

_DAYS = {Unit.DAY: 1.0, Unit.WEEK: 7.0, Unit.MONTH: 30.4375, Unit.YEAR: 365.25}
_FREQUENCY_DAYS = {
    Frequency.HOURLY: 1 / 24,
    Frequency.DAILY: 1.0,
    Frequency.WEEKLY: 7.0,
    Frequency.MONTHLY: 30.4375,
    Frequency.YEARLY: 365.25,
}
_FREQUENCY = {
    Unit.DAY: Frequency.DAILY,
    Unit.WEEK: Frequency.WEEKLY,
    Unit.MONTH: Frequency.MONTHLY,
    Unit.YEAR: Frequency.YEARLY,
}


@dataclass(frozen=True, slots=True)
class Recurrence:
    """How often, from when, until when.

    `start` is the anchor (DTSTART) in naive local wall time. Exactly one of `unit` (with `interval`) and `rrule` (RFC
    5545 text without DTSTART) is given. `exdates` are dates left out: a datetime leaves out that moment, a date every
    occurrence of that day. `until` is the last moment, inclusive.
    """

    start: datetime
    unit: Unit | None = None
    interval: int = 1
    rrule: str | None = None
    exdates: frozenset[datetime | date] = frozenset()
    until: datetime | None = None
    overflow: Overflow = Overflow.CLAMP


def validate(recurrence: Recurrence) -> None:
    """Raise InvalidRecurrence, with what to do and the field at fault, unless the recurrence yields dates.

    The work is bounded whatever the text: malformed, too frequent, impossible and absurd rules answer at once.
    """
    _validate_times(recurrence)
    if (recurrence.unit is None) == (recurrence.rrule is None):
        raise InvalidRecurrence(
            "Give either a unit with an interval or a rule, one of the two.", "unit"
        )
    if recurrence.unit is not None:
        _validate_interval(recurrence.unit, recurrence.interval)
    else:
        _validate_rule(recurrence)
    if first_after(recurrence, recurrence.start, inclusive=True) is None:
        raise InvalidRecurrence(
            "Every date is excluded or lies after the end: remove exceptions or extend the end.",
            "exdates" if recurrence.exdates else "until",
        )


def _validate_times(recurrence: Recurrence) -> None:
    if recurrence.start.tzinfo is not None:
        raise InvalidRecurrence(
            "The start is local wall time: give it without a time zone.", "start"
        )
    if recurrence.until is not None:
        if recurrence.until.tzinfo is not None:
            raise InvalidRecurrence(
                "The end is local wall time: give it without a time zone.", "until"
            )
        if recurrence.until < recurrence.start:
            raise InvalidRecurrence("The end lies before the start: choose a later end.", "until")
    if len(recurrence.exdates) > MAXIMUM_EXDATES:
        raise InvalidRecurrence(
            f"At most {MAXIMUM_EXDATES} dates can be excluded: change the rule instead.", "exdates"
        )
    if any(
        isinstance(excluded, datetime) and excluded.tzinfo is not None
        for excluded in recurrence.exdates
    ):
        raise InvalidRecurrence(
            "Excluded dates are local wall time: give them without a time zone.", "exdates"
        )


def _validate_interval(unit: Unit, interval: int) -> None:
    most = MAXIMUM_INTERVAL[_FREQUENCY[unit]]
    if not 1 <= interval <= most:
        raise InvalidRecurrence(
            f"The interval is a whole number of {unit}s from 1 to {most}.", "interval"
        )


def _validate_rule(recurrence: Recurrence) -> None:
    text = recurrence.rrule or ""
    rule = expansion(text, recurrence.start)
    if most_per_day(rule) > MAXIMUM_PER_DAY:
        raise InvalidRecurrence(
            f"The rule gives more than {MAXIMUM_PER_DAY} dates a day: make it less frequent."
        )
    if rule.until < rule.start:
        raise InvalidRecurrence("UNTIL lies before the start: choose a later end.")
    if next(occurrences(rule, rule.start), None) is None:
        raise InvalidRecurrence(
            "The rule never gives a date from its start on: check its parts, for example the day "
            "of the month or UNTIL."
        )
    nominal_end(text, recurrence.start)


def after(
    recurrence: Recurrence, moment: datetime, *, inclusive: bool = False
) -> Iterator[datetime]:
    """The nominal dates strictly after naive local `moment` (at or after when inclusive), ascending, lazily."""
    earliest = moment if inclusive else _next_moment(moment)
    if recurrence.rrule is not None:
        found = occurrences(expansion(recurrence.rrule, recurrence.start), earliest)
        end = nominal_end(recurrence.rrule, recurrence.start)
    else:
        found, end = _steps(recurrence, earliest), datetime.max
    if recurrence.until is not None:
        end = min(end, recurrence.until)
    exdates = recurrence.exdates
    return found if end == datetime.max and not exdates else _among(found, end, exdates)


def _among(
    found: Iterator[datetime], end: datetime, exdates: frozenset[datetime | date]
) -> Iterator[datetime]:
    """Up to `end`, without those left out."""
    for occurrence in found:
        if occurrence > end:
            return
        if not exdates or (occurrence not in exdates and occurrence.date() not in exdates):
            yield occurrence


def first_after(
    recurrence: Recurrence, moment: datetime, *, inclusive: bool = False
) -> datetime | None:
    """The first date of `after`, None when the recurrence has ended."""
    return next(after(recurrence, moment, inclusive=inclusive), None)


def floating_next(
    recurrence: Recurrence, performed_on: date, *, not_before: date | None = None
) -> datetime | None:
    """The next date when the interval counts from the local date of performance, at the anchor's time of day.

    Short months follow `overflow`, counted from the date performed. An excluded date gives way to the next interval.
    An RFC 5545 rule keeps its own calendar: the first date after the day performed. None after the end. With
    `not_before` the intervals go on until that day.
    """
    latest = max(performed_on, not_before - timedelta(days=1)) if not_before else performed_on
    if recurrence.rrule is not None:
        return first_after(recurrence, datetime.combine(latest, time.max))
    anchored = replace(recurrence, start=datetime.combine(performed_on, recurrence.start.time()))
    return first_after(anchored, datetime.combine(latest, time.max))


def interval_days(recurrence: Recurrence) -> float:
    """The nominal interval in days: a month is 30.4375, a year 365.25; for rules the mean of the first twelve gaps.

    A rule with a single date answers its frequency's length.
    """
    if recurrence.unit is not None:
        return _DAYS[recurrence.unit] * recurrence.interval
    return _rule_interval_days(recurrence.rrule or "", recurrence.start)


@lru_cache(maxsize=16_384)
def _rule_interval_days(text: str, start: datetime) -> float:
    dates = list(islice(after(Recurrence(start=start, rrule=text), start, inclusive=True), 13))
    if len(dates) > 1:
        return (dates[-1] - dates[0]) / timedelta(days=1) / (len(dates) - 1)
    rule = parse(text)
    return _FREQUENCY_DAYS[rule.frequency] * rule.interval


def _next_moment(moment: datetime) -> datetime:
    return moment + timedelta.resolution if moment < datetime.max else moment


def _steps(recurrence: Recurrence, earliest: datetime) -> Iterator[datetime]:
    """The dates of unit and interval at or after `earliest`: anchor + n intervals, n by division."""
    if recurrence.unit in {Unit.MONTH, Unit.YEAR}:
        return _month_steps(recurrence, earliest)
    return _day_steps(recurrence, earliest)


def _day_steps(recurrence: Recurrence, earliest: datetime) -> Iterator[datetime]:
    start = recurrence.start
    step = timedelta(days=recurrence.interval * (7 if recurrence.unit == Unit.WEEK else 1))
    number, latest = max(0, -((start - earliest) // step)), datetime.max - step
    if number > (datetime.max - start) // step:
        return
    moment = start + number * step
    yield moment
    while moment <= latest:
        moment += step
        yield moment


def _month_steps(recurrence: Recurrence, earliest: datetime) -> Iterator[datetime]:
    start = recurrence.start
    months = recurrence.interval * (12 if recurrence.unit == Unit.YEAR else 1)
    anchor = start.year * 12 + start.month - 1
    # One period early: a date moved to the next day lies in the month after its own.
    number = max(0, (earliest.year * 12 + earliest.month - 1 - anchor) // months - 1)
    while (year := (anchor + number * months) // 12) <= MAXYEAR:
        found = _in_month(start, year, (anchor + number * months) % 12 + 1, recurrence.overflow)
        if found is not None and found >= earliest:
            yield found
        number += 1


def _in_month(start: datetime, year: int, month: int, overflow: Overflow) -> datetime | None:
    if start.day > 28 and start.day > (length := month_length(year, month)):
        if overflow == Overflow.SKIP:
            return None
        last = start.replace(year=year, month=month, day=length)
        return last if overflow == Overflow.CLAMP else last + timedelta(days=1)
    return start.replace(year=year, month=month)
