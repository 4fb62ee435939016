"""Logging work and reading the log, at the desk and on the phone."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Route

from accounts.models import Organization
from accounts.rights import Role
from core.tenancy import tenant_scope
from scheduling.models import Schedule
from tests import factories
from tests.browser.conftest import PHONE, PageFor, assert_accessible, assert_no_console_errors
from tests.worklogs.conftest import photo
from worklogs.models import Log

LIST = "/admin/worklogs/log/"


def monthly(organization: Organization, **values: Any) -> Schedule:
    """Due two days ago."""
    with tenant_scope(organization.pk):
        start = datetime.now(UTC) - timedelta(days=2)
        return factories.schedule(start_at=start, title="Belt check", **values)


def test_three_clicks_at_the_desk(page_for: PageFor, organization: Organization) -> None:
    """Open, pick what is due, Done: the dialog closes and the page says what is due next."""
    schedule = monthly(organization)
    page = page_for(Role.ADMIN)
    page.goto(LIST)
    page.get_by_role("link", name="Log work").first.click()
    page.get_by_role("link", name="Belt check").click()
    dialog = page.get_by_role("dialog", name="Log completion")
    dialog.get_by_role("button", name="Done").wait_for()
    assert_accessible(page)
    dialog.get_by_role("button", name="Done").click()

    page.get_by_text("Logged. Next due:").wait_for()
    assert page.url.endswith(LIST)
    with tenant_scope(organization.pk):
        log = Log.objects.get()
        assert (log.schedule, log.effect) == (schedule, "satisfied")
    page.locator("summary", has_text="Belt check").click()
    assert_accessible(page)
    assert_no_console_errors(page)


def test_escape_leaves_everything_as_it_was(page_for: PageFor, organization: Organization) -> None:
    monthly(organization)
    page = page_for(Role.ADMIN)
    page.goto(LIST)
    page.get_by_role("link", name="Log work").first.click()
    page.get_by_role("link", name="Belt check").wait_for()
    page.keyboard.press("Escape")

    assert not page.get_by_role("dialog").is_visible()
    with tenant_scope(organization.pk):
        assert not Log.objects.exists()


def test_a_photo_chosen_before_the_scripts_ran_is_shown(
    page_for: PageFor, organization: Organization, tmp_path: Path
) -> None:
    technician = factories.user(organization)
    schedule = monthly(organization, assigned_to=technician)
    (tmp_path / "one.jpg").write_bytes(photo("red"))
    page = page_for(user=technician, viewport=PHONE)
    held: list[Route] = []
    page.route("**/worklogs/complete*.js", lambda route: held.append(route))
    page.goto(f"/admin/logs/complete/?schedule={schedule.pk}", wait_until="commit")
    page.locator("input[type=file][multiple]").set_input_files(tmp_path / "one.jpg")
    for route in held:
        route.continue_()
    page.locator("[data-preview-list] img").wait_for()


def test_photos_from_the_phone(
    page_for: PageFor, organization: Organization, tmp_path: Path
) -> None:
    """Two photos are previewed, sent, and leafed through by keyboard afterwards."""
    technician = factories.user(organization)
    schedule = monthly(organization, assigned_to=technician)
    for name, color in (("one.jpg", "red"), ("two.jpg", "blue")):
        (tmp_path / name).write_bytes(photo(color))
    page = page_for(user=technician, viewport=PHONE)
    page.goto(f"/admin/logs/complete/?schedule={schedule.pk}&next={LIST}")
    page.locator("input[type=file][multiple]").set_input_files(
        [tmp_path / "one.jpg", tmp_path / "two.jpg"]
    )
    page.locator("[data-preview-list] img").nth(1).wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert_accessible(page)
    page.get_by_label("Minor").check()
    page.get_by_role("button", name="Done").click()

    page.get_by_text("Next due:").wait_for()
    page.locator("summary", has_text="Belt check").click()
    page.locator("[data-gallery] a").first.focus()
    page.keyboard.press("Enter")
    viewer = page.get_by_role("dialog", name="Photo")
    caption = viewer.locator("figcaption")
    assert caption.inner_text().endswith("(1 of 2)")
    page.keyboard.press("ArrowRight")
    assert caption.inner_text().endswith("(2 of 2)")
    page.keyboard.press("Escape")
    assert not viewer.is_visible()
    assert "attachments" in page.evaluate("document.activeElement.href")
    assert_no_console_errors(page)
