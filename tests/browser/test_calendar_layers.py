"""Windows and bookings in the calendar: layers, planning by selecting, conflicts, suggestions, undo."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import Organization
from accounts.rights import Role
from core.tenancy import tenant_scope
from scheduling.models import Resource, Window
from tests import factories
from tests.browser.conftest import PHONE, PageFor, assert_accessible, assert_no_console_errors
from tests.browser.planning import drag, monday

HOUR = timedelta(hours=1)


@pytest.fixture
def room(organization: Organization) -> Resource:
    """A room with a window on Tuesday, 10:00 to 14:00 UTC, and a booking on Thursday."""
    with tenant_scope(organization.pk):
        room = factories.resource(name="Room 1", code="R1", time_zone="UTC")
        day = monday()
        factories.window(day + 34 * HOUR, day + 38 * HOUR, resource=room, title="Paint")
        factories.booking(
            day + 80 * HOUR, day + 86 * HOUR, resource=room, reference="B-1", source="pms"
        )
    return room


def _address(view: str = "month") -> str:
    return f"/admin/calendar/?view={view}&date={(monday() + 34 * HOUR).date()}"


def _event(page: Page, title: str) -> Locator:
    return page.locator(".date-event", has_text=title).first


def _cell(page: Page) -> float:
    """How wide a day is drawn."""
    box = page.locator("[role=gridcell]").first.bounding_box()
    assert box
    return box["width"]


def _stored(organization: Organization) -> Window:
    with tenant_scope(organization.pk):
        return Window.objects.get()


@pytest.mark.parametrize("view", ["month", "week", "day", "list"])
def test_every_view_shows_the_layers(page_for: PageFor, room: Resource, view: str) -> None:
    page = page_for(Role.ADMIN)
    page.goto(_address(view))

    expect(_event(page, "Paint")).to_be_visible()

    assert_no_console_errors(page)
    assert_accessible(page)


def test_layers_are_switched_and_remembered(page_for: PageFor, room: Resource) -> None:
    page = page_for(Role.ADMIN)
    page.goto(_address())
    expect(_event(page, "B-1")).to_be_visible()

    page.get_by_role("checkbox", name="Bookings").uncheck()
    expect(page.locator(".date-event", has_text="B-1")).to_have_count(0)
    expect(_event(page, "Paint")).to_be_visible()
    page.goto(_address())
    expect(_event(page, "Paint")).to_be_visible()
    expect(page.locator(".date-event", has_text="B-1")).to_have_count(0)
    page.get_by_role("checkbox", name="Bookings").check()
    expect(_event(page, "B-1")).to_be_visible()

    page.get_by_role("group", name="Windows").get_by_label("Scheduled").uncheck()
    expect(page.locator(".date-event", has_text="Paint")).to_have_count(0)
    assert_no_console_errors(page)


def test_a_window_tells_and_acts_by_keyboard(
    page_for: PageFor, room: Resource, organization: Organization
) -> None:
    page = page_for(Role.ADMIN)
    page.goto(_address())
    expect(_event(page, "Paint")).to_be_visible()

    _event(page, "Paint").focus()
    page.keyboard.press("Enter")

    panel = page.get_by_role("dialog", name="Paint")
    expect(panel).to_contain_text("Out of order")
    assert_accessible(page)
    panel.get_by_role("button", name="Start work").press("Enter")
    expect(page.locator("#toast")).to_contain_text("Started.")
    assert _stored(organization).status == "in_progress"
    page.goto("/admin/calendar/?view=month")  # begun before its time, it takes its time from now on
    expect(page.locator(".windows-in_progress.date-event").first).to_be_visible()


def test_selecting_days_plans_a_window(page_for: PageFor, room: Resource) -> None:
    page = page_for(Role.ADMIN)
    page.goto(f"{_address()}&resource={room.pk}")
    expect(_event(page, "Paint")).to_be_visible()
    cell = page.locator("[role=gridcell]").nth(8)

    drag(page, cell, right=_cell(page))
    page.wait_for_url("**/scheduling/window/add/**")

    asked = parse_qs(urlsplit(page.url).query)
    assert asked["resource"] == [str(room.pk)]
    assert asked["starts_at"][0] < asked["ends_at"][0]


def test_a_window_is_dragged_and_put_back(
    page_for: PageFor, room: Resource, organization: Organization
) -> None:
    page = page_for(Role.ADMIN)
    page.set_viewport_size({"width": 1440, "height": 1600})
    page.goto(_address())
    expect(_event(page, "Paint")).to_be_visible()
    toast, before = page.locator("#toast"), _stored(organization)

    drag(page, _event(page, "Paint"), right=_cell(page))

    expect(toast).to_contain_text("Moved to")
    assert _stored(organization).starts_at - before.starts_at == timedelta(days=1)
    toast.get_by_role("button", name="Undo").click()
    expect(toast).to_contain_text("Moved back.")
    assert _stored(organization).starts_at == before.starts_at
    assert_no_console_errors(page)


def test_into_a_conflict_it_springs_back_and_a_suggested_slot_is_taken(
    page_for: PageFor, room: Resource, organization: Organization
) -> None:
    page = page_for(Role.ADMIN)
    page.set_viewport_size({"width": 1440, "height": 1600})
    page.goto(_address())
    expect(_event(page, "Paint")).to_be_visible()
    before = _stored(organization)

    drag(page, _event(page, "Paint"), right=2 * _cell(page))

    conflict = page.get_by_role("dialog", name="Something is in the way")
    expect(conflict).to_contain_text("B-1, Room 1")
    slot = conflict.get_by_role("button", name="Nobody is affected").first
    expect(slot).to_be_visible()
    assert _stored(organization).starts_at == before.starts_at
    slot.click()
    expect(page.locator("#toast")).to_contain_text("Moved to")
    assert _stored(organization).starts_at > before.starts_at


def test_what_a_booking_system_says_is_not_dragged(
    page_for: PageFor, room: Resource, organization: Organization
) -> None:
    page = page_for(Role.ADMIN)
    page.set_viewport_size({"width": 1440, "height": 1600})
    page.goto(_address())
    expect(_event(page, "B-1")).to_be_visible()

    drag(page, _event(page, "B-1"), right=_cell(page))

    expect(page.locator("#toast")).to_be_hidden()
    _event(page, "B-1").click()
    expect(page.get_by_role("dialog", name="B-1")).to_contain_text("Change it there")


def test_the_phone_shows_the_layers_in_a_list(page_for: PageFor, room: Resource) -> None:
    page = page_for(Role.ADMIN, viewport=PHONE)
    page.goto("/admin/calendar/")

    expect(_event(page, "Paint")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.locator(".filter-box summary").click()
    page.get_by_role("checkbox", name="Windows").uncheck()
    expect(page.locator(".date-event", has_text="Paint")).to_have_count(0)
    assert_accessible(page)
