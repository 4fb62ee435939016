"""A round in the basement: what is ticked without connection waits on the phone; nothing is lost in silence."""

import re
from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from accounts.models import Organization, User
from core.tenancy import tenant_scope
from tests import factories
from tests.browser.conftest import PHONE, PageFor, assert_accessible
from tests.worklogs.checklists import checklist
from worklogs.models import ChecklistAnswer, Log, StopMark, WorkOrder
from worklogs.services import orders


@pytest.fixture
def technician(organization: Organization) -> User:
    return factories.user(organization, name="Tim Technician")


@pytest.fixture
def order(technician: User) -> WorkOrder:
    with tenant_scope(technician.organization_id):
        way = [factories.resource(name=f"Extinguisher {number}") for number in range(3)]
        return factories.work_order_in(
            "in_progress", assigned_to=technician, now=timezone.now(), title="Yearly check",
            resource=way[0], stops=way[1:],
        )  # fmt: skip


@pytest.fixture
def phone(page_for: PageFor, technician: User, order: WorkOrder) -> Iterator[Page]:
    """The job is open on it."""
    page = page_for(user=technician, viewport=PHONE)
    page.goto(f"/admin/my-work/{order.pk}/")
    yield page
    page.context.set_offline(False)


def tick(phone: Page, number: int) -> Locator:
    return phone.get_by_role("button", name=f"Done: Extinguisher {number}")


def said(order: WorkOrder) -> list[tuple[str, str, str]]:
    """What the site has: place, what became of it, who said so; in the order in which it came."""
    with tenant_scope(order.organization_id):
        marks = StopMark.objects.select_related("resource", "by").order_by("created_at")
        return [(mark.resource.name, str(mark), str(mark.by)) for mark in marks]


def test_what_is_ticked_without_connection_comes_when_it_is_back(
    phone: Page, order: WorkOrder
) -> None:
    phone.context.set_offline(True)
    tick(phone, 2).click()
    phone.locator("summary", has_text="Extinguisher 0: Not done").click()
    phone.get_by_role("button", name="Could not get in").click()
    tick(phone, 1).click()
    tick(phone, 1).click()
    tick(phone, 1).click()
    expect(tick(phone, 1)).to_have_attribute("aria-pressed", "true")
    expect(phone.get_by_text("2 of 3 done")).to_be_visible()
    expect(phone.get_by_text("Not done: Could not get in")).to_be_visible()
    expect(phone.get_by_text("Not sent yet")).to_have_count(3)
    expect(phone.get_by_text("3 entries are kept on this device")).to_be_visible()
    assert_accessible(phone)
    assert said(order) == []
    back = timezone.now()
    phone.context.set_offline(False)

    expect(phone.get_by_text("Not sent yet")).to_have_count(0)
    expect(phone.get_by_text("kept on this device")).to_be_hidden()
    expect(phone.locator("#job-route").get_by_text("Tim Technician")).to_have_count(3)
    assert said(order) == [
        ("Extinguisher 2", "done", "Tim Technician"),
        ("Extinguisher 0", "not done: Could not get in", "Tim Technician"),
        ("Extinguisher 1", "done", "Tim Technician"),
    ]
    with tenant_scope(order.organization_id):
        assert all(mark.at < back for mark in StopMark.objects.all())


def test_it_survives_a_reload_and_is_sent_before_the_job_is_completed(
    phone: Page, order: WorkOrder
) -> None:
    phone.route("**/stop/", lambda route: route.abort())
    tick(phone, 0).click()
    phone.locator("summary", has_text="Extinguisher 1: Not done").click()
    phone.get_by_role("button", name="Save").click()
    why = phone.get_by_label("Why was it not done?").locator("visible=true")
    expect(why).to_be_focused()
    why.fill("Walled in")
    phone.get_by_role("button", name="Save").click()
    expect(phone.get_by_text("2 entries are kept on this device")).to_be_visible()
    phone.reload()
    expect(tick(phone, 0)).to_have_attribute("aria-pressed", "true")
    expect(phone.get_by_text("Not done: Walled in")).to_be_visible()
    phone.get_by_role("button", name="Complete").click()
    expect(phone.get_by_text("Not yet possible: 2 entries are kept on this")).to_be_visible()
    assert said(order) == []

    phone.unroute("**/stop/")
    phone.get_by_role("button", name="Complete").click()
    expect(phone.locator("[data-job-problem]")).to_contain_text("still open: Extinguisher 2")
    phone.get_by_role("button", name="The other one is done").click()
    expect(phone.get_by_role("heading", name="Done")).to_be_visible()
    with tenant_scope(order.organization_id):
        done = Log.objects.values_list("resource__name", flat=True).order_by("resource__name")
        assert list(done) == ["Extinguisher 0", "Extinguisher 2"]


def test_what_is_refused_afterwards_is_told_until_it_was_read(
    phone: Page, order: WorkOrder
) -> None:
    phone.context.set_offline(True)
    tick(phone, 1).click()
    expect(phone.get_by_text("1 entry is kept on this device")).to_be_visible()
    with tenant_scope(order.organization_id):
        orders.give(order, "cancel", {"reason": "Closed"}, by=None, now=timezone.now())
    phone.context.set_offline(False)
    refusal = re.compile("Not saved: Yearly check, Extinguisher 1: done. This work order is cancel")
    expect(phone.get_by_text(refusal)).to_be_visible()
    expect(phone.get_by_text("0 of 3 done")).to_be_visible()
    assert_accessible(phone)
    phone.goto("/admin/my-work/")
    expect(phone.get_by_text(refusal)).to_be_visible()
    assert_accessible(phone)
    phone.get_by_role("button", name="I have read it").click()
    expect(phone.get_by_text(refusal)).to_be_hidden()
    phone.reload()
    expect(phone.get_by_text("Nothing waits for you")).to_be_visible()
    expect(phone.get_by_text(refusal)).to_be_hidden()
    assert said(order) == []


def test_whoever_signs_in_next_sends_nothing_in_the_name_of_another(
    phone: Page, order: WorkOrder, page_for: PageFor
) -> None:
    phone.route("**/stop/", lambda route: route.abort())
    tick(phone, 1).click()
    expect(phone.get_by_text("1 entry is kept on this device")).to_be_visible()
    phone.unroute("**/stop/")
    own = phone.context.cookies()
    phone.context.add_cookies(page_for().context.cookies())  # type: ignore[arg-type]
    phone.goto(f"/admin/my-work/{order.pk}/")
    expect(tick(phone, 1)).to_have_attribute("aria-pressed", "false")
    expect(phone.get_by_text("kept on this device")).to_be_hidden()
    assert said(order) == []

    phone.context.add_cookies(own)  # type: ignore[arg-type]
    with phone.expect_response(lambda answer: "/stop/" in answer.url):
        phone.goto("/admin/my-work/")
    expect(phone.get_by_role("link", name=re.compile("Yearly check"))).to_be_visible()
    phone.goto(f"/admin/my-work/{order.pk}/")
    expect(tick(phone, 1)).to_have_attribute("aria-pressed", "true")
    expect(phone.get_by_text("Not sent yet")).to_have_count(0)
    assert said(order) == [("Extinguisher 1", "done", "Tim Technician")]


def test_the_answers_of_one_job_are_sent_from_another(phone: Page, technician: User) -> None:
    with tenant_scope(technician.organization_id):
        lift, boiler = (
            factories.work_order_in(
                "in_progress",
                assigned_to=technician,
                now=timezone.now(),
                title=title,
                checklist=checklist(name=title).current,
            )
            for title in ("Lift", "Boiler")
        )
    phone.goto(f"/admin/my-work/{lift.pk}/")
    phone.route("**/steps/**", lambda route: route.abort())
    phone.locator("#step-doors").get_by_role("button", name="Yes").click()
    expect(phone.get_by_text("1 entry is kept on this device")).to_be_visible()
    phone.goto(f"/admin/my-work/{boiler.pk}/")
    expect(phone.get_by_text("1 entry is kept on this device")).to_be_visible()
    phone.unroute("**/steps/**")
    phone.evaluate("dispatchEvent(new Event('online'))")
    expect(phone.get_by_text("kept on this device")).to_be_hidden()
    expect(phone.locator("#checklist-title")).to_contain_text("Boiler")
    expect(phone.locator("[data-progress]")).to_contain_text("0 of 4")
    with tenant_scope(technician.organization_id):
        assert ChecklistAnswer.objects.get().work_order == lift
