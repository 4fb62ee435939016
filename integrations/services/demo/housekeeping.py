"""Housekeeping of the hotel: rooms are cleaned when guests leave and while they stay."""

from datetime import time

from accounts.models import User
from accounts.rights import Role
from integrations.services.demo import checklists
from integrations.services.demo.plans import World
from worklogs.models import CleaningPlan, WorkOrder
from worklogs.rules.checklists import Given
from worklogs.services import answers, cleaning_plans, housekeeping, orders

_ROOMS = "guest-room"


def add_housekeeping(world: World) -> None:
    """Plans for the guest rooms, with the tasks of today, of which some are done and some begun."""
    _add_plans(world)
    housekeeping.settle_all(housekeeping.known_plans(), now=world.now)
    tasks = WorkOrder.objects.tasks().pending().filter(booking_task__isnull=False)
    staff = [one for one in world.people.values() if _may_clean(one)]
    listed = tasks.order_by("due_at", "resource__code").select_related("resource")
    leaving = listed.filter(task_type=WorkOrder.TaskType.CHECKOUT_CLEANING)
    ways = (("assign", "start", "complete", "verify"), ("assign", "start"), ("assign",), ())
    for number, order in enumerate(leaving):
        person = staff[number % len(staff)]
        for name in ways[number % len(ways)]:
            if name == "complete":
                _fill_in(order, person, world)
            orders.give(order, name, {"assigned_to": person}, by=None, now=world.now)


def _fill_in(order: WorkOrder, person: User, world: World) -> None:
    for step, text in checklists.ALL_WELL.items():
        answers.answer(order, step, Given(text=text), by=person, now=world.now)


def _add_plans(world: World) -> None:
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
        cleaning_plans.create_plan(plan, by=world.by, now=world.now)


def _may_clean(person: User) -> bool:
    return person.is_active and person.role == Role.TECHNICIAN
