"""What changes without a public event is shown by open pages, too."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

import tests.flush  # noqa: F401
from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from scheduling.models import Resource, Schedule
from tests import factories
from tests.api import Client
from tests.live import WHILE_SECONDS, Listen, Listener
from tests.maintenance_site.site_processes import until
from tests.worklogs.checklists import checklist, order_with
from worklogs.models import WorkOrder

NEWS = {"specversion": "1.0", "source": "/services/booking"}


def page(listen: Listen, person: User) -> Listener:
    """As the console's pages listen."""
    return listen(person, auth={"events": False})


def topics(listener: Listener) -> set[str]:
    """All that it was told to look at anew."""
    return {
        topic for name, *data in listener.heard if name == "changed" for topic in data[0]["topics"]
    }


def booked(client: Client, room: Resource) -> Any:
    begin = timezone.now() + timedelta(days=1)
    data = {
        **{"booking_reference": "OP-1", "venue_id": room.external_id},
        **{"starts_at": begin.isoformat(), "ends_at": (begin + timedelta(days=1)).isoformat()},
    }
    return client.post("events", {**NEWS, "id": "1", "type": "booking.created", "data": data})


def retitled(client: Client, room: Resource) -> Any:
    row = Schedule.objects.get()
    return client.patch(f"schedules/{row.pk}", {"title": "Check the filter"})


def paused(client: Client, room: Resource) -> Any:
    row = Schedule.objects.get()
    return client.post(f"schedules/{row.pk}/pause", {"reason": "Winter"})


def worked(client: Client, room: Resource) -> Any:
    row = WorkOrder.objects.get()
    begin = timezone.now() - timedelta(minutes=30)
    given = {"work_order": str(row.pk), "started_at": begin.isoformat(), "minutes": 20}
    return client.post("labor-entries", given)


def answered(client: Client, room: Resource) -> Any:
    hands = factories.user(Organization.objects.get(pk=room.organization_id), role=Role.TECHNICIAN)
    order = order_with(checklist().versions.get(), hands)
    return Client(hands).post(f"work-orders/{order.pk}/checklist/doors", {"value": "no"})


def ticked(client: Client, room: Resource) -> Any:
    hands = factories.user(Organization.objects.get(pk=room.organization_id), role=Role.TECHNICIAN)
    stop = factories.resource()
    order = factories.work_order_in("in_progress", assigned_to=hands, resource=room, stops=[stop])
    return Client(hands).post(f"work-orders/{order.pk}/stops/{stop.pk}", {"status": "done"})


@pytest.mark.parametrize(
    ("act", "topic"),
    [
        (booked, "booking"),
        (retitled, "schedule"),
        (paused, "schedule"),
        (worked, "work-order-part"),
        (answered, "work-order-part"),
        (ticked, "work-order-part"),
    ],
)
def test_pages_are_told(
    act: Callable[[Client, Resource], Any],
    topic: str,
    organization: Organization,
    stranger: Organization,
    admin: User,
    room: Resource,
    listen: Listen,
) -> None:
    with tenant_scope(organization.pk):
        factories.schedule(resource=room)
        factories.work_order(resource=room)
    mine, theirs = page(listen, admin), page(listen, factories.user(stranger))
    time.sleep(WHILE_SECONDS)
    for one in (mine, theirs):
        one.heard.clear()
    with tenant_scope(organization.pk):
        answer = act(Client(admin), room)
    assert answer.status_code < 300, answer.json()
    until(lambda: topic in topics(mine))
    time.sleep(WHILE_SECONDS)
    assert topics(theirs) == set()


def test_a_page_that_was_on_its_way_learns_of_it(
    admin: User, room: Resource, listen: Listen
) -> None:
    listener, before = page(listen, admin), timezone.now()
    assert booked(Client(admin), room).status_code == 202
    question = {"since": before.isoformat()}
    assert listener.ask("missed", question) == {"ok": True, "changed": True}
    later = {"since": (timezone.now() + timedelta(seconds=1)).isoformat()}
    assert listener.ask("missed", later) == {"ok": True, "changed": False}
