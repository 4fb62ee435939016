"""The page of one's channels: messages in this browser, “send me one”, times; at the desk and on the phone."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from notifications.models import BrowserSubscription
from notifications.services.deliveries import deliver_due
from tests import factories
from tests.browser.conftest import (
    PHONE,
    PageFor,
    assert_accessible,
    assert_no_console_errors,
    look_like,
)
from tests.notifications.receivers import Browser, Receiver, receiver

PAGE = "/admin/messages/preferences/"
#: A browser in a test reaches no push service of its maker's: what that would answer is said here.
SUBSCRIBES = """(subscription) => {
  const unsubscribe = async () => localStorage.removeItem("made");
  const made = { endpoint: subscription.endpoint, toJSON: () => subscription, unsubscribe };
  PushManager.prototype.subscribe = async () => { localStorage.setItem("made", "1"); return made; };
  PushManager.prototype.getSubscription = async () => localStorage.getItem("made") ? made : null;
  Object.defineProperty(Notification, "permission", { get: () => "granted" });
  Notification.requestPermission = async () => "granted";
}"""

#: The script with somebody else in the place of the browser: what it shows, and what it opens when that is clicked.
WORKER = """async (address) => {
  const handlers = {}, shown = [], opened = [];
  const self = {
    addEventListener: (name, handler) => { handlers[name] = handler; },
    registration: {
      scope: "https://mainstay.example/admin/messages/",
      showNotification: async (...given) => shown.push(...given),
    },
    clients: { openWindow: async (url) => opened.push(url) },
  };
  new Function("self", await (await fetch(address)).text())(self);
  const waitUntil = () => {};
  const sent = { title: "Gas", body: "Room 12", url: "https://mainstay.example/m/x/", urgent: true };
  handlers.push({ data: { json: () => sent }, waitUntil });
  const clicked = (action, data) => ({ action, waitUntil, notification: { data, close() {} } });
  handlers.notificationclick(clicked("", shown[1].data));
  handlers.notificationclick(clicked("change", shown[1].data));
  handlers.notificationclick(clicked("", undefined));
  return [shown, opened];
}"""


@pytest.fixture
def push_service(settings: Any, tmp_path: Path) -> Iterator[Receiver]:
    """A push service in this process; mails are kept as files."""
    settings.CHANNELS_PRIVATE = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    with receiver() as kept:
        yield kept


@pytest.fixture
def person(organization: Organization) -> User:
    return factories.user(organization, role=Role.TECHNICIAN, name="Tina Wolf")


@pytest.fixture
def subscribing(push_service: Receiver) -> Browser:
    return Browser(f"http://{push_service.host}/push/1")


@pytest.fixture
def page(
    page_for: PageFor, live_server: LiveServer, person: User, subscribing: Browser
) -> Iterator[Page]:
    """The technician's page in a browser that can subscribe."""
    opened = page_for(user=person)
    opened.context.grant_permissions(["notifications"], origin=live_server.url)
    keys = {"p256dh": subscribing.public_key, "auth": subscribing.secret}
    made = {"endpoint": subscribing.endpoint, "keys": keys}
    opened.add_init_script(f"({SUBSCRIBES})({made!r})")
    opened.goto(PAGE)
    yield opened
    opened.context.clear_permissions()


def subscriptions(person: User) -> int:
    with tenant_scope(person.organization_id):
        return int(BrowserSubscription.objects.filter(user=person).count())


def test_messages_in_this_browser(
    page: Page, person: User, push_service: Receiver, subscribing: Browser
) -> None:
    page.get_by_role("button", name="Show them here").click()
    expect(page.get_by_text("This browser shows your messages.")).to_be_visible()
    assert subscriptions(person) == 1
    way = page.locator(".way", has_text="Shown by the browser")
    way.get_by_role("button", name="Send me one by Browser").click()
    expect(way.get_by_text("On its way …")).to_be_visible()
    deliver_due(datetime.now(UTC))
    expect(way.get_by_text("Did it arrive?")).to_be_visible()
    [asked] = push_service.asked
    assert subscribing.opened(asked.body)["title"] == "Test message by Browser"
    push_service.status = 410
    way.get_by_role("button", name="Send me one by Browser").click()
    expect(way.get_by_text("On its way …")).to_be_visible()
    deliver_due(datetime.now(UTC))
    expect(way.get_by_text("The browser has unsubscribed.")).to_be_visible()
    assert subscriptions(person) == 0
    page.reload()  # the browser shows somebody's messages, but not this person's
    page.get_by_role("button", name="Show them here").click()
    expect(page.get_by_text("This browser shows your messages.")).to_be_visible()
    page.get_by_role("button", name="Stop showing them here").click()
    expect(page.get_by_text("No browser of yours shows messages yet.")).to_be_visible()
    assert subscriptions(person) == 0
    assert_no_console_errors(page)


def test_the_worker_shows_what_is_pushed_and_leads_there(page: Page) -> None:
    """Chromium without a screen shows no messages, so what the worker hands to it is kept here."""
    shown, opened = page.evaluate(WORKER, "/admin/messages/worker.js")
    assert [shown[0], shown[1]["body"], shown[1]["requireInteraction"]] == ["Gas", "Room 12", True]
    assert opened == [
        "https://mainstay.example/m/x/",
        "https://mainstay.example/admin/messages/preferences/",
        "https://mainstay.example/admin/messages/",
    ]


def test_a_browser_that_is_not_allowed_to_says_so(page: Page) -> None:
    page.evaluate("Notification.requestPermission = async () => 'denied'")
    page.get_by_role("button", name="Show them here").click()
    expect(page.get_by_text("The browser does not let this site show messages.")).to_be_visible()
    assert_no_console_errors(page)


def test_times_and_addresses_by_keyboard_on_the_phone(page: Page) -> None:
    look_like(page, PHONE, True)
    page.get_by_label("Once a day at").check()
    page.get_by_label("Hour of the day").select_option("18")
    page.get_by_label("From", exact=True).fill("22:00")
    page.get_by_label("until", exact=True).fill("06:00")
    page.locator(".when").get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_label("Hour of the day")).to_have_value("18")
    chat = page.locator(".way", has_text="Into a chat of yours.")
    chat.get_by_text("Set it up").press("Enter")
    chat.get_by_label("Address of the service").fill("syslog://localhost")
    chat.get_by_role("button", name="Save").click()
    expect(page.get_by_text("none beginning with “syslog://”")).to_be_visible()
    chat.get_by_text("Set it up").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert_accessible(page)
    assert_no_console_errors(page)
