"""Webhooks on their way: in order, signed, again and again until they are taken, never into a private network."""

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organization, User
from core.models import OutboxEvent
from core.tenancy import tenant_scope
from integrations.models import Webhook, WebhookDelivery
from integrations.services import foreign, publication, webhook_calls, webhook_sending, webhooks
from integrations.services.webhook_sending import Sender
from notifications.models import Notification
from tests.events import relay_all
from tests.integrations.receivers import Receiver, drain, fresh, happen, made, receiving

pytestmark = pytest.mark.django_db
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _own_network(settings: Any) -> None:
    settings.WEBHOOKS_PRIVATE = True


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def log(webhook: Webhook) -> list[tuple[str, int, int | None, str]]:
    """What was sent, oldest first."""
    with tenant_scope(webhook.organization_id):
        rows = WebhookDelivery.objects.filter(webhook=webhook).order_by("at", "pk")
        return list(rows.values_list("event_type", "attempt", "status_code", "outcome"))


def test_events_arrive_signed_and_in_order(organization: Organization, receiver: Receiver) -> None:
    now = timezone.now()
    webhook = made(organization, receiver.address, now)
    ids = happen(organization, now, *("task.created", "room.ready", "task.completed") * 50)

    drain(now)

    assert receiver.ids == ids
    receiver.verify(webhook.secret)
    headers, _ = receiver.got[0]
    assert headers["content-type"] == "application/cloudevents+json"
    assert headers["x-correlation-id"] == "correlation-1"
    assert receiver.events[0]["type"] == "task.created"
    assert receiver.connections < 10
    assert fresh(webhook).position == 150
    assert log(webhook)[0] == ("task.created", 1, 200, "taken")
    assert drain(now) == 0


def test_only_what_was_chosen_is_sent(organization: Organization, receiver: Receiver) -> None:
    now = timezone.now()
    webhook = made(organization, receiver.address, now, event_types=["room.ready"])
    happen(organization, now, "task.created", "task.completed")
    drain(now)
    assert (receiver.got, fresh(webhook).position) == ([], 2)
    ids = happen(organization, now, "task.created", "room.ready", "task.completed")
    drain(now)
    assert (receiver.ids, fresh(webhook).position) == ([ids[1]], 5)


def test_order_is_kept_over_failures(organization: Organization, receiver: Receiver) -> None:
    now = timezone.now()
    webhook = made(organization, receiver.address, now)
    ids = happen(organization, now, *("task.created",) * 4)
    receiver.statuses = [200, 500, 503, 200]

    drain(now)
    stands = fresh(webhook)
    assert (stands.position, stands.attempts) == (1, 1)
    assert stands.problem == "The receiver answered 500 Internal Server Error."
    assert stands.failing_since is not None
    assert drain(now + timedelta(seconds=4)) == 0
    drain(now + timedelta(seconds=6))
    assert drain(now + timedelta(seconds=30)) == 0
    drain(now + 2 * MINUTE)

    assert receiver.taken == ids
    assert receiver.ids == [ids[0], ids[1], ids[1], *ids[1:]]
    stands = fresh(webhook)
    assert (stands.attempts, stands.failing_since, stands.problem) == (0, None, "")
    assert [(attempt, status) for _, attempt, status, _ in log(webhook)] == [
        *((1, 200), (1, 500), (2, 503), (3, 200), (1, 200), (1, 200)),
    ]


def test_a_receiver_that_is_down_for_a_day_gets_everything_afterwards(
    organization: Organization, receiver: Receiver
) -> None:
    now = timezone.now()
    webhook = made(organization, receiver.address, now)
    receiver.status, moment = 503, now
    ids: list[str] = []
    while moment < now + DAY:
        ids += happen(organization, moment, "task.created")
        drain(moment)
        moment += timedelta(minutes=31)
    assert fresh(webhook).is_active
    assert len(receiver.got) < 10
    receiver.status = 200
    drain(moment + timedelta(hours=12))
    assert receiver.taken == ids
    assert fresh(webhook).is_active


def test_who_takes_nothing_for_a_day_is_switched_off_with_a_notice(
    organization: Organization, admin: User, receiver: Receiver
) -> None:
    now = timezone.now()
    webhook = made(organization, receiver.address, now)
    ids = happen(organization, now, "task.created", "task.completed")
    receiver.status = 500
    for hours in range(0, 60, 5):
        drain(now + timedelta(hours=hours))
    off = fresh(webhook)
    assert (off.is_active, off.disabled_reason) == (False, "refused")
    assert off.disabled_at is not None
    assert off.disabled_at - now > DAY
    tries = len(receiver.got)
    receiver.status = 200
    drain(now + 10 * DAY)
    assert len(receiver.got) == tries

    relay_all(now + 10 * DAY)
    with tenant_scope(organization.pk):
        told = Notification.objects.get(recipient=admin, kind="webhook_disabled")
        assert f"Webhook {webhook} was switched off" in told.title
        assert "The receiver answered 500" in told.message
        webhooks.enable(off, from_now=False, by=None, now=now + 10 * DAY)
    drain(now + 10 * DAY)
    assert receiver.taken == ids


def test_switched_on_from_now_on(organization: Organization, receiver: Receiver) -> None:
    now = timezone.now()
    webhook = made(organization, receiver.address, now)
    with tenant_scope(organization.pk):
        webhooks.disable(webhook, by=None, now=now)
    happen(organization, now, "task.created")
    drain(now)
    with tenant_scope(organization.pk):
        webhooks.enable(webhook, from_now=True, by=None, now=now)
    later = happen(organization, now, "task.completed")
    drain(now)
    assert receiver.ids == later


def test_410_switches_off_at_once(organization: Organization, receiver: Receiver) -> None:
    now = timezone.now()
    webhook = made(organization, receiver.address, now)
    happen(organization, now, "task.created")
    receiver.status = 410
    drain(now)
    assert fresh(webhook).disabled_reason == "gone"
    with tenant_scope(organization.pk):
        assert OutboxEvent.objects.filter(name="integrations.webhook.disabled").count() == 1


def test_retry_after_is_honoured(organization: Organization, receiver: Receiver) -> None:
    now = timezone.now()
    webhook = made(organization, receiver.address, now)
    happen(organization, now, "task.created")
    receiver.status, receiver.headers = 429, {"Retry-After": "900"}
    drain(now)
    assert fresh(webhook).next_at == now + 15 * MINUTE


def test_both_secrets_sign_for_a_day(organization: Organization, receiver: Receiver) -> None:
    now = timezone.now()
    webhook = made(organization, receiver.address, now)
    old = webhook.secret
    with tenant_scope(organization.pk):
        new = webhooks.rotate_secret(webhook, by=None, now=now).secret
    assert new != old
    happen(organization, now, "task.created")
    drain(now)
    receiver.verify(old, new)

    later = now + webhooks.OVERLAP
    assert webhooks.clean_up(later)["secrets"] == 1
    assert fresh(webhook).previous_secret == ""
    receiver.got.clear()
    happen(organization, later, "task.created")
    drain(later)
    assert " " not in receiver.got[0][0]["webhook-signature"]


def test_a_secret_that_cannot_be_read_signs_nothing(
    organization: Organization, receiver: Receiver, settings: Any
) -> None:
    now = timezone.now()
    webhook = made(organization, receiver.address, now)
    happen(organization, now, "task.created")
    settings.SECRET_KEY = "another " * 10
    drain(now)
    assert receiver.got == []
    assert "Rotate it" in fresh(webhook).problem


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.0.1", "::1", "fe80::1", "fc00::1",
     "::ffff:127.0.0.1", "64:ff9b::7f00:1", "100.64.0.1"],
)  # fmt: skip
def test_private_networks_get_nothing(
    organization: Organization, settings: Any, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """Also when a public name leads there, and among public addresses."""
    settings.WEBHOOKS_PRIVATE = False
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 80)),
             (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80))]  # fmt: skip
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("connected"))
    now = timezone.now()
    webhook = made(organization, "https://receiver.example/events", now)
    happen(organization, now, "task.created")
    drain(now)
    assert "private network" in fresh(webhook).problem
    assert log(webhook) == [("task.created", 1, None, "unreached")]


def test_the_name_is_not_looked_up_again_between_events(
    organization: Organization, receiver: Receiver, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that closes its side makes us connect anew, and the new address is checked as well."""
    settings.WEBHOOKS_PRIVATE = False
    checked: list[str] = []

    def is_public(address: str) -> bool:
        checked.append(address)
        return len(checked) < 3

    monkeypatch.setattr(foreign, "is_public", is_public)
    receiver.headers = {"Connection": "close"}
    now = timezone.now()
    webhook = made(organization, receiver.address, now)
    happen(organization, now, *("task.created",) * 4)
    drain(now)
    assert (len(checked), len(receiver.got)) == (3, 2)
    assert "private network" in fresh(webhook).problem


def test_redirects_are_not_followed(organization: Organization, receiver: Receiver) -> None:
    now = timezone.now()
    with receiving() as other:
        webhook = made(organization, receiver.address, now)
        happen(organization, now, "task.created")
        receiver.status, receiver.headers = 307, {"Location": other.address}
        drain(now)
        assert other.got == []
    assert "is not followed" in fresh(webhook).problem


def test_in_production_the_way_is_encrypted(
    organization: Organization, receiver: Receiver, settings: Any
) -> None:
    now = timezone.now()
    webhook = made(organization, receiver.address, now)
    happen(organization, now, "task.created")
    settings.WEBHOOKS_PRIVATE, settings.PRODUCTION = False, True
    drain(now)
    assert receiver.got == []
    assert fresh(webhook).problem == "The address must begin with https://."


def test_an_answer_without_end_holds_up_nobody(
    organization: Organization, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_calls, "PATIENCE", 0.3)
    now, receiver.hold = timezone.now(), threading.Event()
    webhook = made(organization, receiver.address, now)
    happen(organization, now, "task.created")
    drain(now)
    receiver.hold.set()
    assert "takes longer than" in fresh(webhook).problem


@pytest.mark.parametrize(
    ("body", "shown"),
    [(b"no\x00thing\r\nhere \xff", "no thing here \ufffd"), (b"x" * 200_000, "x" * 300)],
)
def test_any_answer_can_be_kept(
    organization: Organization, receiver: Receiver, body: bytes, shown: str
) -> None:
    now = timezone.now()
    webhook = made(organization, receiver.address, now)
    happen(organization, now, "task.created", "task.completed")
    receiver.body = body
    drain(now)
    assert len(receiver.taken) == 2
    with tenant_scope(organization.pk):
        kept = set(WebhookDelivery.objects.filter(webhook=webhook).values_list("response"))
    assert kept == {(shown,)}


def test_a_slow_receiver_holds_up_no_other(
    organization: Organization, receiver: Receiver, stranger: Organization
) -> None:
    now, receiver.hold = timezone.now(), threading.Event()
    slow = made(organization, receiver.address, now)
    sender = Sender()
    with receiving() as quick:
        webhook = made(stranger, quick.address, now)
        happen(organization, now, "task.created")
        ids = happen(stranger, now, *("task.created",) * 5)
        sender.send(lambda: now)
        until = threading.Event()
        for _ in range(500):
            if len(quick.taken) == 5:
                break
            until.wait(0.02)
        assert quick.ids == ids
        until.wait(0.05)
        sender.send(lambda: now)
        assert fresh(webhook).position == 6
        assert fresh(slow).position == 0
    receiver.hold.set()
    drain(now, sender)
    assert fresh(slow).position == 6


def test_who_fails_leaves_places_for_the_others(
    organization: Organization, receiver: Receiver
) -> None:
    now = timezone.now()
    with receiving() as dead:
        dead.status = 500
        bad = [made(organization, dead.address, now) for _ in range(30)]
        happen(organization, now, "task.created")
        drain(now)
        dead.hold = threading.Event()
        good = made(organization, receiver.address, now)
        happen(organization, now, "task.created")
        later, sender = now + MINUTE, Sender()
        sender.send(lambda: later)
        assert len(sender._under_way) == webhook_sending.SLOTS[True] + 1
        for _ in range(500):
            if receiver.taken:
                break
            threading.Event().wait(0.02)
        assert len(receiver.taken) == 1
        dead.hold.set()
        sender.finish(lambda: later)
    assert fresh(good).position == 2
    assert {fresh(webhook).position for webhook in bad} == {0}


def test_many_endpoints_are_served_by_turns(organization: Organization, receiver: Receiver) -> None:
    now = timezone.now()
    hooks = [made(organization, receiver.address, now, name=f"{n}") for n in range(500)]
    ids = happen(organization, now, "task.created", "task.completed")
    drain(now)
    assert len(receiver.taken) == 1_000
    assert set(receiver.taken) == set(ids)
    with tenant_scope(organization.pk):
        assert set(Webhook.objects.values_list("position", flat=True)) == {2}
    assert len(hooks) == 500


def test_a_sender_that_was_killed_is_followed_by_another(
    organization: Organization, receiver: Receiver
) -> None:
    now = timezone.now()
    webhook = made(organization, receiver.address, now)
    ids = happen(organization, now, "task.created")
    assert webhook_sending.claim(webhook.pk, organization.pk, now=now) is not None  # and dies
    assert drain(now) == 0
    drain(now + webhook_sending.LEASE)
    assert receiver.taken == ids


def test_who_comes_back_too_late_records_nothing(
    organization: Organization, receiver: Receiver
) -> None:
    now = timezone.now()
    webhook = made(organization, receiver.address, now)
    happen(organization, now, "task.created")
    call = webhook_sending.claim(webhook.pk, organization.pk, now=now)
    assert call is not None
    attempts = webhook_calls.make(call, lambda: now)
    later = now + webhook_sending.LEASE
    assert webhook_sending.claim(webhook.pk, organization.pk, now=later) is not None
    webhook_sending.record(call, attempts, now=later)
    assert (fresh(webhook).position, log(webhook)) == (0, [])


def test_what_a_person_sets_meanwhile_stands(
    organization: Organization, receiver: Receiver
) -> None:
    now = timezone.now()
    webhook = made(organization, receiver.address, now)
    happen(organization, now, "task.created")
    call = webhook_sending.claim(webhook.pk, organization.pk, now=now)
    assert call is not None
    happen(organization, now, "task.created")
    with tenant_scope(organization.pk):
        webhooks.enable(fresh(webhook), from_now=True, by=None, now=now)
    webhook_sending.record(call, webhook_calls.make(call, lambda: now), now=now)
    stands = fresh(webhook)
    assert (stands.position, stands.lease_until) == (2, None)


def test_a_deleted_webhook_is_forgotten_on_the_way(
    organization: Organization, receiver: Receiver
) -> None:
    now = timezone.now()
    webhook = made(organization, receiver.address, now)
    happen(organization, now, "task.created")
    call = webhook_sending.claim(webhook.pk, organization.pk, now=now)
    assert call is not None
    with tenant_scope(organization.pk):
        webhook.delete()
    webhook_sending.record(call, webhook_calls.make(call, lambda: now), now=now)


def test_a_fault_of_ours_ends_no_sender(
    organization: Organization, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("A fault.")

    monkeypatch.setattr(webhook_calls, "envelope", broken)
    now = timezone.now()
    webhook = made(organization, receiver.address, now)
    happen(organization, now, "task.created")
    drain(now)
    assert fresh(webhook).problem == "It could not be sent. The log of the program says why."


def test_nobody_gets_what_belongs_to_others(
    organization: Organization, stranger: Organization, receiver: Receiver
) -> None:
    now = timezone.now()
    made(organization, receiver.address, now)
    happen(stranger, now, "task.created")
    own = happen(organization, now, "task.created")
    happen(stranger, now, "task.created")
    drain(now)
    assert receiver.ids == own
    assert receiver.events[0]["organization"] == organization.slug


def test_a_test_goes_to_the_one_that_is_tested(
    organization: Organization, receiver: Receiver
) -> None:
    now = timezone.now()
    webhook = made(organization, receiver.address, now, is_active=False)
    made(organization, receiver.address, now)
    with tenant_scope(organization.pk):
        row = webhooks.send_test(webhook, by=None, now=now)
    drain(now)
    receiver.verify(webhook.secret)
    assert [event["type"] for event in receiver.events] == ["webhook.test"]
    assert receiver.events[0]["data"] == {"webhook_id": str(webhook.pk), "name": webhook.name}
    assert log(webhook) == [("webhook.test", 1, 200, "taken")]
    with tenant_scope(organization.pk):
        webhooks.redeliver(row, by=None, now=now)
    drain(now)
    assert len(set(receiver.ids)) == 1


def test_redelivery_moves_nothing(organization: Organization, receiver: Receiver) -> None:
    now = timezone.now()
    webhook = made(organization, receiver.address, now)
    ids = happen(organization, now, "task.created", "task.completed")
    drain(now)
    with tenant_scope(organization.pk):
        first = WebhookDelivery.objects.get(webhook=webhook, event_id=ids[0])
        again = webhooks.redeliver(first, by=None, now=now)
    receiver.status = 500
    drain(now)
    stands = fresh(webhook)
    assert (receiver.ids[2:], stands.position, stands.attempts) == (ids[:1], 2, 0)
    with tenant_scope(organization.pk):
        again.refresh_from_db()
        assert (again.outcome, again.status_code) == ("refused", 500)


def test_old_deliveries_are_removed(organization: Organization, receiver: Receiver) -> None:
    now = timezone.now()
    webhook = made(organization, receiver.address, now)
    happen(organization, now, "task.created")
    drain(now)
    assert webhooks.clean_up(now + webhooks.KEEP)["deliveries"] == 0
    assert webhooks.clean_up(now + webhooks.KEEP + MINUTE)["deliveries"] == 1
    assert log(webhook) == []
    assert webhooks.KEEP == publication.KEEP


def test_figures(organization: Organization, receiver: Receiver) -> None:
    now = timezone.now()
    made(organization, receiver.address, now)
    happen(organization, now, "task.created")
    receiver.status = 500
    drain(now)
    made(organization, receiver.address, now)
    with tenant_scope(organization.pk):
        assert Webhook.objects.figures() == {"well": 1, "failing": 1, "disabled": 0}


def test_looking_costs_as_much_for_many_as_for_one(
    organization: Organization, receiver: Receiver
) -> None:
    now = timezone.now()

    def asked(look: Callable[[], int]) -> int:
        with CaptureQueriesContext(connection) as found:
            look()
        return len(found)

    made(organization, receiver.address, now)
    assert asked(lambda: Sender().send(lambda: now)) == 2
    for _ in range(5):
        made(organization, receiver.address, now)
    assert asked(lambda: Sender().send(lambda: now)) == 2
    happen(organization, now, "task.created")
    one = asked(lambda: drain(now))
    happen(organization, now, *("task.created",) * 5)
    assert asked(lambda: drain(now)) == one
