"""Many orders at once, lists by the clock, and saved views, by API."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import Organization, User
from accounts.rights import Role
from tests import factories
from tests.api import Client
from tests.console import signed_in
from worklogs.models import SavedView, WorkOrder

DAY = timedelta(days=1)


@pytest.fixture
def coordinator(scope: Organization, user_with: Callable[[Role], User]) -> User:
    return user_with(Role.MAINTENANCE_COORDINATOR)


def bulk(client: Client, orders: list[WorkOrder], **values: Any) -> dict[str, Any]:
    answer = client.post("work-orders/bulk", {"ids": [str(one.pk) for one in orders], **values})
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_each_order_is_answered_by_itself(coordinator: User, technician: User) -> None:
    now = datetime.now(UTC)
    api = Client(coordinator)
    free = factories.work_order_in("scheduled", assigned_to=coordinator, now=now)
    held = factories.work_order_in("in_progress", assigned_to=coordinator, now=now)
    over = factories.work_order_in("cancelled", assigned_to=coordinator, now=now)
    found = bulk(api, [over, free, held], action="assign", assigned_to=str(technician.pk))
    assert (found["changed"], found["refused"]) == (2, 1)
    assert [row["number"] for row in found["results"]] == [over.number, free.number, held.number]
    assert [row["is_changed"] for row in found["results"]] == [False, True, True]
    assert found["results"][0]["code"] == "transition_not_allowed"
    for order in (free, held):
        order.refresh_from_db()
        assert order.assigned_to == technician
    assert held.status == "in_progress", "handed over as it stands"

    bulk(api, [free], action="priority", priority="critical")
    free.refresh_from_db()
    assert free.priority == "critical"
    bulk(api, [free], action="priority", priority="")
    free.refresh_from_db()
    assert free.priority_source == "computed"

    missing = uuid4()
    answer = api.post(
        "work-orders/bulk",
        {"ids": [str(missing), str(free.pk)], "action": "cancel", "reason": "Sold"},
    ).json()
    assert [row["code"] for row in answer["results"]] == ["not_found", ""]
    free.refresh_from_db()
    assert (free.status, free.close_reason) == ("cancelled", "Sold")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"action": "assign"}, "assigned_to"),
        ({"action": "priority"}, "priority"),
        ({"action": "priority", "priority": "grave"}, "priority"),
        ({"action": "cancel"}, "reason"),
        ({"action": "cancel", "reason": " "}, "reason"),
        ({"action": "explode"}, "action"),
        ({"action": "cancel", "reason": "Sold", "ids": []}, "ids"),
        ({"action": "cancel", "reason": "Sold", "ids": ["x"]}, "ids"),
        ({"action": "cancel", "reason": "Sold", "ids": [str(uuid4())] * 501}, "ids"),
    ],
)
def test_what_is_missing_is_named(coordinator: User, wrong: dict[str, Any], field: str) -> None:
    refused = Client(coordinator).post("work-orders/bulk", {"ids": [str(uuid4())], **wrong})
    assert refused.status_code == 400
    assert field in refused.json()


def test_nobody_changes_what_is_out_of_reach(
    coordinator: User, technician: User, user_with: Callable[[Role], User]
) -> None:
    order = factories.work_order(now=datetime.now(UTC))
    wanted = {"ids": [str(order.pk)], "action": "cancel", "reason": "Mine"}
    assert Client(technician).post("work-orders/bulk", wanted).status_code == 403
    venue = Client(user_with(Role.VENUE_ADMIN)).post("work-orders/bulk", wanted).json()
    assert venue["results"][0]["code"] == "not_found", "not entrusted to them"
    order.refresh_from_db()
    assert order.status == "reported"


def test_what_is_overdue_and_what_comes_the_soonest_first(scope: Organization, admin: User) -> None:
    now = datetime.now(UTC)
    due = {days: factories.work_order(now=now, due_at=now + days * DAY) for days in (30, 6, 2, -3)}
    factories.work_order(now=now)
    api = Client(admin)

    def listed(path: str, **query: Any) -> list[str]:
        answer = api.get(f"work-orders/{path}", query)
        assert answer.status_code == 200, answer.content
        return [row["id"] for row in answer.json()["results"]]

    assert listed("upcoming") == [str(due[days].pk) for days in (2, 6)]
    assert listed("upcoming", days=3) == [str(due[2].pk)]
    assert listed("upcoming", days=60, ordering="-due_at")[0] == str(due[30].pk)
    assert listed("overdue") == [str(due[-3].pk)]
    assert listed("upcoming", resource=str(due[6].resource_id)) == [str(due[6].pk)]
    first = api.get("work-orders/upcoming", {"page_size": "1"}).json()
    second = api.get(first["next"].partition("/api/v1/")[2]).json()
    assert [row["id"] for row in second["results"]] == [str(due[6].pk)]
    for wrong in ("", "0", "many", "367"):
        assert api.get("work-orders/upcoming", {"days": wrong}).status_code == 400


def test_a_view_kept_by_api_stands_in_the_console(coordinator: User, technician: User) -> None:
    planner, hands = Client(coordinator), Client(technician)
    values = {"name": "Leaks", "query": "?q=leak&p=3&standing=all", "is_shared": True}
    made = planner.post("work-order-views", values)
    assert made.status_code == 201
    view = made.json()
    assert (view["query"], view["owner"]) == ("q=leak&standing=all", str(coordinator.pk))
    page = signed_in(technician).get("/admin/worklogs/workorder/").content.decode()
    assert "Leaks" in page
    address = f"work-order-views/{view['id']}"
    assert [row["name"] for row in hands.get("work-order-views").json()["results"]] == ["Leaks"]
    assert hands.patch(address, {"name": "Mine"}).status_code == 403
    assert hands.delete(address).status_code == 403
    assert hands.post("work-order-views", values).status_code == 403, "only planners share"
    own = hands.post("work-order-views", {"name": "Leaks", "query": "q=tap"})
    assert own.status_code == 201
    assert planner.get(f"work-order-views/{own.json()['id']}").status_code == 404

    assert planner.patch(address, {"is_shared": False}).json()["is_shared"] is False
    assert hands.get(address).status_code == 404
    again = planner.post("work-order-views", {"name": "Leaks", "query": "q=water"}).json()
    assert (again["id"], again["query"]) == (view["id"], "q=water"), "replaced, as on the page"
    planner.post("work-order-views", {"name": "Other"})
    taken = planner.patch(address, {"name": "Other"})
    assert taken.status_code in (400, 409)
    assert planner.post("work-order-views", {"name": " "}).status_code == 400
    assert planner.delete(address).status_code == 204
    assert sorted(SavedView.objects.values_list("name", flat=True)) == ["Leaks", "Other"]
