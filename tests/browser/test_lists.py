"""Lists and the tabs of an object's page in a browser: columns, choosing rows, filters, by keyboard and on a phone."""

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from scheduling.models import Resource
from tests import factories
from tests.browser.conftest import PHONE, PageFor, assert_accessible, assert_no_console_errors

LIST = "/admin/scheduling/resource/"


@pytest.fixture
def planner(organization: Organization) -> User:
    return factories.user(organization, role=Role.ADMIN)


@pytest.fixture
def lifts(organization: Organization) -> list[Resource]:
    with tenant_scope(organization.pk):
        return [factories.resource(name=f"Lift {n}", external_id=f"M-{n}") for n in (1, 2, 3)]


def test_columns_are_chosen_by_keyboard_and_stay(
    page_for: PageFor, planner: User, lifts: list[Resource]
) -> None:
    page = page_for(user=planner)
    page.goto(f"{LIST}?q=Lift")
    expect(page.get_by_role("columnheader", name="Criticality")).to_be_visible()
    page.locator(".columns-menu summary").focus()
    page.keyboard.press("Enter")
    for name in ("Criticality", "Number in another system"):
        page.get_by_label(name, exact=True).focus()
        page.keyboard.press("Space")
    assert_accessible(page)
    page.get_by_role("button", name="Show these").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="Number in another system")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Criticality")).to_have_count(0)
    expect(page).to_have_url(f"{page.url.partition('?')[0]}?q=Lift")
    page.goto(LIST)
    expect(page.get_by_role("cell", name="M-2")).to_be_visible()
    assert_no_console_errors(page)


@pytest.mark.parametrize("phone", [False, True])
def test_rows_are_chosen_and_changed_together(
    page_for: PageFor, planner: User, lifts: list[Resource], phone: bool
) -> None:
    page = page_for(user=planner, viewport=PHONE) if phone else page_for(user=planner)
    page.goto(LIST)
    page.get_by_label("Select Lift 1", exact=False).check()
    page.get_by_label("Select Lift 3", exact=False).check()
    expect(page.locator(".action-counter")).to_have_text("2 of 3 selected")
    page.locator("select[name=action]").select_option(label="Set to degraded")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("2 set to degraded.")).to_be_visible()
    expect(page.locator("#result_list .chip.warning")).to_have_count(2)
    page.wait_for_load_state()  # the list's scripts come after the first paint
    page.locator("#action-toggle").check()
    expect(page.locator(".action-counter")).to_have_text("3 of 3 selected")
    assert_no_console_errors(page)


def test_filters_open_by_keyboard(page_for: PageFor, planner: User, lifts: list[Resource]) -> None:
    page = page_for(user=planner)
    page.goto(LIST)
    page.get_by_role("button", name="Filters").focus()
    page.keyboard.press("Enter")
    page.locator("#changelist-filter").get_by_role("link", name="Retired").click()
    expect(page.get_by_text("Nothing matches")).to_be_visible()
    assert_no_console_errors(page)


def test_a_file_of_the_list(page_for: PageFor, planner: User, lifts: list[Resource]) -> None:
    page = page_for(user=planner)
    page.goto(f"{LIST}?q=M-2")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export").click()
    assert download.value.suggested_filename == "resources.csv"
    assert len(download.value.path().read_text("utf-8-sig").splitlines()) == 2


@pytest.mark.parametrize("phone", [False, True])
def test_tabs_of_a_resource(
    page_for: PageFor, planner: User, lifts: list[Resource], phone: bool
) -> None:
    with tenant_scope(planner.organization_id):
        factories.schedule(resource=lifts[0], title="Grease")
    page = page_for(user=planner, viewport=PHONE) if phone else page_for(user=planner)
    page.goto(f"{LIST}{lifts[0].pk}/")
    expect(page.get_by_role("heading", name="What happens next")).to_be_visible()
    for tab in ("Schedules", "Due dates", "Below it", "Log", "Files", "History"):
        _tab(page, tab).focus()
        page.keyboard.press("Enter")
        expect(_tab(page, tab)).to_have_attribute("aria-current", "page")
        # all but the fraction of a pixel by which browsers round the scrolling
        expect(_tab(page, tab)).to_be_in_viewport(ratio=0.99)
        expect(page.get_by_role("link", name="Log completion")).to_be_visible()
        assert_accessible(page)
        assert not page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
    assert_no_console_errors(page)


def _tab(page: Page, name: str) -> Locator:
    return page.get_by_role("navigation", name="Parts of this page").get_by_role(
        "link", name=name, exact=True
    )
