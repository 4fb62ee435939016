"""The timeline in a browser: rows against time, planning by drag and keys, conflicts, suggestions, undo."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import Organization
from accounts.rights import Role
from core.tenancy import tenant_scope
from scheduling.models import Resource, Window
from scheduling.services import window_series
from tests import factories
from tests.browser.conftest import PHONE, PageFor, assert_accessible, assert_no_console_errors
from tests.browser.planning import drag, monday

ADDRESS = f"/admin/timeline/?scale=week&date={monday().date()}"
HOUR = timedelta(hours=1)


@pytest.fixture
def room(organization: Organization) -> Resource:
    """A room with a window on Tuesday, 10:00 to 14:00 UTC, booked on Thursday and from Friday on; and a hall."""
    with tenant_scope(organization.pk):
        room = factories.resource(name="Room 1", code="R1", time_zone="UTC")
        factories.resource(name="Hall", code="H1")
        day = monday()
        factories.window(day + 34 * HOUR, day + 38 * HOUR, resource=room, title="Paint")
        factories.booking(day + 80 * HOUR, day + 90 * HOUR, resource=room, reference="B-1")
    return room


def _row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


def _track(page: Page, name: str) -> Locator:
    return _row(page, name).get_by_role("gridcell")


def _window(page: Page) -> Locator:
    return page.get_by_role("button", name="Window Paint")


def _day(page: Page) -> float:
    """How wide a day is drawn."""
    box = _track(page, "Room 1").bounding_box()
    assert box
    return box["width"] / 7


def _stored(organization: Organization) -> Window:
    with tenant_scope(organization.pk):
        return Window.objects.get(title="Paint")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("scale", ["day", "week", "month", "quarter"])
def test_every_scale_is_drawn_without_errors(
    page_for: PageFor, room: Resource, scale: str, dark: bool
) -> None:
    page = page_for(Role.ADMIN, dark=dark)
    page.goto(f"/admin/timeline/?scale={scale}&date={(monday() + 34 * HOUR).date()}")

    expect(_window(page)).to_be_visible()

    assert_no_console_errors(page)
    assert_accessible(page)


def test_a_bar_tells_and_acts_in_the_panel(
    page_for: PageFor, room: Resource, organization: Organization
) -> None:
    page = page_for(Role.ADMIN)
    page.goto(ADDRESS)

    _window(page).click()

    panel = page.get_by_role("dialog", name="Paint")
    expect(panel).to_contain_text("Room 1")
    assert_accessible(page)
    panel.get_by_text("Cancel this window").first.click()
    panel.get_by_label("Reason").fill("No paint")
    panel.get_by_role("button", name="Cancel this window").click()
    expect(page.locator("#toast")).to_contain_text("Cancelled.")
    expect(_window(page)).to_have_count(0)
    assert _stored(organization).cancel_reason == "No paint"


def test_dragging_over_empty_time_plans_a_window(page_for: PageFor, room: Resource) -> None:
    page = page_for(Role.ADMIN)
    page.goto(ADDRESS)
    expect(_window(page)).to_be_visible()
    track, day = _track(page, "Room 1"), _day(page)

    drag(page, track, right=day / 2, at=2 / 7)
    page.wait_for_url("**/scheduling/window/add/**")

    asked = parse_qs(urlsplit(page.url).query)
    assert asked["resource"] == [str(room.pk)]
    assert asked["starts_at"][0] < asked["ends_at"][0]


def test_a_window_is_dragged_pulled_longer_and_put_back(
    page_for: PageFor, room: Resource, organization: Organization
) -> None:
    page = page_for(Role.ADMIN)
    page.goto(ADDRESS)
    expect(_window(page)).to_be_visible()
    toast, before = page.locator("#toast"), _stored(organization)

    drag(page, _window(page), right=_day(page))
    expect(toast).to_contain_text("Moved to")
    moved = _stored(organization)
    assert moved.starts_at - before.starts_at == timedelta(days=1)
    assert moved.ends_at - before.ends_at == timedelta(days=1)

    toast.get_by_role("button", name="Undo").click()
    expect(toast).to_contain_text("Moved back.")
    assert _stored(organization).starts_at == before.starts_at

    drag(page, _window(page), right=_day(page) / 4, at=0.97)
    expect(toast).to_contain_text("Moved to")
    longer = _stored(organization)
    assert (longer.starts_at, longer.ends_at) == (before.starts_at, before.ends_at + 6 * HOUR)
    assert_no_console_errors(page)


def test_a_drag_to_another_row_moves_it_there(
    page_for: PageFor, room: Resource, organization: Organization
) -> None:
    page = page_for(Role.ADMIN)
    page.goto(ADDRESS)
    expect(_window(page)).to_be_visible()

    drag(page, _window(page), down=46)

    expect(page.locator("#toast")).to_contain_text("Moved to")
    with tenant_scope(organization.pk):
        assert Window.objects.select_related("resource").get().resource.name == "Hall"


def test_into_a_conflict_it_springs_back_and_a_suggested_slot_is_taken(
    page_for: PageFor, room: Resource, organization: Organization
) -> None:
    page = page_for(Role.ADMIN)
    page.goto(ADDRESS)
    expect(_window(page)).to_be_visible()
    before = _stored(organization)

    drag(page, _window(page), right=2 * _day(page))

    conflict = page.get_by_role("dialog", name="Something is in the way")
    expect(conflict).to_contain_text("B-1, Room 1")
    slot = conflict.get_by_role("button", name="Nobody is affected").first
    expect(slot).to_be_visible()
    assert_accessible(page)
    assert _stored(organization).starts_at == before.starts_at
    slot.click()
    expect(page.locator("#toast")).to_contain_text("Moved to")
    taken = _stored(organization)
    assert taken.starts_at > before.starts_at
    assert taken.ends_at - taken.starts_at == 4 * HOUR
    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect(page.locator("#toast")).to_contain_text("Moved back.")
    assert _stored(organization).starts_at == before.starts_at


@pytest.mark.parametrize(
    ("choice", "moved"),
    [("Only this one", 1), ("This and the following", 3), ("Leave it where it was", 0)],
)
def test_a_recurring_window_asks_which_are_meant(
    page_for: PageFor, room: Resource, organization: Organization, choice: str, moved: int
) -> None:
    with tenant_scope(organization.pk):
        first = Window(
            title="Clean",
            resource=room,
            starts_at=monday() + 8 * HOUR,
            ends_at=monday() + 12 * HOUR,
        )
        window_series.create_series(first, "FREQ=WEEKLY;COUNT=3", by=None, now=factories.START)
        before = set(Window.objects.values_list("starts_at", flat=True))
    page = page_for(Role.ADMIN)
    page.goto(ADDRESS)
    clean = page.get_by_role("button", name="Window Clean")
    expect(clean).to_be_visible()

    drag(page, clean, right=_day(page) / 6)
    page.get_by_role("dialog", name="This window recurs").get_by_role("button", name=choice).click()

    if moved:
        expect(page.locator("#toast")).to_contain_text("Moved to")
    expect(page.locator(".ghost")).to_have_count(0)
    with tenant_scope(organization.pk):
        after = set(Window.objects.values_list("starts_at", flat=True))
    assert len(before - after) == moved


def test_keys_walk_open_and_plan(page_for: PageFor, room: Resource) -> None:
    page = page_for(Role.ADMIN)
    page.goto(ADDRESS)
    expect(_window(page)).to_be_visible()
    spoken = page.locator("#timeline-spoken")

    page.get_by_role("grid").focus()
    page.keyboard.press("Home")
    expect(spoken).to_contain_text("Room 1")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(spoken).to_contain_text("Window Paint, scheduled")
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="Paint")
    expect(panel).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).not_to_be_visible()

    page.get_by_role("grid").focus()
    page.keyboard.press("ArrowDown")
    expect(spoken).to_contain_text("Hall")
    expect(spoken).to_contain_text("free")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("n")
    page.wait_for_url("**/scheduling/window/add/**")
    asked = parse_qs(urlsplit(page.url).query)
    assert len(asked["resource"] + asked["starts_at"] + asked["ends_at"]) == 3


def test_every_bar_is_moved_by_keys_and_put_back(
    page_for: PageFor, room: Resource, organization: Organization
) -> None:
    with tenant_scope(organization.pk):
        start = monday() + 38 * HOUR
        other = factories.window(start, start + HOUR, resource=room, title="Wash")
    page = page_for(Role.ADMIN)
    page.goto(ADDRESS)
    expect(_window(page)).to_be_visible()
    spoken, toast = page.locator("#timeline-spoken"), page.locator("#toast")
    before = _stored(organization)
    page.get_by_role("grid").focus()
    for key in ("Home", *["ArrowRight"] * 6):
        page.keyboard.press(key)
    expect(spoken).to_contain_text("Window Paint, scheduled")

    page.keyboard.press("m")
    expect(spoken).to_contain_text("Window Paint")
    page.keyboard.press("m")
    expect(spoken).to_contain_text("Window Wash")
    for key in ("ArrowDown", "ArrowRight", "Shift+ArrowRight"):
        page.keyboard.press(key)
    expect(spoken).to_contain_text("Hall")
    expect(page.locator(".ghost")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(toast).to_contain_text("Moved to")
    with tenant_scope(organization.pk):
        other.refresh_from_db()
        assert other.resource.name == "Hall"
    assert (other.starts_at, other.ends_at) == (start + HOUR, start + 3 * HOUR)
    page.keyboard.press("Control+z")
    expect(toast).to_contain_text("Moved back.")
    with tenant_scope(organization.pk):
        other.refresh_from_db()
    assert (other.starts_at, other.resource_id) == (start, room.pk)

    for key in ("m", "ArrowLeft", "Escape"):
        page.keyboard.press(key)
    expect(spoken).to_contain_text("Left where it was.")
    for key in ("m", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("dialog", name="Paint")).to_be_visible()
    assert _stored(organization).starts_at == before.starts_at
    assert_no_console_errors(page)


def test_who_may_not_change_windows_can_only_look(page_for: PageFor, room: Resource) -> None:
    page = page_for(Role.TECHNICIAN)
    page.goto(ADDRESS)
    expect(_window(page)).to_be_visible()

    drag(page, _window(page), right=_day(page))
    drag(page, _track(page, "Room 1"), right=60, at=0.9)

    expect(page.locator("#toast")).to_be_hidden()
    assert "/admin/timeline/" in page.url


def test_layers_and_filters_are_switched_and_remembered(page_for: PageFor, room: Resource) -> None:
    page = page_for(Role.ADMIN)
    page.goto(ADDRESS)
    booking = page.get_by_role("button", name="Booking B-1")
    expect(booking).to_be_visible()

    page.get_by_role("checkbox", name="Bookings").uncheck()
    expect(booking).to_have_count(0)
    expect(_window(page)).to_be_visible()
    page.reload()
    expect(_window(page)).to_be_visible()
    expect(booking).to_have_count(0)

    page.get_by_label("Search").fill("hall")
    expect(_row(page, "Room 1")).to_have_count(0)
    expect(_row(page, "Hall")).to_be_visible()
    page.wait_for_url("**search=hall**")
    page.get_by_role("button", name="Clear filters").click()
    expect(_row(page, "Room 1")).to_be_visible()


def test_only_rows_in_view_are_drawn(page_for: PageFor, organization: Organization) -> None:
    with tenant_scope(organization.pk):
        Resource.objects.bulk_create(
            Resource(
                name=f"Room {number}", code=f"R{number}", path=f"{number:032x}/",
                effective_time_zone="UTC", organization=organization,
            )
            for number in range(300)
        )  # fmt: skip
    page = page_for(Role.ADMIN)
    page.goto(ADDRESS)
    expect(page.get_by_text("300 resources")).to_be_visible()
    expect(_row(page, "Room 0")).to_be_visible()
    assert page.locator(".timeline-row").count() < 60

    page.get_by_role("grid").evaluate("grid => { grid.scrollTop = grid.scrollHeight; }")

    expect(_row(page, "Room 299")).to_be_visible()
    assert page.locator(".timeline-row").count() < 60
    assert_no_console_errors(page)


def test_on_the_phone_it_scrolls_sideways_and_a_tap_opens(
    page_for: PageFor, room: Resource
) -> None:
    page = page_for(Role.ADMIN, viewport=PHONE)
    page.goto(ADDRESS)
    expect(_window(page)).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.get_by_role("grid").evaluate("grid => grid.scrollWidth > grid.clientWidth")
    _window(page).click()
    expect(page.get_by_role("dialog", name="Paint")).to_be_visible()
    assert_accessible(page)
