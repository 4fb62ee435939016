"""A recurrence in words, for people who never met RFC 5545."""

from collections.abc import Iterable
from datetime import date, datetime, time

from scheduling.rules.expansion import Expansion, expansion
from scheduling.rules.phrases import (
    MONTHS,
    WEEKDAYS,
    day_words,
    listed,
    ordinal,
    place,
    plural,
    ranged,
    time_words,
)
from scheduling.rules.recurrence import Overflow, Recurrence, Unit
from scheduling.rules.rrule import Frequency, parse

_PERIODS = {
    Frequency.YEARLY: "year",
    Frequency.MONTHLY: "month",
    Frequency.WEEKLY: "week",
    Frequency.DAILY: "day",
    Frequency.HOURLY: "hour",
}
_WEEKDAY_NAMES = dict(enumerate(WEEKDAYS))
_MONTH_NAMES = dict(enumerate(MONTHS, start=1))
_EVERY_WEEKDAY = frozenset((0, weekday) for weekday in range(7))
_WORKING_DAYS = frozenset((0, weekday) for weekday in range(5))
_MONTHS_SHORTER_THAN = {
    29: frozenset({2}),
    30: frozenset({2}),
    31: frozenset({2, 4, 6, 9, 11}),
}
_MOST_TIMES = 8
_MOST_EXCEPTIONS = 3


def in_words(recurrence: Recurrence) -> str:
    """The recurrence as an English sentence without full stop; raises InvalidRecurrence for a malformed rule.

    For example "Every 3 months on the 31st (or the last day of shorter months), from 31 January
    2024, at 08:00".
    """
    start = recurrence.start
    if recurrence.rrule is None:
        parts = [_unit(recurrence), f"from {day_words(start)}", f"at {time_words(start.time())}"]
        parts += _end(None, recurrence.until, start.time())
    else:
        rule, parsed = expansion(recurrence.rrule, start), parse(recurrence.rrule)
        latest = time.max if rule.frequency == Frequency.HOURLY else rule.times[-1]
        parts = [_rule(rule), _from(rule), *_clock(rule), *_positions_apart(rule)]
        parts += (
            ["once in all" if parsed.count == 1 else f"{parsed.count} times in all"]
            if parsed.count
            else []
        )
        parts += _end(parsed.until, recurrence.until, latest)
    return ", ".join(parts + _exceptions(recurrence.exdates))


def _unit(recurrence: Recurrence) -> str:
    start, unit = recurrence.start, recurrence.unit or Unit.DAY
    every = f"Every {plural(recurrence.interval, unit)}"
    if unit == Unit.DAY:
        return every
    if unit == Unit.WEEK:
        return f"{every} on {WEEKDAYS[start.weekday()]}"
    if unit == Unit.MONTH:
        return f"{every} on the {ordinal(start.day)}{_overflow_by_month(recurrence)}"
    notes = {
        Overflow.CLAMP: " (or 28 February outside leap years)",
        Overflow.SKIP: " (leap years only)",
        Overflow.NEXT_DAY: " (or 1 March outside leap years)",
    }
    leap_day = (start.month, start.day) == (2, 29)
    return f"{every} on {start.day} {MONTHS[start.month - 1]}{notes[recurrence.overflow] if leap_day else ''}"


def _overflow_by_month(recurrence: Recurrence) -> str:
    """What happens in the short months, when the interval meets any."""
    start = recurrence.start
    met = {(start.month - 1 + step * recurrence.interval) % 12 + 1 for step in range(12)}
    if not met & _MONTHS_SHORTER_THAN.get(start.day, frozenset()):
        return ""
    notes = {
        Overflow.CLAMP: " (or the last day of shorter months)",
        Overflow.SKIP: " (shorter months are left out)",
        Overflow.NEXT_DAY: " (or the 1st of the month after a shorter one)",
    }
    return notes[recurrence.overflow]


def _rule(rule: Expansion) -> str:
    """How often and on which days."""
    every = f"Every {plural(rule.interval, _PERIODS[rule.frequency])}"
    days = rule.days
    if rule.frequency == Frequency.WEEKLY and rule.interval > 1:
        every += _week_start(rule)
    if _picks_days(rule):
        return f"{every} on {_picked(rule)}{_months(rule)}"
    if _is_yearly_date(rule):
        (month,) = days.months
        named = ranged(days.month_days, {day: str(day) for day in range(1, 32)})
        return f"{every} on {listed(named)} {MONTHS[month - 1]}{_left_out(rule)}"
    return f"{every}{_days(rule)}{_weeks(rule)}{_months(rule)}{_left_out(rule)}"


def _is_yearly_date(rule: Expansion) -> bool:
    days = rule.days
    return (
        rule.frequency == Frequency.YEARLY
        and len(days.months) == 1
        and bool(days.month_days)
        and min(days.month_days) > 0
        and not (days.year_days or days.week_numbers or days.weekdays)
    )


def _days(rule: Expansion) -> str:
    """The first part that chooses days, then the others as conditions on it."""
    days = rule.days
    choices = [
        _weekdays(rule),
        _numbered(days.month_days, "month"),
        _numbered(days.year_days, "year"),
    ]
    given = [choice for choice in choices if choice]
    if not given:
        return ""
    on = ", only on" if rule.frequency >= Frequency.DAILY else " on"
    return f"{on} {listed(given[0])}" + "".join(
        f" when that is {listed(choice, 'or')}" for choice in given[1:]
    )


def _weekdays(rule: Expansion) -> list[str]:
    weekdays = rule.days.weekdays
    if weekdays == _EVERY_WEEKDAY:
        return ["every day"]
    whole = "" if rule.days.ordinals_within_month else " of the year"
    plain = [weekday for number, weekday in weekdays if not number]
    numbered = sorted((number < 0, number, weekday) for number, weekday in weekdays if number)
    names = [f"the {place(number)} {WEEKDAYS[weekday]}{whole}" for _, number, weekday in numbered]
    every = "every " if names else ""
    return [f"{every}{name}" for name in ranged(plain, _WEEKDAY_NAMES)] + names


def _numbered(numbers: Iterable[int], period: str) -> list[str]:
    """Days counted within a month or year, from the front and from the back."""
    whole = " day of the year" if period == "year" else ""
    front = {number: f"the {ordinal(number)}" for number in numbers if number > 0}
    back = {number: f"the {place(number)} day of the {period}" for number in numbers if number < 0}
    return [f"{name}{whole}" for name in ranged(front, front)] + ranged(back, back)[::-1]


def _weeks(rule: Expansion) -> str:
    numbers = sorted(rule.days.week_numbers, key=lambda number: (number < 0, number))
    if not numbers:
        return ""
    names = [f"week {number}" if number > 0 else f"the {place(number)} week" for number in numbers]
    return f" in {listed(names)} of the year{_week_start(rule)}"


def _week_start(rule: Expansion) -> str:
    """Said where it matters and is not Monday."""
    start = rule.days.week_start
    return f" (weeks start on {WEEKDAYS[start]})" if start else ""


def _months(rule: Expansion) -> str:
    months = rule.days.months
    return f" in {listed(ranged(months, _MONTH_NAMES))}" if months else ""


def _left_out(rule: Expansion) -> str:
    """Rules leave out the months that lack the day; said where it can happen."""
    days = rule.days
    reach = days.months or frozenset(range(1, 13))
    if not any(reach & _MONTHS_SHORTER_THAN.get(abs(day), frozenset()) for day in days.month_days):
        return ""
    if days.months == {2}:
        return " (leap years only)" if days.month_days <= {29, -29} else ""
    return " (months without that day are left out)"


def _picks_days(rule: Expansion) -> bool:
    """Whether BYSETPOS picks among plain weekdays, which reads as "the last Friday"."""
    days = rule.days
    if not rule.positions or not days.weekdays or len(rule.times) > 1:
        return False
    if (
        days.month_days
        or days.year_days
        or days.week_numbers
        or any(number for number, _ in days.weekdays)
    ):
        return False
    # In a year the positions count through all its months.
    return rule.frequency < Frequency.DAILY and (
        rule.frequency != Frequency.YEARLY or len(days.months) <= 1
    )


def _picked(rule: Expansion) -> str:
    weekdays = rule.days.weekdays
    if weekdays == _EVERY_WEEKDAY:
        noun = "day"
    elif weekdays == _WORKING_DAYS:
        noun = "weekday (Monday to Friday)"
    else:
        noun = listed(
            [WEEKDAYS[weekday] for weekday in sorted(weekday for _, weekday in weekdays)], "or"
        )
    period = "" if rule.days.months else f" of the {_PERIODS[rule.frequency]}"
    return f"the {_places(rule)} {noun}{period}"


def _places(rule: Expansion) -> str:
    return listed(
        [
            place(number)
            for number in sorted(rule.positions, key=lambda number: (number < 0, number))
        ]
    )


def _positions_apart(rule: Expansion) -> list[str]:
    """BYSETPOS where it picks among anything but plain weekdays."""
    if not rule.positions or _picks_days(rule):
        return []
    return [f"of these only the {_places(rule)} in each {_PERIODS[rule.frequency]}"]


def _from(rule: Expansion) -> str:
    at = f" at {time_words(rule.start.time())}" if rule.frequency == Frequency.HOURLY else ""
    return f"from {day_words(rule.start)}{at}"


def _clock(rule: Expansion) -> list[str]:
    if rule.frequency == Frequency.HOURLY:
        return _minutes(rule)
    if len(rule.times) <= _MOST_TIMES:
        return [f"at {listed([time_words(clock) for clock in rule.times])}"]
    first, last = time_words(rule.times[0]), time_words(rule.times[-1])
    return [f"{len(rule.times)} times a day between {first} and {last}"]


def _minutes(rule: Expansion) -> list[str]:
    """The hours and minutes of an hourly rule, where they are not simply those of the start."""
    parts = []
    if len(rule.hours) < 24:
        names = ranged(rule.hours, {hour: f"{hour:02}:00" for hour in range(24)})
        noun = "hour" if len(rule.hours) == 1 else "hours"
        parts.append(f"only in the {noun} beginning at {listed(names)}")
    if rule.times != (rule.start.time().replace(hour=0),):
        past = [clock.strftime("%M:%S" if clock.second else "%M") for clock in rule.times]
        parts.append(f"at {listed(past)} minutes past the hour")
    return parts


def _end(until: datetime | None, also_until: datetime | None, latest: time) -> list[str]:
    """The earlier end; its time of day only where it matters, before the day's last time."""
    ends = [moment for moment in (until, also_until) if moment is not None]
    if not ends:
        return []
    end = min(ends)
    at = f" at {time_words(end.time())}" if end.time() < latest else ""
    return [f"until {day_words(end)}{at}"]


def _exceptions(exdates: frozenset[datetime | date]) -> list[str]:
    days = {excluded for excluded in exdates if not isinstance(excluded, datetime)}
    times = {
        excluded
        for excluded in exdates
        if isinstance(excluded, datetime) and excluded.date() not in days
    }
    if not exdates:
        return []
    if len(days) + len(times) > _MOST_EXCEPTIONS:
        return [f"except on {len(days) + len(times)} {'dates' if times else 'days'}"]
    named = {datetime.combine(day, time.min): day_words(day) for day in days}
    named |= {moment: f"{day_words(moment)} at {time_words(moment.time())}" for moment in times}
    return [f"except on {listed([named[moment] for moment in sorted(named)])}"]
