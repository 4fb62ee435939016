"""Rows for tests, made through the services that users' doors call."""

from datetime import UTC, datetime, time
from itertools import count
from typing import Any

import factory
from django.contrib.auth.hashers import make_password

from accounts.models import Organization, Shift, Team, TeamMember, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from scheduling.models import Booking, Resource, ResourceType, Schedule, Window
from scheduling.services import bookings, resources, schedules, windows
from worklogs.models import WorkOrder
from worklogs.services import orders

PASSWORD = "correct horse battery"
START = datetime(2026, 1, 31, 7, 0, tzinfo=UTC)
_numbers = count(1)
_hashed = ""


class OrganizationFactory(factory.django.DjangoModelFactory[Organization]):
    """An organisation in Berlin with scheduling on."""

    class Meta:
        model = Organization

    name = factory.Sequence(lambda n: f"Organisation {n}")
    slug = factory.Sequence(lambda n: f"organisation-{n}")
    time_zone = "Europe/Berlin"
    maintenance_scheduling_enabled = True


def organization(**values: Any) -> Organization:
    """An organisation in Berlin with scheduling on."""
    made: Organization = OrganizationFactory.create(**values)
    return made


def _password() -> str:
    global _hashed
    _hashed = _hashed or make_password(PASSWORD)
    return _hashed


def user(organization: Organization, *, role: Role = Role.TECHNICIAN, **values: Any) -> User:
    """A person with `PASSWORD`."""
    number = next(_numbers)
    defaults = {
        "email": f"{role.value}{number}@example.org",
        "name": f"{role.value} {number}",
        "password": _password(),
    }
    with tenant_scope(organization.pk):
        return User.objects.create(organization=organization, role=role, **{**defaults, **values})


def shift(user: User, start: int = 6, end: int = 14) -> User:
    """The person, at work on all days between these hours."""
    hours = {"starts_at": time(start), "ends_at": time(end)}
    Shift.objects.create(name="Shift", user=user, weekdays=127, **hours)
    return user


def team(*people: User, **values: Any) -> Team:
    """A team of these people, in the organisation in scope."""
    made: Team = Team.objects.create(**{"name": f"Team {next(_numbers)}", **values})
    for user in people:
        TeamMember.objects.create(team=made, user=user)
    return made


def resource_type(**values: Any) -> ResourceType:
    """A type in the organisation in scope."""
    number = next(_numbers)
    made: ResourceType = ResourceType.objects.create(
        **{"code": f"type-{number}", "name": f"Type {number}", **values}
    )
    return made


def resource(*, now: datetime = START, **values: Any) -> Resource:
    """A resource in the organisation in scope."""
    number = next(_numbers)
    made = Resource(**{"code": f"R{number}", "name": f"Resource {number}", **values})
    return resources.create_resource(made, by=None, now=now)


def schedule(*, now: datetime = START, **values: Any) -> Schedule:
    """A monthly schedule from 31 January 2026, 08:00 Berlin, in the organisation in scope."""
    if "resource" not in values and "resource_type" not in values:
        values["resource"] = resource(now=now)
    made = Schedule(**{"title": "Inspection", "frequency": "monthly", "start_at": START, **values})
    return schedules.create_schedule(made, by=None, now=now)


def booking(starts_at: datetime, ends_at: datetime, **values: Any) -> Booking:
    """A confirmed booking in the organisation in scope."""
    if "resource" not in values:
        values["resource"] = resource()
    made = Booking(**{"starts_at": starts_at, "ends_at": ends_at, **values})
    return bookings.create_booking(made, by=None, now=START)


def window(starts_at: datetime, ends_at: datetime, **values: Any) -> Window:
    """A planned window in the organisation in scope."""
    if "resource" not in values:
        values["resource"] = resource()
    made = Window(**{"title": "Work", "starts_at": starts_at, "ends_at": ends_at, **values})
    return windows.create_window(made, by=None, now=START)


#: What brings an order from each state to the next on the way to being done.
WAY = ("triage", "schedule", "assign", "start", "complete", "verify")


def work_order(*, now: datetime = START, **values: Any) -> WorkOrder:
    """A report in the organisation in scope."""
    if "resource" not in values:
        values["resource"] = resource()
    stops = values.pop("stops", ())
    made = WorkOrder(**{"title": "Tap drips", **values})
    return orders.create_order(made, by=None, now=now, stops=stops)


def work_order_in(
    status: str, *, assigned_to: User, now: datetime = START, **values: Any
) -> WorkOrder:
    """An order that came to `status` by the commands of the table."""
    order = work_order(now=now, **values)
    aside = {"on_hold": "hold", "cancelled": "cancel", "rejected": "reject"}
    last = {"in_progress": "start", "on_hold": "start"}.get(status, "")
    given: dict[str, Any] = {"due_at": now, "assigned_to": assigned_to, "reason": "Because"}
    for name in WAY:
        reached = {"completed": "complete", "verified": "verify"}.get(status, last)
        if order.status == status or status in {"cancelled", "rejected", "duplicate"}:
            break
        orders.give(order, name, {} if name == "triage" else given, by=None, now=now)
        if name == reached:
            break
    if status == "duplicate":
        given["duplicate_of"] = work_order(now=now, resource=order.resource)
        aside["duplicate"] = "duplicate"
    if status in aside:
        orders.give(order, aside[status], given, by=None, now=now)
    return order
