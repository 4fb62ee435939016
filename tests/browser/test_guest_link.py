"""The link that somebody who booked gets by mail, on a phone: looked at, answered, and looked at again."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Organization
from core.tenancy import tenant_scope
from scheduling.models import Window
from scheduling.services import asking, windows
from tests import factories
from tests.browser.conftest import PHONE, assert_accessible

HOUR = timedelta(hours=1)


@pytest.fixture
def link(organization: Organization) -> str:
    """The address in the mail about painting a booked room; another of its type is free."""
    start = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=10)
    with tenant_scope(organization.pk):
        kind = factories.resource_type(name="Room")
        floor = factories.resource(name="First floor")
        rooms = [
            factories.resource(name=f"Room {number}", type=kind, parent=floor)
            for number in (101, 102, 103)
        ]
        factories.booking(
            start,
            start + 20 * HOUR,
            resource=rooms[0],
            reference="HB-2041",
            contact_email="g@example.org",
        )
        draft = Window(title="Paint the walls", resource=rooms[0], status="draft")
        draft.starts_at, draft.ends_at = start + HOUR, start + 5 * HOUR
        windows.create_window(draft, by=None, now=timezone.now())
        [inquiry] = asking.ask(draft, by=None, now=timezone.now())
        return f"/guest/{asking.token_of(inquiry)}/"


def fits(page: Page) -> None:
    """Nothing is cut off, everything to touch fits a thumb, and a screen reader finds its way."""
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for place in page.locator("label.choice, button").all():
        box = place.bounding_box()
        assert box
        assert box["height"] >= 44
    assert page.locator("h1").count() == page.locator("main").count() == 1
    assert_accessible(page)


def test_a_guest_takes_another_room(
    guest_phone: Page, link: str, organization: Organization
) -> None:
    guest_phone.goto(link)
    expect(guest_phone).to_have_title("Your booking · Hotel Adlerhof")
    expect(guest_phone.get_by_text("Paint the walls")).to_be_visible()
    fits(guest_phone)
    guest_phone.get_by_label("Room 102, First floor").check()
    guest_phone.get_by_role("button", name="Send my answer").click()
    expect(
        guest_phone.get_by_role("heading", name="Thank you. Your booking has moved.")
    ).to_be_visible()
    expect(guest_phone.get_by_text("Room 102")).to_be_visible()
    fits(guest_phone)
    with tenant_scope(organization.pk):
        assert Window.objects.get().status == "scheduled"
    guest_phone.reload()
    expect(guest_phone.get_by_role("radio")).to_have_count(0)


def test_a_guest_keeps_the_booking_by_keyboard(guest_phone: Page, link: str) -> None:
    guest_phone.goto(link)
    guest_phone.get_by_label("I keep my booking as it is").focus()
    guest_phone.keyboard.press("Space")
    guest_phone.keyboard.press("Enter")
    expect(guest_phone.get_by_role("status")).to_contain_text("You keep your booking")
    fits(guest_phone)


def test_a_link_that_was_cut_off_says_so(guest_phone: Page, link: str) -> None:
    answer = guest_phone.goto(f"{link[:-9]}/")
    assert answer is not None
    assert answer.status == 404
    expect(guest_phone.get_by_role("heading", name="This link does not work")).to_be_visible()
    fits(guest_phone)
