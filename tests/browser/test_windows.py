"""A planner schedules a window, meets a conflict, takes a suggestion and cancels: at the desk and on the phone."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Organization
from core.tenancy import tenant_scope
from scheduling.models import Resource, Window
from tests import factories
from tests.browser.conftest import DESK, PHONE, PageFor, assert_accessible, assert_no_console_errors

HOUR = timedelta(hours=1)


@pytest.fixture
def noon() -> datetime:
    """Noon in Berlin, ten days ahead."""
    day = timezone.localtime(timezone.now(), ZoneInfo("Europe/Berlin")) + timedelta(days=10)
    return day.replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def room(organization: Organization, noon: datetime) -> Resource:
    with tenant_scope(organization.pk):
        room = factories.resource(name="Room 12")
        factories.booking(noon, noon + 2 * HOUR, resource=room, reference="B-77", people=3)
        return room


def _write(page: Page, name: str, moment: datetime) -> None:
    page.fill(f"#id_{name}_0", f"{moment:%Y-%m-%d}")
    page.fill(f"#id_{name}_1", f"{moment:%H:%M}")


@pytest.mark.parametrize("viewport", [DESK, PHONE])
def test_schedule_meet_a_conflict_take_a_slot_cancel(
    page_for: PageFor, room: Resource, noon: datetime, viewport: dict[str, int]
) -> None:
    page = page_for(viewport=viewport)
    page.goto("/admin/calendar/")
    page.get_by_role("link", name="New window").click()
    page.locator("#id_resource + .select2-container").click()
    page.locator(".select2-search__field").fill("Room 12")
    page.locator(".select2-results__option", has_text="Room 12").click()
    page.fill("#id_title", "Paint the door")
    _write(page, "starts_at", noon)
    _write(page, "ends_at", noon + HOUR)
    check = page.locator("#window-check")
    expect(check).to_contain_text("In the way: 1 booking with 3 people")
    expect(check).to_contain_text("B-77")
    assert_accessible(page)

    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("This collides with B-77 (Room 12)").first).to_be_visible()
    expect(page.locator("#id_title")).to_have_value("Paint the door")

    slot = page.locator("#window-check [data-starts]").first
    taken = slot.get_attribute("data-starts")
    slot.click()
    expect(check).to_contain_text("Free: nobody is affected")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Paint the door Scheduled")).to_be_visible()
    expect(page.get_by_text("What happens next")).to_be_visible()
    assert_accessible(page)

    page.get_by_role("button", name="Cancel window").first.click()
    page.get_by_label("Why? Those affected will read it.").fill("The paint is late")
    assert_accessible(page)
    page.locator("#cancel-dialog").get_by_role("button", name="Cancel window").click()
    expect(page.get_by_role("heading", name="Paint the door Cancelled")).to_be_visible()
    expect(page.get_by_text("“The paint is late”")).to_be_visible()
    assert_no_console_errors(page)
    with tenant_scope(room.organization_id):
        window = Window.objects.get()
        assert f"{window.starts_at.astimezone(ZoneInfo('Europe/Berlin')):%Y-%m-%dT%H:%M}" == taken


def test_a_rule_is_said_in_words_and_its_collisions_are_counted(
    page_for: PageFor, room: Resource, noon: datetime
) -> None:
    page = page_for()
    page.goto(f"/admin/scheduling/window/add/?resource={room.pk}")
    page.fill("#id_title", "Rounds")
    _write(page, "starts_at", noon - timedelta(days=7))
    _write(page, "ends_at", noon - timedelta(days=7) + HOUR)
    expect(page.locator("#id_rrule")).to_be_hidden()
    page.select_option("#id_repeat", "FREQ=WEEKLY")
    check = page.locator("#window-check")
    expect(check).to_contain_text("Every week on")
    expect(check).to_contain_text("1 of the next 60 dates collide")
    page.check("#id_leave_out")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("windows are planned").first).to_be_visible()


def test_where_else_a_guest_could_go(page_for: PageFor, room: Resource, noon: datetime) -> None:
    with tenant_scope(room.organization_id):
        window = factories.window(noon, noon + HOUR, resource=room, status="draft")
    page = page_for()
    page.goto(f"/admin/scheduling/window/{window.pk}/?tab=affected")
    page.get_by_text("Where else?").click()
    expect(page.get_by_text("Other times here")).to_be_visible()
    assert_accessible(page)
    assert_no_console_errors(page)
