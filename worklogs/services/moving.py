"""The only way in which a work order changes its state: table, conditional update, history row, event."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import rights
from accounts.rights import Right, Role
from core import audit, outbox
from core.errors import Conflict, NotAllowed
from core.services import records
from worklogs import states
from worklogs.models import WorkOrder, WorkOrderTransition
from worklogs.services import effects, judging, sla_clocks, times
from worklogs.states import COMMANDS, Command

if TYPE_CHECKING:
    from accounts.models import User

#: Not while the order is in somebody else's hands, except for those who may give it to another.
_BY_HAND = frozenset({"start", "hold", "resume", "complete", "delay"})
_NOT_YOURS = "This work order is not assigned to you."


@transaction.atomic
def move(
    order: WorkOrder, name: str, given: Mapping[str, Any], *, by: "User | None", now: datetime
) -> WorkOrder:
    """Give the order the command `name` of the table with the values `given`. `by` None is the system.

    However many do so at once with the same order in hand, one gets through; what was edited since it was read counts.
    Raises `NotAllowed`, `CommandNotAllowed` where the table has no such move from where the order stands, `Invalid` for
    what is missing or cannot be.
    """
    command = COMMANDS[name]
    if by is not None:
        rights.require(by, command.right)
    _hold(order, command, given)
    check_state(order, command)
    check_right(command, order, by)
    effects.require(command, order, given)
    wanted = effects.Order(order, given, by, now)
    target = command.target or order.status
    changes, clocks = _complete(order, command, effects.of(name, wanted), now=now)
    source = order.status
    place = {"status": target, "step": order.step + 1, "updated_at": now}
    written = changes | clocks | place
    WorkOrder.objects.filter(pk=order.pk).update(**written)
    before = records.snapshot(order, [*changes, "status"])
    for column, value in written.items():
        setattr(order, column, value)
    tell(order, command.past, Move(name, source, wanted.reason), by=by, now=now)
    after = records.snapshot(order, [*changes, "status"])
    found = audit.changes(before, after)
    audit.record(name, order, by=by, now=now, changes=found | _why(wanted.reason))
    return order


class Move:
    """One line of an order's history."""

    def __init__(self, command: str, source: str, reason: str = "") -> None:
        self.command, self.source, self.reason = command, source, reason


def tell(
    order: WorkOrder, past: str, line: Move, *, by: "User | None", now: datetime
) -> WorkOrderTransition:
    """Write the history row of a move that was made, and publish `worklogs.work_order.<past>`."""
    row: WorkOrderTransition = WorkOrderTransition.objects.create(
        work_order=order,
        step=order.step,
        command=line.command,
        source=line.source,
        target=order.status,
        reason=line.reason,
        pauses_clock=order.status == states.ON_HOLD and order.hold_kind in effects.PAUSING,
        assigned_to=order.assigned_to,
        by=by,
        at=now,
    )
    publish(order, past, line, by=by, now=now)
    return row


def publish(
    order: WorkOrder,
    past: str,
    line: Move,
    *,
    by: "User | None",
    now: datetime,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Publish `worklogs.work_order.<past>`."""
    outbox.publish(
        f"worklogs.work_order.{past}",
        told(order, line, by=by) | dict(more or {}),
        organization_id=order.organization_id,
        now=now,
    )


def told(order: WorkOrder, line: Move, *, by: "User | None") -> dict[str, Any]:
    """What the event of a move says."""
    return {
        "work_order_id": order.pk,
        "number": order.number,
        "step": order.step,
        "source": line.source,
        "status": order.status,
        "resource_id": order.resource_id,
        "schedule_id": order.schedule_id,
        "assigned_to_id": order.assigned_to_id,
        "task_type": order.task_type,
        "priority": order.priority,
        "reason": line.reason,
        "by_id": by.pk if by else None,
    }


def check_state(order: WorkOrder, command: Command) -> None:
    """Raises CommandNotAllowed unless the order obeys.

    Whoever wants to take it learns who has it; whoever wants to give it back, who can help once it has begun.
    """
    said = ""
    if command.name == "take" and order.assigned_to_id is not None:
        said = f"{order.assigned_to} has this work order now."
    if command.name == "give_back" and order.status in {states.IN_PROGRESS, states.ON_HOLD}:
        said = "This work has begun. Ask somebody who assigns work to hand it over."
    states.check(order.status, command, said)


def check_right(command: Command, order: WorkOrder, by: "User | None") -> None:
    """Raises NotAllowed unless the person may give this order that command."""
    if by is None:
        return
    rights.require(by, command.right)
    check_reach(order, by)
    if command.name in _BY_HAND:
        check_hands(order, by)
    if command.name == "take" and not _takeable([order.pk], by):
        message = "This work is for a team that you are not in. Ask somebody who assigns work."
        raise NotAllowed(message, code="not_your_team")
    if command.name == "give_back" and order.assigned_to_id != by.pk:
        may_assign = rights.has_right(by, Right.WORK_ORDER_ASSIGN)
        message = f"{order.assigned_to} has this work order. Hand it over instead."
        raise NotAllowed(message if may_assign else _NOT_YOURS, code="not_assigned")


def check_hands(order: WorkOrder, by: "User | None") -> None:
    """Raises NotAllowed while the order is in somebody else's hands, but for those who may give it to another."""
    if by is None:
        return
    rights.require(by, Right.WORK_ORDER_WORK)
    check_reach(order, by)
    if not _is_free(order, by):
        raise NotAllowed(_NOT_YOURS, code="not_assigned")


def check_reach(order: WorkOrder, by: "User | None") -> None:
    """Venue admins plan and do what lies in their subtrees, and only look at what they reported elsewhere."""
    if by is None or by.role != Role.VENUE_ADMIN:
        return
    if not WorkOrder.objects.changeable_by(by).filter(pk=order.pk).exists():
        raise NotAllowed("This resource is not entrusted to you.", code="not_entrusted")


def allowed_to(order: WorkOrder, by: "User") -> list[str]:
    """The commands that the order obeys now and that this person may give: which buttons to show."""
    return allowed_to_each([order], by)[order.pk]


def allowed_to_each(orders: Sequence[WorkOrder], by: "User") -> dict[UUID, list[str]]:
    """As `allowed_to` for many orders, with two statements at most however many they are."""
    keys = {order.pk for order in orders}
    if by.role == Role.VENUE_ADMIN:
        reached = WorkOrder.objects.changeable_by(by).filter(pk__in=keys)
        keys = set(reached.values_list("pk", flat=True))
    waiting = [one.pk for one in orders if one.status == states.SCHEDULED and one.team_id]
    takeable = _takeable(waiting, by) if waiting else ()
    return {
        order.pk: [
            name
            for name in states.commands_from(order.status if order.pk in keys else "")
            if rights.has_right(by, COMMANDS[name].right)
            and (name not in _BY_HAND or _is_free(order, by))
            and (name != "take" or order.pk in takeable)
            and (name != "give_back" or order.assigned_to_id == by.pk)
        ]
        for order in orders
    }


def _takeable(keys: Sequence[UUID], by: "User") -> set[UUID]:
    """Those of the orders that wait for one of the person's teams."""
    rows = WorkOrder.objects.takeable_by(by).filter(pk__in=keys)
    return set(rows.values_list("pk", flat=True))


def _is_free(order: WorkOrder, by: "User") -> bool:
    """Whether nobody else's hands hinder this person."""
    is_own = order.assigned_to_id in {by.pk, None}
    return is_own or rights.has_right(by, Right.WORK_ORDER_ASSIGN)


def _complete(
    order: WorkOrder, command: Command, changes: dict[str, Any], *, now: datetime
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The changes with all that follows from them, and what the clocks say then.

    Refuses values that the columns cannot hold.
    """
    if command.name in effects.ANSWERING and order.responded_at is None:
        changes["responded_at"] = now
    after = _tried(order, changes)
    follows = times.after(order, changes) | judging.after(after, changes, now=now)
    if "priority" in changes and not changes["priority"]:
        del changes["priority"]
    found = changes | follows
    after.status = command.target or order.status
    for column, value in follows.items():
        setattr(after, column, value)
    return found, sla_clocks.after(order, after, found, command.name, now=now)


def _tried(order: WorkOrder, changes: Mapping[str, Any]) -> WorkOrder:
    """A copy with the changes, whose values are looked at as for any edit."""
    copy: WorkOrder = WorkOrder(**{f.attname: getattr(order, f.attname) for f in _FIELDS})
    copy.resource = order.resource
    for column, value in changes.items():
        setattr(copy, column, value)
    untouched = {field.name for field in _FIELDS} - set(changes)
    is_given_back = "priority" in changes and not changes["priority"]
    try:
        copy.clean_fields(exclude=untouched | ({"priority"} if is_given_back else set()))
        times.check(copy)
    except ValidationError as error:
        raise records.invalid(error) from error
    return copy


_FIELDS = [field for field in WorkOrder._meta.concrete_fields if not field.generated]


def _hold(order: WorkOrder, command: Command, given: Mapping[str, Any]) -> None:
    """Lock the order, and the one that it is to repeat, and bring both up to date. Raises if it has moved meanwhile."""
    named = [order, *([given["duplicate_of"]] if given.get("duplicate_of") else [])]
    held = WorkOrder.objects.hold({one.pk for one in named})
    fresh = held[order.pk]
    if (fresh.status, fresh.step) != (order.status, order.step):
        _refuse_overtaken(fresh, command)
    for one in named:
        records.catch_up(one, held[one.pk], {})


def _refuse_overtaken(fresh: WorkOrder, command: Command) -> None:
    """Somebody was faster: what the order allows now, or that it is to be looked at again."""
    check_state(fresh, command)
    message = "Somebody changed this work order at the same moment. Look at it and try again."
    raise Conflict(message, code="overtaken")


def _why(reason: str) -> dict[str, Any]:
    return {"reason": ["", reason]} if reason else {}
