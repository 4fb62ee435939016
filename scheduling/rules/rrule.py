"""The text of a recurrence rule (RFC 5545, section 3.3.10), read strictly.

Strict where the standard is clear and where leniency would hide a mistake (a part given twice, COUNT with UNTIL,
ordinals on a weekly rule). Lenient where calendars in the wild differ harmlessly: upper or lower case, a leading
`RRULE:`, a trailing semicolon, repeated list values, BYYEARDAY or BYWEEKNO as a limit in any frequency.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from enum import IntEnum
from functools import lru_cache
from typing import TypeVar

MAXIMUM_TEXT = 1_000
MAXIMUM_COUNT = 10_000
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

Item = TypeVar("Item")

_WEEKDAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_NUMBER = re.compile(r"[+-]?\d{1,6}")
_UNTIL = re.compile(r"\d{8}(T\d{6}Z?)?")


class InvalidRecurrence(ValueError):
    """A recurrence that cannot be used. `message` tells a person what to do, `field` names the input at fault."""

    def __init__(self, message: str, field: str = "rrule") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class Frequency(IntEnum):
    """The period within which a rule's dates repeat, the coarsest first."""

    YEARLY = 0
    MONTHLY = 1
    WEEKLY = 2
    DAILY = 3
    HOURLY = 4


# A hundred years in each unit; nothing is maintained more rarely.
MAXIMUM_INTERVAL = {
    Frequency.YEARLY: 100,
    Frequency.MONTHLY: 1_200,
    Frequency.WEEKLY: 5_218,
    Frequency.DAILY: 36_525,
    Frequency.HOURLY: 876_600,
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A parsed rule. Empty sets mean "not restricted"; `weekdays` holds (ordinal or 0, weekday with Monday 0)."""

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    week_start: int = 0
    months: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()
    year_days: frozenset[int] = frozenset()
    week_numbers: frozenset[int] = frozenset()
    weekdays: frozenset[tuple[int, int]] = frozenset()
    hours: frozenset[int] = frozenset()
    minutes: frozenset[int] = frozenset()
    seconds: frozenset[int] = frozenset()
    positions: frozenset[int] = frozenset()


@lru_cache(maxsize=4096)
def parse(text: str) -> Rule:
    """The rule in `text`; raises InvalidRecurrence that says which part is wrong."""
    parts = _parts(text)
    frequency = _frequency(parts)
    count = _integer(parts, "COUNT", 1, MAXIMUM_COUNT)
    until = _until(parts["UNTIL"]) if "UNTIL" in parts else None
    if count is not None and until is not None:
        raise InvalidRecurrence(
            "A rule ends by COUNT or by UNTIL, not by both: remove one of them."
        )
    rule = Rule(
        frequency=frequency,
        interval=_integer(parts, "INTERVAL", 1, MAXIMUM_INTERVAL[frequency]) or 1,
        count=count,
        until=until,
        week_start=_week_start(parts),
        months=_integers(parts, "BYMONTH", 1, 12),
        month_days=_integers(parts, "BYMONTHDAY", 1, 31, signed=True),
        year_days=_integers(parts, "BYYEARDAY", 1, 366, signed=True),
        week_numbers=_integers(parts, "BYWEEKNO", 1, 53, signed=True),
        weekdays=_weekdays(parts),
        hours=_integers(parts, "BYHOUR", 0, 23),
        minutes=_integers(parts, "BYMINUTE", 0, 59),
        seconds=_integers(parts, "BYSECOND", 0, 59),
        positions=_integers(parts, "BYSETPOS", 1, 366, signed=True),
    )
    _check_combination(rule, parts)
    return rule


_LISTS = frozenset(
    {
        "BYMONTH",
        "BYMONTHDAY",
        "BYYEARDAY",
        "BYWEEKNO",
        "BYDAY",
        "BYHOUR",
        "BYMINUTE",
        "BYSECOND",
        "BYSETPOS",
    }
)
PARTS = _LISTS | {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"}


def _parts(text: str) -> dict[str, str]:
    if len(text) > MAXIMUM_TEXT:
        raise InvalidRecurrence(f"The rule is longer than {MAXIMUM_TEXT} characters: shorten it.")
    body = text.strip().upper().removeprefix("RRULE:").rstrip(";")
    if not body:
        raise InvalidRecurrence("The rule is empty: write for example FREQ=MONTHLY;BYMONTHDAY=1.")
    parts: dict[str, str] = {}
    for item in body.split(";"):
        name, equals, value = (piece.strip() for piece in item.partition("="))
        if not equals or not value:
            raise InvalidRecurrence(f"{_quoted(item)} is not of the form NAME=VALUE.")
        if name not in PARTS:
            raise InvalidRecurrence(
                f"{_quoted(name)} is not a part of a recurrence rule: use {_listing(PARTS)}."
            )
        if name in parts:
            raise InvalidRecurrence(f"{name} is given twice: give it once.")
        parts[name] = value
    return parts


def _quoted(text: str) -> str:
    return f"“{text[:40]}…”" if len(text) > 40 else f"“{text}”"


def _listing(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))


def _frequency(parts: dict[str, str]) -> Frequency:
    name = parts.get("FREQ")
    if name is None:
        raise InvalidRecurrence("FREQ is missing: add for example FREQ=MONTHLY.")
    if name in {"MINUTELY", "SECONDLY"}:
        raise InvalidRecurrence(
            f"FREQ={name} is too frequent for maintenance: use HOURLY or longer."
        )
    if name not in Frequency.__members__:
        raise InvalidRecurrence(
            f"FREQ={_quoted(name)} is unknown: use DAILY, WEEKLY, MONTHLY, YEARLY or HOURLY."
        )
    return Frequency[name]


def _number(name: str, text: str, low: int, high: int, *, signed: bool = False) -> int:
    value = int(text) if _NUMBER.fullmatch(text) and text.isascii() else None
    size = abs(value) if signed and value is not None else value
    if value is None or size is None or not low <= size <= high:
        shown = f"{low} to {high}" + (f" or -{high} to -{low}" if signed else "")
        raise InvalidRecurrence(f"{name} takes whole numbers from {shown}, not {_quoted(text)}.")
    return value


def _integer(parts: dict[str, str], name: str, low: int, high: int) -> int | None:
    return _number(name, parts[name], low, high) if name in parts else None


def _integers(
    parts: dict[str, str], name: str, low: int, high: int, *, signed: bool = False
) -> frozenset[int]:
    def read(item: str) -> int:
        return _number(name, item, low, high, signed=signed)

    return _collect(parts, name, read)


def _collect(parts: dict[str, str], name: str, read: Callable[[str], Item]) -> frozenset[Item]:
    return (
        frozenset(read(item.strip()) for item in parts[name].split(","))
        if name in parts
        else frozenset()
    )


def _weekdays(parts: dict[str, str]) -> frozenset[tuple[int, int]]:
    def read(item: str) -> tuple[int, int]:
        match = _WEEKDAY.fullmatch(item)
        ordinal = int(match[1] or 0) if match else 0
        if match is None or (match[1] and not 1 <= abs(ordinal) <= 53):
            raise InvalidRecurrence(
                f"BYDAY takes weekdays such as MO, 2TU or -1FR, not {_quoted(item)}."
            )
        return ordinal, WEEKDAYS.index(match[2])

    return _collect(parts, "BYDAY", read)


def _week_start(parts: dict[str, str]) -> int:
    name = parts.get("WKST", "MO")
    if name not in WEEKDAYS:
        raise InvalidRecurrence(
            f"WKST is the first day of the week, one of {', '.join(WEEKDAYS)}, not {_quoted(name)}."
        )
    return WEEKDAYS.index(name)


def _until(text: str) -> datetime:
    """The last moment, in local wall time. A date alone includes that whole day."""
    problem = f"UNTIL is a date such as 20251231 or 20251231T180000, not {_quoted(text)}."
    if not (text.isascii() and _UNTIL.fullmatch(text)):
        raise InvalidRecurrence(problem)
    try:
        if len(text) == 8:
            return datetime.combine(datetime.strptime(text, "%Y%m%d"), time.max)
        return datetime.strptime(text[:15], "%Y%m%dT%H%M%S")
    except ValueError as error:
        raise InvalidRecurrence(problem) from error


def _check_combination(rule: Rule, parts: dict[str, str]) -> None:
    ordinals = [ordinal for ordinal, _ in rule.weekdays if ordinal]
    if ordinals and (rule.frequency > Frequency.MONTHLY or rule.week_numbers):
        raise InvalidRecurrence(
            "A numbered weekday such as 2TU counts within a month or a year: use FREQ=MONTHLY or FREQ=YEARLY without "
            "BYWEEKNO, or remove the number."
        )
    if any(abs(ordinal) > 5 for ordinal in ordinals) and (
        rule.frequency == Frequency.MONTHLY or rule.months
    ):
        raise InvalidRecurrence(
            "A month has at most five of each weekday: number weekdays from 1 to 5 or -5 to -1."
        )
    if rule.positions and not parts.keys() & (_LISTS - {"BYSETPOS"}):
        raise InvalidRecurrence(
            "BYSETPOS picks from a set: add another part such as BYDAY=MO,TU,WE,TH,FR."
        )
