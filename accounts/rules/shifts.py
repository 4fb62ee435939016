"""When people are at work: weekly shifts on the wall clock of a zone, less absences, plus extra shifts.

A time that the clock skips moves forward by the gap; one that it repeats means the first. A shift belongs to the day
on which it begins, also when it ends on the next.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ALL_WEEK = 0b1111111
_DAY = timedelta(days=1)
_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class Pattern:
    """One weekly shift. `is_own`: the person's, not their team's."""

    name: str
    weekdays: int
    starts_at: time
    ends_at: time
    break_minutes: int = 0
    valid_from: date | None = None
    valid_until: date | None = None
    is_own: bool = True

    def covers(self, day: date) -> bool:
        """Whether the pattern is valid on the day, whatever its weekday."""
        is_begun = self.valid_from is None or self.valid_from <= day
        return is_begun and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, slots=True)
class Change:
    """An absence, or an extra shift, in `[start, end)`."""

    start: datetime
    end: datetime
    is_absence: bool = True


@dataclass(frozen=True, slots=True)
class Stretch:
    """Time at work in `[start, end)`, of which `capacity` minutes are for work. `day`: the local day it belongs to."""

    day: date
    start: datetime
    end: datetime
    capacity: int
    name: str = ""

    def cut(self, start: datetime, end: datetime) -> "Stretch":
        """The part in `[start, end)`, with its share of the capacity."""
        low, high = max(self.start, start), min(self.end, end)
        share = (high - low) / (self.end - self.start)
        return replace(self, start=low, end=high, capacity=round(self.capacity * share))


def days_of(mask: int) -> list[int]:
    """The weekdays of a set of bits, Monday 0."""
    return [day for day in range(7) if mask >> day & 1]


def mask_of(days: Iterable[int]) -> int:
    """The set of bits of weekdays."""
    return sum(1 << day for day in set(days))


def in_words(mask: int) -> str:
    """“Mon–Fri”, “Sat, Sun”, “every day”."""
    if mask == ALL_WEEK:
        return "every day"
    parts: list[list[int]] = []
    for day in days_of(mask):
        if parts and parts[-1][-1] == day - 1:
            parts[-1].append(day)
        else:
            parts.append([day])
    return ", ".join(_run(part) for part in parts)


def _run(days: Sequence[int]) -> str:
    first, last = _NAMES[days[0]], _NAMES[days[-1]]
    if len(days) > 2:
        return f"{first}–{last}"
    return first if len(days) == 1 else f"{first}, {last}"


def stretches(
    patterns: Sequence[Pattern],
    changes: Sequence[Change],
    *,
    start: datetime,
    end: datetime,
    zone: str,
) -> list[Stretch]:
    """Everything that touches `[start, end)`, in order and without overlap; night shifts of the day before included."""
    there = ZoneInfo(zone)
    first, last = start.astimezone(there).date() - _DAY, end.astimezone(there).date()
    found = [one for day in _days(first, last) for one in _on(day, patterns, there)]
    extra = [
        _extra(change, there) for change in changes if not change.is_absence and change.end > start
    ]
    whole = _apart(sorted([*found, *extra], key=lambda one: (one.start, one.end)))
    for change in changes:
        if change.is_absence:
            whole = [left for one in whole for left in _without(one, change)]
    return [one for one in whole if one.end > start and one.start < end]


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + number * _DAY


def _on(day: date, patterns: Sequence[Pattern], there: ZoneInfo) -> Iterator[Stretch]:
    """The shifts that begin on the day: the person's own where any is valid, else the teams'."""
    valid = [pattern for pattern in patterns if pattern.covers(day)]
    own = [pattern for pattern in valid if pattern.is_own]
    for pattern in own or valid:
        if pattern.weekdays >> day.weekday() & 1:
            low = _instant(day, pattern.starts_at, there)
            is_overnight = pattern.ends_at <= pattern.starts_at
            high = _instant(day + _DAY if is_overnight else day, pattern.ends_at, there)
            if high > low:  # a clock that goes forward may leave nothing of a short one
                minutes = _minutes(high - low)
                capacity = max(0, minutes - pattern.break_minutes)
                yield Stretch(day, low, high, capacity, pattern.name)


def _instant(day: date, at: time, there: ZoneInfo) -> datetime:
    return datetime.combine(day, at, there).astimezone(UTC)


def _extra(change: Change, there: ZoneInfo) -> Stretch:
    day = change.start.astimezone(there).date()
    return Stretch(
        day, change.start, change.end, _minutes(change.end - change.start), "Extra shift"
    )


def _apart(ordered: Sequence[Stretch]) -> list[Stretch]:
    """Where two overlap, the later keeps what the earlier leaves."""
    found: list[Stretch] = []
    free_from: datetime | None = None
    for one in ordered:
        if free_from is None or one.end > free_from:
            found.append(one if free_from is None else one.cut(free_from, one.end))
            free_from = one.end
    return found


def _without(one: Stretch, absence: Change) -> Iterator[Stretch]:
    if absence.end <= one.start or absence.start >= one.end:
        yield one
        return
    if absence.start > one.start:
        yield one.cut(one.start, absence.start)
    if absence.end < one.end:
        yield one.cut(absence.end, one.end)


def _minutes(length: timedelta) -> int:
    return int(length.total_seconds()) // 60
