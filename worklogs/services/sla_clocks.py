"""The clocks of orders: which policy holds, when their targets are reached, when to look again.

The columns `sla_policy`, `response_due_at`, `resolution_due_at`, `sla_look_at` follow from the facts of an order, its
history and the policies as they read now. What has ended keeps its deadline.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q, QuerySet

from worklogs import states
from worklogs.models import WorkOrder, WorkOrderTransition
from worklogs.rules import service_levels as levels
from worklogs.rules.service_levels import Case, Line, Policy, Run
from worklogs.rules.sla_clock import Target, round_the_clock
from worklogs.services import effects, sla_book
from worklogs.services.sla_book import Book

#: Which columns of an order decide.
FACTS = frozenset(
    {"resource", "kind", "task_type", "category", "priority", "safety_concern", "deadline_at"}
)
#: Commands after which the clocks run, stand still or have an answer.
_TURNING = frozenset({"hold", "resume", "reopen"})
_STILL = (states.COMPLETED, states.VERIFIED)
_NO_TARGET = Target()


class Facts(NamedTuple):
    """What is read of an order, by the names of `COLUMNS`."""

    pk: UUID
    status: str
    hold_kind: str
    reported_at: datetime
    responded_at: datetime | None
    completed_at: datetime | None
    closed_at: datetime | None
    deadline_at: datetime | None
    response_due_at: datetime | None
    resolution_due_at: datetime | None
    kind: str
    task_type: str
    category: str
    priority: str
    safety_concern: bool
    resource_type: UUID | None
    begins_at: datetime | None

    @property
    def starts_at(self) -> datetime:
        """From when on the clocks run: the report, or when a task that was prepared before can be begun at all."""
        return max(self.reported_at, self.begins_at or self.reported_at)

    @property
    def case(self) -> Case:
        """What decides which policy holds."""
        is_unsafe = self.safety_concern or self.category == WorkOrder.Category.SAFETY
        conditions = (self.kind, self.task_type, self.category, self.priority, self.resource_type)
        return Case(*conditions, is_unsafe=is_unsafe)

    @property
    def is_paused(self) -> bool:
        """Work waits for something that nobody here can change."""
        return self.status == states.ON_HOLD and self.hold_kind in effects.PAUSING

    @property
    def is_over(self) -> bool:
        """Done, or not to be done."""
        return self.status not in states.OPEN


_ELSEWHERE = {"resource_type": "resource__type", "begins_at": "booking_task__begins_at"}
COLUMNS = tuple(_ELSEWHERE.get(name, name) for name in Facts._fields)


def facts_of(order: WorkOrder) -> Facts:
    """The same of an order in hand."""
    values = {name: getattr(order, name) for name in Facts._fields if name not in _ELSEWHERE}
    return Facts(**values, resource_type=order.resource.type_id, begins_at=_begins_at(order))


def _begins_at(order: WorkOrder) -> datetime | None:
    """When the task of a booking can be begun; only housekeeping has that."""
    if not order.task_type or order._state.adding:
        return None
    task = getattr(order, "booking_task", None)
    return task.begins_at if task is not None else None


@dataclass(frozen=True, slots=True)
class Standing:
    """An order's clocks as they stand."""

    policy: Policy | None
    runs: tuple[Run, ...]

    def run(self, name: str) -> Run | None:
        """One clock; none where nothing is promised."""
        return next((run for run in self.runs if run.name == name), None)

    def columns(self, now: datetime) -> dict[str, Any]:
        """What the order keeps of it."""
        response, resolution = self.run(levels.RESPONSE), self.run(levels.RESOLUTION)
        return {
            "sla_policy_id": self.policy.key if self.policy else None,
            "response_due_at": response.due_at() if response else None,
            "resolution_due_at": resolution.due_at() if resolution else None,
            "sla_look_at": levels.next_look(self.runs, now),
        }


def standing(facts: Facts, book: Book, lines: Sequence[Line], *, now: datetime) -> Standing:
    """How the clocks of an order stand at `now`; `lines` are its history from `histories`."""
    policy = book.policy_of(facts.case)
    pauses = levels.pauses(lines, stands_still=facts.is_paused, now=now)
    named = {
        levels.RESPONSE: (
            facts.responded_at or facts.completed_at or facts.closed_at,
            facts.response_due_at,
            None,
        ),
        levels.RESOLUTION: (
            facts.completed_at or facts.closed_at,
            facts.resolution_due_at,
            facts.deadline_at,
        ),
    }
    runs = []
    for name, (ended_at, known, agreed) in named.items():
        target = policy.target(name) if policy else None
        if not (agreed or (known if ended_at else target)):
            continue
        calendar = policy.calendar if policy else round_the_clock()
        if facts.case.is_unsafe:
            calendar = round_the_clock(calendar.zone)
        runs.append(
            Run(
                *(name, facts.starts_at, target or _NO_TARGET, calendar, pauses),
                agreed=agreed,
                ended_at=ended_at,
                known_due_at=known,
            )
        )
    return Standing(policy, tuple(runs))


def begin(order: WorkOrder, *, now: datetime) -> None:
    """Start the clocks of an order that is being made."""
    for name, value in standing(facts_of(order), sla_book.load(), (), now=now).columns(now).items():
        setattr(order, name, value)


def generated(cases: Iterable[tuple[Case, bool]], *, now: datetime) -> list[tuple[Any, ...]]:
    """`GENERATED` of orders that are made at once, from their cases and whether somebody has them already."""
    book = sla_book.load()
    known: dict[tuple[Case, bool], tuple[Any, ...]] = {}
    return [
        known.get(entry) or known.setdefault(entry, _generated(*entry, book, now))
        for entry in cases
    ]


#: The columns that `generated` tells, in their order.
GENERATED = ("sla_policy_id", "response_due_at", "resolution_due_at", "sla_look_at")


def _generated(case: Case, is_answered: bool, book: Book, now: datetime) -> tuple[Any, ...]:
    policy = book.policy_of(case)
    blank = Facts(
        **dict.fromkeys(Facts._fields),  # type: ignore[arg-type]
    )._replace(
        status=states.SCHEDULED,
        reported_at=now,
        responded_at=now if is_answered else None,
        safety_concern=case.is_unsafe,
        **{name: getattr(case, name) for name in levels.CONDITIONS},
    )
    columns = standing(blank, book, (), now=now).columns(now) if policy else {}
    return tuple(columns.get(name) for name in GENERATED)


def take_over(orders: Iterable[WorkOrder], *, now: datetime) -> None:
    """Set the clocks of orders that come from elsewhere as they stand there, done ones as well, by the policies of now.

    The sweep then finds what was too late. Each order's `resource` is loaded.
    """
    book = sla_book.load()
    for order in orders:
        running = facts_of(order)._replace(
            status=states.SCHEDULED, responded_at=None, completed_at=None, closed_at=None
        )
        for name, value in standing(running, book, (), now=now).columns(now).items():
            setattr(order, name, value)
        is_promised = order.response_due_at or order.resolution_due_at
        order.sla_look_at = now if is_promised else None


def after(
    order: WorkOrder, tried: WorkOrder, changes: Mapping[str, Any], name: str, *, now: datetime
) -> dict[str, Any]:
    """The columns that follow from a command `name` or, without one, from an edit.

    `order` is as it stood, `tried` a copy with the `changes` and its state after them. What ends the clocks asks the
    database nothing; other commands that concern no clock leave the columns alone.
    """
    facts = facts_of(tried)._replace(begins_at=_begins_at(order))
    if facts.is_over:
        has_ended = order.status in states.OPEN
        return {"sla_look_at": now if _is_late(facts, order) else None} if has_ended else {}
    is_decided = not FACTS.isdisjoint(changes) or "responded_at" in changes
    if name not in _TURNING and not is_decided:
        return {}
    lines = histories([order.pk])[order.pk] if order.step > 2 else []
    found = standing(facts, sla_book.load(), lines, now=now)
    return found.columns(now)


def renew(order: WorkOrder, *, now: datetime) -> None:
    """Reckon an open order anew, whose row is locked: the moment from which its clocks run has changed."""
    facts = facts_of(order)
    if not facts.is_over:
        lines = histories([order.pk])[order.pk]
        keep(order, standing(facts, sla_book.load(), lines, now=now).columns(now))


def keep(order: WorkOrder, columns: Mapping[str, Any]) -> None:
    """Write the columns to an order whose row is locked."""
    if any(getattr(order, name) != value for name, value in columns.items()):
        WorkOrder.objects.filter(pk=order.pk).update(**columns)
        for name, value in columns.items():
            setattr(order, name, value)


def _is_late(facts: Facts, order: WorkOrder) -> bool:
    """Whether a deadline went by before the order ended. Looked at from the columns alone."""
    done_at, answered_at = facts.completed_at or facts.closed_at, facts.responded_at
    pairs = (
        (answered_at or facts.closed_at, order.response_due_at),
        (done_at, order.deadline_at or order.resolution_due_at),
    )
    return any(end is not None and due is not None and end > due for end, due in pairs)


def histories(orders: Collection[UUID]) -> Mapping[UUID, list[Line]]:
    """When each order's clocks stood still and went on, in order; one query."""
    rows: QuerySet[Any, Any] = WorkOrderTransition.objects.filter(work_order__id__among=orders)
    turning = Q(source__in=[states.ON_HOLD, *_STILL]) | Q(target__in=[states.ON_HOLD, *_STILL])
    columns = ("work_order", "at", "pauses_clock", "target")
    found: dict[UUID, list[Line]] = defaultdict(list)
    for key, at, pauses_clock, target in (
        rows.filter(turning).order_by("step").values_list(*columns)
    ):
        found[key].append((at, pauses_clock or target in _STILL))
    return found


def of_many(rows: Iterable[Facts], *, now: datetime) -> dict[UUID, Standing]:
    """The clocks of many orders: four queries at most, whatever their number."""
    found = list(rows)
    book, lines = sla_book.load(), histories([facts.pk for facts in found])
    return {facts.pk: standing(facts, book, lines[facts.pk], now=now) for facts in found}
