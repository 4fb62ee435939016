"""`worklogs.room.ready`: told once for each time that a room becomes ready, by whatever change."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q

from core import outbox
from scheduling.models import Booking, Resource
from worklogs import states
from worklogs.models import RoomReady, WorkOrder, WorkOrderTransition
from worklogs.rules import cleaning
from worklogs.services.orders import PLACE
from worklogs.services.rooms import CLEANING, asks_inspection, day_end

_SOON = timedelta(days=1)
_FINISHED = (states.COMPLETED, states.VERIFIED)


@transaction.atomic
def note_done(order_id: UUID, *, now: datetime) -> bool:
    """A cleaning was done, or looked at; returns whether that made the room ready."""
    order = WorkOrder.objects.select_related("resource").filter(pk=order_id).first()
    if order is None or order.task_type not in CLEANING or _is_unfinished(order):
        return False
    return _tell(order.resource, order, since=_done(order).at, now=now)


@transaction.atomic
def note_freed(
    order_id: UUID,
    was: Mapping[str, Any] | None,
    *,
    is_by_person: bool,
    at: datetime,
    now: datetime,
) -> bool:
    """At `at` a task ended undone, or was moved (`was`: where and when it was to be done before).

    What bookings withdraw was never needed: it makes a room ready only where a cleaning that was done waited for it.
    """
    order = WorkOrder.objects.select_related("resource").filter(pk=order_id).first()
    if order is None:
        return False
    where = was or {name: getattr(order, name) for name in PLACE}
    room = Resource.objects.filter(pk=where["resource_id"]).first()
    if room is None or not _stood_in_the_way(where, room, at):
        return False
    last = _last_done(room, now)
    if last is None and not is_by_person:
        return False
    since = at if last is None or is_by_person else _done(last).at
    return _tell(room, last or order, since=since, now=now)


def _stood_in_the_way(where: Mapping[str, Any], room: Resource, at: datetime) -> bool:
    due = where["due_at"]
    due = datetime.fromisoformat(due) if isinstance(due, str) else due
    is_due = due is None or due < day_end(at, room.effective_time_zone)
    return where["task_type"] in CLEANING and is_due


def _tell(room: Resource, order: WorkOrder, *, since: datetime, now: datetime) -> bool:
    """Publish it, unless something is left to do or it was told since the room became ready."""
    Resource.objects.select_for_update(of=("self",), no_key=True).get(pk=room.pk)
    if any(_is_unfinished(one) for one in _that_matter(room, now)):
        return False
    step = _done(order).step if order.status in _FINISHED else order.step
    told = RoomReady.objects.filter(work_order__resource=room, at__gte=since)
    if told.exclude(work_order=order, turn__lt=step).exists():
        return False
    former = RoomReady.objects.filter(work_order=order).aggregate(last=Max("turn"))["last"]
    turn = max(step, (former or 0) + 1)
    RoomReady.objects.create(work_order=order, turn=turn, at=now)
    _publish(order, room, now)
    return True


def _done(order: WorkOrder) -> WorkOrderTransition:
    """The move by which the order was finished last."""
    name = "verify" if asks_inspection(order) else "complete"
    found: WorkOrderTransition = order.transitions.filter(command=name).latest("step")
    return found


def _last_done(room: Resource, now: datetime) -> WorkOrder | None:
    """The cleaning that was finished last, of the last day."""
    rows = WorkOrder.objects.filter(resource=room, task_type__in=CLEANING)
    recent = rows.filter(status__in=_FINISHED, completed_at__gte=now - _SOON)
    found = recent.filter(transitions__command="complete").order_by("-completed_at", "-pk")
    return next((one for one in found if not _is_unfinished(one)), None)


def _is_unfinished(order: WorkOrder) -> bool:
    """Neither done, nor looked at where somebody has to."""
    if order.status in states.OPEN:
        return True
    if order.status == states.COMPLETED:
        return asks_inspection(order)
    return order.status != states.VERIFIED


def _that_matter(room: Resource, now: datetime) -> Any:
    """Cleaning that belongs to today or is left from before."""
    due = Q(due_at=None) | Q(due_at__lt=day_end(now, room.effective_time_zone))
    recent = Q(status=states.COMPLETED, completed_at__gte=now - _SOON)
    rows = WorkOrder.objects.filter(recent | (due & Q(status__in=states.OPEN)), resource=room)
    return rows.filter(task_type__in=CLEANING)


def _publish(order: WorkOrder, room: Resource, now: datetime) -> None:
    """`order`: the last cleaning that was done, else what stood in the way."""
    following = (
        Booking.objects.standing()
        .filter(resource=room, ends_at__gt=now, starts_at__gte=now - _SOON)
        .exclude(status=cleaning.CHECKED_IN)
        .order_by("starts_at", "pk")
        .first()
    )
    outbox.publish(
        "worklogs.room.ready",
        {
            "resource_id": room.pk,
            "resource_code": room.code,
            "work_order_id": order.pk,
            "number": order.number,
            "task_type": order.task_type,
            "next_booking_id": following.pk if following else None,
            "next_booking_reference": following.reference if following else "",
            "next_starts_at": following.starts_at if following else None,
        },
        organization_id=order.organization_id,
        now=now,
    )
