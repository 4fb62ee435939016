"""What happened to work, told to those outside (`worklogs/event_types.py`)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from core.models import OutboxEvent
from core.telling import Told, tells
from scheduling.events import place
from scheduling.models import Resource
from worklogs import event_types  # noqa: F401  (registers them)
from worklogs.models import SlaViolation, WorkOrder, WorkOrderComment
from worklogs.states import COMMANDS

_FAULTS = {WorkOrder.Kind.CORRECTIVE, WorkOrder.Kind.EMERGENCY}
_MOVES = sorted({"reported", "changed", *(command.past for command in COMMANDS.values())})


@tells(*(f"worklogs.work_order.{past}" for past in _MOVES))
def tell_moves(events: Sequence[OutboxEvent]) -> Iterator[Told]:
    """A move as the order's own event and, where it is one, the task's; a fault put right is told once more."""
    orders = _orders(UUID(event.payload["work_order_id"]) for event in events)
    for event in events:
        order = orders.get(UUID(event.payload["work_order_id"]))
        if order is not None:
            yield from _move(event, order)


def _move(event: OutboxEvent, order: WorkOrder) -> Iterator[Told]:
    what, given = event.name.rpartition(".")[2], event.payload
    data = _data(order) | {
        "what": what,
        "status": given["status"],
        "priority": given["priority"],
        "assigned_to_id": given["assigned_to_id"],
        "previous_status": given["source"],
        "reason": given["reason"],
        "by_id": given["by_id"],
    }
    said = {"reported": "created", "completed": "completed"}.get(what, "updated")
    yield Told(event, f"work-order.{said}", f"work-order/{order.pk}", data)
    if order.task_type and what in _OF_TASKS:
        yield Told(event, _OF_TASKS[what], f"task/{order.pk}", data)
    if what == "completed" and order.kind in _FAULTS:
        yield Told(event, "maintenance.resolved", f"work-order/{order.pk}", data)


_OF_TASKS = {"reported": "task.created", "completed": "task.completed", "delayed": "task.delayed"}


@tells("worklogs.work_orders.generated")
def tell_generated(events: Sequence[OutboxEvent]) -> Iterator[Told]:
    """Each order that plans made."""
    lines = [(event, UUID(key), who) for event in events for key, who in event.payload["orders"]]
    orders = _orders(key for _, key, _ in lines)
    for event, key, assignee in lines:
        order = orders.get(key)
        if order is None:
            continue
        status = "assigned" if assignee else "scheduled"
        data = _data(order) | {
            **{"what": "generated", "status": status, "assigned_to_id": assignee},
            **{"previous_status": "", "reason": "", "by_id": None},
        }
        yield Told(event, "work-order.created", f"work-order/{key}", data)
        if order.task_type:
            yield Told(event, "task.created", f"task/{key}", data)


@tells("worklogs.room.ready")
def tell_ready(events: Sequence[OutboxEvent]) -> Iterator[Told]:
    """The booking service learns that a room can be given to the next guest."""
    resources = _resources(UUID(event.payload["resource_id"]) for event in events)
    for event in events:
        given = event.payload
        resource = resources.get(UUID(given["resource_id"]))
        if resource is not None:
            kept = ("work_order_id", "number", "task_type")
            data = {
                **{"resource": place(resource), "venue_id": resource.external_id},
                **{name: given[name] for name in kept},
                "next_booking_reference": given["next_booking_reference"],
                "next_starts_at": given["next_starts_at"],
            }
            yield Told(event, "room.ready", f"resource/{resource.pk}", data)


@tells("worklogs.failure.foreseen")
def tell_foreseen(events: Sequence[OutboxEvent]) -> Iterator[Told]:
    """Failures that are foreseen, whatever came of it."""
    resources = _resources(UUID(event.payload["resource_id"]) for event in events)
    for event in events:
        given = dict(event.payload)
        resource = resources.get(UUID(given.pop("resource_id")))
        if resource is not None:
            data = {"resource": place(resource), "venue_id": resource.external_id, **given}
            yield Told(event, "predictive.alert", f"resource/{resource.pk}", data)


@tells("worklogs.sla.noticed")
def tell_deadlines(events: Sequence[OutboxEvent]) -> Iterator[Told]:
    """Deadlines that come near, and those that were missed; a task that is late for it is told as such."""
    keys = [UUID(key) for event in events for key in event.payload["violations"]]
    missed = SlaViolation.objects.filter(pk__among=keys).in_bulk()
    warned = [UUID(row[0]) for event in events for row in event.payload["warnings"]]
    orders = _orders([*warned, *(row.work_order_id for row in missed.values())])
    for event in events:
        for key, clock, percent in event.payload["warnings"]:
            if (order := orders.get(UUID(key))) is not None:
                at = order.response_due_at if clock == "response" else order.resolution_due_at
                more = {"clock": clock, "target_at": at, "percent": percent}
                yield Told(event, "sla.warning", f"work-order/{key}", _data(order) | more)
        for row in (missed.get(UUID(key)) for key in event.payload["violations"]):
            if row is not None and (order := orders.get(row.work_order_id)) is not None:
                yield from _missed(event, row, order)


def _missed(event: OutboxEvent, row: SlaViolation, order: WorkOrder) -> Iterator[Told]:
    data = _data(order)
    more = {"clock": row.clock, "target_at": row.breached_at}
    yield Told(event, "sla.violation", f"work-order/{order.pk}", data | more)
    if order.task_type:
        late = {"what": "delayed", "previous_status": order.status, "by_id": None}
        late["reason"] = f"The {row.clock} deadline was missed."
        yield Told(event, "task.delayed", f"task/{order.pk}", data | late)


@tells("worklogs.comment.added")
def tell_comments(events: Sequence[OutboxEvent]) -> Iterator[Told]:
    """What people write on orders."""
    keys = [UUID(event.payload["comment_id"]) for event in events]
    rows = WorkOrderComment.objects.filter(pk__among=keys).select_related("work_order")
    found = rows.in_bulk()
    for event, key in zip(events, keys, strict=True):
        comment = found.get(key)
        if comment is not None:
            order = comment.work_order
            data = {
                **{"work_order_id": order.pk, "number": order.number, "comment_id": key},
                **{"text": comment.text, "by_id": event.payload["by_id"]},
            }
            yield Told(event, "work-order.commented", f"work-order/{order.pk}", data)


@tells("worklogs.checklist.step_failed")
def tell_failed_steps(events: Sequence[OutboxEvent]) -> Iterator[Told]:
    """What a checklist brought to light."""
    orders = _orders(UUID(event.payload["work_order_id"]) for event in events)
    for event in events:
        order = orders.get(UUID(event.payload["work_order_id"]))
        if order is not None:
            given = event.payload
            data = {
                **{"work_order_id": order.pk, "number": order.number},
                "resource": place(order.resource),
                **{"step": given["step"], "text": given["text"], "answer": given["answer"]},
            }
            yield Told(event, "checklist.step_failed", f"work-order/{order.pk}", data)


@tells("worklogs.log.recorded", "worklogs.log.corrected")
def tell_logs(events: Sequence[OutboxEvent]) -> Iterator[Told]:
    """Work on record; history that is imported is no news."""
    fresh = [event for event in events if not event.payload["is_import"]]
    resources = _resources(UUID(event.payload["resource_id"]) for event in fresh)
    for event in fresh:
        given = event.payload
        resource = resources.get(UUID(given["resource_id"]))
        if resource is not None:
            kept = ("log_id", "schedule_id", "performed_at", "issues_found", "supersedes_id")
            data = {"resource": place(resource), **{name: given[name] for name in kept}}
            yield Told(event, "log.recorded", f"log/{given['log_id']}", data)


def _orders(keys: Iterable[UUID]) -> Mapping[UUID, WorkOrder]:
    rows = WorkOrder.objects.filter(pk__among=set(keys)).select_related("resource")
    found: Mapping[UUID, WorkOrder] = rows.in_bulk()
    return found


def _resources(keys: Iterable[UUID]) -> Mapping[UUID, Resource]:
    found: Mapping[UUID, Resource] = Resource.objects.filter(pk__among=set(keys)).in_bulk()
    return found


def _data(order: WorkOrder) -> dict[str, Any]:
    """What every event about an order says of it."""
    kept = ("number", "title", "status", "kind", "task_type", "category", "priority")
    return {
        "work_order_id": order.pk,
        **{name: getattr(order, name) for name in kept},
        "safety_concern": order.safety_concern,
        **{"resource": place(order.resource), "venue_id": order.resource.external_id},
        **{"schedule_id": order.schedule_id, "assigned_to_id": order.assigned_to_id},
        "due_at": order.due_at,
        **{"booking_reference": order.booking_reference, "guest_id": order.guest_id},
    }
