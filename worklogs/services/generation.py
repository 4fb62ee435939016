"""Work orders from schedules: each open date gets one, exactly once, with a copy of the plan (DOMAIN, "Exactly once").

In batches with a constant number of statements. Generators of one organisation wait in line at its row of numbers, so
the second finds what the first has made; the database refuses a second order of a date besides.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from accounts.models import Organization
from accounts.rights import RIGHTS, Right, Role
from core import outbox
from core.errors import Conflict
from core.ids import new_id
from core.querysets.rowset import insert_rows
from core.sweeps import in_each
from core.tenancy import all_tenants, current_organization_id
from scheduling import states as dates
from scheduling.models import DueState, Occurrence, Resource, Schedule
from scheduling.services import occurrences, reach
from worklogs import states
from worklogs.models import WorkOrder, WorkOrderTransition
from worklogs.rules.service_levels import Case
from worklogs.services import checklists, finishing, numbers, sla_clocks

if TYPE_CHECKING:
    from accounts.models import User

BATCH = 2000
_CLOSED_BATCH = 2000
#: So many resources of a whole type are asked for by hand at a time; the rest comes on its own day.
MOST_AT_ONCE = 500
_PLAN = Schedule.MaintenanceType
_KINDS = {
    _PLAN.PREVENTIVE: WorkOrder.Kind.PREVENTIVE,
    _PLAN.CORRECTIVE: WorkOrder.Kind.CORRECTIVE,
    _PLAN.SCHEDULED: WorkOrder.Kind.PREVENTIVE,
    _PLAN.EMERGENCY: WorkOrder.Kind.EMERGENCY,
    _PLAN.INSPECTION: WorkOrder.Kind.INSPECTION,
    _PLAN.CLEANING: WorkOrder.Kind.CLEANING,
}
_WHY_CLOSED = {
    dates.DONE: "The work was logged without this order.",
    dates.SKIPPED: "Its date was skipped.",
    dates.MISSED: "A later date took its place.",
    dates.SUPERSEDED: "A later date took its place.",
    dates.COVERED: "Other work covered its date.",
}


class _Date(NamedTuple):
    """An open date, with what its order copies from the plan."""

    occurrence_id: UUID
    resource_id: UUID
    due_at: datetime
    overdue_at: datetime
    schedule_id: UUID
    title: str
    description: str
    maintenance_type: str
    priority: str
    estimated_duration_minutes: int | None
    estimated_cost: Any
    plan_as_of: datetime
    assigned_to_id: UUID | None
    is_active: bool | None
    role: str | None
    resource_type: UUID | None
    cleaning: str | None
    team_id: UUID | None
    version: UUID | None
    is_version_used: bool | None

    @property
    def kind(self) -> str:
        """Of the order, which follows from the plan's."""
        return str(_KINDS[_PLAN(self.maintenance_type)].value)

    @property
    def task_type(self) -> str:
        """Cleaning is housekeeping, of the type that the cleaning plan of the schedule says."""
        is_cleaning = self.maintenance_type == _PLAN.CLEANING
        return (self.cleaning or str(WorkOrder.TaskType.OTHER.value)) if is_cleaning else ""

    @property
    def case(self) -> tuple[Case, bool]:
        """What decides which SLA policy holds, and whether somebody has the order from the start."""
        category = WorkOrder.Category.OTHER.value
        conditions = (self.kind, self.task_type, category, self.priority, self.resource_type)
        return Case(*conditions), self.assignee is not None

    @property
    def assignee(self) -> UUID | None:
        """Whoever the plan names, unless their access has ended or no longer includes work."""
        may_work = self.is_active and Right.WORK_ORDER_WORK in RIGHTS[Role(str(self.role))]
        return self.assigned_to_id if may_work else None


_COLUMNS = (
    *("pk", "resource_id", "due_at", "overdue_at", "schedule_id"),
    *(
        f"schedule__{name}"
        for name in (
            *("title", "description", "maintenance_type", "priority"),
            *("estimated_duration_minutes", "estimated_cost", "updated_at", "assigned_to_id"),
            *("assigned_to__is_active", "assigned_to__role"),
        )
    ),
    "resource__type",
    *(
        f"schedule__cleaning_plan__{name}"
        for name in ("task_type", "team", "checklist__current", "checklist__is_active")
    ),
)
_ORDER_COLUMNS = (
    *("pk", "number", "resource_id", "due_at", "overdue_at", "schedule_id", "occurrence_id"),
    *("plan_as_of", "title", "description", "kind", "task_type"),
    *("checklist_id", "team_id", "priority", "status", "step"),
    *("assigned_to_id", "assigned_at", "responded_at"),
    *("estimated_duration_minutes", "estimated_cost"),
    *sla_clocks.GENERATED,
)
_LINE_COLUMNS = ("pk", "work_order_id", "step", "command", "source", "target", "assigned_to_id")


def generate_due_organizations(*, now: datetime) -> int:
    """Generate in every organisation that has scheduling switched on; returns how many orders were made."""
    with all_tenants(reason="the sweep generates for every organisation"):
        rows = Organization.objects.filter(maintenance_scheduling_enabled=True)
        found = list(rows.values_list("pk", flat=True))

    def one() -> int:
        cancel_closed(now=now)
        return generate(now=now)

    return in_each(found, one)


def generate(*, now: datetime, of: Q | None = None) -> int:
    """Make the orders of every open date that never had one, in the organisation in scope; returns how many.

    `of`: only of dates for which this holds.
    """
    made, last = 0, None
    while found := _one_batch(now=now, after=last, of=of or Q()):
        made, last = made + len(found), found[-1]
        if len(found) < BATCH:
            break
    return made


def generate_next(
    schedule: Schedule, *, by: "User | None", now: datetime, only: Resource | None = None
) -> list[UUID]:
    """As `generate_now`, wherever the person sees the schedule's resources; `only` there."""
    found = DueState.objects.filter(schedule=schedule).exclude(next_due_at=None)
    if by is not None:
        reach.check_change(by, schedule)
        found = found.visible_to(by)
    if only is not None:
        found = found.filter(resource=only)
    places = found.order_by("next_due_at", "pk").values_list("resource", flat=True)
    return generate_now(schedule, places[:MOST_AT_ONCE], by=by, now=now)


@transaction.atomic
def generate_now(
    schedule: Schedule, resources: Iterable[UUID], *, by: "User | None", now: datetime
) -> list[UUID]:
    """Ask for the work of the schedule's oldest open date on each resource, else of its next, before it comes due.

    Returns the ids of the orders that were made: a date that has one already gets no other. Raises Conflict while the
    schedule is paused or when nothing is to come.
    """
    if not schedule.is_active:
        raise Conflict("The schedule is paused. Resume it first.", code="paused")
    numbers.draw(0)  # wait in line before looking, and before the due dates are locked
    wanted = [
        occurrences.plan_next(schedule_id=schedule.pk, resource_id=pk, by=by, now=now).pk
        for pk in resources
    ]
    ordered = WorkOrder.objects.filter(occurrence__in=wanted).exclude(status=states.CANCELLED)
    dates_left = Occurrence.objects.filter(pk__in=wanted).exclude(
        pk__in=ordered.values("occurrence")
    )
    found = [_Date(*row) for row in dates_left.order_by("due_at", "pk").values_list(*_COLUMNS)]
    return _make(found, now=now) if found else []


def cancel_closed(*, now: datetime, occurrence_id: UUID | None = None) -> int:
    """Cancel orders that nobody has begun and whose date was closed otherwise; returns how many."""
    waiting = WorkOrder.objects.waiting().filter(occurrence__isnull=False)
    if occurrence_id is not None:
        waiting = WorkOrder.objects.waiting().filter(occurrence=occurrence_id)
        if not waiting.exists():  # most dates have none, and are asked for one by one
            return 0
    closed = waiting.exclude(occurrence__status__in=[dates.OPEN, dates.PLANNED])
    rows = closed.select_related("resource", "occurrence").order_by("pk")[:_CLOSED_BATCH]
    cancelled = 0
    for order in rows:
        reason = _WHY_CLOSED[order.occurrence.status]
        try:
            finishing.stop(order, "cancel", {"reason": reason}, by=None, now=now)
            cancelled += 1
        except Conflict:
            continue  # somebody began or cancelled it at this moment
    return cancelled


def _without_order() -> Any:
    """Open dates that never had an order, of schedules at work.

    Orders are asked for by their date alone, which has one organisation: named as well, it led PostgreSQL to walk all
    orders for each date while it knew little about the table.
    """
    with all_tenants(reason="the orders of a date are of its organisation; no row is read here"):
        theirs = WorkOrder.objects.filter(occurrence=OuterRef("pk"))
    waiting = Occurrence.objects.open().filter(
        ~Exists(theirs), schedule__deleted_at=None, schedule__is_active=True
    )
    return waiting.order_by("due_at", "pk")


@transaction.atomic
def _one_batch(*, now: datetime, after: _Date | None, of: Q) -> list[_Date]:
    """The next ones; those up to `after` have theirs, and are not walked again."""
    waiting = _without_order().filter(of)
    if after is not None:
        same = Q(due_at=after.due_at, pk__gt=after.occurrence_id)
        waiting = waiting.filter(Q(due_at__gt=after.due_at) | same, due_at__gte=after.due_at)
    if not waiting.exists():
        return []
    numbers.draw(0)  # wait in line before looking
    found = [_Date(*row) for row in waiting.values_list(*_COLUMNS)[:BATCH]]
    if found:
        _make(found, now=now)
    return found


def _make(found: Sequence[_Date], *, now: datetime) -> list[UUID]:
    """Orders for these dates, whose numbers are drawn in line; returns their ids."""
    keys = [new_id() for _ in found]
    drawn = numbers.draw(len(found))
    clocks = sla_clocks.generated([date.case for date in found], now=now)
    uses = checklists.uses_for({date.schedule_id for date in found})
    rows = (
        (*_order_row(key, number, date, uses, now), *promised)
        for key, number, date, promised in zip(keys, drawn, found, clocks, strict=True)
    )
    insert_rows(WorkOrder, _ORDER_COLUMNS, rows, shared=_shared_columns(now))
    _write_history(zip(keys, found, strict=True), now)
    _publish(zip(keys, found, strict=True), now)
    return keys


def _order_row(
    key: UUID, number: int, date: _Date, uses: checklists.Uses, now: datetime
) -> tuple[Any, ...]:
    is_assigned = date.assignee is not None
    usual = uses.pick(schedule_id=date.schedule_id, task_type=date.task_type, kind=date.kind)
    return (
        *(key, number, date.resource_id, date.due_at, date.overdue_at),
        *(date.schedule_id, date.occurrence_id, date.plan_as_of, date.title, date.description),
        *(date.kind, date.task_type),
        (date.version if date.is_version_used else None) or usual,
        *(date.team_id, date.priority),
        states.ASSIGNED if is_assigned else states.SCHEDULED,
        2 if is_assigned else 1,
        *(date.assignee, now if is_assigned else None, now if is_assigned else None),
        *(date.estimated_duration_minutes, date.estimated_cost),
    )


def _shared_columns(now: datetime) -> dict[str, Any]:
    given = {
        "reported_at": now,
        "created_at": now,
        "updated_at": now,
        "priority_source": WorkOrder.PrioritySource.PLAN.value,
        "priority_reasons": "plan",
    }
    written = {*_ORDER_COLUMNS, *given}
    others = [
        field
        for field in WorkOrder._meta.concrete_fields
        if field.name not in {"id", "organization"}
        and not field.generated
        and not {field.name, field.attname} & written
    ]
    return {**{field.name: field.get_default() for field in others}, **given}


def _write_history(made: Iterable[tuple[UUID, _Date]], now: datetime) -> None:
    lines: list[tuple[Any, ...]] = []
    for key, date in made:
        lines.append((new_id(), key, 1, "generate", "", states.SCHEDULED, None))
        if date.assignee is not None:
            line = (2, "assign", states.SCHEDULED, states.ASSIGNED, date.assignee)
            lines.append((new_id(), key, *line))
    shared = {"reason": "", "pauses_clock": False, "by_id": None, "at": now}
    insert_rows(WorkOrderTransition, _LINE_COLUMNS, lines, shared=shared)


def _publish(made: Iterable[tuple[UUID, _Date]], now: datetime) -> None:
    """One event for all: order and, where the plan named somebody, the person."""
    organization_id = current_organization_id()
    assert organization_id is not None  # noqa: S101 - numbers were drawn in its scope
    orders = [[str(key), str(date.assignee) if date.assignee else None] for key, date in made]
    outbox.publish(
        "worklogs.work_orders.generated",
        {"orders": orders},
        organization_id=organization_id,
        now=now,
    )
