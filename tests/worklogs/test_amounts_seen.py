"""What work costs concerns those who do or plan it, not whoever reported it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.rights import Role
from core.services import list_preferences
from tests import factories
from tests.api import Client
from tests.console import signed_in
from worklogs.models import CostEntry, WorkOrder
from worklogs.services import labor

pytestmark = pytest.mark.usefixtures("scope")

LIST = "/admin/worklogs/workorder/"
AMOUNTS = ("estimated_cost", "labor_cost", "parts_cost", "other_cost", "total_cost")
#: Of any time: these pages ask for one.
TODAY = {"start": "2026-01-01T00:00:00Z", "end": "2027-01-01T00:00:00Z"}


@pytest.fixture
def requester(user_with: Callable[[Role], User]) -> User:
    return user_with(Role.REQUESTER)


@pytest.fixture
def order(requester: User, admin: User) -> WorkOrder:
    """What the requester owns, with money spent on it."""
    room = factories.resource(owner=requester)
    made = factories.work_order(resource=room, estimated_cost=Decimal("4321.50"))
    cost = CostEntry(work_order=made, amount=Decimal("1234.50"), description="Pump")
    labor.add_cost(cost, by=admin, now=timezone.now())
    return made


def test_amounts_are_null_by_api_for_whoever_reported(
    order: WorkOrder, requester: User, technician: User
) -> None:
    address = f"work-orders/{order.pk}"
    places: tuple[tuple[str, dict[str, str]], ...] = (
        ("work-orders", {}),
        ("work-orders", {"fields": "id,labor_cost"}),
        ("work-orders", {"fields": "total_cost,estimated_cost"}),
        ("work-orders", {"search": "drips"}),
        ("requests", {}),
        (f"resources/{order.resource_id}/work-orders", {}),
    )
    for path, asked in places:
        [row] = Client(requester).get(path, asked).json()["results"]
        assert {row[name] for name in AMOUNTS if name in row} == {None}, (path, asked)
        [row] = Client(technician).get(path, asked).json()["results"]
        assert None not in {row[name] for name in AMOUNTS if name in row}
    hidden, seen = (Client(user).get(address).json() for user in (requester, technician))
    assert {hidden[name] for name in AMOUNTS} == {None}
    assert (seen["other_cost"], seen["total_cost"]) == ("1234.50", "1234.50")
    assert seen["estimated_cost"] == "4321.50"


def test_amounts_are_left_out_of_the_console(
    order: WorkOrder, requester: User, technician: User
) -> None:
    export = {"action": "export", "_selected_action": [str(order.pk)]}
    for user, is_told in ((requester, False), (technician, True)):
        browser = signed_in(user)
        page = browser.get(f"{LIST}{order.pk}/").content.decode()
        name = "worklogs.workorder"
        list_preferences.choose_columns(user, name, ["cost"], by=user, now=timezone.now())
        drawn = browser.get(LIST).content.decode()
        answer: Any = browser.post(LIST, export)
        sent = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert ("4,321.50" in page) is is_told
        assert "Tap drips" in drawn
        assert b"Tap drips" in sent
        assert (b"1234.50" in sent) is is_told
        assert ("1,234.50" in drawn) is is_told


@pytest.mark.parametrize(
    "path",
    [
        *("report", "report/daily", "report/weekly", "report/monthly"),
        *("metrics/tasks", "metrics/maintenance"),
    ],
)
def test_the_work_report_is_for_those_who_do_or_plan(
    path: str, requester: User, technician: User
) -> None:
    assert Client(requester).get(f"dashboard/{path}").status_code == 403
    assert Client(technician).get(f"dashboard/{path}").status_code == 200


def test_sums_and_the_page_of_the_report_too(requester: User, technician: User) -> None:
    for user, status in ((requester, 403), (technician, 200)):
        assert Client(user).get("analytics/costs", TODAY).status_code == status
        browser = signed_in(user)
        for form in ("", "pdf/", "xlsx/"):
            assert browser.get(f"/admin/reports/work/{form}").status_code == status
        front = browser.get("/admin/").content.decode()
        assert ("/admin/reports/work/" in front) is (status == 200)
