"""Work orders: how they come to be, are changed, and move on. Each use case is one transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from accounts import rights
from accounts.rights import Right
from core.errors import Conflict, Invalid, NotAllowed
from core.services import records
from scheduling.models import Resource
from worklogs import states
from worklogs.models import Checklist, WorkOrder
from worklogs.services import (
    checklists,
    finishing,
    judging,
    moving,
    numbers,
    routes,
    sla_clocks,
    times,
)
from worklogs.services.moving import Move, move

if TYPE_CHECKING:
    from accounts.models import User

_KINDS = {
    WorkOrder.TaskType.INSPECTION: WorkOrder.Kind.INSPECTION,
    WorkOrder.TaskType.MAINTENANCE_REPAIR: WorkOrder.Kind.CORRECTIVE,
    WorkOrder.TaskType.RESTOCKING: WorkOrder.Kind.RESTOCKING,
    WorkOrder.TaskType.SETUP: WorkOrder.Kind.OTHER,
    WorkOrder.TaskType.OTHER: WorkOrder.Kind.OTHER,
}
#: Where, what and until when: others wait for it.
PLACE = ("resource_id", "task_type", "due_at")


@transaction.atomic
def create_order(
    order: WorkOrder,
    *,
    by: "User | None",
    now: datetime,
    stops: Sequence[Resource] = (),
    is_at_place: bool = False,
    reported_by: "User | None" = None,
    assignee: "User | None" = None,
    checklist: Checklist | None = None,
) -> WorkOrder:
    """Add an order in one of the states where orders begin, `reported` unless it says otherwise.

    Whoever may only report cannot begin later in the lifecycle, nor set the priority. `stops` are its further
    resources, in the order of the way. `is_at_place`: whoever reports has read the code on the resource. `reported_by`
    is whose finding the system reports. With an `assignee` it begins as planned and is given at once. Without a
    `checklist` it takes that of its task type or kind.
    """
    if assignee is not None and order.status in {"", states.REPORTED}:
        order.status = states.SCHEDULED
    order.status = order.status or states.REPORTED
    _check_maker(order, by, stops, is_at_place=is_at_place)
    routes.check(order, stops)
    if order.status not in states.FIRST:
        raise Invalid(f"A new order is {', '.join(states.FIRST)}.", field="status")
    order.reported_by, order.reported_at, order.step = by or reported_by, now, 1
    order.overdue_at = order.due_at
    times.check(order)
    is_set = {"priority": order.priority} if order.priority else {"priority": ""}
    for column, value in judging.after(order, is_set, now=now).items():
        setattr(order, column, value)
    if checklist is not None:
        order.checklist = checklists.chosen(order, checklist)
    if order.checklist_id is None:
        order.checklist_id = checklists.uses_for().pick(
            schedule_id=None, task_type=order.task_type, kind=order.kind
        )
    sla_clocks.begin(order, now=now)
    order.number = numbers.draw(1)[0]
    records.create(order, by=by, now=now)
    routes.put(order, stops)
    moving.tell(order, "reported", Move("report", ""), by=by, now=now)
    if assignee is not None:
        move(order, "assign", {"assigned_to": assignee}, by=by, now=now)
    return order


def report(
    order: WorkOrder, *, by: "User | None", now: datetime, is_at_place: bool = False
) -> WorkOrder:
    """Add what somebody noticed; somebody else decides what becomes of it."""
    order.status, order.priority = states.REPORTED, ""
    return create_order(order, by=by, now=now, is_at_place=is_at_place)


def create_task(
    order: WorkOrder,
    *,
    by: "User | None",
    now: datetime,
    assignee: "User | None" = None,
    checklist: Checklist | None = None,
) -> WorkOrder:
    """Add a housekeeping task, ready to be assigned; its kind follows from its type."""
    order.task_type = order.task_type or WorkOrder.TaskType.OTHER
    task_type = WorkOrder.TaskType(order.task_type)
    order.kind = _KINDS.get(task_type, WorkOrder.Kind.CLEANING)
    order.title = order.title or task_type.label
    order.status = states.SCHEDULED
    return create_order(order, by=by, now=now, assignee=assignee, checklist=checklist)


@transaction.atomic
def change_order(
    order: WorkOrder, changes: Mapping[str, Any], *, by: "User | None", now: datetime
) -> WorkOrder:
    """Change what the order says, and nothing once it is verified or has ended otherwise.

    An empty `priority` gives it back to be computed. What was generated keeps its resource: its date belongs there.
    Another `assigned_to` is a command like any other, given after the rest was changed. `resources` is another route,
    while the order is open. A `checklist` is one to choose.
    """
    moving.check_reach(order, by)
    stored: WorkOrder = WorkOrder.objects.select_for_update(of=("self",), no_key=True).get(
        pk=order.pk
    )
    if stored.status not in (*states.OPEN, states.COMPLETED):
        ended = stored.get_status_display().lower()
        raise Conflict(f"This work order is {ended}; nothing of it changes any more.", code="over")
    if stored.occurrence_id and changes.get("resource", order.resource) != order.resource:
        raise Invalid("This order belongs to a date of its resource.", field="resource")
    wanted = dict(changes)
    person, stops = wanted.pop("assigned_to", None), wanted.pop("resources", None)
    if "checklist" in wanted:
        wanted["checklist"] = checklists.chosen(stored, wanted["checklist"])
    records.catch_up(order, stored, wanted)
    for name, value in wanted.items():
        setattr(order, name, value)
    times.check(order)
    follows = {**times.after(stored, wanted), **judging.after(order, wanted, now=now)}
    records.update(order, {**wanted, **follows}, by=by, now=now)
    sla_clocks.keep(order, sla_clocks.after(stored, order, {**wanted, **follows}, "", now=now))
    goes_elsewhere = _reroute(order, stored, stops, by=by, now=now)
    if goes_elsewhere or any(getattr(stored, name) != getattr(order, name) for name in wanted):
        line = Move("change", order.status)
        moving.publish(order, "changed", line, by=by, now=now, more=_was(stored, order))
    if person is not None and person != order.assigned_to:
        name = "reassign" if order.status in states.HELD_BY_SOMEBODY else "assign"
        move(order, name, {"assigned_to": person}, by=by, now=now)
    return order


def _was(stored: WorkOrder, order: WorkOrder) -> dict[str, Any]:
    """For whoever waits for the work: where and when it was to be done, where that changed."""
    was = {name: getattr(stored, name) for name in PLACE}
    is_moved = any(getattr(order, name) != value for name, value in was.items())
    return {"was": was} if is_moved else {}


def _reroute(
    order: WorkOrder,
    stored: WorkOrder,
    stops: Sequence[Resource] | None,
    *,
    by: "User | None",
    now: datetime,
) -> bool:
    """Give the order another route, None for the one it has; whoever plans sees what it goes to."""
    if stops is None and order.resource_id == stored.resource_id:
        return False
    former = routes.stops_of(order)
    wanted = former if stops is None else stops
    _check_seen(by, {stop.pk for stop in wanted} - {stop.pk for stop in former})
    return routes.change(order, former, wanted, by=by, now=now)


def give(
    order: WorkOrder, name: str, given: Mapping[str, Any], *, by: "User | None", now: datetime
) -> WorkOrder:
    """Any command of the table, by its name."""
    if name == "complete":
        return finishing.complete(order, given, by=by, now=now)
    if name in finishing.STOPPING:
        return finishing.stop(order, name, given, by=by, now=now)
    return move(order, name, given, by=by, now=now)


def _check_maker(
    order: WorkOrder, by: "User | None", stops: Sequence[Resource], *, is_at_place: bool
) -> None:
    """Whoever makes an order sees its resources; only planners begin later or set the priority."""
    if by is None:
        return
    is_report = order.status == states.REPORTED and not order.priority and not order.assigned_to
    rights.require(by, Right.WORK_ORDER_REPORT if is_report else Right.WORK_ORDER_ADD)
    if is_report and is_at_place:
        return
    _check_seen(by, {order.resource.pk, *(stop.pk for stop in stops)})


def _check_seen(by: "User | None", keys: set[UUID]) -> None:
    if by is None or not keys:
        return
    if Resource.objects.visible_to(by).filter(pk__in=keys).count() < len(keys):
        raise NotAllowed("You cannot see this resource.", field="resource")
