"""What the dashboard tells whom, and what it costs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from reporting.services import dashboard, trends
from scheduling.models import DueCheckRun
from scheduling.services import due_check, occurrences
from tests import factories
from tests.console import signed_in

UserWith = Callable[[Role], User]


def at(month: int, day: int, hour: int = 7) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def titles(part: dashboard.Part) -> list[str]:
    return [item.title for item in part.items]


def seed(organization: Organization, now: datetime, **values: Any) -> None:
    """One overdue, one due today, one within the week, one later."""
    for title, start in (
        ("Late", at(2, 20)),
        ("Today", at(3, 4, 15)),
        ("Soon", at(3, 10)),
        ("Later", at(3, 20)),
    ):
        factories.schedule(title=title, start_at=start, **values)
    due_check.check_now(organization=organization, by=None, now=now)


def test_dates_stand_under_the_heading_that_says_what_to_do(
    scope: Organization, admin: User, now: datetime
) -> None:
    seed(scope, now, assigned_to=admin)

    overview = dashboard.overview(admin, now=now)

    assert titles(overview.overdue) == ["Late"]
    assert titles(overview.today) == ["Today"]
    assert titles(overview.week) == ["Soon"]
    assert overview.untold.items == []
    (late,) = overview.overdue.items
    assert (late.hint, late.shown) == ("12 days overdue", "Fri 20 Feb 2026, 08:00")
    assert late.rule == "Every month on the 20th"


def test_dates_that_nobody_hears_of_are_named(
    scope: Organization, admin: User, now: datetime
) -> None:
    factories.schedule(title="Owned", resource=factories.resource(owner=admin), start_at=at(3, 5))
    factories.schedule(title="Given", assigned_to=admin, start_at=at(3, 5))
    factories.schedule(title="Forgotten", start_at=at(3, 5))

    assert titles(dashboard.overview(admin, now=now).untold) == ["Forgotten"]


def test_each_role_sees_its_own_rows(
    scope: Organization, user_with: UserWith, now: datetime
) -> None:
    technician, requester = user_with(Role.TECHNICIAN), user_with(Role.REQUESTER)
    factories.schedule(title="Mine", assigned_to=technician, start_at=at(3, 5))
    owned = factories.resource(owner=requester)
    factories.schedule(title="My room", resource=owned, start_at=at(3, 5))

    assert titles(dashboard.overview(technician, now=now).week) == ["Mine"]
    assert titles(dashboard.overview(requester, now=now).week) == ["My room"]


def test_figures_stop_counting(
    scope: Organization, admin: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard, "MOST_COUNTED", 2)
    for _ in range(4):
        factories.schedule(start_at=at(3, 5), assigned_to=admin)

    figure = dashboard.overview(admin, now=now).week.figure

    assert (figure.more, str(figure)) == (True, "2+")


def test_months_tell_in_time_from_late_and_missed(
    scope: Organization, admin: User, now: datetime
) -> None:
    schedule = factories.schedule(frequency="weekly", start_at=at(1, 5), now=at(1, 1))
    assert schedule.resource_id is not None
    moves = [(at(1, 5, 9), True), (at(1, 14), True), (at(2, 20), True)]
    for moment, done in moves:
        due_check.check_now(organization=scope, by=None, now=moment)
        if done:
            occurrences.complete(
                schedule_id=schedule.pk,
                resource_id=schedule.resource_id,
                performed_at=moment,
                by=admin,
                now=moment,
            )

    months = {month.first: month for month in trends.completions(admin, now=now)}

    assert len(months) == 12
    assert list(months)[-1].isoformat() == "2026-03-01"
    january, february = (months[at(month, 1).date()] for month in (1, 2))
    assert (january.compliant, january.late) == (1, 2)
    assert february.missed >= 2


def test_the_load_counts_every_date_of_the_weeks_to_come(
    scope: Organization, admin: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.schedule(frequency="weekly", start_at=at(3, 6))
    factories.schedule(frequency="monthly", start_at=at(3, 11))

    load = trends.load(admin, now=now)

    assert [count for _, count in load.weeks] == [1, 2, 1, 1, 1, 2, 1, 1]
    assert load.weeks[0][0].isoformat() == "2026-03-02"
    assert not load.next_only

    monkeypatch.setattr(trends, "_MOST_RECKONED", 1)
    many = trends.load(admin, now=now)

    assert many.next_only
    assert [count for _, count in many.weeks] == [1, 1, 0, 0, 0, 0, 0, 0]


def page(user: User, now: datetime, path: str = "/admin/") -> str:
    client = signed_in(user)
    with time_machine.travel(now, tick=False):
        return client.get(path).content.decode()


def test_the_page_costs_the_same_however_many_dates_there_are(
    organization: Organization, admin: User, now: datetime
) -> None:
    counts = []
    for number in (1, 9):
        with tenant_scope(organization.pk):
            for _ in range(number):
                seed(organization, now)
        client = signed_in(admin)
        with time_machine.travel(now, tick=False), CaptureQueriesContext(connection) as queries:
            assert "Late" in client.get("/admin/").content.decode()
        counts.append(len(queries))

    # the session and its person; alerts; four figures, what they list; logs and the last check
    assert counts[0] == counts[1] <= 10


def test_a_new_organisation_is_told_how_to_begin(
    organization: Organization, admin: User, now: datetime
) -> None:
    assert "Welcome to Mainstay" in page(admin, now)


def test_switched_off_the_page_says_how_to_switch_on(
    organization: Organization, admin: User, user_with: UserWith, now: datetime
) -> None:
    Organization.objects.update(maintenance_scheduling_enabled=False)

    shown = page(admin, now)
    assert "Maintenance scheduling is switched off" in shown
    assert "/admin/dashboard/orders/" in shown  # reports and orders go on without it
    assert "Ask an administrator" in page(user_with(Role.TECHNICIAN), now)


def test_the_check_runs_on_request_and_only_for_those_who_may(
    organization: Organization, admin: User, user_with: UserWith, now: datetime
) -> None:
    with tenant_scope(organization.pk):
        factories.schedule(start_at=now - timedelta(days=2))
    client, other = signed_in(admin), signed_in(user_with(Role.TECHNICIAN))

    refused = other.post("/admin/scheduling/duecheckrun/run/")
    answer = client.post("/admin/scheduling/duecheckrun/run/", {"from": "dashboard"}, follow=True)

    assert refused.status_code == 403
    assert "The due check looked at 1 date in" in answer.content.decode()
    with tenant_scope(organization.pk):
        assert DueCheckRun.objects.count() == 1


def test_another_organisation_sees_nothing_of_it(
    organization: Organization, stranger: Organization, now: datetime
) -> None:
    with tenant_scope(organization.pk):
        seed(organization, now)

    shown = page(factories.user(stranger, role=Role.ADMIN), now)

    assert "Late" not in shown
    assert "Welcome" in shown


def test_what_cannot_wait_stands_at_the_top_and_safety_comes_first(
    organization: Organization, admin: User, user_with: UserWith, now: datetime
) -> None:
    with tenant_scope(organization.pk):
        before = now - timedelta(days=2)
        late = factories.work_order(
            title="Lift stands still", priority="critical", due_at=now - timedelta(1), now=before
        )
        hall = factories.resource(name="Ballroom")
        title = "A bare wire hangs beside the stage"
        unsafe = factories.work_order(title=title, resource=hall, safety_concern=True, now=before)
        factories.work_order(title="Squeaking door", now=now)
    shown = page(admin, now)

    top = shown[shown.index("Critical alerts") : shown.index("Welcome to Mainstay")]
    assert top.index(title) < top.index("Lift stands still")
    for row in (late, unsafe):
        assert f"/admin/worklogs/workorder/{row.pk}/" in top
    for said in ("Ballroom", "2 days ago", "Since Mon 2 Mar 2026", "Nobody", "Safety"):
        assert said in top
    assert "Squeaking door" not in top
    assert title not in page(user_with(Role.REQUESTER), now), "no order of theirs"
    Organization.objects.update(maintenance_scheduling_enabled=False)
    assert title in page(admin, now), "orders go on without scheduling"


def test_orders_are_drawn_by_state_and_by_day(
    organization: Organization, admin: User, user_with: UserWith, now: datetime
) -> None:
    path = "/admin/dashboard/orders/charts/"
    assert "No work order is open" in page(admin, now, path)
    with tenant_scope(organization.pk):
        technician = user_with(Role.TECHNICIAN)
        factories.work_order(now=now)
        busy = factories.work_order_in("in_progress", assigned_to=technician, now=now)
    shown = page(admin, now, path)

    assert '"status": "in_progress", "orders": 1' in shown
    assert '"reported": 2, "completed": 0, "label": "4 Mar"' in shown
    assert 'data-chart="states"' in shown
    panel = page(admin, now, "/admin/dashboard/orders/")
    assert "At work now" in panel
    assert busy.title in panel
    assert "Orders overdue" in panel
