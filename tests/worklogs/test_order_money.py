"""What work costs: minutes told on completion, and entries and links that are taken back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import Organization, User
from accounts.rights import Role
from core.models import AuditEntry
from scheduling.models import Resource
from tests import factories
from tests.api import Client
from tests.console import signed_in
from worklogs.models import CostEntry, LaborEntry, LaborRate, WorkOrder, WorkOrderLink

NOW = datetime(2026, 3, 4, 6, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _moment(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def room(scope: Organization) -> Resource:
    LaborRate.objects.create(hourly_rate=40, valid_from="2026-03-01")
    LaborRate.objects.create(hourly_rate=90, valid_from="2026-03-04")
    return factories.resource()


@pytest.fixture
def api(admin: User) -> Client:
    return Client(admin)


@pytest.fixture
def desk(admin: User) -> Browser:
    return signed_in(admin)


def _page(order: WorkOrder, part: str = "") -> str:
    return f"/admin/worklogs/workorder/{order.pk}/{part}"


def _begun(technician: User, room: Resource) -> WorkOrder:
    return factories.work_order_in("in_progress", assigned_to=technician, resource=room, now=NOW)


def test_minutes_told_on_completion_are_labour_of_that_day(
    room: Resource, technician: User, api: Client, desk: Browser
) -> None:
    order = _begun(technician, room)
    yesterday = NOW - timedelta(days=1)
    told = {"duration_minutes": 90, "performed_at": yesterday.isoformat()}

    done = api.post(f"work-orders/{order.pk}/complete", told)

    assert (done.status_code, done.json()["labor_cost"]) == (200, "60.00")
    entry = api.get("labor-entries", {"work_order": str(order.pk)}).json()["results"][0]
    assert (entry["person"], entry["hourly_rate"]) == (str(technician.pk), "40.00")
    assert entry["ended_at"] == "2026-03-03T06:00:00Z"
    assert order.order_logs.get().log.duration_minutes == 90
    shown = desk.get(_page(order), {"tab": "time"}).content.decode()
    assert "1 h 30 min" in shown
    assert "Told on completion" in shown


def test_the_dialog_says_what_minutes_do(room: Resource, technician: User, desk: Browser) -> None:
    order = _begun(technician, room)
    assert (
        "unless they kept time on this order"
        in desk.get(_page(order, "complete/")).content.decode()
    )
    desk.post(_page(order, "complete/"), {"issues_found": "none", "duration_minutes": "20"})
    order.refresh_from_db()
    assert (order.status, str(order.labor_cost)) == ("completed", "30.00")


def test_time_that_was_kept_is_not_counted_twice(
    room: Resource, technician: User, time_machine: Any
) -> None:
    order, hands = _begun(technician, room), Client(technician)
    hands.post("labor-entries", {"work_order": str(order.pk)})
    time_machine.move_to(NOW + timedelta(minutes=10), tick=False)

    hands.post(f"work-orders/{order.pk}/complete", {"duration_minutes": 20})

    assert [str(one.cost) for one in LaborEntry.objects.all()] == ["15.00"]
    assert order.order_logs.get().log.duration_minutes == 20


def test_work_that_is_done_again_costs_again(
    room: Resource, technician: User, api: Client, time_machine: Any
) -> None:
    address = f"work-orders/{_begun(technician, room).pk}"
    api.post(f"{address}/complete", {"duration_minutes": 20})
    time_machine.move_to(NOW + timedelta(hours=3), tick=False)
    assert api.post(f"{address}/reopen", {"reason": "Drips again"}).status_code == 200
    time_machine.move_to(NOW + timedelta(hours=4), tick=False)
    api.post(f"{address}/start")
    done = api.post(f"{address}/complete", {"duration_minutes": 40})
    assert done.json()["labor_cost"] == "90.00"


def test_a_cost_is_taken_back(
    room: Resource, technician: User, api: Client, desk: Browser, admin: User
) -> None:
    order = _begun(technician, room)
    address = f"work-orders/{order.pk}/costs"
    bill = {"kind": "parts", "amount": "30.00", "description": "Pump"}
    first, second = (api.post(address, bill).json()["id"] for _ in range(2))
    api.post(address, {"kind": "other", "amount": "-5.00", "description": "Credit note 7"})
    assert api.post(address, {**bill, "amount": "-1"}).status_code == 400
    assert "Enter a credit note as other money" in api.post(address, {**bill, "amount": "-1"}).text
    assert Client(technician).delete(f"{address}/{first}").status_code == 403

    assert api.delete(f"{address}/{first}").status_code == 204
    assert api.delete(f"{address}/{first}").status_code == 404
    assert api.delete(f"{address}/none").status_code == 404
    assert "Remove the cost “Pump”" in desk.get(_page(order), {"tab": "time"}).content.decode()
    desk.post(_page(order, "cost-remove/"), {"entry": second})

    order.refresh_from_db()
    assert (order.parts_cost, order.other_cost) == (0, -5)
    gone = AuditEntry.objects.filter(action="delete", object_id=second).get()
    assert gone.actor_id == admin.pk


def test_what_is_verified_keeps_its_costs(
    room: Resource, technician: User, api: Client, desk: Browser
) -> None:
    order = factories.work_order_in("verified", assigned_to=technician, resource=room, now=NOW)
    address = f"work-orders/{order.pk}/costs"
    bill = api.post(address, {"kind": "other", "amount": "30.00", "description": "Late"}).json()

    refused = api.delete(f"{address}/{bill['id']}")

    assert refused.status_code == 409
    assert "credit note" in refused.json()["detail"]
    assert "Remove the cost" not in desk.get(_page(order), {"tab": "time"}).content.decode()
    said = desk.post(_page(order, "cost-remove/"), {"entry": bill["id"]}, follow=True)
    assert "credit note" in said.content.decode()
    credit = {"description": "Credit note", "amount": "-30", "kind": "other"}
    desk.post(_page(order, "cost/"), credit)
    order.refresh_from_db()
    assert (order.other_cost, CostEntry.objects.count()) == (0, 2)


def test_a_link_is_taken_back_from_either_side(
    room: Resource, technician: User, api: Client, desk: Browser, user_with: Callable[[Role], User]
) -> None:
    one, two, three = (factories.work_order(resource=room, now=NOW) for _ in range(3))
    made = []
    for other in (two, three):
        body = {"other": str(other.pk), "kind": "blocks"}
        made.append(api.post(f"work-orders/{one.pk}/links", body).json()["id"])
    assert Client(technician).delete(f"work-orders/{one.pk}/links/{made[0]}").status_code == 403
    assert api.delete(f"work-orders/{three.pk}/links/{made[0]}").status_code == 404
    venue = user_with(Role.VENUE_ADMIN)
    assert Client(venue).delete(f"work-orders/{two.pk}/links/{made[0]}").status_code in {403, 404}

    assert api.delete(f"work-orders/{two.pk}/links/{made[0]}").status_code == 204
    assert (
        f"Remove the link with {three}" in desk.get(_page(one), {"tab": "links"}).content.decode()
    )
    desk.post(_page(one, "link-remove/"), {"entry": made[1]})

    assert not WorkOrderLink.objects.exists()
    assert AuditEntry.objects.filter(action="delete", object_id__in=made).count() == 2
