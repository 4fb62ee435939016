"""A live site with a person of each role signed in, in Debian's Chromium."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

import tests.flush  # noqa: F401
from accounts.models import Organization, User
from accounts.rights import Role
from tests import factories

#: Playwright runs an event loop in the test's thread, in which Django would refuse to use the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
PageFor = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder needs Chromium and says so."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium. Missing in CI it is a failure, on a person's machine the test is left out and says what to install."""
    if shutil.which(CHROMIUM) is None:
        message = f"Chromium is not at {CHROMIUM}: install it or set CHROMIUM to its path."
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield opened
        opened.close()


@pytest.fixture
def organization(transactional_db: None) -> Organization:
    """An organisation in Berlin with scheduling switched on, visible to the live server."""
    return factories.organization(name="Hotel Adlerhof", slug="adlerhof")


@pytest.fixture
def page_for(
    live_server: LiveServer, browser: Browser, organization: Organization
) -> Iterator[PageFor]:
    """`page_for(role)` or `page_for(user=...)`: a page signed in as that person; `viewport`, `dark` to choose.

    What the browser's console reports as error is collected in `page.reported`.
    """
    contexts: list[BrowserContext] = []

    def open_page(
        role: Role = Role.ADMIN,
        *,
        user: User | None = None,
        viewport: dict[str, int] = DESK,
        dark: bool = False,
    ) -> Page:
        person = user or factories.user(organization, role=role)
        context = browser.new_context(
            base_url=live_server.url,
            viewport=viewport,  # type: ignore[arg-type]
            color_scheme="dark" if dark else "light",
            timezone_id="Europe/Berlin",
            locale="en-GB",
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.add_cookies(
            [
                {
                    "name": settings.SESSION_COOKIE_NAME,
                    "value": _session_of(person),
                    "url": live_server.url,
                }
            ]
        )
        page = context.new_page()
        page.reported = _collect(page)  # type: ignore[attr-defined]
        return page

    yield open_page
    for context in contexts:
        context.close()


def _session_of(person: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    return str(session.session_key)


def _collect(page: Page) -> list[str]:
    reported: list[str] = []
    page.on(
        "console",
        lambda message: reported.append(message.text) if message.type == "error" else None,
    )
    page.on("pageerror", lambda error: reported.append(str(error)))
    return reported


def assert_no_console_errors(page: Page) -> None:
    """No script failed and no file of the page was missing."""
    reported: list[str] = page.reported  # type: ignore[attr-defined]
    assert reported == []


def assert_accessible(page: Page) -> None:
    """axe finds nothing serious or critical in what the page shows now."""
    violations: list[dict[str, Any]] = Axe().run(page).response["violations"]
    grave = [
        f"{found['id']} ({found['impact']}): {node['html'][:200]} -- {node.get('failureSummary', '')}"
        for found in violations
        if found["impact"] in {"serious", "critical"}
        for node in found["nodes"]
    ]
    assert grave == [], "\n".join(grave)
