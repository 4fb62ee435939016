"""What an order shows and nobody sets is refused with how it comes to be, not dropped in silence."""

from datetime import UTC, datetime

import pytest

from accounts.models import Organization, User
from tests import factories
from tests.api import Client
from worklogs.models import WorkOrder

NOW = datetime(2026, 3, 4, 6, tzinfo=UTC)


@pytest.fixture
def order(scope: Organization) -> WorkOrder:
    return factories.work_order(now=NOW)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("status", "completed", "This follows from commands, such as start or complete."),
        ("completed_at", "2026-03-04T06:00:00Z", "This follows from commands"),
        ("labor_cost", "15.00", "Costs are sums of entries"),
        ("number", 77, "This is given by the system and stays."),
    ],
)
def test_a_change_says_why_not(
    order: WorkOrder, admin: User, name: str, value: object, sentence: str
) -> None:
    refused = Client(admin).patch(f"work-orders/{order.pk}", {name: value, "title": "Other"})
    assert refused.status_code == 400
    assert refused.json()[name][0].startswith(sentence)
    assert WorkOrder.objects.get().title == order.title


def test_a_new_order_says_so_too(order: WorkOrder, admin: User) -> None:
    told = {"resource": str(order.resource_id), "title": "Tap drips", "other_cost": "9.00"}
    assert "other_cost" in Client(admin).post("work-orders", told).json()
    assert WorkOrder.objects.count() == 1


def test_what_was_read_can_be_sent_back(order: WorkOrder, admin: User) -> None:
    api = Client(admin)
    shown = api.get(f"work-orders/{order.pk}").json()
    said = {name: value for name, value in shown.items() if value is not None}
    answer = api.patch(f"work-orders/{order.pk}", {**said, "title": "Other"})
    assert (answer.status_code, answer.json()["title"]) == (200, "Other")
