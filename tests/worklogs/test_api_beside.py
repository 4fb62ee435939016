"""Orders of a resource, work asked for before it is due, and rates, by API."""

from datetime import UTC, datetime

import pytest

from accounts.models import User
from accounts.rights import Role
from tests import factories
from tests.api import Client
from tests.worklogs.conftest import NOW
from worklogs.models import WorkOrder

pytestmark = pytest.mark.usefixtures("morning")


def test_the_orders_of_a_resource(api: Client, admin: User) -> None:
    room = factories.resource()
    first, second = (factories.work_order(resource=room, now=NOW) for _ in range(2))
    factories.work_order(now=NOW)
    found = api.get(f"resources/{room.pk}/work-orders").json()["results"]
    assert [row["id"] for row in found] == [str(second.pk), str(first.pk)]
    assert found[0] == api.get(f"work-orders/{second.pk}").json()


def test_work_is_asked_for_before_it_is_due(api: Client, admin: User) -> None:
    start = datetime(2026, 8, 31, 6, tzinfo=UTC)
    schedule = factories.schedule(start_at=start, assigned_to=admin)
    made = api.post(f"schedules/{schedule.pk}/generate", {})
    assert made.status_code == 201, made.json()
    (row,) = made.json()
    assert (row["schedule"], row["status"]) == (str(schedule.pk), "assigned")
    assert api.post(f"schedules/{schedule.pk}/generate", {}).json() == []
    order = WorkOrder.objects.get()
    assert order.due_at == start
    api.post(f"work-orders/{order.pk}/cancel", {"reason": "Too early"})
    (again,) = api.post(f"schedules/{schedule.pk}/generate", {}).json()
    assert again["number"] == order.number + 1
    for name in ("start", "complete"):
        assert api.post(f"work-orders/{again['id']}/{name}", {}).status_code == 200
    schedule.refresh_from_db()
    assert schedule.next_due_at == datetime(2026, 9, 30, 6, tzinfo=UTC), "the date is done"
    api.post(f"schedules/{schedule.pk}/pause", {"reason": "Rebuilding"})
    assert api.post(f"schedules/{schedule.pk}/generate", {}).status_code == 409
    hands = Client(factories.user(admin.organization, role=Role.TECHNICIAN))
    assert hands.post(f"schedules/{schedule.pk}/generate", {}).status_code == 403


def test_rates(api: Client, admin: User) -> None:
    made = api.post("labor-rates", {"hourly_rate": "30.00", "valid_from": "2026-01-01"})
    assert made.status_code == 201, made.json()
    assert api.get("labor-rates").json()["results"] == [made.json()]
    changed = api.patch(f"labor-rates/{made.json()['id']}", {"hourly_rate": "31.00"})
    assert changed.json()["hourly_rate"] == "31.00"
    planner = Client(factories.user(admin.organization, role=Role.MAINTENANCE_COORDINATOR))
    assert planner.get("labor-rates").status_code == 403
    assert api.delete(f"labor-rates/{made.json()['id']}").status_code == 204
