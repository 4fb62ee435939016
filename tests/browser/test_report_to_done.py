"""A guest reports by the code on the door; it is decided on with keys, done, verified, and the guest sees it."""

import re
from pathlib import Path

import pytest
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from tests import factories
from tests.browser.conftest import PHONE, PageFor, assert_accessible, assert_no_console_errors
from tests.worklogs.checklists import checklist
from tests.worklogs.conftest import photo
from worklogs.models import Log, WorkOrder
from worklogs.services import portal, reports

_STEPS = [
    {"key": "closes", "kind": "check", "text": "Does the tap close?"},
    {"key": "washer", "kind": "photo", "text": "Picture of the old washer"},
]


@pytest.fixture
def door(organization: Organization) -> str:
    """What the code on the door of Room 104 opens; that the lamp flickers there is known."""
    organization.portal_enabled = True
    organization.save()
    now = timezone.now()
    with tenant_scope(organization.pk):
        checklist(_STEPS, name="Repair", kinds=["corrective"])
        floor = factories.resource(name="First floor")
        room = factories.resource(name="Room 104", parent=floor)
        lamp = WorkOrder(resource=room, title="Lamp beside the bed flickers", category="electrical")
        reports.submit(lamp, by=None, now=now)
        return f"/r/{portal.new_code(room, by=None, now=now).code}/"


def fits(page: Page) -> None:
    """Nothing is cut off, everything to touch fits a thumb, and a screen reader finds its way."""
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    shown = "label.choice, button, select, textarea, input:not([type=checkbox]):not([type=hidden])"
    for place in page.locator(shown).all():
        box = place.bounding_box()
        assert box
        assert box["height"] >= 44 or box["x"] < 0  # the trap for machines lies outside
    assert page.locator("h1").count() == page.locator("main").count() == 1
    assert_accessible(page)


def slowly(page: Page) -> None:
    """People take longer than machines to fill in a form."""
    page.wait_for_function(
        "opened => Date.now() - opened > 4000", arg=page.evaluate("performance.timeOrigin")
    )


def test_from_the_door_to_done(
    guest_phone: Page, door: str, page_for: PageFor, organization: Organization, tmp_path: Path
) -> None:
    Image.new("RGB", (300, 200), "teal").save(tmp_path / "tap.jpg")
    guest_phone.goto(door)
    expect(guest_phone.get_by_text("Lamp beside the bed flickers").first).to_be_visible()
    fits(guest_phone)
    guest_phone.get_by_label("What is wrong?").fill("The tap drips all night.")
    guest_phone.get_by_label("What does it concern?").select_option("plumbing")
    guest_phone.get_by_label("Photos").set_input_files(tmp_path / "tap.jpg")
    slowly(guest_phone)
    guest_phone.get_by_role("button", name="Send the report").click()
    expect(guest_phone.get_by_role("heading", name="The tap drips all night")).to_be_visible()
    expect(guest_phone.get_by_text("Received.")).to_be_visible()
    fits(guest_phone)

    planner = factories.user(organization, role=Role.MAINTENANCE_COORDINATOR, name="Paula Planner")
    worker = factories.user(organization, name="Tom Technician")
    desk = page_for(user=planner)
    _decide(desk, worker)
    guest_phone.reload()
    expect(guest_phone.get_by_text("It is planned, and somebody takes care of it.")).to_be_visible()

    _do(page_for(user=worker, viewport=PHONE))
    _verify(desk)
    with tenant_scope(organization.pk):
        order = WorkOrder.objects.get(category="plumbing")
        assert (order.status, order.assigned_to) == ("verified", worker)
        log = Log.objects.get(order_link__work_order=order)
        assert "Does the tap close? yes" in log.notes
        assert len(log.attachment_hashes) == 1
    guest_phone.reload()
    expect(guest_phone.get_by_text("It is done. Thank you for telling us.")).to_be_visible()
    expect(guest_phone.get_by_text("Tom Technician")).to_have_count(0)
    fits(guest_phone)


def in_hand(desk: Page, title: str) -> None:
    """The report is shown, and its keys count."""
    expect(desk.get_by_role("heading", name=title)).to_be_visible()
    expect(desk.locator("[data-triage][data-ready]")).to_be_visible()


def _decide(desk: Page, worker: User) -> None:
    """The tap is given to somebody, the lamp is rejected; then nothing waits."""
    desk.goto("/admin/triage/")
    in_hand(desk, "The tap drips all night")
    expect(desk.locator("[data-gallery] img")).to_be_visible()
    desk.keyboard.press("?")
    expect(desk.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
    assert_accessible(desk)
    desk.keyboard.press("Escape")
    desk.keyboard.press("j")
    in_hand(desk, "Lamp beside the bed flickers")
    desk.keyboard.press("k")
    in_hand(desk, "The tap drips all night")
    desk.keyboard.press("a")
    person = desk.get_by_label("Who does it?")
    expect(person).to_be_focused()
    assert_accessible(desk)
    person.select_option(label=str(worker))
    desk.keyboard.press("Enter")
    in_hand(desk, "Lamp beside the bed flickers")
    desk.keyboard.press("r")
    reason = desk.get_by_label("Why? Whoever reported it reads this.")
    expect(reason).to_be_focused()
    reason.fill("It is meant to")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    assert_accessible(desk)
    assert_no_console_errors(desk)


def _do(hand: Page) -> None:
    """On the telephone: the checklist with its photo, a photo of the work, done."""
    hand.goto("/admin/my-work/")
    hand.get_by_role("link", name=re.compile("The tap drips all night")).click()
    expect(hand.get_by_role("heading", level=1, name=re.compile("drips"))).to_be_visible()
    hand.get_by_role("button", name="Start").click()
    hand.locator("#step-closes").get_by_role("button", name="Yes").click()
    picture = {"name": "tap.jpg", "mimeType": "image/jpeg", "buffer": photo()}
    hand.locator("#step-washer input[type=file]").set_input_files(picture)  # type: ignore[arg-type]
    expect(hand.locator("[data-progress]")).to_contain_text("Nothing missing")
    hand.get_by_text("Add a note, findings or a photo").click()
    hand.locator("#complete-form input[type=file]").set_input_files(picture)  # type: ignore[arg-type]
    hand.get_by_role("button", name="Complete").click()
    expect(hand.get_by_role("heading", name="Done")).to_be_visible()
    assert_accessible(hand)
    assert_no_console_errors(hand)


def _verify(desk: Page) -> None:
    """From the list of what is to be verified."""
    desk.goto("/admin/worklogs/workorder/?standing=completed")
    desk.get_by_role("link", name=re.compile("The tap drips all night")).click()
    expect(desk.get_by_text("Nothing missing")).to_be_visible()
    desk.get_by_role("button", name="Verify").click()
    expect(desk.get_by_text("Nothing is left to do.")).to_be_visible()
    assert_no_console_errors(desk)


def test_me_too_without_scripts(browser: Browser, live_server: LiveServer, door: str) -> None:
    context = browser.new_context(
        base_url=live_server.url,
        viewport=PHONE,  # type: ignore[arg-type]
        java_script_enabled=False,
    )
    page = context.new_page()
    page.goto(door)
    page.get_by_role("button", name="Me too").click()
    expect(page.get_by_text("You said “me too” today.")).to_be_visible()
    page.get_by_label("Do you want to add something?").fill("It buzzes as well")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("It buzzes as well")).to_be_visible()
    page.goto("/r/this-code-was-never-made/")
    expect(page.get_by_role("heading", name="This does not work")).to_be_visible()
    context.close()
