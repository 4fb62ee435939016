"""What housekeeping has to know of rooms: ready, being cleaned, to be cleaned; who leaves and who comes."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from accounts.rights import Right, has_right
from accounts.zones import zone_name_of
from scheduling.models import Booking, Resource
from worklogs import states
from worklogs.models import BookingTask, CleaningPlan, WorkOrder
from worklogs.rules import cleaning, workload
from worklogs.services.cleaning_plans import condition_of_all

if TYPE_CHECKING:
    from accounts.models import User

READY, BEING_CLEANED, TO_BE_CLEANED, TO_BE_INSPECTED = (
    *("ready", "being_cleaned", "to_be_cleaned"),
    "to_be_inspected",
)
WORDS = {
    READY: "Ready",
    BEING_CLEANED: "Being cleaned",
    TO_BE_CLEANED: "To be cleaned",
    TO_BE_INSPECTED: "To be inspected",
}
_TYPE = WorkOrder.TaskType
#: Tasks without which a room is not ready.
CLEANING = (*(_TYPE.CHECKOUT_CLEANING, _TYPE.STAY_OVER_CLEANING, _TYPE.DEEP_CLEANING, _TYPE.SETUP),)
MOST = 1000


def asks_inspection(order: WorkOrder) -> bool:
    """Whether somebody has to look before the room is ready: as the plan behind the order says."""
    if order.schedule_id is not None:
        rows: Any = CleaningPlan.objects.filter(schedule=order.schedule_id)
    else:
        rows = BookingTask.objects.filter(work_order=order.pk)
    return bool(rows.filter(needs_inspection=True).exists())


def day_end(now: datetime, zone: str) -> datetime:
    """Midnight after `now` on the clock of the zone."""
    local = now.astimezone(ZoneInfo(zone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


@dataclass
class Room:
    """One room today. `leaving` and `arriving` are known only to those who may see bookings."""

    resource: Resource
    state: str = READY
    tasks: list["Task"] = field(default_factory=list)
    leaving: Booking | None = None
    arriving: Booking | None = None

    @property
    def words(self) -> str:
        """The state for people."""
        return WORDS[self.state]


@dataclass
class Task:
    """A task of today. `tight`: what is tight about its turn-over, in words."""

    order: WorkOrder
    begins_at: datetime | None = None
    asks_inspection: bool = False
    tight: str = ""


def today(
    user: "User",
    *,
    now: datetime,
    below: Resource | None = None,
    only: Collection[UUID] | None = None,
) -> list[Room]:
    """The rooms that cleaning plans are for or that have a task today, in the order of the tree.

    A constant number of questions, whatever the number of rooms; `MOST` rooms at most.
    """
    resources = Resource.objects.visible_to(user).in_service()
    zone = zone_name_of(user)
    tasks = _tasks(user, zone, now, only)
    if only is not None:
        resources = resources.filter(pk__in=only)
    else:
        with_task = Q(id__among={task.order.resource_id for task in tasks})
        resources = resources.filter(condition_of_all() | with_task)
    if below is not None:
        resources = resources.subtree(below.path)
    rows = list(resources.select_related("parent").order_by("path")[:MOST])
    found = {resource.pk: Room(resource) for resource in rows}
    for task in tasks:
        if task.order.resource_id in found:
            found[task.order.resource_id].tasks.append(task)
    for room in found.values():
        room.state = state_of(room.tasks)
    if has_right(user, Right.BOOKING_VIEW):
        _note_bookings(user, found, zone, now)
    return list(found.values())


def state_of(tasks: Iterable[Task]) -> str:
    """Of one room, by its tasks."""
    found = {_state(task) for task in tasks if task.order.task_type in CLEANING}
    return next(
        (one for one in (BEING_CLEANED, TO_BE_CLEANED, TO_BE_INSPECTED) if one in found), READY
    )


def _state(task: Task) -> str:
    status = task.order.status
    if status in {states.IN_PROGRESS, states.ON_HOLD}:
        return BEING_CLEANED
    if status in states.OPEN:
        return TO_BE_CLEANED
    return TO_BE_INSPECTED if status == states.COMPLETED and task.asks_inspection else READY


def _tasks(user: "User", zone: str, now: datetime, only: Collection[UUID] | None) -> list[Task]:
    """Housekeeping of today and what is left from before, what is done last."""
    end = day_end(now, zone)
    start = end - timedelta(days=1)
    waiting = Q(status__in=states.OPEN) & (Q(due_at__lt=end) | Q(due_at=None))
    done = Q(status__in=[states.COMPLETED, states.VERIFIED], completed_at__gte=start)
    unseen = Q(status=states.COMPLETED, completed_at__gte=now - timedelta(days=3))
    orders = WorkOrder.objects.visible_to(user).tasks().filter(waiting | done | unseen)
    if only is not None:
        orders = orders.filter(resource__in=only)
    listed = list(
        orders.select_related("resource", "assigned_to", "team").order_by("due_at", "pk")[
            : 2 * MOST
        ]
    )
    keys = {order.pk for order in listed}
    rows = BookingTask.objects.filter(work_order__id__among=keys).select_related(
        "plan", "next_booking"
    )
    by_order = {row.work_order_id: row for row in rows}
    inspected = set(
        CleaningPlan.objects.filter(
            needs_inspection=True,
            schedule__id__among={o.schedule_id for o in listed if o.schedule_id},
        ).values_list("schedule", flat=True)
    )
    return [_task(order, by_order.get(order.pk), inspected) for order in listed]


def _task(order: WorkOrder, row: BookingTask | None, inspected: set[UUID]) -> Task:
    if row is None:
        return Task(order, asks_inspection=order.schedule_id in inspected)
    found = Task(order, row.begins_at, row.needs_inspection)
    if row.next_booking is not None and order.status in states.OPEN:
        setup = timedelta(minutes=row.plan.setup_minutes if row.plan else 0)
        minutes = order.estimated_duration_minutes or workload.usual_minutes(
            order.task_type, order.kind
        )
        found.tight = cleaning.tightness(row.begins_at, row.next_booking.starts_at, minutes, setup)
    return found


def _note_bookings(user: "User", rooms: dict[UUID, Room], zone: str, now: datetime) -> None:
    """Who leaves today, or left, and who comes today."""
    end = day_end(now, zone)
    start = end - timedelta(days=1)
    near = Booking.objects.visible_to(user).sharing(start, end)
    by_room: dict[UUID, list[Booking]] = defaultdict(list)
    for booking in near.exclude(status=cleaning.CANCELLED).order_by("starts_at", "pk"):
        by_room[booking.resource_id].append(booking)
    for key, room in rooms.items():
        for booking in by_room[key]:
            if start <= booking.ends_at < end:
                room.leaving = booking
            if start <= booking.starts_at < end and booking.status != cleaning.COMPLETED:
                room.arriving = room.arriving or booking


def state_on_page(resource: Resource, user: "User", *, now: datetime) -> Room | None:
    """The state of one resource, where housekeeping has to do with it."""
    concerned = Resource.objects.filter(condition_of_all(), pk=resource.pk)
    rooms = today(user, now=now, only=[resource.pk])
    if not rooms or not (rooms[0].tasks or concerned.exists()):
        return None
    return rooms[0]
