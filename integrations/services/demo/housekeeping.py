"""Housekeeping of the hotel: rooms are cleaned when guests leave and while they stay."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from django.db.models import QuerySet

from accounts.models import User
from accounts.rights import Role
from integrations.services.demo import checklists
from integrations.services.demo.plans import World
from integrations.services.demo.simulation import Timeline
from worklogs.models import CleaningPlan, WorkOrder
from worklogs.rules.checklists import Given
from worklogs.services import answers, cleaning_plans, housekeeping, orders

_ROOMS = "guest-room"


def add_yesterday(world: World, timeline: Timeline) -> None:
    """Plans for the guest rooms, and a day on which every room was cleaned."""
    noon = world.moment(world.today - timedelta(days=1), 12)
    timeline.add(noon - timedelta(hours=1), lambda now: _add_plans(world, now))
    timeline.add(noon, lambda now: _clean_all(world, now))


def add_today(world: World) -> None:
    """The tasks of today, of which some are done and some begun where the guests have left."""
    housekeeping.settle_all(housekeeping.known_plans(), now=world.now)
    left = (("assign", "start", "complete", "verify"), ("assign", "start"), ("assign",), ())
    staying = (("assign",), ())
    leaving = _waiting().filter(task_type=WorkOrder.TaskType.CHECKOUT_CLEANING)
    for number, order in enumerate(leaving):
        ways = left if order.booking_task.begins_at <= world.now else staying
        _do(order, number, ways[number % len(ways)], world, world.now)


def _clean_all(world: World, now: datetime) -> None:
    housekeeping.settle_all(housekeeping.known_plans(), now=now)
    for number, order in enumerate(_waiting().filter(due_at__lt=now + timedelta(hours=12))):
        _do(order, number, ("assign", "start", "complete", "verify"), world, now)


def _waiting() -> QuerySet[WorkOrder]:
    tasks = WorkOrder.objects.tasks().pending().filter(booking_task__isnull=False)
    listed: QuerySet[WorkOrder] = tasks.order_by("due_at", "resource__code")
    return listed.select_related("resource", "booking_task")


def _do(order: WorkOrder, number: int, names: Sequence[str], world: World, now: datetime) -> None:
    staff = [one for one in world.people.values() if _may_clean(one)]
    person = staff[number % len(staff)]
    for name in names:
        if name == "complete":
            now = min(now + timedelta(minutes=15 + number % 5 * 6), world.now)
            if order.checklist_id is not None:
                _answer(order, person, now)
        orders.give(order, name, {"assigned_to": person}, by=None, now=now)


def _answer(order: WorkOrder, person: User, now: datetime) -> None:
    """All is well in the room."""
    for step, text in checklists.ALL_WELL.items():
        answers.answer(order, step, Given(text=text), by=person, now=now)


def _add_plans(world: World, now: datetime) -> None:
    kind = world.types[_ROOMS]
    for values in (
        {
            "title": "Checkout cleaning",
            "task_type": WorkOrder.TaskType.CHECKOUT_CLEANING,
            "on_event": CleaningPlan.OnEvent.COMPLETED,
            "allowed_minutes": 240,
            "setup_minutes": 30,
            "estimated_duration_minutes": 45,
            "needs_inspection": True,
        },
        {
            "title": "Stay-over cleaning",
            "task_type": WorkOrder.TaskType.STAY_OVER_CLEANING,
            "on_event": CleaningPlan.OnEvent.CHECKED_IN,
            "rhythm": CleaningPlan.Rhythm.EACH_DAY,
            "due_time": time(15),
            "estimated_duration_minutes": 20,
        },
    ):
        plan = CleaningPlan(resource_type=kind, **values)
        cleaning_plans.create_plan(plan, by=world.by, now=now)


def _may_clean(person: User) -> bool:
    return person.is_active and person.role == Role.TECHNICIAN
