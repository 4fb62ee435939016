"""The demo's work orders: reports of the last days in every state of their life, and what the schedules ask for."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import Team
from core.services import records
from integrations.services.demo.plans import World
from integrations.services.demo.simulation import Timeline
from integrations.services.demo.tables import Row, rows
from scheduling.models import Schedule
from worklogs.models import (
    CostEntry,
    LaborEntry,
    LaborRate,
    SavedView,
    Vendor,
    WorkOrder,
    WorkOrderLink,
)
from worklogs.services import generation, labor, orders, stops, talk

#: What brings a report on, in this order, up to the one that its line names.
_WAY = ("triage", "schedule", "assign", "start", "complete", "verify")
_PLANNER = "coordinator"


def add_orders(world: World, timeline: Timeline) -> None:
    """Let the reports be made and carried on at their times; schedules ask for their work in the last hour."""
    timeline.add(world.now - timedelta(days=200), lambda now: _rates(world, now))
    for story in rows("orders"):
        began = world.now - timedelta(hours=int(story["ago"]))
        timeline.add(began, lambda now, story=story: _tell(story, world, now))  # type: ignore[misc]
    timeline.add(world.now - timedelta(minutes=50), lambda now: generation.generate(now=now))
    timeline.add(world.now - timedelta(minutes=40), lambda now: _tie(world, now))
    timeline.add(world.now - timedelta(minutes=30), lambda now: _begin_round(world, now))


def _rates(world: World, now: datetime) -> None:
    for key, rate in (("", "32.00"), ("technician", "36.50"), ("sofia", "41.00")):
        person = world.people[key] if key else None
        LaborRate.objects.create(person=person, hourly_rate=Decimal(rate), valid_from=now.date())


def _tell(story: Row, world: World, now: datetime) -> None:
    """One report, and each step at its time between then and now."""
    planner, person = world.people[_PLANNER], world.people[story["person"]]
    hour = world.now.replace(minute=0, second=0, microsecond=0)
    is_planned = story["until"] == "schedule"  # and nobody has it: for whoever of the team takes it
    order = WorkOrder(
        resource=world.resources[story["code"]],
        title=story["title"],
        description=story["text"],
        category=story["category"],
        safety_concern=bool(story["unsafe"]),
        due_at=hour + timedelta(hours=int(story["due"])),
        team=Team.objects.get(name="Engineering") if is_planned else None,
    )
    orders.create_order(order, by=planner, now=now)
    names = _WAY[: _WAY.index(story["until"]) + 1] if story["until"] else ()
    step = (world.now - now) / (len(names) + 3)
    for name in names:
        now += step
        if name == "complete":
            _spend(story, order, world, now)
        by = person if name in {"start", "complete"} else planner
        orders.give(order, name, _given(name, story, world), by=by, now=now)
    if story["said"]:
        named = [one for one in world.people.values() if f"@{one.name}" in story["said"]]
        talk.add_comment(order, story["said"], mentioned=named, by=planner, now=now + step / 2)
    if story["command"]:
        why = {"reason": story["reason"], "hold_kind": story["hold"] or "other"}
        orders.give(order, story["command"], why, by=planner, now=now + step)


def _given(name: str, story: Row, world: World) -> dict[str, Any]:
    if name == "assign":
        return {"assigned_to": world.people[story["person"]]}
    if name == "complete":
        found = {"failure_mode": story["failed"], "cause": story["cause"]}
        return {**found, "remedy": story["remedy"], "notes": story["remedy"]}
    return {}


def _spend(story: Row, order: WorkOrder, world: World, now: datetime) -> None:
    """The time of whoever did it, and what was bought."""
    person = world.people[story["person"]]
    start = now - timedelta(minutes=25 + len(story["title"]))
    entry = LaborEntry(work_order=order, person=person, started_at=start, ended_at=now)
    labor.add_labor(entry, by=person, now=now)
    if story["cost"]:
        cost = CostEntry(
            work_order=order,
            kind=story["cost_kind"],
            amount=Decimal(story["cost"]),
            description=story["cost_for"],
        )
        labor.add_cost(cost, by=world.people[_PLANNER], now=now)


def _tie(world: World, now: datetime) -> None:
    """Two orders that hang together, the company for the lifts, and a list that everybody finds under a name."""
    by = world.people[_PLANNER]
    oven = WorkOrder.objects.get(title="Combi oven 1 trips the breaker")
    smell = WorkOrder.objects.get(title="Smell of burning near the linen room")
    talk.add_link(oven, smell, WorkOrderLink.Kind.RELATED, by=by, now=now)
    lifts = Vendor(
        name="Elevadores do Tejo",
        services="Lifts and stage machinery, day and night",
        phone="+351 210 555 700",
        rating=4,
        is_preferred=True,
    )
    records.create(lifts, by=by, now=now)
    for order in WorkOrder.objects.filter(resource=world.resources["LIFT-A"]).open():
        orders.change_order(order, {"vendor": lifts}, by=by, now=now)
    SavedView.objects.create(
        owner=by, name="Safety first", query="priority__exact=critical", is_shared=True
    )


def _begin_round(world: World, now: datetime) -> None:
    """The technician changes the filters of four air handling units on one round, and did not get to one of them."""
    by, person = world.people[_PLANNER], world.people["technician"]
    plan = Schedule.objects.get(external_id="AHU-F")
    places = [world.resources[f"PLT-AHU{number}"] for number in (1, 2, 3, 4)]
    generation.generate_now(plan, [places[0].pk], by=by, now=now)
    order = WorkOrder.objects.open().filter(schedule=plan, resource=places[0]).latest("due_at")
    orders.change_order(order, {"resources": places[1:]}, by=by, now=now)
    orders.give(order, "start", {}, by=person, now=now)
    for place, status, reason in (
        (places[0], "done", ""),
        (places[1], "done", ""),
        (places[2], "not_done", "A function in the ballroom until six"),
    ):
        now += timedelta(minutes=8)
        stops.say(order, place.pk, status, reason=reason, by=person, now=now)
