"""Browsers that take messages by Web Push: subscribed, told, forgotten when they are gone."""

from datetime import datetime
from typing import Any

import pytest
from py_vapid import Vapid

from accounts.models import Organization, User
from core.errors import Invalid
from core.tenancy import tenant_scope
from notifications.channels.browser import public_key
from notifications.models import BrowserSubscription, Channel, Delivery
from notifications.services import browsers
from notifications.services.deliveries import deliver_due
from tests import factories
from tests.notifications.conftest import Tell, states, subscribe
from tests.notifications.receivers import Browser, Receiver

pytestmark = pytest.mark.django_db


def test_a_browser_checks_who_sends(
    technician: User,
    far_side: Receiver,
    browser: Browser,
    tell_one: Tell,
    settings: Any,
    now: datetime,
) -> None:
    far_side.headers = {"Location": "https://push.example/message/7"}
    tell_one(technician)
    deliver_due(now)
    [asked] = [one for one in far_side.asked if one.path == "/push/1"]
    assert Vapid.verify(asked.headers["Authorization"])
    assert asked.headers["Authorization"].endswith(f"k={public_key(settings.VAPID_PRIVATE_KEY)}")
    assert asked.headers["Urgency"] == "high"
    assert asked.headers["Content-Encoding"] == "aes128gcm"
    with tenant_scope(technician.organization_id):
        row = Delivery.objects.get(channel=Channel.BROWSER)
    assert row.provider_id == "https://push.example/message/7"


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten(
    technician: User,
    far_side: Receiver,
    browser: Browser,
    tell_one: Tell,
    now: datetime,
    status: int,
) -> None:
    subscribe(technician, Browser(f"http://{far_side.host}/push/2"), now)
    far_side.statuses = {"/push/1": status}
    tell_one(technician)
    deliver_due(now)
    with tenant_scope(technician.organization_id):
        [left] = BrowserSubscription.objects.all()
        assert left.endpoint.endswith("/push/2")
        assert Delivery.objects.get(channel=Channel.BROWSER).state == "sent"
    far_side.statuses = {"/push/2": status}
    tell_one(technician, "safety_report:2")
    deliver_due(now)
    with tenant_scope(technician.organization_id):
        assert not BrowserSubscription.objects.exists()
    assert states(technician.organization)["browser"] == ("failed", "The browser has unsubscribed.")


@pytest.mark.parametrize(
    ("status", "state", "error"),
    [
        (503, "pending", "The browser's push service is busy (it answered 503)."),
        (403, "failed", "The browser's push service refused the message (it answered 403)."),
    ],
)
def test_a_push_service_that_refuses_is_asked_again_where_that_may_help(
    technician: User,
    far_side: Receiver,
    browser: Browser,
    tell_one: Tell,
    now: datetime,
    status: int,
    state: str,
    error: str,
) -> None:
    far_side.status = status
    tell_one(technician)
    deliver_due(now)
    assert states(technician.organization)["browser"] == (state, error)


def test_a_subscription_moves_to_whoever_uses_the_browser(
    technician: User, stranger: Organization, browser: Browser, now: datetime
) -> None:
    other = factories.user(stranger)
    subscribe(other, browser, now)
    assert browsers.hashes(technician) == []
    assert len(browsers.hashes(other)) == 1
    assert not browsers.unsubscribe(technician, browser.endpoint, now=now)
    assert browsers.unsubscribe(other, browser.endpoint, now=now)


def test_old_browsers_make_room(technician: User, far_side: Receiver, now: datetime) -> None:
    for number in range(browsers.MOST_BROWSERS + 2):
        subscribe(technician, Browser(f"http://{far_side.host}/{number}"), now)
    assert len(browsers.hashes(technician)) == browsers.MOST_BROWSERS


def test_what_is_no_subscription_is_refused(technician: User, settings: Any, now: datetime) -> None:
    settings.CHANNELS_PRIVATE = False
    sound = Browser("https://push.example/1")
    for endpoint, key, secret in (
        ("http://push.example/1", sound.public_key, sound.secret),
        ("https://", sound.public_key, sound.secret),
        ("https://push.example/1", "short", sound.secret),
        ("https://push.example/1", sound.public_key, "ü"),
    ):
        with pytest.raises(Invalid):
            browsers.subscribe(
                technician, endpoint=endpoint, public_key=key, secret=secret, label="", now=now
            )
