"""Messages over real connections: SMS, phones and chat through Apprise, browsers by Web Push."""

import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.models import Organization, User
from core.errors import Invalid
from core.tenancy import tenant_scope
from notifications.models import Delivery, Reaching
from notifications.services import preferences, reaching, trials
from notifications.services.deliveries import deliver_due
from tests.notifications.conftest import Reach, Sink, Tell, check, free_port, states, subscribe
from tests.notifications.receivers import Browser, Receiver
from tests.notifications.test_deliveries import body

pytestmark = pytest.mark.django_db
Work = Callable[..., Any]
SOON = timedelta(seconds=10)


def test_one_message_by_every_channel_at_once(
    premium: Organization,
    technician: User,
    far_side: Receiver,
    browser: Browser,
    reach: Reach,
    tell_one: Tell,
    smtp: Sink,
    now: datetime,
) -> None:
    reach(
        technician,
        phone="+49 170 1234567",
        chat_address=f"json://{far_side.host}/chat",
        push_address=f"json://{far_side.host}/phone",
    )
    message = tell_one(technician, priority="urgent")
    assert deliver_due(now)["sent"] == 4  # a phone takes no JSON
    by_path = {asked.path: asked for asked in far_side.asked}
    sms = by_path["/sms/+491701234567"].json
    assert sms["title"] == ""
    assert sms["message"].startswith("Urgent: Gas smell in room 12 http://localhost:8000/m/")
    assert len(sms["message"]) <= 160
    chat = by_path["/chat"].json
    assert chat["title"] == "Urgent: Gas smell in room 12"
    assert "Why you: You coordinate the work." in chat["message"]
    assert "Change what you hear about: http://localhost:8000/admin/messages/" in chat["message"]
    push = browser.opened(by_path["/push/1"].body)
    assert push["title"] == "Urgent: Gas smell in room 12"
    assert "Why you: You coordinate the work." in push["body"]
    assert push["urgent"] is True
    assert push["url"] in sms["message"]
    [(_, mail)] = smtp.received
    assert push["url"] in body(mail, "plain")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert states(premium)["push"][0] == "failed"
    assert message.follow_up_at == now + timedelta(minutes=15)


@pytest.mark.parametrize(
    ("status", "state", "error"),
    [
        (500, "pending", "The service is out of order (it answered 500)."),
        (404, "failed", "The service refused the message (it answered 404)."),
        (429, "pending", "The service refused the message (it answered 429)."),
        (302, "failed", "The service refused the message (it answered 302)."),
    ],
)
def test_a_chat_that_refuses(
    technician: User,
    far_side: Receiver,
    reach: Reach,
    tell_one: Tell,
    now: datetime,
    status: int,
    state: str,
    error: str,
) -> None:
    far_side.status = status
    far_side.headers = {"Location": f"http://{far_side.host}/elsewhere"}
    reach(technician, chat_address=f"json://{far_side.host}/chat")
    tell_one(technician)
    deliver_due(now)
    assert states(technician.organization)["chat"] == (state, error)
    assert [asked.path for asked in far_side.asked] == ["/chat"]


def test_a_chat_server_that_is_down_holds_up_nobody_else(
    organization: Organization,
    technician: User,
    owner: User,
    admin: User,
    far_side: Receiver,
    reach: Reach,
    tell_one: Tell,
    smtp: Sink,
    now: datetime,
) -> None:
    down = free_port()
    reach(technician, chat_address=f"json://127.0.0.1:{down}/one")
    reach(owner, chat_address=f"json://127.0.0.1:{down}/two")
    reach(admin, chat_address=f"json://{far_side.host}/chat")
    for person in (technician, owner, admin):
        tell_one(person, at=now)
    outcome = deliver_due(now)
    assert outcome["sent"] == 4  # three mails and one chat
    assert outcome["put_off"] == 1
    with tenant_scope(organization.pk):
        waiting = Delivery.objects.filter(channel="chat", state="pending")
        assert sorted(row.attempts for row in waiting) == [0, 1]  # asked once, for both


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "intranet.example", "10.0.0.1"])
def test_nothing_goes_into_a_private_network(
    technician: User,
    far_side: Receiver,
    reach: Reach,
    tell_one: Tell,
    now: datetime,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    host: str,
) -> None:
    settings.CHANNELS_PRIVATE = False
    looked_up = socket.getaddrinfo

    def names(name: Any, *args: Any, **named: Any) -> Any:
        return looked_up("10.0.0.1" if name == "intranet.example" else name, *args, **named)

    monkeypatch.setattr(socket, "getaddrinfo", names)
    reach(technician, chat_address=f"json://{host}:{far_side.port}/chat")
    settings.CHANNELS_PRIVATE = True
    subscribe(technician, Browser(f"http://{host}:{far_side.port}/push"), now)
    settings.CHANNELS_PRIVATE = False
    tell_one(technician)
    deliver_due(now)
    found = states(technician.organization)
    assert found["chat"] == (
        "failed",
        "The address lies in a private network, to which nothing is sent.",
    )
    assert found["browser"] == ("failed", "The browser's address lies in a private network.")
    assert far_side.asked == []


def test_an_address_that_changed_meanwhile_counts(
    technician: User, far_side: Receiver, reach: Reach, tell_one: Tell, now: datetime
) -> None:
    reach(technician, chat_address=f"json://{far_side.host}/old")
    tell_one(technician)
    reach(technician, chat_address=f"json://{far_side.host}/new")
    deliver_due(now)
    assert [asked.path for asked in far_side.asked] == ["/new"]
    with tenant_scope(technician.organization_id):
        assert "json://" not in str(list(Delivery.objects.values()))


def test_addresses_are_kept_sealed(technician: User, settings: Any, now: datetime) -> None:
    address = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    reaching.change(technician, {"chat_address": address}, by=technician, now=now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT chat_address FROM notifications_reaching")
        [(stored,)] = cursor.fetchall()
    assert "slack" not in stored
    assert reaching.of(technician).chat_address == address
    assert not any(address in one.text for one in reaching.standings(technician))


@pytest.mark.parametrize(
    "address",
    [
        *("syslog://localhost", "dbus://", "mailto://a:b@example.org", "slack://nonsense"),
        *(
            "json://localhost/x",
            "json://10.1.2.3/x",
            "json://printer.local/x",
            "https://example.org",
        ),
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ?template=/etc/passwd",
    ],
)
def test_unsafe_addresses_are_refused(technician: User, now: datetime, address: str) -> None:
    with pytest.raises(Invalid):
        reaching.change(technician, {"chat_address": address}, by=technician, now=now)
    with tenant_scope(technician.organization_id):
        assert not Reaching.objects.exists()


@pytest.mark.parametrize("missing", ["plan", "service", "number"])
def test_sms_need_a_premium_plan_a_service_and_a_number(
    premium: Organization,
    technician: User,
    reach: Reach,
    tell_one: Tell,
    settings: Any,
    now: datetime,
    missing: str,
) -> None:
    reach(technician, phone="030 1234567" if missing == "number" else "+49 170 1234567")
    if missing == "plan":
        premium.plan = Organization.Plan.STANDARD
        premium.save()
    if missing == "service":
        settings.SMS_URL = ""
    with tenant_scope(premium.pk):
        technician = User.objects.select_related("organization").get(pk=technician.pk)
    [sms] = [one for one in reaching.standings(technician) if one.channel == "sms"]
    words = {"plan": "premium plan", "service": "no service for SMS", "number": "country code"}
    assert not sms.reaches
    assert words[missing] in sms.text
    tell_one(technician)
    assert "sms" not in states(premium)


def test_due_work_of_a_premium_organisation_is_one_sms(
    premium: Organization,
    technician: User,
    far_side: Receiver,
    reach: Reach,
    due_work: Work,
    smtp: Sink,
    now: datetime,
) -> None:
    reach(technician, phone="+49 170 1234567")
    for number in range(3):
        due_work(title=f"Work {number}", assigned_to=technician)
    check(premium, now)
    deliver_due(now + SOON)
    [sms] = far_side.asked
    assert sms.json["message"] == "Maintenance: 3 due http://localhost:8000/admin/messages/"


def test_a_test_message_is_a_real_one(
    technician: User, far_side: Receiver, reach: Reach, smtp: Sink, now: datetime
) -> None:
    reach(technician, chat_address=f"json://{far_side.host}/chat")
    with pytest.raises(Invalid):
        trials.send(technician, "sms", now=now)
    for channel in ("chat", "email"):
        first = trials.send(technician, channel, now=now)
        assert trials.send(technician, channel, now=now) == first
    assert deliver_due(now)["sent"] == 2
    assert far_side.asked[0].json["title"] == "Test message by Chat"
    [(_, mail)] = smtp.received
    assert mail["Subject"] == "Test message by E-mail"
    assert {row.state for row in trials.latest(technician, now=now).values()} == {"sent"}


def test_channels_that_somebody_switched_off_stay_off(
    technician: User, far_side: Receiver, reach: Reach, tell_one: Tell, now: datetime
) -> None:
    reach(technician, chat_address=f"json://{far_side.host}/chat")
    with tenant_scope(technician.organization_id):
        preferences.choose(technician, {("safety_report", "chat"): False}, by=technician, now=now)
    tell_one(technician)
    assert set(states(technician.organization)) == {"email"}
