"""What happens to orders by API and console when others are at work, and what their lists leave out."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from accounts.models import Organization, User
from accounts.rights import Role
from tests import factories
from tests.api import Client
from worklogs.models import WorkOrder
from worklogs.querysets import WorkOrderQuerySet
from worklogs.services import orders

pytestmark = pytest.mark.usefixtures("scope")
NOW = datetime(2026, 3, 4, 6, tzinfo=UTC)


@pytest.fixture
def api(admin: User) -> Client:
    return Client(admin)


@pytest.fixture
def technician(scope: Organization, user_with: Callable[[Role], User]) -> User:
    return user_with(Role.TECHNICIAN)


def test_what_was_edited_meanwhile_counts(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between reading the order and moving it, somebody says that it is about safety."""
    order = factories.work_order(category="furniture", title="Loose shelf", now=NOW)
    hold = WorkOrderQuerySet.hold

    def after_an_edit(rows: Any, keys: Collection[UUID]) -> Any:
        monkeypatch.setattr(WorkOrderQuerySet, "hold", hold)
        said = {"category": "safety", "title": "Shelf over the bed comes down"}
        orders.change_order(WorkOrder.objects.get(pk=order.pk), said, by=None, now=NOW)
        return hold(rows, keys)

    monkeypatch.setattr(WorkOrderQuerySet, "hold", after_an_edit)
    answer = api.post(f"work-orders/{order.pk}/triage", {"due_at": "2027-03-05T12:00:00Z"}).json()
    assert (answer["title"], answer["category"]) == ("Shelf over the bed comes down", "safety")
    assert "it concerns safety (3 points)" in answer["priority_reasons"]
    order.refresh_from_db()
    assert (order.status, order.title) == ("triaged", "Shelf over the bed comes down")


def test_two_orders_never_repeat_each_other(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between choosing the original and saying so, that one is said to repeat the other way round."""
    first, second = factories.work_order(), factories.work_order()
    hold = WorkOrderQuerySet.hold

    def crosswise(rows: Any, keys: Collection[UUID]) -> Any:
        monkeypatch.setattr(WorkOrderQuerySet, "hold", hold)
        mine = WorkOrder.objects.get(pk=second.pk)
        orders.give(mine, "duplicate", {"duplicate_of": first}, by=None, now=NOW)
        return hold(rows, keys)

    monkeypatch.setattr(WorkOrderQuerySet, "hold", crosswise)
    answer = api.post(f"work-orders/{first.pk}/duplicate", {"duplicate_of": str(second.pk)})
    assert answer.status_code == 400
    assert "a duplicate itself" in answer.json()["duplicate_of"][0]


def test_orders_of_a_house_by_api(api: Client, user_with: Callable[[Role], User]) -> None:
    house = factories.resource(name="House")
    room = factories.resource(name="Room", parent=house)
    inside = {factories.work_order(resource=one).number for one in (house, room)}
    elsewhere = factories.work_order()
    for path in ("work-orders", "requests"):
        found = api.get(path, {"under": str(house.pk)}).json()["results"]
        assert {row["number"] for row in found} == inside
    [alone] = api.get("work-orders", {"under": str(elsewhere.resource_id)}).json()["results"]
    assert alone["number"] == elsewhere.number
    keeper = user_with(Role.VENUE_ADMIN)
    keeper.entrustments.create(resource=room)
    assert Client(keeper).get("work-orders", {"under": str(house.pk)}).status_code == 404
