"""Pages follow what happens elsewhere, leave alone what somebody does on them, and say when they cannot follow."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Organization, User
from core.tenancy import tenant_scope
from integrations.live.server import LiveServer
from notifications.channels.base import Recipient
from notifications.services import telling
from scheduling.models import Resource
from tests.api import Client
from tests.browser.conftest import (
    PHONE,
    WHILE_MILLISECONDS,
    Change,
    PageFor,
    assert_accessible,
    assert_never_reloaded,
    assert_no_console_errors,
    followed,
    report,
)
from tests.live import Served
from worklogs.services import orders

#: Without the socket the bell would ask by itself a minute later.
SOON_MILLISECONDS = 40_000


def test_board_dashboard_and_triage_show_a_new_report(
    page_for: PageFor, site: Served, boss: User, room: Resource, elsewhere: Change
) -> None:
    board = followed(page_for(user=boss), site, "/admin/worklogs/workorder/board/")
    dashboard = followed(page_for(user=boss), site, "/admin/")
    triage = followed(page_for(user=boss), site, "/admin/triage/")
    expect(dashboard.locator(".order-counts-frame")).to_contain_text("Open")

    order = elsewhere(report, room, "Tap drips")

    card = board.locator(f'[data-column="reported"] [data-card="{order.pk}"]')
    expect(card).to_contain_text("Tap drips")
    expect(board.locator('[data-column="reported"] .board-count')).to_have_text("1")
    expect(dashboard.locator(".order-counts-frame")).to_contain_text(
        "To triage\n1", use_inner_text=True
    )
    expect(triage.get_by_role("navigation", name="Reports")).to_contain_text("Tap drips")
    for page in (board, dashboard):
        assert_never_reloaded(page)
        assert_no_console_errors(page)

    elsewhere(orders.give, order, "reject", {"reason": "Nothing is broken"})
    expect(card).to_have_count(0)
    expect(board.locator('[data-column="reported"] .board-count')).to_have_text("0")


def test_the_calendar_asks_anew(
    page_for: PageFor, site: Served, boss: User, room: Resource, elsewhere: Change
) -> None:
    page = followed(page_for(user=boss), site, "/admin/calendar/?view=list")
    expect(page.locator("#calendar")).to_contain_text("Filter change")
    elsewhere(report, room, "Tap drips", due_at=timezone.now(), status="scheduled")
    expect(page.locator("#calendar")).to_contain_text("Tap drips")
    assert_never_reloaded(page)


def test_the_calendar_shows_bookings_of_another_system_in_every_month(
    page_for: PageFor, site: Served, boss: User, room: Resource
) -> None:
    page = followed(page_for(user=boss), site, "/admin/calendar/?view=month")
    calendar = page.locator("#calendar")
    month = calendar.locator(".calendar-title")
    this_month = month.inner_text()
    page.get_by_role("button", name=re.compile("^Next")).click()
    expect(month).not_to_have_text(this_month)
    page.get_by_role("button", name=re.compile("^Prev")).click()
    expect(month).to_have_text(this_month)

    begin = timezone.localtime().replace(day=28, hour=12, minute=0)
    for number, start in enumerate((begin, begin + timedelta(days=20))):
        data = {
            **{"booking_reference": f"OP-{number}", "venue_id": room.code},
            **{"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=2)).isoformat()},
        }
        news = {"specversion": "1.0", "source": "/pms", "type": "booking.created", "data": data}
        assert Client(boss).post("events", {**news, "id": str(number)}).status_code == 202

    expect(calendar).to_contain_text("OP-0")
    page.get_by_role("button", name=re.compile("^Next")).click()
    expect(calendar).to_contain_text("OP-1")
    assert_never_reloaded(page)
    assert_no_console_errors(page)


def test_an_order_changes_under_the_hands_of_somebody_who_writes(
    page_for: PageFor, site: Served, boss: User, room: Resource, elsewhere: Change
) -> None:
    order, other = elsewhere(report, room, "Tap drips"), elsewhere(report, room, "Lamp is dark")
    page = followed(
        page_for(user=boss), site, f"/admin/worklogs/workorder/{order.pk}/?tab=comments"
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    text = page.get_by_label("Say something")
    text.fill("I would")

    elsewhere(orders.change_order, other, {"title": "Another order"})
    elsewhere(orders.change_order, order, {"title": "Tap drips badly"})

    expect(page.locator("h1")).to_contain_text("Tap drips badly")
    page.keyboard.type(" rather")
    expect(text).to_have_value("I would rather")
    expect(text).to_be_focused()
    assert len([url for url in asked if str(order.pk) in url]) == 1
    assert_never_reloaded(page)


def test_nothing_moves_while_something_is_carried(
    page_for: PageFor, site: Served, boss: User, room: Resource, elsewhere: Change
) -> None:
    first = elsewhere(report, room, "Tap drips")
    page = followed(page_for(user=boss), site, "/admin/worklogs/workorder/board/")
    card = page.locator(f'[data-card="{first.pk}"]')
    card.hover(position={"x": 20, "y": 60})
    page.mouse.down()
    elsewhere(report, room, "Lamp is dark")
    page.wait_for_timeout(WHILE_MILLISECONDS)
    expect(page.locator("[data-card]")).to_have_count(1)
    page.mouse.up()
    expect(page.locator("[data-card]")).to_have_count(2)


def test_the_board_goes_on_showing_all_cards_that_were_asked_for(
    page_for: PageFor,
    site: Served,
    boss: User,
    room: Resource,
    elsewhere: Change,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("worklogs.pages.board.AT_A_TIME", 2)
    made = [elsewhere(report, room, f"Fault {number}") for number in range(4)]
    page = followed(page_for(user=boss), site, "/admin/worklogs/workorder/board/")
    page.get_by_role("button", name="More").click()
    expect(page.locator("[data-card]")).to_have_count(4)
    page.locator(f'[data-card="{made[3].pk}"] .card-title').focus()
    elsewhere(orders.change_order, made[0], {"title": "Changed"})
    expect(page.locator(f'[data-card="{made[0].pk}"]')).to_contain_text("Changed")
    expect(page.locator("[data-card]")).to_have_count(4)
    expect(page.locator(f'[data-card="{made[3].pk}"] .card-title')).to_be_focused()


def test_the_bell_counts_at_once(
    page_for: PageFor, site: Served, boss: User, organization: Organization
) -> None:
    page = followed(page_for(user=boss), site, "/admin/")
    fact = telling.Fact(boss.pk, "system", "system:1", "A message for you")
    person = Recipient(boss.pk, boss.name, boss.email, "", "UTC")
    with tenant_scope(organization.pk):
        telling.tell([fact], {boss.pk: person}, now=timezone.now())
    expect(page.locator(".bell-count")).to_have_text("1", timeout=SOON_MILLISECONDS)


@pytest.mark.parametrize(
    ("viewport", "dark"), [({"width": 1440, "height": 900}, False), (PHONE, True)]
)
def test_a_page_says_that_it_is_offline_and_catches_up(
    page_for: PageFor,
    site: Served,
    boss: User,
    room: Resource,
    elsewhere: Change,
    viewport: dict[str, int],
    dark: bool,
) -> None:
    person = page_for(user=boss, viewport=viewport, dark=dark)
    page = followed(person, site, "/admin/worklogs/workorder/board/")
    bar = page.locator("#live")
    expect(bar).to_be_hidden()

    site.stop()
    expect(bar).to_contain_text("Offline: what you see may be old")
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    elsewhere(report, room, "Tap drips")

    site.start()
    expect(page.locator("[data-card]")).to_contain_text("Tap drips")
    expect(bar).to_be_hidden()
    assert_never_reloaded(page)


def test_a_page_says_that_nobody_is_signed_in_any_more(
    page_for: PageFor, site: Served, boss: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = followed(page_for(user=boss), site, "/admin/")
    monkeypatch.setattr(LiveServer, "check_every", 0.0)
    boss.set_password("Another-password-1")
    with tenant_scope(boss.organization_id):
        boss.save()
    bar = page.locator("#live")
    expect(bar).to_contain_text("You are signed out: what you see may be old")
    assert_accessible(page)
    bar.get_by_role("link", name="Sign in").click()
    expect(page.get_by_label("Password")).to_be_visible()


def test_where_no_sockets_are_served_pages_do_not_ask_for_them(
    page_for: PageFor, boss: User
) -> None:
    page = page_for(user=boss)
    page.goto("/admin/")
    expect(page.locator("#live")).to_have_count(0)
    assert "socket" not in page.content()
    assert_no_console_errors(page)
