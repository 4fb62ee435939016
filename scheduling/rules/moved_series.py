"""The rule that a recurring window follows after it was moved: the same dates, each by the same wall time."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

from scheduling.rules.recurrence import InvalidRecurrence, Recurrence, after
from scheduling.rules.rrule import Frequency, parse

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
#: A moved rule is trusted when so many of its dates are the old ones, moved.
_COMPARED = 100


def moved(recurrence: Recurrence, first: datetime, shift: timedelta) -> Recurrence | None:
    """The recurrence whose dates are those of `recurrence` from the local `first` on, each moved by `shift`.

    None where no rule of the same kind has these dates, such as the first Monday of a month moved by a day. Nothing is
    assumed: the dates of both are compared.
    """
    days = ((first + shift).date() - first.date()).days
    before = _before(recurrence, first)
    parts = [
        _moved_part(part, recurrence, days, before) for part in (recurrence.rrule or "").split(";")
    ]
    found = replace(recurrence, start=first + shift, rrule=";".join(parts))
    try:
        same = _dates(found, first + shift) == [date + shift for date in _dates(recurrence, first)]
    except InvalidRecurrence:
        return None
    return found if same else None


def _dates(recurrence: Recurrence, start: datetime) -> list[datetime]:
    return list(islice(after(recurrence, start, inclusive=True), _COMPARED))


def _before(recurrence: Recurrence, first: datetime) -> int:
    """How many dates lie before `first`; asked only where the rule counts them."""
    if "COUNT=" not in (recurrence.rrule or "").upper():
        return 0
    dates = after(recurrence, recurrence.start, inclusive=True)
    return sum(1 for date in dates if date < first)


def _moved_part(part: str, recurrence: Recurrence, days: int, before: int) -> str:
    name, _, value = part.upper().partition("=")
    rule = parse(recurrence.rrule or "")
    if name == "COUNT":
        return f"COUNT={int(value) - before}"
    if name == "UNTIL" and rule.until is not None:
        until = rule.until + timedelta(days=days)
        return f"UNTIL={until:%Y%m%d}" if len(value) == 8 else f"UNTIL={until:%Y%m%dT%H%M%S}"
    if name == "BYDAY" and rule.frequency == Frequency.WEEKLY:
        names = [_WEEKDAYS[(_WEEKDAYS.index(day) + days) % 7] for day in value.split(",")]
        return f"BYDAY={','.join(names)}"
    return part
