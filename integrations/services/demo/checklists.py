"""The hotel's checklists on its plans, and two jobs on which they are being filled in."""

from datetime import datetime, timedelta
from typing import Any

from integrations.services.demo.plans import World
from integrations.services.demo.simulation import Timeline
from scheduling.models import Schedule
from worklogs.models import Checklist, WorkOrder
from worklogs.rules.checklists import Given
from worklogs.services import answers, checklists, orders


def _step(key: str, kind: str, text: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "kind": kind, "text": text, **more}


def _option(label: str, *, fails: bool = False) -> dict[str, Any]:
    return {"label": label, "fails": fails}


_LIFT = [
    _step("doors", "check", "Do the doors close and reopen at an obstacle?", follow_up="open"),
    _step(
        *("speed", "number", "Speed of the car"),
        help="Measure going up with the empty car.",
        **{"unit": "m/s", "minimum": "0.9", "maximum": "1.1"},
    ),
    _step(
        *("ropes", "choice", "Ropes"),
        options=[
            _option("In order"),
            _option("Worn, to be watched"),
            _option("Broken wires", fails=True),
        ],
        follow_up="open",
    ),
    _step(
        *("wires", "photo", "Picture of the broken wires"),
        condition={"step": "ropes", "answer": "failed"},
    ),
    _step("call", "check", "Does the emergency call reach the front desk?"),
    _step("trips", "meter", "Trip counter", unit="trips", required=False),
    _step("remarks", "text", "Remarks", required=False),
    _step("sign", "signature", "Signature of the inspector"),
]
_CHECKOUT = [
    _step("linen", "check", "Bed linen and towels changed?"),
    _step("bath", "check", "Bathroom cleaned and dry?"),
    _step(
        *("minibar", "choice", "Minibar"),
        options=[_option("Full"), _option("Refilled"), _option("Damaged", fails=True)],
    ),
    _step("left", "check", "Has the guest left nothing behind?", help="Drawers, safe, bathroom."),
    _step(
        *("lost", "photo", "Picture of what was left"), condition={"step": "left", "answer": "no"}
    ),
]
#: The answers of `_CHECKOUT` on a day without surprises.
ALL_WELL = {"linen": "yes", "bath": "yes", "minibar": "Full", "left": "yes"}
_BOILER = [
    _step("pressure", "number", "Water pressure", unit="bar", minimum="1.2", maximum="2.5"),
    _step("flue", "number", "Carbon monoxide in the flue gas", unit="ppm", maximum="100"),
    _step("flame", "photo", "Picture of the flame", required=False),
    _step("leak", "check", "Is everything dry, without a leak?", follow_up="open"),
    _step("valve", "check", "Does the safety valve open?"),
    _step("hours", "meter", "Hours counter of the burner", unit="h"),
]


def add_checklists(world: World, *, now: datetime) -> None:
    """Three published checklists for the plans and tasks that they fit."""
    for name, steps, keys, task_types in (
        ("Lift inspection", _LIFT, ("LIFT-M",), ["inspection"]),
        ("Checkout cleaning", _CHECKOUT, (), ["checkout_cleaning"]),
        ("Boiler check", _BOILER, ("BO-Q", "AZO-BO"), []),
    ):
        made = checklists.create_checklist(Checklist(name=name), steps, by=world.by, now=now)
        checklists.publish(made, by=world.by, now=now)
        plans = list(Schedule.objects.filter(external_id__in=keys))
        checklists.set_uses(made, schedules=plans, task_types=task_types, by=world.by, now=now)


def add_jobs(world: World, timeline: Timeline) -> None:
    """An inspection that was begun this hour, and a room that waits for its cleaning."""
    timeline.add(world.now - timedelta(minutes=50), lambda now: _inspect(world, now))
    timeline.add(world.now - timedelta(minutes=30), lambda now: _clean(world, now))


def _inspect(world: World, now: datetime) -> None:
    order = WorkOrder(
        resource=world.resources["LIFT-S"],
        title="Inspect the service lift after the repair",
        task_type=WorkOrder.TaskType.INSPECTION,
        due_at=now + timedelta(hours=3),
        estimated_duration_minutes=40,
    )
    orders.create_task(order, by=world.by, now=now)
    person = world.people["technician"]
    orders.give(order, "assign", {"assigned_to": person}, by=world.by, now=now)
    orders.give(order, "start", {}, by=person, now=now)
    for key, text in (("doors", "yes"), ("speed", "1.25")):
        answers.answer(order, key, Given(text=text), by=person, now=now)


def _clean(world: World, now: datetime) -> None:
    order = WorkOrder(
        resource=world.resources["R206"],
        title="Checkout cleaning",
        task_type=WorkOrder.TaskType.CHECKOUT_CLEANING,
        due_at=now + timedelta(hours=2),
        estimated_duration_minutes=35,
    )
    orders.create_task(order, by=world.by, now=now)
    person = world.people["technician"]
    orders.give(order, "assign", {"assigned_to": person}, by=world.by, now=now)
