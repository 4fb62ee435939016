"""Pages that follow since somebody looked at them beside another browser: each part of them, by what it is about."""

from typing import Any

from django.utils import timezone
from playwright.sync_api import expect

import tests.flush  # noqa: F401
from accounts.models import Organization, User
from accounts.rights import Role
from accounts.services import users
from core.tenancy import tenant_scope
from scheduling.models import Resource
from tests import factories
from tests.api import Client as Api
from tests.browser.conftest import (
    Change,
    PageFor,
    assert_accessible,
    assert_never_reloaded,
    assert_no_console_errors,
    followed,
    report,
)
from tests.live import Served
from tests.worklogs.checklists import checklist, order_with
from worklogs.models import WorkOrder
from worklogs.services import orders, talk


def post(person: User, path: str, given: dict[str, Any], **_: Any) -> Any:
    """By API, as another program or page would."""
    answer = Api(person).post(path, given)
    assert answer.status_code < 300, answer.content
    return answer.json()


def test_a_new_organisations_dashboard_takes_the_first_steps(
    page_for: PageFor, site: Served, boss: User, elsewhere: Change
) -> None:
    page = followed(page_for(user=boss), site, "/admin/")
    first = page.locator(".first-steps li").first
    expect(first).not_to_have_class("done")
    made = elsewhere(post, boss, "resources", {"name": "Room 1", "code": "R-1"})
    expect(first).to_have_class("done")
    assert_never_reloaded(page)

    start = timezone.now().isoformat()
    given = {"title": "Filter change", "resource": made["id"], "start_at": start}
    elsewhere(post, boss, "schedules", {**given, "frequency": "monthly"})
    expect(page.locator(".dashboard-main")).to_contain_text("Filter change")
    assert_no_console_errors(page)


def test_an_empty_calendar_and_timeline_begin(
    page_for: PageFor, site: Served, boss: User, elsewhere: Change
) -> None:
    calendar = followed(page_for(user=boss), site, "/admin/calendar/?view=list")
    timeline = followed(page_for(user=boss), site, "/admin/timeline/")
    elsewhere(post, boss, "resources", {"name": "Room 2", "code": "R-2"})
    expect(timeline.get_by_role("link", name="Room 2")).to_be_visible()
    with tenant_scope(boss.organization_id):
        place = Resource.objects.get()
    elsewhere(report, place, "Tap drips", due_at=timezone.now(), status="scheduled")
    expect(calendar.locator("#calendar")).to_contain_text("Tap drips")


def test_logs_come_in_and_what_is_open_stays_open(
    page_for: PageFor, site: Served, boss: User, room: Resource, elsewhere: Change
) -> None:
    page = followed(page_for(user=boss), site, "/admin/worklogs/log/")
    elsewhere(post, boss, "logs", {"resource": str(room.pk), "notes": "Tap tightened"})
    rows = page.locator(".log-row")
    expect(rows).to_have_count(1)
    rows.first.locator("summary").click()
    expect(page.get_by_text("Tap tightened")).to_be_visible()
    elsewhere(post, boss, "logs", {"resource": str(room.pk), "notes": "Lamp exchanged"})
    expect(rows).to_have_count(2)
    expect(page.get_by_text("Tap tightened")).to_be_visible()
    assert_never_reloaded(page)
    assert_no_console_errors(page)


def test_the_dashboard_tells_of_dates_that_lose_their_person(
    page_for: PageFor, site: Served, boss: User, room: Resource, elsewhere: Change
) -> None:
    hands = factories.user(boss.organization, role=Role.TECHNICIAN)
    with tenant_scope(boss.organization_id):
        factories.schedule(resource=room, title="Oil change", assigned_to=hands)
    page = followed(page_for(user=boss), site, "/admin/")
    untold = page.get_by_role("region", name="Nobody is told about these")
    expect(untold).not_to_contain_text("Oil change")
    with tenant_scope(boss.organization_id):
        users.change_user(hands, {"is_active": False}, by=boss, now=timezone.now())
    expect(untold).to_contain_text("Oil change")
    assert_never_reloaded(page)


def test_an_order_tells_of_the_work_it_waits_for_and_of_what_others_answer(
    page_for: PageFor, site: Served, boss: User, room: Resource, elsewhere: Change
) -> None:
    hands = factories.user(boss.organization, role=Role.TECHNICIAN)
    with tenant_scope(boss.organization_id):
        order = order_with(checklist().versions.get(), hands)
    other = elsewhere(report, room, "Shut the water off")
    page = followed(page_for(user=boss), site, f"/admin/worklogs/workorder/{order.pk}/")
    expect(page.locator(".checklist-count")).to_contain_text("0 of")

    answer = Api(hands).post(f"work-orders/{order.pk}/checklist/doors", {"value": "no"})
    assert answer.status_code < 300, answer.content
    expect(page.locator(".checklist-count")).to_contain_text("1 of")

    elsewhere(talk.add_link, other, order, "blocks")
    waits = page.get_by_role("region", name="What has to be done before")
    expect(waits).to_contain_text("Shut the water off")
    elsewhere(orders.give, other, "reject", {"reason": "It is off"})
    expect(waits).to_have_count(0)
    assert_never_reloaded(page)
    assert_no_console_errors(page)


def test_a_job_on_the_phone_follows_and_leaves_what_is_written(
    page_for: PageFor, site: Served, organization: Organization, elsewhere: Change
) -> None:
    hands = factories.user(organization, role=Role.TECHNICIAN)
    with tenant_scope(organization.pk):
        order: WorkOrder = order_with(checklist().versions.get(), hands)
    page = followed(page_for(user=hands), site, f"/admin/my-work/{order.pk}/")
    page.get_by_label("Say something").fill("I would")

    elsewhere(talk.add_comment, order, "Mind the dog")
    expect(page.locator("#job-comments")).to_contain_text("Mind the dog")
    elsewhere(orders.change_order, order, {"title": "Look at the doors"})
    expect(page.get_by_role("heading", level=1)).to_contain_text("Look at the doors")
    answer = Api(hands).post(f"work-orders/{order.pk}/checklist/doors", {"value": "no"})
    assert answer.status_code < 300, answer.content
    expect(page.locator("#step-doors").get_by_role("button", name="No")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(page.get_by_label("Say something")).to_have_value("I would")
    assert_accessible(page)
    assert_never_reloaded(page)
    assert_no_console_errors(page)
