"""The main job as people do it: planned at the desk, checked, done on the phone, proven at the desk."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from scheduling.models import Resource, ResourceEntrustment, Schedule
from scheduling.services import due_check
from tests import factories
from tests.browser.conftest import PHONE, PageFor, assert_accessible, assert_no_console_errors
from tests.events import relay_all
from tests.worklogs.conftest import photo
from worklogs.models import Log

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def planner(organization: Organization) -> User:
    return factories.user(organization, role=Role.ADMIN, name="Paula Planner")


@pytest.fixture
def technician(organization: Organization) -> User:
    return factories.user(organization, name="Tim Technician")


def _today() -> datetime:
    """Nine in the morning of today in Berlin."""
    return datetime.now(BERLIN).replace(hour=9, minute=0, second=0, microsecond=0)


def _words(moment: datetime) -> str:
    return f"{moment:%a} {moment.day} {moment:%b %Y}"


def _deliver() -> None:
    """What the worker does meanwhile."""
    relay_all(datetime.now(UTC))


def test_planned_checked_done_and_proven(
    page_for: PageFor,
    organization: Organization,
    planner: User,
    technician: User,
    tmp_path: Path,
) -> None:
    desk = page_for(user=planner)
    _sign_in(desk, planner)
    _make_the_resource(desk)
    _make_the_schedule(desk, technician)
    with tenant_scope(organization.pk):
        schedule = Schedule.objects.get()
    _see_it_in_calendar_and_dashboard(desk, schedule)
    _run_the_check(desk)
    _deliver()

    phone = page_for(user=technician, viewport=PHONE)
    _sign_in(phone, technician)
    _log_with_photo_in_three_clicks(phone, tmp_path)
    _deliver()

    with tenant_scope(organization.pk):
        log = Log.objects.get()
        schedule.refresh_from_db()
    done = (log.schedule_id, log.performed_by_id, log.effect)
    assert done == (schedule.pk, technician.pk, "satisfied")
    assert schedule.next_due_at == (_today() + timedelta(days=7)).astimezone(UTC)
    _see_log_next_date_and_export(desk, schedule)
    expect(_dashboard(phone).locator(".bell-count")).to_have_text("1")


def _sign_in(page: Page, person: User) -> None:
    page.context.clear_cookies()
    page.goto("/")
    page.get_by_label("E-mail").fill(person.email)
    page.locator("input[type=password]").fill(factories.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("E-mail")).to_be_hidden()


def _make_the_resource(page: Page) -> None:
    page.get_by_role("link", name="Resources", exact=True).click()
    page.get_by_role("link", name="New resource").first.click()
    page.get_by_label("Name").fill("Guest lift")
    page.get_by_label("Code").fill("L1")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Guest lift").first).to_be_visible()


def _make_the_schedule(page: Page, technician: User) -> None:
    """The rule in words and five dates stand beside what is typed."""
    page.goto("/admin/scheduling/resource/")
    page.get_by_role("link", name="Guest lift").click()
    page.get_by_role("link", name="New schedule").click()
    page.fill("#id_title", "Rope check")
    page.select_option("#id_frequency", "weekly")
    page.fill("#id_start_at_0", f"{_today():%Y-%m-%d}")
    page.fill("#id_start_at_1", "09:00")
    _choose(page, "assigned_to", technician.name)
    preview = page.locator("#schedule-preview")
    expect(preview).to_contain_text(f"Every week on {_today():%A}")
    expect(preview.locator("li")).to_have_count(5)
    expect(preview.locator("li").nth(1)).to_contain_text(_words(_today() + timedelta(days=7)))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Rope check").first).to_be_visible()
    expect(page.get_by_text("What happens next")).to_be_visible()


def _choose(page: Page, field: str, words: str) -> None:
    """Search and pick in a chooser."""
    page.locator(f"#id_{field} + .select2 .select2-selection").click()
    page.locator(".select2-search__field").fill(words)
    page.locator(".select2-results__option", has_text=words).click()


def _see_it_in_calendar_and_dashboard(page: Page, schedule: Schedule) -> None:
    page.get_by_role("link", name="Calendar", exact=True).first.click()
    expect(page.locator(".date-event", has_text=schedule.title).first).to_be_visible()
    _dashboard(page)
    expect(page.locator("#today, #overdue").filter(has_text=schedule.title)).to_have_count(1)
    assert_no_console_errors(page)


def _dashboard(page: Page) -> Page:
    page.goto("/admin/")
    return page


def _run_the_check(page: Page) -> None:
    page.get_by_role("button", name="Run check now").click()
    expect(page.get_by_text("looked at 1 date in")).to_be_visible()
    page.goto("/admin/scheduling/duecheckrun/")
    row = page.locator("#result_list tbody tr").first
    expect(row).to_contain_text("Finished")
    expect(row.locator(".field-checked")).to_contain_text("1")
    expect(row.locator(".field-opened")).to_contain_text("1")


def _log_with_photo_in_three_clicks(page: Page, folder: Path) -> None:
    """Bell, message, Done; the photo is taken between the second and the third."""
    (folder / "rope.jpg").write_bytes(photo())
    expect(page.locator(".bell-count")).to_have_text("2")  # it was assigned, and it is due

    page.locator(".bell summary").click()
    page.locator(".bell-row", has_text="Due today: Rope check").click()
    page.locator("input[type=file][multiple]").set_input_files(folder / "rope.jpg")
    expect(page.locator("[data-preview-list] img")).to_have_count(1)
    assert_accessible(page)
    page.get_by_role("button", name="Done").click()

    expect(page.get_by_text("Next due:").first).to_contain_text(
        _words(_today() + timedelta(days=7))
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert_no_console_errors(page)


def _see_log_next_date_and_export(page: Page, schedule: Schedule) -> None:
    page.goto("/admin/worklogs/log/")
    page.locator("summary", has_text="Rope check").click()
    expect(page.get_by_role("list", name="Photos").locator("img")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Export").click()
    text = Path(download.value.path()).read_text("utf-8-sig")
    assert text.count("\n") == 2
    assert "Guest lift" in text
    assert "Tim Technician" in text

    page.goto(f"/admin/scheduling/schedule/{schedule.pk}/")
    expect(page.locator("main")).to_contain_text(_words(_today() + timedelta(days=7)))
    expect(page.locator("main").get_by_text("Completed", exact=True)).to_be_visible()
    page.goto("/admin/notifications/delivery/")
    expect(page.locator("#result_list")).to_contain_text("Tim Technician")
    assert_no_console_errors(page)


@pytest.fixture
def two_venues(organization: Organization, planner: User) -> tuple[Resource, Resource]:
    """A hall and a pool, each with work that is due."""
    with tenant_scope(organization.pk):
        made = []
        for name in ("Hall", "Pool"):
            venue = factories.resource(name=name, code=name.upper())
            factories.schedule(
                title=f"{name} check",
                resource=venue,
                start_at=_today().astimezone(UTC),
                now=_today().astimezone(UTC) - timedelta(days=9),
            )
            made.append(venue)
        due_check.check_now(organization=organization, by=planner, now=datetime.now(UTC))
    return made[0], made[1]


@pytest.mark.parametrize("role", [Role.VENUE_ADMIN, Role.REQUESTER])
def test_people_of_one_venue_see_only_that(
    page_for: PageFor, organization: Organization, two_venues: tuple[Resource, Resource], role: Role
) -> None:
    hall, pool = two_venues
    person = factories.user(organization, role=role)
    with tenant_scope(organization.pk):
        if role == Role.VENUE_ADMIN:
            ResourceEntrustment.objects.create(resource=hall, user=person)
        else:
            Resource.objects.filter(pk=hall.pk).update(owner=person)
    page = page_for(user=person)

    for address in ("", "scheduling/schedule/", "scheduling/resource/", "calendar/?view=list"):
        page.goto(f"/admin/{address}")
        expect(page.locator("main")).to_contain_text("Hall")
        expect(page.locator("main")).not_to_contain_text("Pool")
    answer = page.goto(f"/admin/scheduling/resource/{pool.pk}/")
    assert answer is not None
    assert answer.status == 404
