"""The demo's reports from the floor: guests and colleagues tell what is wrong; some of it waits to be decided on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import User
from accounts.services import organizations
from integrations.services.demo import photos
from integrations.services.demo.plans import World
from integrations.services.demo.simulation import Timeline
from worklogs.models import WorkOrder, WorkOrderFollower
from worklogs.services import orders, portal, reports, triage

_HOUR = timedelta(hours=1)
_CATEGORY = WorkOrder.Category


@dataclass(frozen=True, slots=True)
class Report:
    """What was noticed where, how long ago; `person` is empty for who scanned the code on the door."""

    code: str
    ago: timedelta
    title: str
    category: str
    description: str = ""
    person: str = ""
    is_unsafe: bool = False
    photo: int | None = None
    voices: int = 0


#: They wait in the triage inbox.
_WAITING = (
    Report(
        "R104", 26 * _HOUR, "The tap in the bathroom drips", _CATEGORY.PLUMBING,
        "It drips all night, about once a second.", photo=3, voices=1,
    ),
    Report("SPA", 5 * _HOUR, "The sauna stays cold", _CATEGORY.HVAC, voices=2),
    Report(
        "R104", 3 * _HOUR, "Bathroom tap is dripping", _CATEGORY.PLUMBING,
        "Guest of 104 asked for another room.", person="requester",
    ),
    Report("VEN-C2", 2 * _HOUR, "Two chairs wobble", _CATEGORY.FURNITURE, person="frontdesk"),
    Report(
        "VEN-BALL", _HOUR * 2 / 3, "A bare wire hangs beside the stage", _CATEGORY.ELECTRICAL,
        "At the height of a child's hand, left of the steps.", is_unsafe=True, photo=1,
    ),
)  # fmt: skip
_DONE = Report(
    "R102", 6 * 24 * _HOUR, "The heating is loud at night", _CATEGORY.HVAC, person="requester"
)
_REJECTED = Report(
    "R103", 4 * 24 * _HOUR, "No harbour view from the bed", _CATEGORY.OTHER, person="requester"
)


def add_reports(world: World, timeline: Timeline) -> None:
    """Codes on the doors report without sign-in; what was told lately waits, what was told earlier is done."""
    timeline.add(world.now - timedelta(days=30), lambda now: _open_portal(world, now))
    for report in _WAITING:
        timeline.add(world.now - report.ago, _telling(report, world))
    timeline.add(world.now - _DONE.ago, lambda now: _do(world, now))
    timeline.add(world.now - _REJECTED.ago, lambda now: _reject(world, now))


def _open_portal(world: World, now: datetime) -> None:
    organizations.change_organization(
        world.organization, {"portal_enabled": True}, by=world.by, now=now
    )
    for resource in world.resources.values():
        if resource.kind == "room":
            portal.new_code(resource, by=world.by, now=now)


def _telling(report: Report, world: World) -> Callable[[datetime], object]:
    return lambda now: _tell(report, world, now)


def _tell(report: Report, world: World, now: datetime) -> WorkOrder:
    by: User | None = world.people[report.person] if report.person else None
    resource = world.resources[report.code]
    order = WorkOrder(
        resource=resource,
        title=report.title,
        description=report.description,
        category=report.category,
        safety_concern=report.is_unsafe,
    )
    taken = []
    if report.photo is not None:
        taken = [photos.take(resource.name, number=report.photo, by=by, now=now, of=reports.TARGET)]
    reports.submit(order, by=by, now=now, photos=taken, is_at_place=True)
    for _ in range(report.voices):
        reports.follow(order, by=None, now=now)
    WorkOrderFollower.objects.filter(work_order=order).update(created_at=now)
    return order


def _do(world: World, now: datetime) -> None:
    """From the report to somebody who has looked that it is done well."""
    order = _tell(_DONE, world, now)
    planner, person = world.people["coordinator"], world.people["carlos"]
    due = {"assigned_to": person, "due_at": now + timedelta(days=2)}
    triage.decide(order, "assign", due, by=planner, now=now + _HOUR)
    orders.give(order, "start", {}, by=person, now=now + 20 * _HOUR)
    done = {"notes": "Bled the radiator, tightened the bracket.", "duration_minutes": 35}
    orders.give(order, "complete", done, by=person, now=now + 21 * _HOUR)
    orders.give(order, "verify", {}, by=planner, now=now + 26 * _HOUR)


def _reject(world: World, now: datetime) -> None:
    order = _tell(_REJECTED, world, now)
    reason = {"reason": "The room looks onto the garden; the front desk can offer another one"}
    triage.decide(order, "reject", reason, by=world.people["ana"], now=now + 2 * _HOUR)
