"""Business time: how much of it has passed, and when a target is reached (DOMAIN, "SLA clocks").

A clock is a pure function of calendar, start, pauses and target. Every figure is a sum over stretches of real time,
which `running` lists. Hours are local wall times of the calendar's zone, so that over a change of the clocks they keep
their times; what counts is the real time between them.
"""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from scheduling.rules import zones

#: A stretch of real time, half-open, in aware moments.
Stretch = tuple[datetime, datetime]
#: Work stands still from the first moment to the second; an open end still lasts.
Pause = tuple[datetime, datetime | None]
#: Weekday (Monday is 0), opening and closing time. Closing at 00:00 is midnight at the end of the day.
Hours = tuple[int, time, time]

_DAY = timedelta(days=1)
_ZERO = timedelta(0)
#: Whoever opens more seldom than this never opens.
_LONGEST_WAIT = timedelta(days=3660)


class NeverOpens(ValueError):
    """The calendar has no working time within ten years."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Weekly hours in a zone; on a holiday (a local date) nobody works. `holidays` may also work them out."""

    zone: str
    hours: tuple[Hours, ...]
    holidays: Container[date] = frozenset()

    def of_day(self, day: date) -> list[tuple[time, time]]:
        """The hours of a local date, in order and apart."""
        found: list[tuple[time, time]] = []
        hours = () if day in self.holidays else self.hours
        for opens, closes in sorted(entry[1:] for entry in hours if entry[0] == day.weekday()):
            if found and (found[-1][1] == time.min or opens <= found[-1][1]):
                begin, former = found.pop()
                found.append(
                    (begin, time.min if time.min in {former, closes} else max(former, closes))
                )
            else:
                found.append((opens, closes))
        return found

    def is_working_day(self, day: date) -> bool:
        """Whether anybody works on that local date."""
        return bool(self.of_day(day))


def round_the_clock(zone: str = "UTC") -> Calendar:
    """Every hour of every day: for what concerns safety."""
    return Calendar(zone, tuple((weekday, time.min, time.min) for weekday in range(7)))


@dataclass(frozen=True, slots=True)
class Target:
    """A span of business time, or a number of business days: then the same time of day, so many working days later."""

    span: timedelta = _ZERO
    days: int = 0


@dataclass(frozen=True, slots=True)
class Clock:
    """Runs from `start` in the hours of `calendar`, except in `pauses`."""

    calendar: Calendar
    start: datetime
    target: Target
    pauses: tuple[Pause, ...] = field(default=())

    def due_at(self) -> datetime | None:
        """When the target is reached; none while the clock stands still for an unknown time.

        Days that end with an opening stay there: no working time lies between it and the closing before.
        """
        whole = self._whole()
        reached = self._reached(whole)
        if not self.target.days or self.target.span or reached is None:
            return reached
        due = add_days(self.calendar, self.start, self.target.days)
        unmoved = add(self.calendar, self.start, whole)
        if reached == unmoved:
            return due
        return next(openings(self.calendar, reached))[0] if unmoved != due else reached

    def reached_at(self, share: float) -> datetime | None:
        """When that share of the target is used up, such as 0.75 for a warning."""
        return self._reached(self._whole() * share)

    def elapsed(self, now: datetime) -> timedelta:
        """How much business time has passed."""
        return elapsed(self.calendar, self.start, now, self.pauses)

    def share(self, now: datetime) -> float:
        """How much of the target is used up; 1.0 is the deadline."""
        whole = self._whole()
        return self.elapsed(now) / whole if whole else 1.0

    def running(self, now: datetime) -> list[Stretch]:
        """The stretches that `elapsed` adds up."""
        return list(running(self.calendar, self.start, now, self.pauses))

    def _reached(self, span: timedelta) -> datetime | None:
        return add(self.calendar, self.start, span, self.pauses)

    def _whole(self) -> timedelta:
        if not self.target.days:
            return self.target.span
        due = add_days(self.calendar, self.start, self.target.days)
        return elapsed(self.calendar, self.start, due) + self.target.span


def openings(
    calendar: Calendar, start: datetime, until: datetime | None = None
) -> Iterator[Stretch]:
    """The working time from `start` on, in order. Without `until` it has no end: raises NeverOpens where none comes."""
    day, reached, quiet_since = zones.local_date(start, calendar.zone) - _DAY, start, start
    while until is None or zones.start_of_day(day, calendar.zone) < until:
        for opens, closes in calendar.of_day(day):
            opening, closing = _moments(day, opens, closes, calendar.zone)
            if closing > (begin := max(opening, reached)):
                yield begin, closing
                reached = quiet_since = closing
        day += _DAY
        if until is None and zones.start_of_day(day, calendar.zone) - quiet_since > _LONGEST_WAIT:
            raise NeverOpens("This calendar has no working hours.")


def closings(calendar: Calendar, end: datetime) -> Iterator[Stretch]:
    """The working time up to `end`, the latest first, without end. Raises NeverOpens where none was."""
    day, reached, quiet_until = zones.local_date(end, calendar.zone) + _DAY, end, end
    while True:
        for opens, closes in reversed(calendar.of_day(day)):
            opening, closing = _moments(day, opens, closes, calendar.zone)
            if opening < (finish := min(closing, reached)):
                yield opening, finish
                reached = quiet_until = opening
        if quiet_until - zones.start_of_day(day, calendar.zone) > _LONGEST_WAIT:
            raise NeverOpens("This calendar has no working hours.")
        day -= _DAY


def running(
    calendar: Calendar, start: datetime, end: datetime, pauses: Sequence[Pause] = ()
) -> Iterator[Stretch]:
    """The stretches of `[start, end)` in which a clock runs: working time without the pauses."""
    for begin, finish in _ticking(calendar, start, pauses, until=end):
        if begin >= end:
            return
        yield begin, min(finish, end)


def elapsed(
    calendar: Calendar, start: datetime, end: datetime, pauses: Sequence[Pause] = ()
) -> timedelta:
    """The business time in `[start, end)`."""
    stretches = running(calendar, start, end, pauses)
    return sum((finish - begin for begin, finish in stretches), _ZERO)


def add(
    calendar: Calendar, start: datetime, span: timedelta, pauses: Sequence[Pause] = ()
) -> datetime | None:
    """The moment at which `span` of business time has passed since `start`; none while a pause has no end.

    An exact end of the working day is its closing time. No time at all outside of the hours is the next opening.
    """
    left = span
    for begin, finish in _ticking(calendar, start, pauses):
        if finish - begin >= left:
            return begin + left
        left -= finish - begin
    return None


def subtract(calendar: Calendar, end: datetime, span: timedelta) -> datetime:
    """The moment from which `span` of business time passes until `end`: the mirror of `add`."""
    left = span
    for begin, finish in closings(calendar, end):
        if finish - begin >= left:
            return finish - left
        left -= finish - begin
    raise NeverOpens("This calendar has no working hours.")  # closings never end otherwise


def add_days(calendar: Calendar, start: datetime, days: int) -> datetime:
    """The same time of day, so many working days later; from outside of the hours, from the next opening."""
    begin, _ = next(openings(calendar, start))
    local = zones.to_local(begin, calendar.zone)
    day, left, since = local.date(), days, local.date()
    while left:
        day += _DAY
        if calendar.is_working_day(day):
            left, since = left - 1, day
        elif day - since > _LONGEST_WAIT:
            raise NeverOpens("This calendar has no working hours.")
    return zones.to_utc(datetime.combine(day, local.time()), calendar.zone)


def _ticking(
    calendar: Calendar, start: datetime, pauses: Sequence[Pause], *, until: datetime | None = None
) -> Iterator[Stretch]:
    """Working time from `start` on without the pauses; ends where a pause has no end."""
    standing = merged(pauses)
    for begin, finish in openings(calendar, start, until):
        for paused_from, paused_to in standing:
            if paused_from >= finish:
                break
            if begin < paused_from:
                yield begin, paused_from
            if paused_to is None:
                return
            begin = max(begin, paused_to)
        if begin < finish:
            yield begin, finish


def merged(pauses: Sequence[Pause]) -> list[Pause]:
    """In order and apart; empty ones are left out."""
    found: list[Pause] = []
    for begin, end in sorted(pauses, key=lambda pause: pause[0]):
        if end is not None and end <= begin:
            continue
        last_end = found[-1][1] if found else begin
        if found and (last_end is None or begin <= last_end):
            start = found.pop()[0]
            end = None if last_end is None or end is None else max(last_end, end)
            found.append((start, end))
        else:
            found.append((begin, end))
    return found


def _moments(day: date, opens: time, closes: time, zone: str) -> Stretch:
    last = day + _DAY if closes == time.min else day
    return (
        zones.to_utc(datetime.combine(day, opens), zone),
        zones.to_utc(datetime.combine(last, closes), zone),
    )
