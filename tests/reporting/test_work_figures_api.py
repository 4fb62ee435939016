"""Costs and reliability by API: who sees what, and what is refused."""

from datetime import datetime, timedelta

import pytest

from accounts.models import Organization, User
from core.tenancy import tenant_scope
from scheduling.models import Resource
from tests import factories
from tests.api import Client
from worklogs.services.taking_over import Foreign, take_over

PERIOD = {"start": "2026-01-01T00:00:00Z", "end": "2026-02-01T00:00:00Z"}


@pytest.fixture
def pump(organization: Organization, now: datetime) -> Resource:
    """A pump that failed three times in January, and was greased."""
    with tenant_scope(organization.pk):
        pump: Resource = factories.resource(code="PUMP", name="Pump")
        start = datetime.fromisoformat("2026-01-05T08:00:00+00:00")
        told = [
            Foreign(
                {
                    "resource": pump,
                    "title": "Seal leaks",
                    "kind": kind,
                    "status": "completed",
                    "reported_at": start + timedelta(days=day),
                    "completed_at": start + timedelta(days=day, hours=6),
                    "parts_cost": 40,
                    "other_cost": 2,
                }
            )
            for day, kind in (
                *((0, "corrective"), (4, "emergency"), (10, "corrective")),
                (12, "preventive"),
            )
        ]
        take_over(told, by=None, now=now)
    return pump


def test_what_failed_and_what_it_cost(pump: Resource, admin: User) -> None:
    client = Client(admin)

    [row] = client.get("analytics/device-performance", PERIOD).json()["results"]
    costs = client.get("analytics/costs", {**PERIOD, "by": "month,kind"}).json()

    assert {name: row[name] for name in ("orders", "failures", "repaired", "mttr_hours")} == {
        "orders": 3,
        "failures": 3,
        "repaired": 3,
        "mttr_hours": 6.0,
    }
    assert (row["mtbf_hours"], row["downtime_hours"]) == (120.0, 18.0)
    assert [(one["month"], one["kind"], one["orders"], one["total_cost"]) for one in costs] == [
        ("2026-01", "corrective", 2, "84.00"),
        ("2026-01", "emergency", 1, "42.00"),
        ("2026-01", "preventive", 1, "42.00"),
    ]
    [whole] = client.get("analytics/costs", {**PERIOD, "resource": str(pump.pk)}).json()
    assert (whole["orders"], whole["parts_cost"], whole["other_cost"]) == (4, "160.00", "8.00")


def test_orders_open_at_a_moment(pump: Resource, admin: User) -> None:
    client = Client(admin)
    at = "2026-01-09T10:00:00Z"

    [row] = client.get("work-orders", {"open_at": at}).json()["results"]

    assert row["kind"] == "emergency"
    later = client.get("work-orders", {"open_at": "2026-01-09T15:00:00Z"}).json()["results"]
    assert later == []


def test_another_organisation_sees_nothing(pump: Resource, stranger: Organization) -> None:
    client = Client(factories.user(stranger))

    assert client.get("analytics/device-performance", PERIOD).json()["results"] == []
    assert client.get("analytics/costs", {**PERIOD, "by": "kind"}).json() == []
    named = client.get("analytics/costs", {**PERIOD, "resource": str(pump.pk)})
    assert named.status_code == 404


@pytest.mark.parametrize(
    ("route", "wrong", "field"),
    [
        ("costs", {"by": "colour"}, "by"),
        ("costs", {"kind": "nonsense"}, "kind"),
        ("costs", {"start": "soon"}, "start"),
        ("costs", {"end": "2025-01-01"}, "end"),
        ("device-performance", {"limit": "1000"}, "limit"),
        ("device-performance", {"offset": "-1"}, "offset"),
    ],
)
def test_what_cannot_be_understood_is_named(
    pump: Resource, admin: User, route: str, wrong: dict[str, str], field: str
) -> None:
    refused = Client(admin).get(f"analytics/{route}", {**PERIOD, **wrong})

    assert refused.status_code == 400
    assert field in refused.json()


def test_the_questions_asked_do_not_depend_on_the_rows(
    pump: Resource, admin: User, django_assert_max_num_queries: object
) -> None:
    client = Client(admin)
    client.get("analytics/costs", PERIOD)
    with django_assert_max_num_queries(4):  # type: ignore[operator]
        client.get("analytics/costs", {**PERIOD, "by": "resource"})
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        client.get("analytics/device-performance", PERIOD)
