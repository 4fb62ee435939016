"""The slot that harms least: where a maintenance window fits between bookings and other windows.

All intervals are half-open, `[start, end)`, of aware moments; touching is not overlapping (DOMAIN, "Windows and
bookings"). Harm is compared term by term in the order of `Harm`, never as a weighted sum: one displaced booking weighs
more than any number of hours, so that every ranking can be said in words.

The search is exact. Each term is a step or piecewise linear function of the start that takes the smaller value at its
jumps, so a best slot starts or ends, with its buffers, where something else starts or ends, or at the edge of the
period asked for. Only those starts are tried.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import NamedTuple

Interval = tuple[datetime, datetime]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Claim:
    """A booking on the resource, or on one above or below it. `is_firm`: confirmed or checked in, not a mere option."""

    start: datetime
    end: datetime
    is_firm: bool = True
    people: int = 1


@dataclass(frozen=True, slots=True)
class Request:
    """A window of `duration` with its buffers, wholly inside `[earliest, latest)`; buffers may reach beyond."""

    duration: timedelta
    earliest: datetime
    latest: datetime
    setup: timedelta = timedelta()
    cleanup: timedelta = timedelta()


class Harm(NamedTuple):
    """What a slot costs, the gravest first."""

    firm_bookings: int
    people: int
    tentative_bookings: int
    booked_time: timedelta
    outside_working_hours: timedelta


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for the window, without its buffers, and the harm it would do."""

    start: datetime
    end: datetime
    harm: Harm


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around the window: bookings, what is taken for certain, working hours if they count."""

    claims: Sequence[Claim] = ()
    taken: Sequence[Interval] = ()
    working: Sequence[Interval] | None = None


def find_slots(request: Request, around: Surroundings, *, limit: int = 5) -> list[Slot]:
    """Up to `limit` slots that do not overlap each other: each the least harmful, then the earliest, that is left.

    Empty when the period holds no stretch of that length free of other windows.
    """
    search = _Search(request, around)
    found: list[Slot] = []
    while len(found) < limit and (best := search.best(found)):
        found.append(best)
    return found


def harm_of(start: datetime, request: Request, around: Surroundings) -> Harm | None:
    """What the window would cost at `start`; None where another window stands in the way."""
    return _Search(request, around).harm(_ticks(start))


class _Search:
    def __init__(self, request: Request, around: Surroundings) -> None:
        self._length = request.duration // _TICK
        self._setup, self._cleanup = request.setup // _TICK, request.cleanup // _TICK
        self._first = _ticks(request.earliest)
        self._last = _ticks(request.latest) - self._length
        self._firm = _Load.of(claim for claim in around.claims if claim.is_firm)
        self._tentative = _Load.of(claim for claim in around.claims if not claim.is_firm)
        self._taken = _Load.of(Claim(start, end) for start, end in around.taken)
        stretches = around.working
        self._working = (
            None
            if stretches is None
            else _Load.of(Claim(start, end) for start, end in _merged(stretches))
        )
        self._starts = frozenset(filter(self._is_inside, self._breakpoints()))

    def best(self, others: Sequence[Slot]) -> Slot | None:
        """The least harmful slot that overlaps none of `others`."""
        taken = [_ticks(other.start) for other in others]
        beside = {start + side for start in taken for side in (-self._length, self._length)}
        ranked = [
            (harm, start)
            for start in {*self._starts, *filter(self._is_inside, beside)}
            if all(abs(start - other) >= self._length for other in taken)
            and (harm := self.harm(start)) is not None
        ]
        if not ranked:
            return None
        harm, start = min(ranked)
        begin = _EPOCH + start * _TICK
        return Slot(begin, begin + self._length * _TICK, harm)

    def harm(self, start: int) -> Harm | None:
        end = start + self._length
        low, high = start - self._setup, end + self._cleanup
        if self._taken.count(low, high):
            return None
        outside = 0 if self._working is None else self._length - self._working.time(start, end)
        return Harm(
            firm_bookings=self._firm.count(low, high),
            people=self._firm.people(low, high),
            tentative_bookings=self._tentative.count(low, high),
            booked_time=(self._firm.time(low, high) + self._tentative.time(low, high)) * _TICK,
            outside_working_hours=outside * _TICK,
        )

    def _breakpoints(self) -> Iterator[int]:
        """Every start at which a term of the harm can begin to fall or stop falling."""
        yield from (self._first, self._last)
        for load in (self._firm, self._tentative, self._taken):
            for edge in load.edges():
                yield from (edge + self._setup, edge - self._length - self._cleanup)
        for edge in self._working.edges() if self._working else ():
            yield from (edge, edge - self._length)

    def _is_inside(self, start: int) -> bool:
        return self._first <= start <= self._last


@dataclass(slots=True)
class _Load:
    """Answers for any stretch how many intervals overlap it, with how many people, and for how long in sum."""

    starts: list[int]
    ends: list[int]
    _people: tuple[list[int], list[int]] = field(default_factory=lambda: ([0], [0]))
    _sums: tuple[list[int], list[int]] = field(default_factory=lambda: ([0], [0]))

    @classmethod
    def of(cls, claims: Iterable[Claim]) -> "_Load":
        rows = [(_ticks(claim.start), _ticks(claim.end), claim.people) for claim in claims]
        by_start = sorted(rows)
        by_end = sorted(rows, key=lambda row: row[1])
        starts, ends = [row[0] for row in by_start], [row[1] for row in by_end]
        people = (
            [0, *accumulate(row[2] for row in by_start)],
            [0, *accumulate(row[2] for row in by_end)],
        )
        return cls(starts, ends, people, ([0, *accumulate(starts)], [0, *accumulate(ends)]))

    def edges(self) -> Iterator[int]:
        yield from self.starts
        yield from self.ends

    def count(self, low: int, high: int) -> int:
        """Those with `start < high` and `end > low`."""
        return bisect_left(self.starts, high) - bisect_right(self.ends, low)

    def people(self, low: int, high: int) -> int:
        begun, over = self._people
        return begun[bisect_left(self.starts, high)] - over[bisect_right(self.ends, low)]

    def time(self, low: int, high: int) -> int:
        return self._until(high) - self._until(low)

    def _until(self, moment: int) -> int:
        """The time taken before `moment`, summed over the intervals."""
        begun, over = bisect_left(self.starts, moment), bisect_left(self.ends, moment)
        return (begun - over) * moment - self._sums[0][begun] + self._sums[1][over]


def _merged(intervals: Iterable[Interval]) -> list[Interval]:
    """Overlapping and touching stretches as one, so that no moment counts twice."""
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif start < end:
            merged.append((start, end))
    return merged


def _ticks(moment: datetime) -> int:
    return (moment - _EPOCH) // _TICK
