"""Service levels by API and console."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import Organization, User, WorkingCalendar
from accounts.rights import Role
from accounts.services import calendars
from core.tenancy import tenant_scope
from tests import factories
from tests.api import Client
from tests.console import signed_in
from worklogs.models import SlaEscalation, SlaPolicy, SlaViolation, WorkOrder
from worklogs.services import sla_policies, sla_sweep

pytestmark = pytest.mark.usefixtures("morning")


HOUR = timedelta(hours=1)


@pytest.fixture
def missed(organization: Organization) -> WorkOrder:
    """An order that was to be answered an hour ago, of an organisation that works round the clock."""
    now = datetime.now(UTC)
    with tenant_scope(organization.pk):
        always = WorkingCalendar(name="Always", is_round_the_clock=True)
        calendars.create_calendar(always, [], by=None, now=now)
        policy = SlaPolicy(name="All", response_minutes=60, resolution_minutes=600)
        sla_policies.create_policy(policy, by=None, now=now)
        order = factories.work_order(now=now - 2 * HOUR, title="Broken chair")
        sla_sweep.sweep(now=now)
    return order


@pytest.fixture
def browser(admin: User) -> Browser:
    return signed_in(admin)


def test_policies(admin: User, organization: Organization) -> None:
    client = Client(admin)
    made = client.post(
        "sla/policies", {"name": "Water", "category": "plumbing", "response_minutes": 30}
    )
    assert made.status_code == 201
    assert made.json()["applies_to"] == "category plumbing"
    address = f"sla/policies/{made.json()['id']}"
    assert client.patch(address, {"resolution_business_days": 2}).status_code == 200
    wrong = client.patch(address, {"response_business_days": 1})
    assert wrong.status_code == 400
    assert client.get("sla/policies").json()["results"][0]["name"] == "Water"
    assert client.delete(address).status_code == 204


def test_the_clocks_of_an_order_add_up(admin: User, missed: WorkOrder) -> None:
    told = Client(admin).get(f"work-orders/{missed.pk}/sla").json()
    assert told["policy"]["name"] == "All"
    response, resolution = told["clocks"]
    assert (response["state"], resolution["state"]) == ("breached", "running")
    assert response["target"] == "1 hour"
    for clock in told["clocks"]:
        total = sum(part["seconds"] for part in clock["intervals"])
        assert total == pytest.approx(clock["elapsed_seconds"])
        assert total >= 2 * 3600


def test_violations_are_excused_once(admin: User, missed: WorkOrder) -> None:
    client = Client(admin)
    (row,) = client.get("sla/violations", {"is_excused": "false"}).json()["results"]
    assert (row["work_order"], row["clock"], row["excused_at"]) == (
        str(missed.pk),
        "response",
        None,
    )
    address = f"sla/violations/{row['id']}"
    assert client.post(f"{address}/excuse", {}).status_code == 400
    done = client.post(f"{address}/excuse", {"reason": "Flood"})
    assert (done.status_code, done.json()["excuse_reason"]) == (200, "Flood")
    assert client.post(f"{address}/excuse", {"reason": "Again"}).status_code == 409
    assert client.delete(address).status_code == 405
    assert client.get("sla/violations", {"is_excused": "false"}).json()["results"] == []
    assert client.get(address).json() == done.json()
    assert client.get("sla/violations").json()["results"] == [done.json()]


def test_performance(admin: User, missed: WorkOrder) -> None:
    client = Client(admin)
    told = client.get("sla/performance").json()
    assert told["response"] == {
        "kept": 0, "missed": 1, "excused": 0, "running": 0, "attainment": 0.0,
    }  # fmt: skip
    assert told["resolution"]["running"] == 1
    assert [part["label"] for part in told["by_policy"]] == ["All"]
    assert (told["open"], told["overdue"]) == (1, 0)
    assert client.get("sla/performance", {"start": "2026-02-01", "end": "x"}).status_code == 400


def test_a_deadline_by_api(admin: User, missed: WorkOrder) -> None:
    agreed = "2031-01-01T10:00:00Z"
    told = Client(admin).patch(f"work-orders/{missed.pk}", {"deadline_at": agreed}).json()
    assert (told["deadline_at"], told["resolution_due_at"]) == (agreed, agreed)


def test_the_page_shows_what_was_missed(
    browser: Browser, missed: WorkOrder, organization: Organization
) -> None:
    page = browser.get("/admin/sla/").content.decode()
    assert "Nobody is seeing to it yet" in page
    assert "Broken chair" in page
    with tenant_scope(organization.pk):
        raised, violation = SlaEscalation.objects.get(), SlaViolation.objects.get()
    browser.post(f"/admin/sla/escalations/{raised.pk}/acknowledge/")
    browser.post(f"/admin/sla/violations/{violation.pk}/excuse/", {"reason": "Flood in the cellar"})
    page = browser.get("/admin/sla/?days=7").content.decode()
    assert "Nobody is seeing to it yet" not in page
    assert "Flood in the cellar" in page


def test_the_page_of_an_order_has_its_clocks(browser: Browser, missed: WorkOrder) -> None:
    page = browser.get(f"/admin/worklogs/workorder/{missed.pk}/").content.decode()
    assert "Service level" in page
    assert "How it adds up" in page
    browser.post(f"/admin/sla/orders/{missed.pk}/deadline/", {"deadline_at": "2031-01-01T10:00"})
    page = browser.get(f"/admin/worklogs/workorder/{missed.pk}/").content.decode()
    assert "Agreed deadline: Wed 1 Jan 2031, 10:00" in page


def test_empty_pages_say_what_to_do(browser: Browser) -> None:
    assert "Nothing is promised yet" in browser.get("/admin/sla/").content.decode()
    assert "Nothing is promised yet" in browser.get("/admin/worklogs/slapolicy/").content.decode()


def test_a_policy_by_console(browser: Browser, organization: Organization) -> None:
    data = {"name": "Water", "position": "10", "is_active": "on", "response_minutes": "30"}
    assert browser.post("/admin/worklogs/slapolicy/add/", data).status_code == 302
    assert (
        "30 minutes of working time" in browser.get("/admin/worklogs/slapolicy/").content.decode()
    )


def test_settings_show_the_coming_holidays(browser: Browser, organization: Organization) -> None:
    data = {"name": "Week", "day0": "08:00-17:00", "country": "DE", "subdivision": "by"}
    browser.post("/admin/settings/working-hours/", {**data, "closed_days": "2199-12-24 Long ago"})
    page = browser.get("/admin/settings/").content.decode()
    assert "Next closed" in page
    assert "2199-12-24 Long ago" in page
    wrong = browser.post("/admin/settings/working-hours/", {**data, "subdivision": "XX"})
    assert "no such part" in wrong.content.decode()


@pytest.mark.parametrize("count", [1, 9])
def test_the_page_asks_as_much_for_one_as_for_many(
    browser: Browser,
    missed: WorkOrder,
    organization: Organization,
    count: int,
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    now = datetime.now(UTC)
    with tenant_scope(organization.pk):
        for _ in range(count - 1):
            factories.work_order(now=now - 2 * HOUR)
        sla_sweep.sweep(now=now)
    browser.get("/admin/sla/")
    with django_assert_max_num_queries(16):
        browser.get("/admin/sla/")


def test_who_only_works_sees_no_figures(organization: Organization, missed: WorkOrder) -> None:
    technician = factories.user(organization, role=Role.TECHNICIAN)
    assert Client(technician).get("sla/performance").status_code == 403
    assert signed_in(technician).get("/admin/sla/").status_code == 403
