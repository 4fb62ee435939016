"""How often what was promised was kept, in a period (REQUIREMENTS D6)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import TruncDay, TruncMonth, TruncWeek

from scheduling.models import Schedule
from worklogs import states
from worklogs.models import SlaClock, SlaPolicy, SlaViolation, WorkOrder

if TYPE_CHECKING:
    from accounts.models import User

#: The period that people look at when they name none.
USUAL = timedelta(days=30)
#: Up to so many days the period is told day by day, then week by week, then month by month.
_BY_DAY, _BY_WEEK = timedelta(days=31), timedelta(days=184)
_DONE = {SlaClock.RESPONSE: "responded_at", SlaClock.RESOLUTION: "completed_at"}


class _Group(NamedTuple):
    """One row of the database's answer."""

    kind: str
    priority: str
    policy: Any
    period: datetime
    kept: int
    missed: int
    excused: int
    running: int


@dataclass(slots=True)
class Score:
    """Of one clock: targets kept, missed, missed but excused, and not decided yet."""

    kept: int = 0
    missed: int = 0
    excused: int = 0
    running: int = 0

    def add(self, group: _Group) -> None:
        """Count one more group of orders."""
        self.kept += group.kept
        self.missed += group.missed
        self.excused += group.excused
        self.running += group.running

    @property
    def attainment(self) -> float | None:
        """Per cent of the decided that were kept; what is excused counts for nothing. None while nothing is decided."""
        decided = self.kept + self.missed
        return round(100 * self.kept / decided, 1) if decided else None


Scores = dict[str, Score]


def _scores() -> Scores:
    return {name: Score() for name in SlaClock.values}


@dataclass(slots=True)
class Part:
    """One line of a breakdown."""

    key: Any
    label: str
    scores: Scores = field(default_factory=_scores)


@dataclass(frozen=True, slots=True)
class Performance:
    """Orders that were reported in `[start, end)`, and how many stood open and past their deadline at its end."""

    start: datetime
    end: datetime
    step: str
    total: Scores
    periods: list[Part]
    kinds: list[Part]
    priorities: list[Part]
    policies: list[Part]
    open: int
    overdue: int


def performance(
    user: "User", *, start: datetime, end: datetime, zone: str, now: datetime
) -> Performance:
    """What was promised in orders that the person sees, by period (in `zone`), kind, priority and policy."""
    rows = (
        WorkOrder.objects.visible_to(user)
        .promised()
        .filter(reported_at__gte=start, reported_at__lt=end)
    )
    step, trunc = _step(end - start)
    groups = {
        clock: _groups(rows, clock, trunc("reported_at", tzinfo=ZoneInfo(zone)))
        for clock in SlaClock
    }
    names: dict[Any, str] = dict(SlaPolicy.objects.values_list("pk", "name"))
    moment = min(end, now)
    visible = WorkOrder.objects.visible_to(user)
    standing = visible.open_at(moment) if moment < now else visible.open()
    counted = standing.aggregate(
        open=Count("pk"), overdue=Count("pk", filter=Q(resolution_due_at__lt=moment))
    )
    total = _scores()
    for clock, found in groups.items():
        for group in found:
            total[clock].add(group)
    kinds, priorities = dict(WorkOrder.Kind.choices), dict(Schedule.Priority.choices)
    return Performance(
        *(start, end, step, total),
        _parts(groups, lambda group: group.period, lambda at: at.isoformat()),
        _parts(groups, lambda group: group.kind, lambda key: str(kinds[key])),
        _parts(groups, lambda group: group.priority, lambda key: str(priorities[key])),
        _parts(groups, lambda group: group.policy, lambda key: names.get(key, "Agreed deadline")),
        **counted,
    )


def _step(length: timedelta) -> tuple[str, Any]:
    if length <= _BY_DAY:
        return "day", TruncDay
    return ("week", TruncWeek) if length <= _BY_WEEK else ("month", TruncMonth)


def _groups(rows: Any, clock: SlaClock, period: Any) -> list[_Group]:
    """The orders with a target for that clock, counted by all that they are told by; one query."""
    violations = SlaViolation.objects.filter(work_order=OuterRef("pk"), clock=clock)
    done = Q(**{f"{_DONE[clock]}__isnull": False})
    open_ = Q(status__in=states.OPEN)
    found = (
        rows.filter(**{f"{clock}_due_at__isnull": False})
        .annotate(
            is_late=Exists(violations), is_excused=Exists(violations.filter(excuse__isnull=False))
        )
        .values_list("kind", "priority", "sla_policy", period)
        .annotate(
            kept=Count("pk", filter=Q(done, is_late=False)),
            missed=Count("pk", filter=Q(is_late=True, is_excused=False)),
            excused=Count("pk", filter=Q(is_excused=True)),
            running=Count("pk", filter=Q(~done, open_, is_late=False)),
        )
        .order_by()
    )
    return [_Group(*row) for row in found]


def _parts(
    groups: dict[SlaClock, list[_Group]],
    key_of: Callable[[_Group], Any],
    label_of: Callable[[Any], str],
) -> list[Part]:
    parts: dict[Any, Part] = {}
    for clock, found in groups.items():
        for group in found:
            key = key_of(group)
            part = parts.setdefault(key, Part(key, label_of(key)))
            part.scores[clock].add(group)
    return sorted(_decided(parts.values()), key=lambda part: part.label)


def _decided(parts: Iterable[Part]) -> list[Part]:
    return [part for part in parts if any(_size(score) for score in part.scores.values())]


def _size(score: Score) -> int:
    return score.kept + score.missed + score.excused + score.running
