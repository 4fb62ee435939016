"""What opens or appears after a touch fits on the phone as well: the page does not begin to scroll sideways."""

from datetime import UTC, datetime

from django.db import transaction
from playwright.sync_api import Page, expect

from accounts.models import Organization
from accounts.rights import Role
from core.tenancy import tenant_scope
from notifications.models import Kind
from notifications.services import recipients
from notifications.services.telling import Fact, tell
from tests import factories
from tests.browser.conftest import PHONE, PageFor


def test_the_times_to_be_reminded_at(page_for: PageFor, organization: Organization) -> None:
    technician = factories.user(organization)
    fact = Fact(
        recipient=technician.pk,
        kind=Kind.SAFETY_REPORT.value,
        key="safety_report:1",
        title="Gas smell in room 12",
        message="Reported by a guest.",
        why="You coordinate the work.",
        priority="urgent",
    )
    with tenant_scope(organization.pk):
        people = recipients.load([technician.pk], organization_id=organization.pk)
        with transaction.atomic():
            tell([fact], people, now=datetime.now(UTC))
    page = page_for(user=technician, viewport=PHONE)
    page.goto("/admin/messages/")

    page.locator("main .snooze > summary").click()

    expect(page.get_by_role("button", name="Tomorrow at 07:00")).to_be_in_viewport(ratio=1)
    _assert_fits(page)


def test_a_message_about_a_long_word(page_for: PageFor) -> None:
    page = page_for(Role.ADMIN, viewport=PHONE)
    page.goto("/admin/integrations/calendarfeed/add/")
    page.get_by_label("Name", exact=False).first.fill("x" * 90)

    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_text("was added successfully")).to_be_visible()
    _assert_fits(page)


def _assert_fits(page: Page) -> None:
    page.wait_for_load_state("load")  # with its style
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
