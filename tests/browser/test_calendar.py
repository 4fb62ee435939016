"""The calendar in a browser: drawing, filters, details, moving, skipping."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import Organization
from accounts.rights import Role
from core.tenancy import tenant_scope
from scheduling.models import Occurrence, Resource
from tests import factories
from tests.browser.conftest import PHONE, PageFor, assert_accessible, assert_no_console_errors


def _in_days(days: int) -> datetime:
    moment = datetime.now(UTC) + timedelta(days=days)
    return moment.replace(hour=9, minute=0, second=0, microsecond=0)


@pytest.fixture
def lift(organization: Organization) -> Resource:
    """A lift and a boiler with a date each in the days to come."""
    with tenant_scope(organization.pk):
        lift = factories.resource(name="Lift", code="L1")
        boiler = factories.resource(name="Boiler", code="B1")
        start = _in_days(2)
        factories.schedule(
            title="Lift check", resource=lift, start_at=start, now=start - timedelta(9)
        )
        factories.schedule(
            title="Boiler service",
            resource=boiler,
            start_at=start,
            now=start - timedelta(9),
            maintenance_type="inspection",
        )
    return lift


def _event(page: Page, title: str) -> Locator:
    return page.locator(".date-event", has_text=title)


@pytest.mark.parametrize("view", ["month", "week", "day", "list"])
def test_every_view_is_drawn_without_errors(page_for: PageFor, lift: Resource, view: str) -> None:
    page = page_for(Role.ADMIN)
    page.goto(f"/admin/calendar/?view={view}&date={_in_days(2).date()}")

    expect(_event(page, "Lift check").first).to_be_visible()

    assert page.title().strip() == "Calendar · Mainstay"
    assert_no_console_errors(page)
    assert_accessible(page)


def test_a_browser_without_temporal_draws_it_too(page_for: PageFor, lift: Resource) -> None:
    page = page_for(Role.ADMIN)
    page.add_init_script("delete globalThis.Temporal")
    page.goto(f"/admin/calendar/?view=month&date={_in_days(2).date()}")

    expect(_event(page, "Lift check").first).to_be_visible()

    assert page.evaluate("typeof Temporal") == "undefined"
    assert_no_console_errors(page)


def test_dark_it_is_as_accessible(page_for: PageFor, lift: Resource) -> None:
    page = page_for(Role.ADMIN, dark=True)
    page.goto(f"/admin/calendar/?view=month&date={_in_days(2).date()}")

    expect(_event(page, "Lift check").first).to_be_visible()

    assert_accessible(page)


def test_the_phone_begins_with_the_list_and_fits(page_for: PageFor, lift: Resource) -> None:
    page = page_for(Role.ADMIN, viewport=PHONE)
    page.goto("/admin/calendar/")

    expect(_event(page, "Lift check").first).to_be_visible()

    assert "view=list" in page.url
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert_accessible(page)


def test_filters_narrow_and_stay_in_the_address(page_for: PageFor, lift: Resource) -> None:
    page = page_for(Role.ADMIN)
    page.goto("/admin/calendar/?view=list")
    expect(_event(page, "Boiler service").first).to_be_visible()

    page.get_by_label("Type").select_option("inspection")
    expect(_event(page, "Lift check")).to_have_count(0)
    assert "type=inspection" in page.url
    page.get_by_role("button", name="Clear filters").click()
    expect(_event(page, "Lift check").first).to_be_visible()

    name = page.get_by_label("Resource")
    name.click()
    name.fill("Lift (L1)")
    expect(_event(page, "Boiler service")).to_have_count(0)
    assert f"resource={lift.pk}" in page.url

    page.reload()
    expect(_event(page, "Lift check").first).to_be_visible()
    expect(_event(page, "Boiler service")).to_have_count(0)
    expect(page.get_by_label("Resource")).to_have_value("Lift (L1)")

    page.get_by_role("group", name="Due maintenance").get_by_label("Scheduled").uncheck()
    expect(_event(page, "Lift check")).to_have_count(0)
    assert_no_console_errors(page)


def test_a_resource_typed_to_the_end_is_meant(page_for: PageFor, lift: Resource) -> None:
    page = page_for(Role.ADMIN)
    page.goto("/admin/calendar/?view=list")
    expect(_event(page, "Boiler service").first).to_be_visible()

    name = page.get_by_label("Resource")
    name.fill("lif")
    name.press("Enter")
    expect(name).to_have_value("Lift (L1)")
    expect(_event(page, "Boiler service")).to_have_count(0)

    name.fill("No such thing")
    name.press("Enter")
    expect(page.locator("#resource-name:invalid")).to_be_visible()
    name.fill("")
    name.press("Enter")
    expect(_event(page, "Boiler service").first).to_be_visible()
    assert_no_console_errors(page)


def test_a_date_tells_what_where_and_why_by_keyboard(page_for: PageFor, lift: Resource) -> None:
    page = page_for(Role.ADMIN)
    page.goto("/admin/calendar/?view=list")

    _event(page, "Lift check").first.focus()
    page.keyboard.press("Enter")

    panel = page.get_by_role("dialog", name="Lift check")
    expect(panel).to_be_visible()
    text = panel.inner_text()
    assert "Lift" in text
    assert "Every month on the" in text
    assert "It is the first date of the series." in text
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(panel).not_to_be_visible()


def test_the_next_date_is_completed_from_its_panel(page_for: PageFor, lift: Resource) -> None:
    page = page_for(Role.ADMIN)
    page.goto("/admin/calendar/?view=list")
    _event(page, "Lift check").first.click()

    page.get_by_role("dialog", name="Lift check").get_by_text("Log completion").click()

    form = page.get_by_role("dialog", name="Log completion")
    expect(form.get_by_label("Notes")).to_be_visible()
    assert_no_console_errors(page)


def test_skipping_asks_for_a_reason_and_shows_it(
    page_for: PageFor, lift: Resource, organization: Organization
) -> None:
    page = page_for(Role.ADMIN)
    page.goto(f"/admin/calendar/?view=month&date={_in_days(2).date()}")
    _event(page, "Lift check").first.click()
    panel = page.get_by_role("dialog")

    panel.get_by_text("Skip this date").first.click()
    panel.get_by_label("Reason").fill("Lift is being replaced")
    panel.get_by_role("button", name="Skip this date").click()

    expect(page.locator(".due-skipped.date-event")).to_have_count(1)
    with tenant_scope(organization.pk):
        row = Occurrence.objects.get()
    assert (row.status, row.reason) == ("skipped", "Lift is being replaced")
    assert_no_console_errors(page)


def _drag_by_one_week(page: Page, title: str) -> None:
    """From its cell of the month to the one below."""
    page.set_viewport_size({"width": 1440, "height": 1500})
    box = _event(page, title).first.bounding_box()
    cell = page.locator("[role=gridcell]").first.bounding_box()
    assert box
    assert cell
    height = cell["height"]
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + height / 2, steps=5)
    page.mouse.move(x, y + height, steps=5)
    page.mouse.up()


def test_dragging_moves_one_date_and_can_be_undone(
    page_for: PageFor, lift: Resource, organization: Organization
) -> None:
    page = page_for(Role.ADMIN)
    page.goto(f"/admin/calendar/?view=month&date={_in_days(2).date()}")
    expect(_event(page, "Lift check").first).to_be_visible()

    _drag_by_one_week(page, "Lift check")

    toast = page.locator("#toast")
    expect(toast).to_contain_text("Moved to")
    with tenant_scope(organization.pk):
        row = Occurrence.objects.get()
    assert row.due_at == _in_days(9)
    toast.get_by_role("button", name="Undo").click()
    expect(toast).to_contain_text("Moved back.")
    with tenant_scope(organization.pk):
        row.refresh_from_db()
    assert row.due_at == _in_days(2)
    assert_no_console_errors(page)


def test_a_refused_move_goes_back_and_says_why(
    page_for: PageFor, lift: Resource, organization: Organization
) -> None:
    page = page_for(Role.ADMIN)
    page.goto(f"/admin/calendar/?view=month&date={_in_days(2).date()}")
    expect(_event(page, "Lift check").first).to_be_visible()
    page.route(
        "**/admin/calendar/move/",
        lambda route: route.fulfill(
            status=409, content_type="application/json", body='{"detail": "This date is closed."}'
        ),
    )

    _drag_by_one_week(page, "Lift check")

    expect(page.locator("#toast.refused")).to_contain_text("This date is closed.")
    with tenant_scope(organization.pk):
        assert Occurrence.objects.count() == 0


def test_who_may_not_move_cannot_drag(page_for: PageFor, organization: Organization) -> None:
    technician = factories.user(organization, role=Role.TECHNICIAN)
    with tenant_scope(organization.pk):
        start = _in_days(2)
        factories.schedule(
            title="Lift check", assigned_to=technician, start_at=start, now=start - timedelta(9)
        )
    page = page_for(user=technician)
    page.goto(f"/admin/calendar/?view=month&date={_in_days(2).date()}")
    expect(_event(page, "Lift check").first).to_be_visible()

    _drag_by_one_week(page, "Lift check")

    expect(page.locator("#toast")).to_be_hidden()


def test_without_schedules_it_says_what_to_do(page_for: PageFor) -> None:
    page = page_for(Role.ADMIN)
    page.goto("/admin/calendar/")

    expect(page.get_by_role("heading", name="Nothing is planned yet")).to_be_visible()
    assert_accessible(page)
