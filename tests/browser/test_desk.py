"""Work orders at the desk, in a browser: made, carried over the board, completed."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Organization
from accounts.rights import Role
from core.tenancy import tenant_scope
from tests import factories
from tests.browser.conftest import (
    DESK,
    PHONE,
    PageFor,
    assert_accessible,
    assert_no_console_errors,
)
from worklogs.models import WorkOrder
from worklogs.services import orders


@pytest.fixture
def order(organization: Organization) -> WorkOrder:
    """Planned, and nobody has it."""
    with tenant_scope(organization.pk):
        hands = factories.user(organization, name="Rui Fonseca")
        room = factories.resource(name="Room 12", criticality="high")
        return factories.work_order_in(
            "scheduled", assigned_to=hands, resource=room, title="Tap drips"
        )


def carry(page: Page, title: str, column: str) -> None:
    """Into a column."""
    lift(page, title, f'[data-column="{column}"]')
    page.mouse.up()


def lift(page: Page, title: str, place: str) -> None:
    """By pointer, as people do: over the place for more than a moment, which may first have to be scrolled to."""
    page.locator(".board-card", has_text=title).hover()
    page.mouse.down()
    page.mouse.move(5, 5, steps=3)
    for _ in range(3):
        page.locator(place).hover(force=True)


def in_column(page: Page, title: str, column: str) -> Any:
    return page.locator(f'[data-column="{column}"] .board-card', has_text=title)


def status_of(order: WorkOrder) -> str:
    with tenant_scope(order.organization_id):
        return str(WorkOrder.objects.get(pk=order.pk).status)


def test_an_order_is_made_carried_over_the_board_and_completed(
    page_for: PageFor, organization: Organization
) -> None:
    with tenant_scope(organization.pk):
        factories.user(organization, name="Rui Fonseca")
        room = factories.resource(name="Room 12", criticality="high")
    page = page_for(Role.MAINTENANCE_COORDINATOR)
    page.goto(f"/admin/worklogs/workorder/add/?resource={room.pk}")
    page.get_by_label("Title").fill("Tap drips")
    expect(page.locator("#order-judged")).to_contain_text("Medium")
    page.get_by_label("Category").select_option("plumbing")
    expect(page.locator("#order-judged")).to_contain_text("it concerns plumbing (2 points)")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("h1")).to_contain_text("Tap drips")

    page.goto("/admin/worklogs/workorder/board/")
    carry(page, "Tap drips", "assigned")
    dialog = page.locator("#command-dialog")
    dialog.get_by_label("Who does it?").select_option(label="Rui Fonseca")
    dialog.get_by_role("button", name="Assign").click()
    expect(in_column(page, "Tap drips", "assigned")).to_contain_text("Rui Fonseca")
    carry(page, "Tap drips", "in_progress")
    expect(in_column(page, "Tap drips", "in_progress")).to_be_visible()
    carry(page, "Tap drips", "completed")
    dialog.get_by_label("What was done?").fill("New washer")
    dialog.get_by_role("button", name="Complete").click()
    expect(in_column(page, "Tap drips", "completed")).to_be_visible()
    expect(page.locator("#board-said")).to_contain_text("Completed; the work is logged.")
    in_column(page, "Tap drips", "completed").locator(".card-title").click()
    page.get_by_role("button", name="Verify").click()
    expect(page.locator("h1")).to_contain_text("Verified")
    assert_no_console_errors(page)


def test_only_allowed_columns_take_a_card(page_for: PageFor, order: WorkOrder) -> None:
    page = page_for(Role.MAINTENANCE_COORDINATOR)
    page.goto("/admin/worklogs/workorder/board/")
    carry(page, "Tap drips", "completed")
    expect(in_column(page, "Tap drips", "scheduled")).to_be_visible()
    assert status_of(order) == "scheduled"


@pytest.mark.parametrize("viewport", [DESK, PHONE])
def test_moves_without_a_column_have_a_place_while_a_card_is_carried(
    page_for: PageFor, order: WorkOrder, viewport: dict[str, int]
) -> None:
    page = page_for(Role.MAINTENANCE_COORDINATOR, viewport=viewport)
    page.goto("/admin/worklogs/workorder/board/")
    expect(page.locator("#board-drops")).to_be_hidden()
    lift(page, "Tap drips", '#board-drops [data-move="cancel"]')
    places = page.locator("#board-drops [data-move]")
    offered = [place.get_attribute("data-move") for place in places.all()]
    assert offered == ["cancel", "delay", "escalate"]
    assert_accessible(page)
    page.mouse.up()
    expect(page.locator("#board-drops")).to_be_hidden()
    dialog = page.locator("#command-dialog")
    dialog.get_by_label("Why?").fill("Sold")
    dialog.get_by_role("button", name="Cancel order").click()
    expect(page.locator("#board-said")).to_contain_text("Cancelled.")
    expect(page.locator(".board-card", has_text="Tap drips")).to_have_count(0)
    assert status_of(order) == "cancelled"
    assert_no_console_errors(page)


def test_what_is_done_is_verified_by_carrying_it_there(
    page_for: PageFor, organization: Organization
) -> None:
    with tenant_scope(organization.pk):
        hands = factories.user(organization)
        done = factories.work_order_in("completed", assigned_to=hands, title="Tap drips")
    page = page_for(Role.MAINTENANCE_COORDINATOR)
    page.goto("/admin/worklogs/workorder/board/")
    lift(page, "Tap drips", '#board-drops [data-move="verify"]')
    page.mouse.up()
    expect(page.locator("#board-said")).to_contain_text("Verified.")
    assert status_of(done) == "verified"


def test_what_somebody_else_did_meanwhile_is_said(page_for: PageFor, order: WorkOrder) -> None:
    page = page_for(Role.MAINTENANCE_COORDINATOR)
    page.goto("/admin/worklogs/workorder/board/")
    with tenant_scope(order.organization_id):
        orders.give(order, "cancel", {"reason": "Sold"}, by=None, now=factories.START)
    carry(page, "Tap drips", "assigned")
    expect(page.locator("#board-said")).to_contain_text("stays where it was")
    expect(in_column(page, "Tap drips", "scheduled")).to_be_visible()


def test_the_keyboard_moves_cards_and_takes_them_back(page_for: PageFor, order: WorkOrder) -> None:
    page = page_for(Role.MAINTENANCE_COORDINATOR, viewport=PHONE)
    with tenant_scope(order.organization_id):
        hands = order.assigned_to or factories.user(order.organization)
        for name in ("assign", "start"):
            given = {"assigned_to": hands}
            orders.give(order, name, given, by=None, now=factories.START)
    page.goto("/admin/worklogs/workorder/board/")
    in_column(page, "Tap drips", "in_progress").locator("summary").press("Enter")
    in_column(page, "Tap drips", "in_progress").get_by_role("button", name="Put on hold").press(
        "Enter"
    )
    dialog = page.locator("#command-dialog")
    dialog.get_by_label("Why?").fill("No washer in stock")
    dialog.get_by_label("Why?").press("Enter")
    expect(in_column(page, "Tap drips", "on_hold")).to_be_visible()
    page.get_by_role("button", name="Undo").press("Enter")
    expect(in_column(page, "Tap drips", "in_progress")).to_be_visible()
    assert status_of(order) == "in_progress"


def test_a_comment_addresses_a_person(page_for: PageFor, order: WorkOrder) -> None:
    page = page_for(Role.MAINTENANCE_COORDINATOR)
    page.goto(f"/admin/worklogs/workorder/{order.pk}/?tab=comments")
    page.locator("#comment-text").press_sequentially("@Rui")
    expect(page.get_by_role("option")).to_contain_text("Rui Fonseca")
    page.keyboard.press("Enter")
    page.locator("#comment-text").press_sequentially("please look")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".comments")).to_contain_text("@Rui Fonseca please look")
    expect(page.locator(".comments")).to_contain_text("to Rui Fonseca")
