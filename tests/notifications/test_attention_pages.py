"""Taking up and putting off from the inbox, by the API and by the link in a message; the page of one's channels."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from notifications.models import Channel, Delivery, Kind, Notification
from notifications.services import browsers, message_links, preferences, reaching
from notifications.services.deliveries import deliver_due
from tests import factories
from tests.notifications.conftest import Reach, Sink
from tests.notifications.receivers import Browser, Receiver
from tests.notifications.test_api import client
from tests.notifications.test_pages import browser, text

pytestmark = pytest.mark.django_db
Tell = Callable[..., Notification]
PAGE = "/admin/messages/preferences/"


@pytest.fixture(autouse=True)
def _clock(now: datetime) -> Any:
    with time_machine.travel(now, tick=False):
        yield


def fresh(message: Notification) -> Notification:
    with tenant_scope(message.organization_id):
        found: Notification = Notification.objects.get(pk=message.pk)
    return found


def link_of(message: Notification) -> str:
    return message_links.address(message.pk).removeprefix("http://localhost:8000")


def test_the_inbox_offers_both(technician: User, tell_one: Tell) -> None:
    message = tell_one(technician)
    caller = browser(technician)
    page = text(caller.get("/admin/messages/"))
    assert "I'll see to it" in page
    assert "Tomorrow at 07:00" in page
    caller.post(f"/admin/messages/{message.pk}/snooze/", {"until": "tomorrow"})
    assert fresh(message).snoozed_until == datetime.fromisoformat("2026-03-05T06:00Z")
    page = text(caller.get("/admin/messages/"))
    assert "You are told again Thu 5 Mar 2026, 07:00" in page
    assert "bell-count" not in text(caller.get("/admin/messages/bell/"))
    caller.post(f"/admin/messages/{message.pk}/acknowledge/", {"next": "https://evil.example/"})
    assert fresh(message).acknowledged_by_id == technician.pk
    assert "Tina Wolf has been seeing to it since" in text(caller.get("/admin/messages/"))
    answer = caller.post(f"/admin/messages/{message.pk}/snooze/", {"until": "hour"}, follow=True)
    assert "Somebody is seeing to it already." in text(answer)


def test_the_api_does_both(technician: User, tell_one: Tell, now: datetime) -> None:
    message = tell_one(technician)
    caller = client(technician)
    address = f"/api/v1/notifications/{message.pk}"
    until = (now + timedelta(hours=2)).isoformat()
    body = caller.post(f"{address}/snooze", {"until": until}, format="json").json()
    assert datetime.fromisoformat(body["snoozed_until"]) == now + timedelta(hours=2)
    for wrong in ({}, {"until": "soon"}, {"until": now.isoformat()}):
        assert caller.post(f"{address}/snooze", wrong, format="json").status_code in {400, 422}
    body = caller.post(f"{address}/acknowledge").json()
    assert body["acknowledged_at"] is not None
    assert body["snoozed_until"] is None
    assert caller.post(f"{address}/acknowledge").json() == body
    refused = caller.post(f"{address}/snooze", {"until": until}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "already_acknowledged")


def test_what_is_urgent_is_put_off_until_monday_at_most(
    technician: User, tell_one: Tell, now: datetime
) -> None:
    urgent, normal = tell_one(technician), tell_one(technician, "calm", priority="normal")
    caller = client(technician)
    monday, later = "2026-03-09T07:00:00+01:00", "2026-03-09T07:01:00+01:00"
    address = f"/api/v1/notifications/{urgent.pk}/snooze"
    refused = caller.post(address, {"until": later}, format="json")
    assert refused.status_code == 400
    assert refused.json() == {
        "until": ["This is urgent: it can be put off until Mon 9 Mar 2026, 07:00 at most."]
    }
    assert fresh(urgent).snoozed_until is None
    assert caller.post(address, {"until": monday}, format="json").status_code == 200
    calm = f"/api/v1/notifications/{normal.pk}/snooze"
    assert caller.post(calm, {"until": later}, format="json").status_code == 200


def test_nobody_takes_up_what_somebody_else_was_told(
    technician: User, owner: User, stranger: Organization, tell_one: Tell
) -> None:
    message = tell_one(technician)
    for other in (owner, factories.user(stranger, role=Role.ADMIN)):
        for what in ("acknowledge", "snooze"):
            console = browser(other).post(
                f"/admin/messages/{message.pk}/{what}/", {"until": "hour"}
            )
            api = client(other).post(f"/api/v1/notifications/{message.pk}/{what}")
            assert (console.status_code, api.status_code) == (404, 404)
    assert fresh(message).acknowledged_at is None


def test_the_link_in_a_message_needs_no_signing_in(technician: User, tell_one: Tell) -> None:
    message = tell_one(technician)
    link = link_of(message)
    assert len(link) <= 40
    phone = Client(enforce_csrf_checks=True)
    page = text(phone.get(link))
    assert "Gas smell in room 12" in page
    assert "Why you: You coordinate the work." in page
    assert "Change what you hear about" in page
    assert fresh(message).acknowledged_at is None  # looking changes nothing
    assert "Put off" in text(phone.post(link, {"snooze": "hour"}))
    assert "Tina Wolf has been seeing to it since Wed 4 Mar 2026, 07:00" in text(
        phone.post(link, {"acknowledge": "1"})
    )
    assert phone.post(link, {"snooze": "hour"}).status_code == 422
    assert fresh(message).acknowledged_by_id == technician.pk


def test_a_link_that_was_not_made_here_opens_nothing(
    technician: User, tell_one: Tell, settings: Any
) -> None:
    link = link_of(tell_one(technician))
    forged = link[:-4] + ("AAA/" if link[-4:-1] != "AAA" else "BBB/")
    for address in (forged, "/m/x/", "/m/%C3%BC/", link[:20] + "/"):
        assert Client().get(address).status_code == 404
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "new" * 20
    assert Client().get(link).status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert Client().get(link).status_code == 404


def test_the_link_of_somebody_who_left_opens_nothing(technician: User, tell_one: Tell) -> None:
    link = link_of(tell_one(technician))
    with tenant_scope(technician.organization_id):
        User.objects.filter(pk=technician.pk).update(is_active=False)
    assert Client().get(link).status_code == 404


def test_the_page_shows_the_ways_and_what_is_missing(
    technician: User, far_side: Receiver, reach: Reach
) -> None:
    page = text(browser(technician).get(PAGE))
    for words in ("SMS are part of the premium plan.", "No browser of yours shows messages yet."):
        assert words in page
    assert 'name="maintenance_due:email"' in page
    assert 'name="maintenance_due:chat"' not in page
    reach(technician, chat_address="slack://T1JJ3T3L2/A1BRTD4JD/secretsecretsecretsecret")
    page = text(browser(technician).get(PAGE))
    assert 'name="maintenance_due:chat"' in page
    assert "secretsecret" not in page


def test_times_are_kept_and_refused_in_words(technician: User) -> None:
    caller = browser(technician)
    times = {"rhythm": "daily", "digest_hour": "18", "quiet_from": "22:00", "quiet_until": "06:30"}
    assert "Saved." in text(caller.post("/admin/messages/reach/", times, follow=True))
    chosen = reaching.of(technician)
    assert (chosen.rhythm, chosen.digest_hour) == ("daily", 18)
    assert f"{chosen.quiet_from:%H:%M} {chosen.quiet_until:%H:%M}" == "22:00 06:30"
    page = text(caller.get(PAGE))
    assert 'value="22:00"' in page
    for wrong, words in (
        ({"quiet_until": ""}, "Enter both ends of the quiet hours, or neither."),
        ({"quiet_until": "22:00"}, "Quiet hours end at another time than they begin."),
        ({"quiet_until": "late"}, "Enter a time such as 22:00."),
        ({"digest_hour": "24"}, "Choose an hour from 0 to 23."),
        ({"rhythm": "never"}, "There is no rhythm called “never”."),
    ):
        answer = caller.post("/admin/messages/reach/", {**times, **wrong}, follow=True)
        assert words in text(answer)
    assert reaching.of(technician).digest_hour == 18


def test_an_address_is_kept_changed_and_ended(technician: User) -> None:
    caller = browser(technician)
    good = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    for address, words in (
        (good, "Saved."),
        ("syslog://localhost", "none beginning with “syslog://”"),
        ("", "Saved."),
    ):
        answer = caller.post("/admin/messages/reach/", {"chat_address": address}, follow=True)
        assert words in text(answer)
    assert reaching.of(technician).chat_address == ""


def test_send_me_one_tells_how_it_went(
    organization: Organization,
    technician: User,
    far_side: Receiver,
    reach: Reach,
    smtp: Sink,
    now: datetime,
) -> None:
    reach(technician, chat_address=f"json://{far_side.host}/chat")
    far_side.status = 404
    smtp.refused = {technician.email: "450 Try later"}
    caller = browser(technician)
    page = text(caller.post("/admin/messages/try/chat/", headers={"HX-Request": "true"}))
    assert "On its way" in page
    assert 'hx-trigger="every 1s' in page
    caller.post("/admin/messages/try/email/")
    deliver_due(now)
    page = text(caller.get("/admin/messages/tried/chat/"))
    assert "It did not leave. The service refused the message (it answered 404)." in page
    assert "hx-trigger" not in page
    page = text(caller.get(PAGE))
    assert "The mail server refused it for now: “450 Try later”. It is tried again" in page
    with tenant_scope(organization.pk):
        assert Delivery.objects.count() == 2
    refused = caller.post("/admin/messages/try/sms/", follow=True)
    assert "This channel does not reach you yet." in text(refused)
    assert caller.get("/admin/messages/tried/pigeon/").status_code == 404
    for _ in range(5):
        page = text(caller.post("/admin/messages/try/chat/", headers={"HX-Request": "true"}))
        deliver_due(now)
    assert "That were five within ten minutes." in page


def test_browsers_come_and_go(technician: User, settings: Any) -> None:
    settings.CHANNELS_PRIVATE = False
    made = Browser("https://push.example/1")
    caller = browser(technician)
    body = {
        "endpoint": made.endpoint,
        "keys": {"p256dh": made.public_key, "auth": made.secret},
        "label": "Firefox on Linux",
    }

    def post(what: str, sent: Any) -> Any:
        return caller.post(
            f"/admin/messages/{what}/", json.dumps(sent), content_type="application/json"
        )

    assert post("subscribe", body).json() == {"label": "Firefox on Linux"}
    [known] = browsers.hashes(technician)
    assert f'data-known="{known}"' in text(caller.get(PAGE))
    wrongs: list[Any] = [{}, [], "x", {**body, "endpoint": "http://push.example"}]
    for wrong in [*wrongs, {**body, "keys": 1}]:
        assert post("subscribe", wrong).status_code == 400
    assert post("unsubscribe", {}).status_code == 400
    assert post("unsubscribe", {"endpoint": made.endpoint}).json() == {"done": True}
    assert post("unsubscribe", {"endpoint": made.endpoint}).json() == {"done": False}


def test_the_worker_of_the_browser_is_a_script_that_is_asked_anew() -> None:
    answer = Client().get("/admin/messages/worker.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert "no-store" in answer["Cache-Control"]
    assert b"showNotification" in answer.content


def test_the_matrix_leaves_channels_alone_that_it_does_not_show(technician: User) -> None:
    with tenant_scope(technician.organization_id):
        wishes = {(Kind.SYSTEM.value, Channel.CHAT.value): True}
        preferences.choose(technician, wishes, by=technician, now=datetime.now().astimezone())
    browser(technician).post(PAGE, {})
    with tenant_scope(technician.organization_id):
        cells = preferences.matrix(technician)
    on = {(cell.kind, cell.channel) for cell in cells if cell.enabled}
    assert (Kind.SYSTEM, Channel.CHAT) in on
    assert not [kind for kind, channel in on if channel in {Channel.IN_APP, Channel.EMAIL}]


def test_no_page_shows_an_address_that_holds_secrets(
    admin: User, technician: User, far_side: Receiver, reach: Reach, tell_one: Tell, now: datetime
) -> None:
    reach(technician, chat_address=f"json://{far_side.host}/very-secret")
    far_side.status = 500
    tell_one(technician)
    deliver_due(now)
    page = text(browser(admin).get("/admin/notifications/delivery/"))
    assert "The service is out of order (it answered 500)." in page
    detail = re.search(r"/admin/notifications/delivery/[0-9a-f-]+/change/", page)
    assert detail is not None
    assert "very-secret" not in page + text(browser(admin).get(detail[0]))
