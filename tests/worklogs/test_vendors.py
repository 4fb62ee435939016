"""Companies that work for the organisation: named on orders, judged by them; and the warranty on what they did."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client as Browser

from accounts.models import User
from tests import factories
from tests.api import Client
from tests.console import signed_in
from worklogs.models import Vendor, WorkOrder

NOW = datetime(2026, 3, 4, 6, tzinfo=UTC)
ORDERS = "/admin/worklogs/workorder/"


def test_an_order_names_the_company_that_does_it(
    admin: User, technician: User, time_machine: Any
) -> None:
    """By API: given when it is made or later, also to generated work; found by it; counted."""
    time_machine.move_to(NOW, tick=False)
    api = Client(admin)
    lifts = api.post("vendors", {"name": "Lifts Ltd", "email": "desk@lifts.example", "rating": 4})
    assert lifts.status_code == 201, lifts.content
    vendor = lifts.json()
    figures = ("total_jobs", "completed_jobs", "average_cost", "average_hours")
    assert [vendor[name] for name in figures] == [0, 0, None, None]
    planned = factories.schedule()
    made = api.post(f"schedules/{planned.pk}/generate").json()[0]
    sent = {
        **{"resource": str(planned.resource_id), "title": "Car stuck", "vendor": vendor["id"]},
        **{"status": "scheduled", "assigned_to": str(technician.pk)},
    }
    stuck = api.post("work-orders", sent).json()
    assert stuck["vendor"] == vendor["id"]
    changed = api.patch(f"work-orders/{made['id']}", {"vendor": vendor["id"]})
    assert changed.json()["vendor"] == vendor["id"]
    factories.work_order(now=NOW)
    found = api.get("work-orders", {"vendor": vendor["id"]}).json()["results"]
    assert {row["id"] for row in found} == {stuck["id"], made["id"]}
    address = f"work-orders/{stuck['id']}"
    api.post(f"{address}/costs", {"amount": "120.50", "description": "Call-out"})
    time_machine.move_to(NOW + timedelta(hours=3), tick=False)
    for name in ("start", "complete"):
        assert api.post(f"{address}/{name}").status_code == 200
    seen = api.get(f"vendors/{vendor['id']}").json()
    assert [seen[name] for name in figures] == [2, 1, "120.50", 3.0]
    [listed] = api.get("vendors").json()["results"]
    assert [listed[name] for name in figures] == [2, 1, "120.50", 3.0]
    assert api.delete(f"vendors/{vendor['id']}").status_code == 409
    assert api.patch(f"vendors/{vendor['id']}", {"is_active": False}).status_code == 200
    assert api.post("vendors", {"name": "Lifts Ltd"}).status_code == 400
    hands = Client(technician)
    assert hands.get("vendors").status_code == 200
    assert hands.post("vendors", {"name": "Mine"}).status_code == 403


def test_vendors_in_the_console(planner: User, desk: Browser, technician: User) -> None:
    form = {"name": "Lifts Ltd", "services": "Lifts", "contact_name": "Ida", "is_active": "on"}
    assert desk.post("/admin/worklogs/vendor/add/", form).status_code == 302
    vendor = Vendor.objects.get()
    order = factories.work_order(title="Car stuck", now=NOW)
    other = factories.work_order(title="Tap drips", now=NOW)
    sent = {
        **{"title": "Car stuck", "resource": str(order.resource_id), "kind": "corrective"},
        **{"category": "other", "vendor": str(vendor.pk), "warranty_months": "6"},
    }
    assert desk.post(f"{ORDERS}{order.pk}/change/", sent).status_code == 302
    order.refresh_from_db()
    assert (order.vendor, order.warranty_months) == (vendor, 6)
    page = desk.get(f"{ORDERS}{order.pk}/").content.decode()
    assert "Lifts Ltd" in page
    assert "6 months" in page
    found = desk.get(ORDERS, {"vendor": str(vendor.pk)}).content.decode()
    assert "Car stuck" in found
    assert other.title not in found
    listed = desk.get("/admin/worklogs/vendor/").content.decode()
    assert "0 of 1 done" in listed
    assert "Lifts Ltd" in signed_in(technician).get("/admin/worklogs/vendor/").content.decode()


def test_a_warranty_of_some_months_begins_on_the_day_of_completion(
    admin: User, technician: User, time_machine: Any
) -> None:
    """Where the resource is: the last hour of a day in UTC is the next day in Berlin."""
    time_machine.move_to(datetime(2026, 8, 30, 23, tzinfo=UTC), tick=False)
    api = Client(admin)
    order = factories.work_order_in(
        "in_progress", assigned_to=technician, warranty_months=6, now=NOW
    )
    done = api.post(f"work-orders/{order.pk}/complete").json()
    assert (done["warranty_months"], done["warranty_until"]) == (6, "2027-02-28")
    assert WorkOrder.objects.get().warranty_until is not None
