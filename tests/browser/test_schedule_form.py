"""A planner makes a schedule: the form says what it means while typing, and loses nothing that is wrong."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Organization
from accounts.rights import Role
from core.tenancy import tenant_scope
from scheduling.models import Resource, Schedule
from tests import factories
from tests.browser.conftest import PHONE, PageFor, assert_accessible, assert_no_console_errors


@pytest.fixture
def lift(organization: Organization) -> Resource:
    with tenant_scope(organization.pk):
        return factories.resource(name="Guest lift", code="L1")


def _open_form(page: Page, lift: Resource) -> None:
    page.goto(f"/admin/scheduling/schedule/add/?resource={lift.pk}")
    expect(page.locator("#schedule-preview")).to_contain_text("Every month on the")


@pytest.mark.parametrize("viewport", [None, PHONE])
def test_create_with_live_preview(
    page_for: PageFor, lift: Resource, viewport: dict[str, int] | None
) -> None:
    page = page_for(viewport=viewport) if viewport else page_for()
    _open_form(page, lift)
    expect(page.locator("#id_title")).to_be_focused()
    page.fill("#id_title", "Rope check")
    page.fill("#id_start_at_0", "2027-01-31")
    preview = page.locator("#schedule-preview")
    expect(preview).to_contain_text("Every month on the 31st")
    expect(preview.locator("li")).to_have_count(5)
    page.select_option("#id_frequency", "custom")
    page.fill("#id_rrule", "FREQ=MONTHLY;BYDAY=1MO")
    expect(preview).to_contain_text("first Monday")
    assert_accessible(page)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Rope check Active")).to_be_visible()
    expect(page.get_by_text("What happens next")).to_be_visible()
    assert_accessible(page)
    assert_no_console_errors(page)
    with tenant_scope(lift.organization_id):
        assert Schedule.objects.get().rrule == "FREQ=MONTHLY;BYDAY=1MO"


def test_wrong_input_is_explained_and_kept(page_for: PageFor, lift: Resource) -> None:
    page = page_for()
    _open_form(page, lift)
    page.fill("#id_description", "Grease the rails")
    page.select_option("#id_frequency", "custom")
    page.fill("#id_rrule", "FREQ=SECONDLY")
    expect(page.locator("#schedule-preview")).to_contain_text("too frequent for maintenance")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("This field is required.")).to_be_visible()
    expect(page.locator("#id_description")).to_have_value("Grease the rails")
    expect(page.locator("#id_rrule")).to_have_value("FREQ=SECONDLY")


def test_pause_and_resume_by_button(
    page_for: PageFor, organization: Organization, lift: Resource
) -> None:
    with tenant_scope(organization.pk):
        schedule = factories.schedule(resource=lift)
    page = page_for()
    page.goto(f"/admin/scheduling/schedule/{schedule.pk}/")
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("dialog").get_by_label("Why?").fill("Renovation")
    page.get_by_role("dialog").get_by_role("button", name="Pause").click()
    expect(page.get_by_text("“Renovation”")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Skip")).to_be_visible()
    assert_no_console_errors(page)


@pytest.mark.parametrize("viewport", [None, PHONE])
def test_two_people_in_one_form(
    page_for: PageFor, lift: Resource, viewport: dict[str, int] | None
) -> None:
    ben = factories.user(lift.organization, role=Role.ADMIN, name="Ben Ort")
    with tenant_scope(lift.organization_id):
        schedule = factories.schedule(resource=lift, title="Rope check")
    mine, theirs = page_for(viewport=viewport) if viewport else page_for(), page_for(user=ben)
    for page, title in ((mine, "Rope and rails"), (theirs, "Rope check, weekly")):
        page.goto(f"/admin/scheduling/schedule/{schedule.pk}/change/")
        page.fill("#id_title", title)
    for page in (theirs, mine):
        page.get_by_role("button", name="Save", exact=True).click()
        page.wait_for_load_state()
    told = mine.get_by_text("while you were editing: Title")
    expect(told).to_contain_text("Ben Ort changed this on")
    expect(mine.locator("#id_title")).to_have_value("Rope and rails")
    assert_accessible(mine)
    mine.get_by_role("link", name="open the form anew").click()
    expect(mine.locator("#id_title")).to_have_value("Rope check, weekly")
    mine.go_back()
    mine.get_by_role("button", name="Save", exact=True).click()
    expect(mine.get_by_role("heading", name="Rope and rails")).to_be_visible()
