"""Webhooks on their way: in order, signed, again and again until they are taken, never into a private network."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Organization, User
from core.models import OutboxEvent
from core.tenancy import tenant_scope
from integrations.models import Webhook, WebhookDelivery
from integrations.services import publication, webhooks
from notifications.models import Notification
from tests.events import relay_all
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
