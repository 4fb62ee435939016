"""Which policy holds for an order, and what its clocks say (DOMAIN, "SLA clocks")."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from worklogs.rules import sla_clock
from worklogs.rules.sla_clock import Calendar, Pause, Stretch, Target

RESPONSE, RESOLUTION = "response", "resolution"
#: Per cent of a target at which somebody is warned.
WARNINGS = (75, 90)
#: What a policy may ask for, in the order in which it is told.
CONDITIONS = ("kind", "task_type", "category", "priority", "resource_type")
_LEAST = timedelta(microseconds=1)
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Case:
    """What of an order decides which policy holds. `resource_type` is the type's id."""

    kind: str
    task_type: str
    category: str
    priority: str
    resource_type: UUID | None
    is_unsafe: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """Targets, and the conditions under which they hold: name and value, only those that it has.

    After `escalates_after` of real time the next level hears of a breach that nobody took up.
    """

    key: UUID
    name: str
    position: int
    conditions: tuple[tuple[str, object], ...]
    calendar: Calendar
    calendar_name: str
    response: Target | None
    resolution: Target | None
    escalates_after: timedelta | None = None

    def fits(self, case: Case) -> bool:
        """Whether the order meets every condition."""
        return all(getattr(case, name) == value for name, value in self.conditions)

    def target(self, name: str) -> Target | None:
        """Of one clock; none where nothing is promised."""
        return self.response if name == RESPONSE else self.resolution


def choose(policies: Iterable[Policy], case: Case) -> Policy | None:
    """The policy that holds: of those that fit, the one with most conditions, then the first in the list."""
    fitting = [policy for policy in policies if policy.fits(case)]
    return min(fitting, key=_rank, default=None)


def _rank(policy: Policy) -> tuple[int, int, str, str]:
    return -len(policy.conditions), policy.position, policy.name, str(policy.key)


@dataclass(frozen=True, slots=True)
class Run:
    """One clock of one order.

    `agreed` is a deadline that people set: it holds whatever the pauses, and counts every hour. `ended_at` is when what
    was promised was done, or when nobody waits for it any more. `known_due_at` is the deadline of a clock that has
    ended, which no later policy moves.
    """

    name: str
    start: datetime
    target: Target
    calendar: Calendar
    pauses: tuple[Pause, ...] = field(default=())
    agreed: datetime | None = None
    ended_at: datetime | None = None
    known_due_at: datetime | None = None

    def due_at(self) -> datetime | None:
        """None while the clock stands still for an unknown time, or where its calendar never opens."""
        if self.agreed is not None:
            return self.agreed
        if self.ended_at is not None:
            return self.known_due_at
        return self._clock().due_at() if self.calendar.hours else None

    def warned_at(self, percent: int) -> datetime | None:
        """When so many per cent of the target are used up."""
        if self.agreed is not None:
            return self.start + (self.agreed - self.start) * percent / 100
        return self._clock().reached_at(percent / 100) if self.calendar.hours else None

    def is_breached(self, now: datetime) -> bool:
        """Whether the deadline went by before it ended; on the dot is in time."""
        due_at = self.due_at()
        return due_at is not None and (self.ended_at or now) > due_at

    def warnings(self, now: datetime) -> list[int]:
        """The warnings that are due: none once it has ended or the deadline is past."""
        if self.ended_at is not None or self.is_breached(now):
            return []
        reached = ((percent, self.warned_at(percent)) for percent in WARNINGS)
        return [percent for percent, at in reached if at is not None and at <= now]

    def looks(self, now: datetime) -> list[datetime]:
        """The moments to come at which there is something to do."""
        due_at = self.due_at()
        if self.ended_at is not None or due_at is None:
            return []
        warned = [self.warned_at(percent) for percent in WARNINGS]
        return [at for at in (*warned, due_at + _LEAST) if at is not None and at > now]

    def elapsed(self, now: datetime) -> timedelta:
        """How much of its time has passed, until it ended."""
        return sum((end - begin for begin, end in self.running(now)), timedelta(0))

    def running(self, now: datetime) -> list[Stretch]:
        """The stretches that `elapsed` adds up, those that touch as one."""
        until = self.ended_at or now
        if self.agreed is not None:
            return [(self.start, until)] if until > self.start else []
        if not self.calendar.hours:
            return []
        joined: list[Stretch] = []
        for begin, end in sla_clock.running(self.calendar, self.start, until, self.pauses):
            begin = joined.pop()[0] if joined and joined[-1][1] == begin else begin
            joined.append((begin, end))
        return joined

    def whole(self) -> timedelta:
        """The target as a span of its time."""
        if self.agreed is not None:
            return self.agreed - self.start
        if not self.target.days or not self.calendar.hours:
            return self.target.span
        due = sla_clock.add_days(self.calendar, self.start, self.target.days)
        return sla_clock.elapsed(self.calendar, self.start, due)

    def _clock(self) -> sla_clock.Clock:
        return sla_clock.Clock(self.calendar, self.start, self.target, self.pauses)


def target_of(*, minutes: int, days: int) -> Target:
    """A target of working minutes, or of working days."""
    return Target(span=timedelta(minutes=minutes), days=days)


def minutes(count: int | None) -> timedelta | None:
    """So many minutes; none for none."""
    return None if count is None else timedelta(minutes=count)


def next_look(runs: Iterable[Run], now: datetime) -> datetime | None:
    """When something is to be done about an order again: `now` where a deadline is past already."""
    found = [at for run in runs for at in ([now] if run.is_breached(now) else run.looks(now))]
    return min(found, default=None)


#: A row of an order's history: when, and whether its clocks stand still from then on.
Line = tuple[datetime, bool]


def pauses(lines: Sequence[Line], *, stands_still: bool, now: datetime) -> tuple[Pause, ...]:
    """When the clocks stood still, from the history in its order and how the order stands at `now`."""
    found: list[Pause] = []
    begun: datetime | None = None
    for at, is_still in [*lines, (now, stands_still)]:
        if is_still and begun is None:
            begun = at
        elif not is_still and begun is not None:
            found.append((begun, at))
            begun = None
    return (*found, (begun, None)) if begun is not None else tuple(found)


def span_in_words(span: timedelta) -> str:
    """“45 minutes”, “3 hours 20 minutes”, “2 hours”."""
    hours, rest = divmod(abs(span), _HOUR)
    parts = [_counted(hours, "hour"), _counted(rest // _MINUTE, "minute")]
    return " ".join(part for part in parts if part) or "less than a minute"


def target_in_words(target: Target, *, is_round_the_clock: bool) -> str:
    """“2 hours of working time”, “5 working days”, “30 minutes”."""
    if target.days:
        return f"{target.days} {'day' if is_round_the_clock else 'working day'}{'s' * (target.days != 1)}"
    return f"{span_in_words(target.span)}{'' if is_round_the_clock else ' of working time'}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}" if count else ""
