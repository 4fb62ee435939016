"""Cleaning plans, tasks and rooms by API."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization, User
from accounts.rights import Role
from core import outbox
from scheduling.models import Resource, ResourceEntrustment
from tests import factories
from tests.api import Client

pytestmark = pytest.mark.usefixtures("morning")


HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_a_plan_from_its_first_day_to_its_last(api: Client, room: Resource) -> None:
    given = {
        "title": "Departure",
        "task_type": "checkout_cleaning",
        "on_event": "booking.completed",
        "resource": str(room.pk),
        "estimated_duration_minutes": 40,
        "allowed_minutes": 180,
    }
    made = api.post("cleaning-plans", given)
    assert made.status_code == 201, made.json()
    plan = made.json()
    assert {**plan, **given} == plan
    address = f"cleaning-plans/{plan['id']}"
    changed = api.patch(address, {"needs_inspection": True})
    assert changed.json()["needs_inspection"] is True
    assert api.post(f"{address}/pause").json()["is_active"] is False
    assert api.post(f"{address}/pause").status_code == 409
    assert api.post(f"{address}/generate").status_code == 409
    assert api.post(f"{address}/activate").json()["is_active"] is True
    assert api.post(f"{address}/generate").json() == {"generated": 0}
    listed = api.get("cleaning-plans", {"task_type": "checkout_cleaning"}).json()["results"]
    assert [row["id"] for row in listed] == [plan["id"]]
    assert api.delete(address).status_code == 204
    assert api.get(address).status_code == 404


@pytest.mark.parametrize("frequency", ["daily", "weekly", "biweekly", "monthly"])
def test_by_time(api: Client, room: Resource, frequency: str) -> None:
    start = datetime.now(UTC) - HOUR
    told = {"title": "Deep clean", "task_type": "deep_cleaning", "resource": str(room.pk)}
    body = {**told, "frequency": frequency, "start_at": start.isoformat()}
    plan = api.post("cleaning-plans", body).json()
    schedule = api.get(f"schedules/{plan['schedule']}").json()
    assert (schedule["frequency"], schedule["maintenance_type"]) == (frequency, "cleaning")
    api.post("alerts/generate")
    made = api.post(f"cleaning-plans/{plan['id']}/generate")
    assert made.json() == {"generated": 1}
    task = api.get("tasks", {"task_type": "deep_cleaning"}).json()["results"][0]
    assert (task["schedule"], task["resource"]) == (plan["schedule"], str(room.pk))


def test_what_a_plan_needs(api: Client, room: Resource) -> None:
    told = {"title": "Departure", "task_type": "turndown"}
    for more, field in (
        ({}, "on_event"),
        ({"on_event": "booking.completed"}, "resource"),
        ({"on_event": "booking.lost", "resource": str(room.pk)}, "on_event"),
        ({"on_event": "booking.completed", "with_below": True}, "resource"),
    ):
        answer = api.post("cleaning-plans", {**told, **more})
        assert answer.status_code == 400, more
        assert field in answer.json()


def test_from_booking_to_ready_by_the_doors(api: Client, room: Resource) -> None:
    now = datetime.now(UTC)
    plan = {
        "title": "Departure",
        "on_event": "booking.completed",
        "resource": str(room.pk),
        "allowed_minutes": 90,
    }
    api.post("cleaning-plans", plan)
    booked = {
        "resource": str(room.pk),
        "reference": "B-7",
        "starts_at": (now - DAY).isoformat(),
        "ends_at": (now + timedelta(minutes=1)).isoformat(),
        "status": "checked_in",
    }
    booking = api.post("bookings", booked).json()
    assert api.patch(f"bookings/{booking['id']}", {"status": "completed"}).status_code == 200
    outbox.relay(now=now + timedelta(minutes=1))
    [task] = api.get("tasks", {"task_state": "pending", "under": str(room.pk)}).json()["results"]
    assert (task["task_type"], task["booking_reference"]) == ("checkout_cleaning", "B-7")
    due = datetime.fromisoformat(task["due_at"])
    day = due.astimezone(tz=None).date()
    found = {
        one["id"]
        for near in (day - DAY, day, day + DAY)
        for one in api.get("tasks", {"day": near.isoformat()}).json()["results"]
    }
    assert found == {task["id"]}
    assert api.get("tasks", {"task_state": "done"}).status_code == 400
    assert api.get("housekeeping/rooms").json()[0]["state"] == "to_be_cleaned"
    me = api.get("me").json()["id"]
    for name, body in (("assign", {"assigned_to": me}), ("start", {}), ("complete", {})):
        assert api.post(f"work-orders/{task['id']}/{name}", body).status_code == 200
    [shown] = api.get("housekeeping/rooms", {"under": str(room.pk)}).json()
    assert (shown["state"], shown["code"]) == ("ready", room.code)
    assert shown["tasks"][0]["task_state"] == "completed"


def test_who_may(room: Resource, user_with: Callable[[Role], User]) -> None:
    told = {"title": "Departure", "on_event": "booking.completed", "resource": str(room.pk)}
    codes = {
        role: Client(user_with(role)).post("cleaning-plans", told).status_code
        for role in (Role.REQUESTER, Role.TECHNICIAN, Role.MAINTENANCE_COORDINATOR, Role.ADMIN)
    }
    assert list(codes.values()) == [403, 403, 403, 201]
    assert Client(user_with(Role.REQUESTER)).get("housekeeping/rooms").status_code == 403
    keeper = user_with(Role.VENUE_ADMIN)
    assert Client(keeper).post("cleaning-plans", told).status_code in {400, 403, 404}
    ResourceEntrustment.objects.create(user=keeper, resource=room)
    assert Client(keeper).post("cleaning-plans", told).status_code == 201


def _queries(api: Client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert api.get(address).status_code == 200
    return len(seen)


def test_reading_costs_the_same_however_many_rooms(api: Client, scope: Organization) -> None:
    now = datetime.now(UTC)
    floor = factories.resource(kind="venue")
    plan = {"title": "All", "on_event": "booking.completed", "resource": str(floor.pk)}
    api.post("cleaning-plans", {**plan, "with_below": True})

    def book() -> None:
        room = factories.resource(kind="room", parent=floor)
        factories.booking(now - DAY, now + HOUR, resource=room, status="checked_in")

    book()
    outbox.relay(now=now)
    addresses = ("housekeeping/rooms", "cleaning-plans", "tasks?task_state=pending")
    for address in addresses:
        api.get(address)
    few = [_queries(api, address) for address in addresses]
    for _ in range(4):
        book()
    outbox.relay(now=now)
    assert [_queries(api, address) for address in addresses] == few
    assert max(few) <= 9
