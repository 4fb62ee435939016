"""Many webhooks and many senders: none holds up another, and what one that died held goes on."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organization
from core.tenancy import tenant_scope
from integrations.models import Webhook
from integrations.services import webhook_calls, webhook_sending, webhooks
from integrations.services.webhook_sending import Sender
from tests.integrations.receivers import Receiver, drain, fresh, happen, log, made, receiving

pytestmark = pytest.mark.django_db
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _own_network(settings: Any) -> None:
    settings.WEBHOOKS_PRIVATE = True


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


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


def test_what_was_asked_for_ends_with_the_turn_too(
    organization: Organization, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a lease could end before its turn."""
    monkeypatch.setattr(webhook_calls, "TURN", -1)
    now = timezone.now()
    webhook = made(organization, receiver.address, now)
    ids = happen(organization, now, "task.created")
    with tenant_scope(organization.pk):
        for _ in range(3):
            webhooks.send_test(webhook, by=None, now=now)
    sender = Sender()
    for number in range(1, 4):
        sender.send(lambda: now)
        sender.finish(lambda: now)
        assert (len(receiver.got), fresh(webhook).position) == (number, 0)
    drain(now, sender)
    assert receiver.ids[-1:] == ids


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


def test_what_cannot_be_recorded_holds_up_no_other(
    organization: Organization, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    bad, good = (made(organization, receiver.address, now) for _ in range(2))
    happen(organization, now, "task.created")
    record = webhook_sending.record

    def fails(call: Any, *args: Any, **named: Any) -> None:
        if call.webhook_id == bad.pk:
            raise ValueError("A fault.")
        record(call, *args, **named)

    monkeypatch.setattr(webhook_sending, "record", fails)
    drain(now)
    assert (fresh(bad).position, fresh(good).position) == (0, 1)
    monkeypatch.setattr(webhook_sending, "record", record)
    drain(now + webhook_sending.LEASE)
    assert fresh(bad).position == 1


def test_who_wants_nothing_of_it_goes_to_the_end_of_the_row(
    organization: Organization, receiver: Receiver
) -> None:
    now = timezone.now()
    picky = made(organization, receiver.address, now - DAY, event_types=["room.ready"])
    happen(organization, now, "task.created")
    drain(now)
    assert fresh(picky).next_at == now


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


def test_who_wants_nothing_of_it_costs_nothing(
    organization: Organization, receiver: Receiver
) -> None:
    now = timezone.now()

    def asked(webhooks: int) -> int:
        for _ in range(webhooks):
            made(organization, receiver.address, now, event_types=["room.ready"])
        happen(organization, now, "task.created")
        with CaptureQueriesContext(connection) as found:
            drain(now)
        return len(found)

    made(organization, receiver.address, now)
    assert asked(1) == asked(200)
    assert len(receiver.taken) == 2
    with tenant_scope(organization.pk):
        assert set(Webhook.objects.values_list("position", flat=True)) == {2}


def test_who_wants_something_of_it_is_not_passed_over(
    organization: Organization,
    stranger: Organization,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = timezone.now()
    wants = {"event_types": ["room.ready", "task.created"]}
    hooks = [made(place, receiver.address, now, **wants) for place in (organization, stranger)]
    (first,) = happen(organization, now, "task.created")
    happen(organization, now, "task.completed")
    happen(stranger, now, "task.completed")
    drain(now)
    assert receiver.taken == [first]
    monkeypatch.setattr(webhook_sending, "_NEAR", 1)
    (last,) = happen(organization, now, "room.ready")
    happen(organization, now, *("task.completed",) * 5)
    drain(now)
    assert receiver.taken == [first, last]
    assert fresh(hooks[0]).position == 9
    assert fresh(hooks[1]).position == 3


def test_who_is_switched_off_or_fails_stays_where_it_stands(
    organization: Organization, receiver: Receiver
) -> None:
    now, receiver.status = timezone.now(), 500
    failing, off = (
        made(organization, receiver.address, now, event_types=["room.ready"]) for _ in range(2)
    )
    with tenant_scope(organization.pk):
        webhooks.disable(off, by=None, now=now)
    happen(organization, now, "room.ready")
    drain(now)
    happen(organization, now, "task.created")
    drain(now)
    assert (fresh(failing).position, fresh(off).position) == (0, 0)
    receiver.status = 200
    drain(now + MINUTE)
    assert (fresh(failing).position, fresh(off).position) == (2, 0)
