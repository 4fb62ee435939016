"""How soon a page asks anew while much happens. Its clock stands still but for what a test lets pass."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser, Page, Route

from accounts.models import User
from scheduling.models import Resource
from tests.browser.conftest import Change, followed, report
from tests.live import PATIENCE_SECONDS, Served, session_of

BOARD = "/admin/worklogs/workorder/board/"
#: The page's own moments at which it asked anew.
NOTES = """window.asked = [];
    const ask = fetch;
    window.fetch = (...given) => { asked.push(Date.now()); return ask(...given); };"""


@pytest.fixture
def page(browser: Browser, site: Served, boss: User) -> Iterator[Page]:
    """In a profile of its own: a profile does not get the real time back."""
    profile = browser.new_context(base_url=site.url)
    name, key = settings.SESSION_COOKIE_NAME, str(session_of(boss).session_key)
    profile.add_cookies([{"name": name, "value": key, "url": site.url}])
    opened = profile.new_page()
    opened.clock.install()
    opened.add_init_script(NOTES)
    yield opened
    profile.close()


def let_pass(page: Page, step: int, is_over: Callable[[], Any]) -> None:
    """So many milliseconds of the page's time after the other, until it is over."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_over():
        assert time.monotonic() < deadline, "It does not happen."
        page.clock.run_for(step)
        page.wait_for_timeout(10)


@pytest.mark.parametrize(
    ("answer_takes", "earliest", "latest"), [(0, 0, 500), (300, 0, 800), (2_000, 10_000, 20_000)]
)
def test_a_page_follows_a_burst_and_spares_a_slow_site(
    page: Page,
    site: Served,
    room: Resource,
    elsewhere: Change,
    answer_takes: int,
    earliest: int,
    latest: int,
) -> None:
    held: list[Route] = []
    followed(page, site, BOARD)
    page.clock.pause_at(timezone.now() + timedelta(seconds=5))
    page.route(f"**{BOARD}?*", lambda route: held.append(route))

    elsewhere(report, room, "Tap drips")
    let_pass(page, 1, lambda: held)
    page.clock.run_for(answer_takes)
    elsewhere(report, room, "Lamp is dark")
    with page.expect_event("requestfinished"):
        held.pop().continue_()
    let_pass(page, 100, lambda: held)

    first, second = page.evaluate("asked")
    assert earliest <= second - first <= latest
