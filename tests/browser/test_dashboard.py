"""The dashboard in a browser."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from scheduling.services import due_check
from tests import factories
from tests.browser.conftest import PHONE, PageFor, assert_accessible, assert_no_console_errors


@pytest.fixture
def boss(organization: Organization) -> User:
    """An administrator with something overdue, something due soon and something nobody is told about."""
    person = factories.user(organization, role=Role.ADMIN)
    now = datetime.now(ZoneInfo(organization.time_zone))  # days are told by the clock on the wall
    with tenant_scope(organization.pk):
        for title, days, assignee in (
            ("Boiler service", -40, person),
            ("Lift check", 2, person),
            ("Roof check", 3, None),
        ):
            factories.schedule(
                title=title,
                start_at=now + timedelta(days=days),
                assigned_to=assignee,
                now=now - timedelta(days=60),
            )
        due_check.check_now(organization=organization, by=person, now=now)
    return person


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_shows_what_to_do_now_with_charts(page_for: PageFor, boss: User, dark: bool) -> None:
    page = page_for(user=boss, dark=dark)
    page.goto("/admin/")

    overdue = page.get_by_role("region", name="Overdue schedules")
    expect(overdue).to_contain_text("Boiler service")
    expect(overdue).to_contain_text("40 days overdue")
    expect(page.get_by_role("region", name="next 7 days")).to_contain_text("Lift check")
    expect(page.get_by_role("region", name="Nobody is told about these")).to_contain_text(
        "Roof check"
    )
    expect(page.get_by_role("img", name="Dates per month")).to_be_visible()
    assert_no_console_errors(page)
    assert_accessible(page)


def test_the_phone_has_everything_in_one_column(page_for: PageFor, boss: User) -> None:
    page = page_for(user=boss, viewport=PHONE)
    page.goto("/admin/")

    expect(page.get_by_role("img", name="Dates per month")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert_accessible(page)


def test_the_check_runs_at_a_click_and_tells_what_it_found(page_for: PageFor, boss: User) -> None:
    page = page_for(user=boss)
    page.goto("/admin/")

    page.get_by_role("button", name="Run check now").click()

    expect(page.get_by_text("The due check looked at")).to_be_visible()
    assert_no_console_errors(page)


def test_a_new_organisation_is_welcomed(page_for: PageFor) -> None:
    page = page_for(Role.ADMIN)
    page.goto("/admin/")

    expect(page.get_by_role("heading", name="Welcome to Mainstay")).to_be_visible()
    assert_accessible(page)
