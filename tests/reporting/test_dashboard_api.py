"""`GET dashboard/summary` as clients meet it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import time_machine

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from scheduling.services import due_check, windows
from tests import factories
from tests.api import Client


def test_it_answers_figures_and_the_first_of_each_list(
    organization: Organization, admin: User, now: datetime
) -> None:
    with tenant_scope(organization.pk):
        factories.schedule(title="Late", start_at=datetime(2026, 2, 20, 7, tzinfo=UTC))
        factories.schedule(
            title="Soon", start_at=datetime(2026, 3, 6, 7, tzinfo=UTC), assigned_to=admin
        )
        due_check.check_now(organization=organization, by=None, now=now)

    with time_machine.travel(now, tick=False):
        summary = Client(admin).get("dashboard/summary").json()

    assert summary["overdue"]["count"] == 1
    assert summary["overdue"]["more"] is False
    assert summary["overdue"]["first"][0]["title"] == "Late"
    assert summary["overdue"]["first"][0]["rule_text"] == "Every month on the 20th"
    assert [item["title"] for item in summary["next_7_days"]["first"]] == ["Soon"]
    assert [item["title"] for item in summary["without_recipient"]["first"]] == ["Late"]
    assert summary["last_due_check"]["checked"] >= 1


def test_who_may_not_see_checks_gets_none(
    organization: Organization, user_with: Callable[[Role], User], now: datetime
) -> None:
    with tenant_scope(organization.pk):
        due_check.check_now(organization=organization, by=None, now=now)

    summary = Client(user_with(Role.TECHNICIAN)).get("dashboard/summary").json()

    assert summary["last_due_check"] is None
    assert summary["overdue"] == {"count": 0, "more": False, "first": []}


def test_the_windows_at_a_glance(
    organization: Organization, admin: User, user_with: Callable[[Role], User], now: datetime
) -> None:
    hour = timedelta(hours=1)
    with tenant_scope(organization.pk):
        room = factories.resource(name="Room", owner=user_with(Role.REQUESTER))
        work = factories.window(now - 2 * hour, now + hour, resource=room, title="Paint")
        factories.booking(now + 30 * hour, now + 40 * hour, resource=room)
        coming = factories.window(
            now + 31 * hour, now + 32 * hour, resource=room, title="Drain", status="draft"
        )
        factories.window(now - hour, now + hour, title="Forgotten")
        factories.window(now + 240 * hour, now + 241 * hour)
        windows.start_window(work, by=admin, now=now - 2 * hour)

    with time_machine.travel(now, tick=False):
        found = Client(admin).get("dashboard/windows").json()
        owned = Client(room.owner).get("dashboard/windows")

    assert (found["total"], found["by_status"]["scheduled"]) == (4, 2)
    assert [row["title"] for row in found["at_work"]] == ["Paint"]
    assert [row["title"] for row in found["late"]] == ["Forgotten"]
    assert [row["resource_name"] for row in found["under_maintenance"]] == ["Room"]
    assert found["next_7_days"]["count"] == 1
    [next_one] = found["next_7_days"]["first"]
    assert (next_one["window"], next_one["affected_bookings_count"]) == (str(coming.pk), 1)
    assert found["affected_bookings_count"] == 1
    assert owned.json()["total"] == 2


def test_without_sign_in_there_is_nothing(db: None) -> None:
    for address in ("dashboard/summary", "dashboard/windows"):
        assert Client().get(address).status_code == 401
