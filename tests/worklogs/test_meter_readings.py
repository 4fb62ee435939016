"""The meter reading of work: told on completion, kept with the order and its log, and how far a warranty reaches."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Organization, User
from scheduling.models import Resource
from tests import factories
from tests.api import Client
from tests.console import signed_in
from worklogs.models import WorkOrder

NOW = datetime(2026, 3, 4, 6, tzinfo=UTC)


@pytest.fixture
def van(scope: Organization, time_machine: Any) -> Resource:
    time_machine.move_to(NOW, tick=False)
    return factories.resource(name="Van 3")


@pytest.fixture
def api(admin: User) -> Client:
    return Client(admin)


def _brakes(van: Resource, technician: User, reading: int | None) -> WorkOrder:
    return factories.work_order_in(
        "completed",
        resource=van,
        assigned_to=technician,
        title="New brakes",
        warranty_until="2026-12-31",
        warranty_distance=20_000,
        odometer=reading,
        now=NOW - timedelta(days=30),
    )


def test_the_reading_is_kept_with_the_order_and_the_log(
    van: Resource, technician: User, api: Client, admin: User
) -> None:
    order = factories.work_order_in("in_progress", assigned_to=technician, resource=van, now=NOW)
    address, page = f"work-orders/{order.pk}", f"/admin/worklogs/workorder/{order.pk}/"
    assert api.post(f"{address}/complete", {"odometer": -1}).status_code == 400
    assert (
        "Meter reading" in signed_in(technician).get(f"/admin/my-work/{order.pk}/").content.decode()
    )

    desk = signed_in(admin)
    told = {"issues_found": "none", "notes": "New pads", "odometer": "48210"}
    desk.post(f"{page}complete/", told)

    assert api.get(address).json()["odometer"] == 48_210
    assert order.order_logs.get().log.notes == "New pads\n\nMeter reading: 48,210"
    assert "48,210" in desk.get(page).content.decode()
    assert api.patch(address, {"odometer": 48_120}).json()["odometer"] == 48_120
    listed = api.get("work-orders", {"fields": "odometer"}).json()["results"]
    assert listed == [{"id": str(order.pk), "odometer": 48_120}]


@pytest.mark.parametrize(
    ("reading", "at_failure", "said"),
    [
        (40_000, 59_999, "or up to a reading of 60,000 (last read 59,999)"),
        (40_000, None, "or up to a reading of 60,000 (no later reading is known)"),
        (None, 70_000, "or up to 20,000"),
        (40_000, 60_001, ""),
    ],
)
def test_a_warranty_reaches_as_far_as_it_was_given(
    van: Resource,
    technician: User,
    api: Client,
    admin: User,
    reading: int | None,
    at_failure: int | None,
    said: str,
) -> None:
    _brakes(van, technician, reading)
    told = {"resource": str(van.pk), "title": "Brakes squeal", "odometer": at_failure}
    order = api.post("work-orders", told).json()

    found = api.get(f"work-orders/{order['id']}/warranties").json()
    shown = signed_in(admin).get(f"/admin/worklogs/workorder/{order['id']}/").content.decode()
    bill = {"amount": "10.00", "description": "Pads"}
    spent = api.post(f"work-orders/{order['id']}/costs", bill)

    assert len(found) == bool(said)
    assert said in shown
    assert spent.status_code == (409 if said else 201)
    assert ("Under warranty" in shown) is bool(said)


def test_other_work_tells_how_far_it_has_come(van: Resource, technician: User, api: Client) -> None:
    _brakes(van, technician, 40_000)
    factories.work_order_in(
        "completed",
        resource=van,
        assigned_to=technician,
        title="Oil",
        odometer=55_000,
        now=NOW - timedelta(days=3),
    )
    told = {"resource": str(van.pk), "title": "Brakes squeal"}
    address = f"work-orders/{api.post('work-orders', told).json()['id']}/warranties"
    found = api.get(address).json()[0]
    assert (found["distance"], found["up_to"], found["reading"]) == (20_000, 60_000, 55_000)
    WorkOrder.objects.filter(title="Oil").update(odometer=61_000)
    assert api.get(address).json() == []
