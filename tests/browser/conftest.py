"""A live site with a person of each role signed in, in Debian's Chromium."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.wsgi import get_wsgi_application
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

import tests.flush  # noqa: F401
from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from integrations.live.server import LiveServer as Sockets
from integrations.services import publication
from scheduling.models import Resource
from tests import factories
from tests.chromium import CHROMIUM
from tests.live import Served, serving
from worklogs.models import WorkOrder
from worklogs.services import orders

#: Playwright runs an event loop in the test's thread, in which Django would refuse to use the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
PageFor = Callable[..., Page]
Change = Callable[..., Any]
#: Long enough that a page would have followed what happens.
WHILE_MILLISECONDS = 1_500
#: What is waited for comes in milliseconds or never; no result may hang on how busy the machine is.
PATIENCE_MILLISECONDS = 120_000
expect.set_options(timeout=PATIENCE_MILLISECONDS)
#: Without what axe would add for a report: the way to each element, files that no rule in use looks at, and the
#: dearest of the rules whose finds are never more than moderate.
_VIOLATIONS = """axe.run(document, {
    resultTypes: ["violations"], selectors: false, preload: false, rules: {region: {enabled: false}},
}).then((found) => found.violations)"""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder needs Chromium and says so."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; one for all tests of a process."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--process-per-site"]
        )
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def profiles(browser: Browser) -> list[BrowserContext]:
    """Profiles to take from and to give back to: a new one costs more than most tests."""
    return []


@pytest.fixture
def organization(transactional_db: None) -> Organization:
    """An organisation in Berlin with scheduling switched on, visible to the live server."""
    return factories.organization(name="Hotel Adlerhof", slug="adlerhof")


@pytest.fixture
def page_for(
    live_server: LiveServer,
    browser: Browser,
    profiles: list[BrowserContext],
    organization: Organization,
) -> Iterator[PageFor]:
    """`page_for(role)` or `page_for(user=...)`: a page signed in as that person; `viewport`, `dark` to choose.

    Each has a profile of its own, with nothing stored. What the browser's console reports as error is collected in
    `page.reported`.
    """
    taken: list[BrowserContext] = []

    def open_page(
        role: Role = Role.ADMIN,
        *,
        user: User | None = None,
        viewport: dict[str, int] = DESK,
        dark: bool = False,
    ) -> Page:
        person = user or factories.user(organization, role=role)
        profile = profiles.pop() if profiles else _new_profile(browser, live_server.url)
        taken.append(profile)
        profile.add_cookies(
            [
                {
                    "name": settings.SESSION_COOKIE_NAME,
                    "value": _session_of(person),
                    "url": live_server.url,
                }
            ]
        )
        page = profile.new_page()
        look_like(page, viewport, dark)
        page.reported = _collect(page)  # type: ignore[attr-defined]
        return page

    yield open_page
    for profile in taken:
        _empty(profile, live_server.url)
        profiles.append(profile)


@pytest.fixture(params=["light", "dark"])
def guest_phone(
    request: pytest.FixtureRequest, live_server: LiveServer, browser: Browser
) -> Iterator[Page]:
    """A phone on which nobody is signed in."""
    context = browser.new_context(
        base_url=live_server.url,
        viewport=PHONE,  # type: ignore[arg-type]
        color_scheme=request.param,
        has_touch=True,
    )
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    yield page
    assert [error for error in errors if "404" not in error and "422" not in error] == []
    context.close()


@pytest.fixture
def site(
    organization: Organization, page_for: PageFor, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Served]:
    """Site and sockets in one process, without Redis."""
    monkeypatch.setattr(settings, "REDIS_URL", "")
    monkeypatch.setattr(settings, "LIVE_PAGES", True)
    monkeypatch.setattr(Sockets, "rounds_every", 0.1)
    with serving(get_wsgi_application()) as served:
        yield served


@pytest.fixture
def boss(organization: Organization) -> User:
    """Who looks at the pages."""
    return factories.user(organization, role=Role.ADMIN)


@pytest.fixture
def room(organization: Organization) -> Resource:
    """Where it happens; with a schedule, so that calendar and dashboard show something."""
    with tenant_scope(organization.pk):
        made = factories.resource(name="Room 204", code="R-204")
        factories.schedule(resource=made, title="Filter change")
        return made


@pytest.fixture
def elsewhere(organization: Organization) -> Change:
    """Does something in another place, as a colleague would: it is published as the worker does it."""
    colleague = factories.user(organization, role=Role.MAINTENANCE_COORDINATOR)

    def change(what: Change, *args: Any, **values: Any) -> Any:
        now = timezone.now()
        with tenant_scope(organization.pk):
            found = what(*args, by=colleague, now=now, **values)
        publication.publish_waiting(now)
        return found

    return change


def _new_profile(browser: Browser, address: str) -> BrowserContext:
    profile = browser.new_context(
        base_url=address,
        timezone_id="Europe/Berlin",
        locale="en-GB",
        reduced_motion="reduce",
    )
    profile.set_default_timeout(PATIENCE_MILLISECONDS)
    return profile


def _empty(profile: BrowserContext, address: str) -> None:
    """Close its pages and forget what they stored: cookies, what scripts keep, and answers kept to be used again."""
    for page in profile.pages[1:]:
        page.close()
    page = profile.pages[0] if profile.pages else profile.new_page()
    session = profile.new_cdp_session(page)
    session.send("Storage.clearDataForOrigin", {"origin": address, "storageTypes": "all"})
    session.send("Network.clearBrowserCache")
    page.close()
    profile.clear_cookies()


def look_like(page: Page, viewport: dict[str, int], dark: bool) -> None:
    """Change the size and the colours; a page that is loaded already follows, as it would follow the theme's switch."""
    page.set_viewport_size(viewport)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
    page.evaluate("dark => document.documentElement.classList.toggle('dark', dark)", dark)


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
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    violations: list[dict[str, Any]] = page.evaluate(_VIOLATIONS)
    grave = [
        f"{found['id']} ({found['impact']}): {node['html'][:200]} -- {node.get('failureSummary', '')}"
        for found in violations
        if found["impact"] in {"serious", "critical"}
        for node in found["nodes"]
    ]
    assert grave == [], "\n".join(grave)


def report(resource: Resource, title: str, *, by: User, now: Any, **values: Any) -> WorkOrder:
    """A fault."""
    order = WorkOrder(resource=resource, title=title, kind="corrective", **values)
    return orders.create_order(order, by=by, now=now)


def followed(page: Page, site: Served, path: str) -> Page:
    """The page, connected; it is never loaded again from here on."""
    page.goto(f"{site.url}{path}")
    expect(page.locator("#live")).to_have_attribute("data-follows", "yes")
    page.evaluate("document.documentElement.dataset.loaded = 'once'")
    return page


def assert_never_reloaded(page: Page) -> None:
    assert page.evaluate("document.documentElement.dataset.loaded") == "once"
