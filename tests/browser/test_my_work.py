"""“My work” with one thumb: a plain job in three taps, a checklist with evidence, a lost connection."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import ElementHandle, Locator, Page, expect

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from tests import factories
from tests.browser.conftest import PHONE, PageFor, assert_accessible, assert_no_console_errors
from tests.worklogs.checklists import checklist
from tests.worklogs.conftest import photo
from worklogs.models import Checklist, ChecklistAnswer, ChecklistFollowUp, Log, WorkOrder

#: What a thumb hits.
LEAST_PIXELS = 44


@pytest.fixture
def technician(organization: Organization) -> User:
    return factories.user(organization, name="Tim Technician")


@pytest.fixture
def phone(page_for: PageFor, technician: User) -> Page:
    return page_for(user=technician, viewport=PHONE)


def given(
    technician: User, *, with_checklist: bool = False, title: str = "Change the bulb"
) -> None:
    """An order in the technician's hands, due now."""
    with tenant_scope(technician.organization_id):
        version = checklist().current if with_checklist else None
        lift = factories.resource(name="Guest lift", description="Key 14 at the front desk.")
        factories.work_order_in(
            "assigned",
            assigned_to=technician,
            now=timezone.now(),
            title=title,
            resource=lift,
            checklist=version,
        )


def status_of(technician: User) -> str:
    with tenant_scope(technician.organization_id):
        return str(WorkOrder.objects.order_by("number")[0].status)


def _open(phone: Page, title: str) -> None:
    """From the list, whose rows can be started too, to the page of one order."""
    phone.get_by_role("link", name=re.compile(title)).click()
    expect(phone.get_by_role("heading", level=1, name=re.compile(title))).to_be_visible()


def test_a_plain_job_is_closed_in_three_taps(phone: Page, technician: User) -> None:
    given(technician)
    phone.goto("/admin/my-work/")
    assert_accessible(phone)

    _open(phone, "Change the bulb")
    phone.get_by_role("button", name="Start").click()
    phone.get_by_role("button", name="Complete").click()

    expect(phone.get_by_role("heading", name="Done")).to_be_visible()
    assert status_of(technician) == "completed"
    with tenant_scope(technician.organization_id):
        assert Log.objects.get().performed_by == technician
    assert_accessible(phone)
    assert_no_console_errors(phone)


def test_what_else_comes_anew_takes_no_tap_away(phone: Page, technician: User) -> None:
    """Only new buttons wait for a moment: the bell is fetched with every page."""
    given(technician)
    phone.goto("/admin/my-work/")
    _open(phone, "Change the bulb")
    settle = "one => one.dispatchEvent(new CustomEvent('htmx:afterSettle', {bubbles: true}))"
    bar = phone.locator("[data-bar]")
    phone.locator("header").first.evaluate(settle)
    assert bar.evaluate("bar => bar.inert") is False
    phone.locator("#job").evaluate(settle)
    assert bar.evaluate("bar => bar.inert") is True
    phone.get_by_role("button", name="Start").click()
    expect(phone.get_by_role("button", name="Complete")).to_be_visible()


def test_work_taken_by_mistake_is_given_back(phone: Page, technician: User) -> None:
    with tenant_scope(technician.organization_id):
        factories.work_order(
            status="scheduled", team=factories.team(technician), title="Mend the tap"
        )
    phone.goto("/admin/my-work/")
    phone.get_by_role("button", name="Take it: Mend the tap").click()
    phone.locator("summary", has_text="Give back").click()
    phone.get_by_label("Why, if you like").fill("Not my tap")
    _hits_with_a_thumb(phone)
    assert_accessible(phone)
    phone.get_by_role("button", name="Give back").click()
    expect(phone.get_by_text("Given back: Mend the tap.")).to_be_visible()
    expect(phone.get_by_role("button", name="Take it: Mend the tap")).to_be_visible()
    assert status_of(technician) == "scheduled"
    assert_no_console_errors(phone)


def test_what_was_typed_survives_a_comment_and_a_delay(phone: Page, technician: User) -> None:
    given(technician)
    phone.goto("/admin/my-work/")
    _open(phone, "Change the bulb")
    phone.get_by_role("button", name="Start").click()
    phone.locator("summary", has_text="Add a note").click()
    phone.get_by_label("Note").fill("Two bulbs changed.")
    phone.get_by_label("Say something").fill("Who has the ladder?")
    phone.get_by_role("button", name="Send").click()
    expect(phone.locator("#job-comments")).to_contain_text("Who has the ladder?")
    phone.locator("summary", has_text="More").click()
    phone.locator("#delay-reason").fill("No ladder")
    _hits_with_a_thumb(phone)
    assert_accessible(phone)
    phone.get_by_role("button", name="Report a delay").click()
    expect(phone.get_by_text("Delayed: No ladder")).to_be_visible()
    phone.locator("summary", has_text="Minutes, and why it failed").click()
    phone.get_by_label("Minutes of work").fill("15")
    phone.get_by_role("button", name="Complete").click()

    expect(phone.get_by_role("heading", name="Done")).to_be_visible()
    with tenant_scope(technician.organization_id):
        log = Log.objects.get()
        assert (log.notes, log.duration_minutes) == ("Two bulbs changed.", 15)
    assert_no_console_errors(phone)


def test_a_round_is_ticked_place_by_place(phone: Page, technician: User) -> None:
    with tenant_scope(technician.organization_id):
        way = [factories.resource(name=f"Extinguisher {number}") for number in range(4)]
        factories.work_order_in(
            "in_progress", assigned_to=technician, now=timezone.now(), title="Yearly check",
            resource=way[0], stops=way[1:],
        )  # fmt: skip
    phone.goto("/admin/my-work/")
    _open(phone, "Yearly check")
    expect(phone.get_by_role("button", name="Complete all 4")).to_be_visible()
    phone.get_by_label("Say something").fill("Half written")
    for number in (0, 1):
        tick = phone.get_by_role("button", name=f"Done: Extinguisher {number}")
        tick.click()
        expect(tick).to_have_attribute("aria-pressed", "true")
    expect(phone.get_by_text("2 of 4 done")).to_be_visible()
    phone.locator("summary", has_text="Extinguisher 2: Not done").click()
    _hits_with_a_thumb(phone)
    assert_accessible(phone)
    phone.get_by_role("button", name="Could not get in").click()
    expect(phone.get_by_text("Not done: Could not get in")).to_be_visible()
    expect(phone.get_by_label("Say something")).to_have_value("Half written")
    phone.get_by_role("link", name="Everything about").click()
    phone.locator("summary", has_text="Extinguisher 3: Not done").click()
    assert_accessible(phone)
    phone.get_by_role("button", name="Done: Extinguisher 1").click()
    expect(phone.get_by_text("1 of 4 done")).to_be_visible()
    phone.get_by_role("button", name="Done: Extinguisher 1").click()
    expect(phone.get_by_text("2 of 4 done")).to_be_visible()
    phone.goto("/admin/my-work/")
    _open(phone, "Yearly check")
    phone.get_by_role("button", name="Complete", exact=True).click()
    expect(phone.locator("[data-job-problem]")).to_contain_text("Extinguisher 3")
    phone.get_by_role("button", name="The other one is done").click()

    expect(phone.get_by_role("heading", name="Done")).to_be_visible()
    assert_accessible(phone)
    with tenant_scope(technician.organization_id):
        done = Log.objects.values_list("resource__name", flat=True).order_by("resource__name")
        assert list(done) == ["Extinguisher 0", "Extinguisher 1", "Extinguisher 3"]
    assert_no_console_errors(phone)


def test_holding_takes_a_reason_and_no_writing(phone: Page, technician: User) -> None:
    given(technician)
    phone.goto("/admin/my-work/")
    phone.get_by_role("button", name="Track my time").click()
    _open(phone, "Change the bulb")
    phone.get_by_role("button", name="Start").click()
    expect(phone.get_by_text("Your time runs since")).to_be_visible()
    phone.locator("summary", has_text="Hold").click()
    assert_accessible(phone)
    phone.get_by_role("button", name="Waiting for parts").click()

    expect(phone.get_by_text("On hold: Waiting for parts")).to_be_visible()
    expect(phone.get_by_text("Your time runs since")).to_have_count(0)
    phone.get_by_role("button", name="Resume").click()
    expect(phone.get_by_role("button", name="Complete")).to_be_visible()
    assert_no_console_errors(phone)


def test_a_checklist_with_evidence_and_what_it_leads_to(phone: Page, technician: User) -> None:
    given(technician, with_checklist=True, title="Inspect the lift")
    phone.goto("/admin/my-work/")
    _open(phone, "Inspect the lift")
    expect(phone.get_by_text("Key 14 at the front desk.")).to_be_visible()
    camera = _step(phone, "picture").locator("input[type=file]").element_handle()
    phone.get_by_role("button", name="Start").click()
    phone.get_by_role("button", name="Complete").click()
    expect(phone.get_by_role("alert").filter(has_text="still asks for 3 steps")).to_be_visible()

    _step(phone, "doors").get_by_role("button", name="No").click()
    _step(phone, "why").get_by_role("textbox").fill("A suitcase")
    _step(phone, "why").get_by_role("button", name="Save").click()
    expect(_step(phone, "why")).to_have_class(re.compile("is-done"))
    _step(phone, "speed").get_by_role("textbox").fill("1,4")
    _step(phone, "speed").get_by_role("button", name="Save").click()
    expect(_step(phone, "speed").get_by_text("Outside 0.9 to 1.1 m/s")).to_be_visible()
    expect(_step(phone, "speed").get_by_text("was opened for it")).to_be_visible()
    _step(phone, "doors").get_by_role("button", name="Open a work order for it").click()
    expect(_step(phone, "doors").get_by_text("was opened for it")).to_be_visible()
    _photograph(phone, camera)
    _sign(phone)
    expect(phone.locator("[data-progress]")).to_contain_text("Nothing missing")
    _hits_with_a_thumb(phone)
    assert_accessible(phone)
    phone.get_by_role("button", name="Complete").click()

    expect(phone.get_by_role("heading", name="Done")).to_be_visible()
    with tenant_scope(technician.organization_id):
        log = Log.objects.get()
        assert "Speed of the car: 1.4 m/s, outside 0.9 to 1.1 m/s (failed)" in log.notes
        assert "signed by Tim Technician" in log.notes
        assert ChecklistFollowUp.objects.count() == 2
    assert_no_console_errors(phone)


def test_answers_survive_a_lost_connection_and_a_reload(phone: Page, technician: User) -> None:
    given(technician, with_checklist=True, title="Inspect the lift")
    phone.goto("/admin/my-work/")
    _open(phone, "Inspect the lift")
    phone.get_by_role("button", name="Start").click()
    expect(phone.get_by_role("button", name="Complete")).to_be_visible()

    phone.route("**/steps/**", lambda route: route.abort())
    _step(phone, "doors").get_by_role("button", name="Yes").click()
    _step(phone, "speed").get_by_role("textbox").fill("1.0")
    _step(phone, "speed").get_by_role("button", name="Save").click()
    expect(phone.get_by_text("2 entries are kept on this device")).to_be_visible()
    phone.reload()
    expect(phone.get_by_text("2 entries are kept on this device")).to_be_visible()
    expect(_step(phone, "speed").get_by_role("textbox")).to_have_value("1.0")
    with tenant_scope(technician.organization_id):
        assert not ChecklistAnswer.objects.exists()

    phone.unroute("**/steps/**")
    phone.evaluate("dispatchEvent(new Event('online'))")
    expect(phone.locator("[data-progress]")).to_contain_text("2 of 4")
    expect(phone.get_by_text("kept on this device")).to_be_hidden()
    with tenant_scope(technician.organization_id):
        assert ChecklistAnswer.objects.count() == 2


def test_a_template_is_written_published_and_written_again(
    page_for: PageFor, organization: Organization
) -> None:
    desk = page_for(Role.MAINTENANCE_COORDINATOR)
    desk.goto("/admin/checklists/new/")
    desk.get_by_label("Name").fill("Boiler check")
    desk.get_by_role("button", name="Write the steps").click()
    first = desk.locator(".step-card").nth(0)
    first.get_by_label("Question").fill("Pressure")
    first.get_by_label("Answer").select_option("number")
    first.get_by_label("At least").fill("1.2")
    desk.get_by_role("button", name="Add a step").click()
    second = desk.locator(".step-card").nth(1)
    second.get_by_label("Question").fill("Picture of the gauge")
    second.get_by_label("Answer").select_option("photo")
    second.locator("[data-if-step]").select_option(label="only if step 1")
    second.locator("[data-if-answer]").select_option("failed")
    expect(desk.locator("#preview")).to_contain_text("Asked only if step 1 is “failed”")
    assert_accessible(desk)
    desk.get_by_role("button", name="Publish").click()
    expect(desk.get_by_text("Version 1 is published.")).to_be_visible()

    second.get_by_role("button", name="Move up").click()
    desk.get_by_role("button", name="Publish").click()
    expect(desk.get_by_text("Version 2 is published.")).to_be_visible()
    desk.get_by_role("link", name="Version 1").click()
    expect(desk.get_by_text("This is version 1.")).to_be_visible()
    assert_accessible(desk)
    assert_no_console_errors(desk)
    with tenant_scope(organization.pk):
        made = Checklist.objects.get()
        assert made.current is not None
        assert [step.text for step in made.current.parsed] == ["Picture of the gauge", "Pressure"]


def _step(page: Page, key: str) -> Locator:
    return page.locator(f"#step-{key}")


def _photograph(page: Page, camera: ElementHandle) -> None:
    """Two pictures by a camera that was opened before the work began: neither start nor answers shut it."""
    for taken, color in enumerate(["red", "blue"], start=1):
        content = photo(color=color)
        camera.set_input_files(
            {"name": f"{color}.jpg", "mimeType": "image/jpeg", "buffer": content}
        )
        expect(_step(page, "picture").locator("img")).to_have_count(taken)


def _sign(page: Page) -> None:
    canvas = _step(page, "sign").locator("canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 60, steps=5)
    page.mouse.up()
    _step(page, "sign").get_by_role("button", name="Save signature").click()
    expect(_step(page, "sign").locator("img")).to_have_count(1)


def _hits_with_a_thumb(page: Page) -> None:
    """Every button of the job is large enough."""
    small = page.locator("#job").evaluate(
        """(job, least) => [...job.querySelectorAll("button, summary, a, label.job-button")]
            .map((one) => [one.textContent.trim(), one.getBoundingClientRect()])
            .filter(([, box]) => box.height && box.height < least).map(([text]) => text)""",
        LEAST_PIXELS,
    )
    assert small == []
