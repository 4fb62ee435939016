"""What the report of work orders says, by API and on its page."""

import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from accounts.models import Organization, User
from accounts.rights import Role
from tests import factories
from tests.api import Client
from tests.console import signed_in
from worklogs.models import CostEntry, WorkOrder
from worklogs.services import labor, orders

NOW = datetime(2026, 3, 4, 6, tzinfo=UTC)


@pytest.fixture(autouse=True)
def present() -> Iterator[None]:
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def technician(scope: Organization, user_with: Callable[[Role], User]) -> User:
    return user_with(Role.TECHNICIAN)


def done(technician: User, *, reported: datetime, hours: int, **values: Any) -> WorkOrder:
    """Completed so many hours after it was reported; begun at once. Due when it was reported, or at `due`."""
    due = values.pop("due", None)
    order = factories.work_order_in("assigned", assigned_to=technician, now=reported, **values)
    orders.give(order, "start", {}, by=None, now=reported)
    orders.give(order, "complete", {}, by=None, now=reported + timedelta(hours=hours))
    if due is not None:
        orders.change_order(order, {"due_at": due}, by=None, now=reported)
    return order


def test_the_figures_of_a_period(admin: User, technician: User) -> None:
    day = NOW - timedelta(days=1)
    first = done(technician, reported=day, hours=1, due=day + timedelta(hours=2))
    done(technician, reported=day, hours=3, due=day + timedelta(hours=2))
    done(technician, reported=day, hours=5, category="plumbing")
    done(technician, reported=day - timedelta(days=60), hours=1)
    factories.work_order(now=NOW)
    cost = CostEntry(work_order=first, amount=7, description="Seal", kind="parts")
    labor.add_cost(cost, by=admin, now=NOW)
    api = Client(admin)
    found = api.get("dashboard/report").json()
    assert (found["start"], found["end"]) == ("2026-02-03", "2026-03-05")
    assert (found["reported"], found["completed"]) == (4, 3)
    assert (found["in_time"], found["with_due_date"]) == (1, 3)
    assert (found["in_time_percent"], found["hours_to_complete"]) == (33.3, 3.0)
    assert (found["hours_to_repair"], found["repairs"]) == (3.0, 3)
    assert (found["parts_cost"], found["labor_cost"]) == ("7.00", "0.00")
    assert found["by_person"] == [
        {"person": str(technician.pk), "name": technician.name, "completed": 3}
    ]
    assert [(row["value"], row["cost"]) for row in found["by_kind"]] == [("corrective", "7.00")]
    costs = {"cost": "7.00", "labor_cost": "0.00", "parts_cost": "7.00", "other_cost": "0.00"}
    assert found["by_month"] == [{"month": "2026-03", "completed": 3, **costs}]
    assert found["by_year"] == [{"year": "2026", "completed": 3, **costs}]
    assert [row["label"] for row in found["by_category"]] == ["Other", "Plumbing"]
    assert sum(row["completed"] for row in found["days"]) == 3
    assert len(found["days"]) == 30
    daily = api.get("dashboard/report/daily", {"date": "2026-03-03"}).json()
    assert (daily["reported"], daily["completed"], len(daily["days"])) == (3, 3, 1)
    weekly = api.get("dashboard/report/weekly", {"date": "2026-03-04"}).json()
    assert (weekly["start"], weekly["end"]) == ("2026-03-02", "2026-03-09")
    monthly = api.get("dashboard/report/monthly", {"date": "2026-12-31"}).json()
    assert (monthly["start"], monthly["end"]) == ("2026-12-01", "2027-01-01")
    assert monthly["in_time_percent"] is None, "too few to say"
    wrong = {"start": "2026-03-04", "end": "2026-03-04"}
    assert api.get("dashboard/report", wrong).status_code == 400
    assert api.get("dashboard/report", {"start": "never"}).status_code == 400


def test_housekeeping_apart_from_maintenance(admin: User, technician: User) -> None:
    api = Client(admin)
    done(technician, reported=NOW - timedelta(hours=9), hours=1)
    done(technician, reported=NOW - timedelta(hours=9), hours=1, task_type="turndown")
    tasks, other = (
        api.get(f"dashboard/metrics/{part}").json() for part in ("tasks", "maintenance")
    )
    assert (tasks["completed"], other["completed"]) == (1, 1)
    assert [row["value"] for row in tasks["by_task_type"]] == ["turndown"]
    assert other["by_task_type"] == []


def test_now_and_what_cannot_wait(admin: User, technician: User) -> None:
    api = Client(admin)
    late = factories.work_order(
        resource=factories.resource(criticality="critical"),
        category="electrical",
        due_at=NOW - timedelta(hours=1),
        now=NOW - timedelta(days=2),
    )
    unsafe = factories.work_order(safety_concern=True, now=NOW)
    factories.work_order(now=NOW)
    busy = factories.work_order_in("in_progress", assigned_to=technician, now=NOW)
    WorkOrder.objects.filter(pk=busy.pk).update(due_at=None, overdue_at=None)
    told = {
        row["work_order"]: row["reasons"] for row in api.get("dashboard/alerts").json()["alerts"]
    }
    assert told == {str(late.pk): ["overdue"], str(unsafe.pk): ["safety"]}
    now = api.get("dashboard/real-time").json()
    assert now["by_status"]["reported"] == 3
    assert now["figures"]["overdue"] == 1
    assert [row["number"] for row in now["in_progress"]] == [busy.number]
    summary = api.get("dashboard/summary").json()["work_orders"]
    assert summary["open"] == {"count": 4, "more": False}


def test_the_page_shows_it(admin: User, technician: User) -> None:
    browser = signed_in(admin)
    assert "No work in this period" in browser.get("/admin/reports/work/").content.decode()
    counts = []
    for _ in range(2):
        for _ in range(3):
            done(technician, reported=NOW - timedelta(hours=9), hours=2)
        with CaptureQueriesContext(connection) as asked:
            page = browser.get("/admin/reports/work/?part=maintenance").content.decode()
        counts.append(len(asked))
    assert technician.name in page
    assert "Mean time to repair, of 6" in page
    for drawn in ("cost-years", "cost-months", "cost-kinds", "categories", "kinds", "work"):
        assert f'data-chart="{drawn}"' in page
        assert f'id="chart-{drawn}"' in page
    assert '<th scope="row">Mar 2026</th>' in page
    assert 'data-chart="task-types"' not in page, "maintenance only"
    assert counts[0] == counts[1] <= 16
    year = browser.get("/admin/reports/work/?first=2025-03-05&last=2026-03-04").content.decode()
    assert "23 Feb 2026" in year, "weeks instead of days"
    panel = browser.get("/admin/dashboard/orders/").content.decode()
    assert "To verify" in panel


def test_any_period_in_steps_that_can_be_read(admin: User, technician: User) -> None:
    for years in (0, 1, 4):
        when = NOW - timedelta(days=366 * years, hours=9)
        done(technician, reported=when, hours=1, task_type="turndown")
    api, browser = Client(admin), signed_in(admin)
    asked = {"start": "2020-01-01", "end": "2026-03-05"}
    found = api.get("dashboard/report", asked).json()
    assert (found["grain"], found["completed"], len(found["series"])) == ("month", 3, 75)
    assert [row["year"] for row in found["by_year"]] == ["2022", "2025", "2026"]
    weeks = api.get("dashboard/report", {"start": "2026-02-26", "grain": "week"}).json()
    assert [step["start"] for step in weeks["series"]] == ["2026-02-26", "2026-03-02"]
    assert [step["completed"] for step in weeks["series"]] == [0, 1]
    for wrong in ({"grain": "hour"}, {"grain": "day", **asked}, {"start": "1999-01-01"}):
        assert api.get("dashboard/report", wrong).status_code == 400, wrong
    path = "/admin/reports/work/?first=2020-01-01&last=2026-03-04"
    page = browser.get(path).content.decode()
    assert "Wed 1 Jan 2020 to Wed 4 Mar 2026" in page
    assert '<th scope="row">2022</th>' in page
    assert 'data-chart="task-types"' in page
    assert "<td>1</td>" in browser.get(f"{path}&grain=week").content.decode()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("first=1990-01-01&last=2026-03-04", "20 years at most"),
        ("first=2026-03-04&last=2026-03-01", "The end comes after the start"),
        ("first=2020-01-01&last=2026-03-04&grain=day", "more than 400 bars"),
        ("first=0000-00-00&last=2026-03-04", "Enter a valid date"),
        ("first=0009-01-01&last=2026-03-04", "Give a year from 1900"),
        ("last=0001-01-03", "Give a year from 1900"),
        ("last=2026-03-04&grain=hour", "hour is not one of the available choices"),
        ("last=2026-03-04%00", "Enter a valid date"),
    ],
)
def test_what_the_page_cannot_show_it_says_and_keeps_what_was_typed(
    admin: User, query: str, said: str
) -> None:
    page = signed_in(admin).get(f"/admin/reports/work/?{query}").content.decode()
    assert said in page
    assert "Came in" not in page
    assert f'value="{query.partition("first=")[2][:10]}"' in page


def test_calendar_periods_are_a_click_away(admin: User) -> None:
    page = signed_in(admin).get("/admin/reports/work/?first=2026-02-01&last=2026-02-28").content
    shown = page.decode()
    for period in (
        *("first=2026-03-04&amp;last=2026-03-04", "first=2026-03-02&amp;last=2026-03-08"),
        *("first=2026-02-23&amp;last=2026-03-01", "first=2026-03-01&amp;last=2026-03-31"),
        *("first=2026-01-01&amp;last=2026-12-31", "first=2025-01-01&amp;last=2025-12-31"),
    ):
        assert period in shown
    assert 'aria-current="true">Last month' in shown


def test_the_report_leaves_as_pdf_and_as_a_workbook(admin: User, technician: User) -> None:
    User.objects.filter(pk=technician.pk).update(name="=Łucja")
    done(technician, reported=NOW - timedelta(hours=9), hours=2, category="plumbing")
    browser, api = signed_in(admin), Client(admin)
    query = "first=2020-01-01&last=2026-03-04"
    asked = {"start": "2020-01-01", "end": "2026-03-05"}
    page = browser.get(f"/admin/reports/work/?{query}").content.decode()
    for kind, begins in (("pdf", b"%PDF-"), ("xlsx", b"PK")):
        assert f"/admin/reports/work/{kind}/?first=2020-01-01&amp;last=2026-03-04" in page
        for answer in (
            browser.get(f"/admin/reports/work/{kind}/?{query}"),
            api.get("dashboard/report", {**asked, "format": kind}),
        ):
            assert answer.status_code == 200
            assert answer.content.startswith(begins)
            name = f'filename="work-report-2020-01-01-2026-03-04.{kind}"'
            assert name in answer["Content-Disposition"]
    book = load_workbook(io.BytesIO(answer.content))
    assert "Cost by year" in book.sheetnames
    facts = dict(book["Report"].iter_rows(min_row=4, max_col=2, values_only=True))
    assert (facts["Completed"], facts["In time, percent"]) == (1, None)
    [_, person] = book["Completed by person"].iter_rows(values_only=True)
    assert person == ("'=Łucja", 1), "nothing that a spreadsheet would compute"
    assert book["Cost by year"]._charts

    empty = browser.get("/admin/reports/work/pdf/?first=2001-01-01&last=2001-01-02")
    assert empty.content.startswith(b"%PDF-")
    wrong = browser.get("/admin/reports/work/pdf/?first=1990-01-01&last=2026-01-01", follow=True)
    assert "20 years at most" in wrong.content.decode()
    refused = api.get("dashboard/report", {"start": "1990-01-01", "format": "pdf"})
    assert (refused.status_code, refused["Content-Type"]) == (400, "application/json")
