"""Senders at once: each webhook is in one sender's hands. Threads with connections of their own."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

import tests.flush  # noqa: F401
from accounts.models import Organization
from integrations.querysets import WebhookQuerySet
from integrations.services import webhook_sending
from tests.integrations.receivers import Receiver, drain, fresh, happen, made, receiving
from tests.threads import after_all, in_threads

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
NODES = 4


@pytest.fixture(autouse=True)
def _own_network(settings: Any) -> None:
    settings.WEBHOOKS_PRIVATE = True


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def test_nodes_share_the_webhooks(organization: Organization, stranger: Organization) -> None:
    now = timezone.now()
    with receiving() as one, receiving() as other:
        hooks = [made(organization, one.address, now), made(stranger, other.address, now)]
        ids = happen(organization, now, *("task.created",) * 230)
        theirs = happen(stranger, now, *("task.created",) * 230)
        _, errors = in_threads(NODES, lambda _: drain(now))
        drain(now)
        assert errors == []
        assert (one.ids, other.ids) == (ids, theirs)
    assert {fresh(hook).position for hook in hooks} == {460}


def test_one_of_many_claims(
    organization: Organization, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _sent_by_all(organization, receiver, monkeypatch) == 1


def test_without_the_claim_all_would_send(
    organization: Organization, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: the race is there, and the conditional UPDATE is what ends it."""

    def careless(rows: Any, pk: object, *, now: Any, lease_until: Any) -> bool:
        return bool(rows.filter(pk=pk).update(lease_until=lease_until))

    monkeypatch.setattr(WebhookQuerySet, "claim", careless)
    assert _sent_by_all(organization, receiver, monkeypatch) == NODES


def _sent_by_all(
    organization: Organization, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> int:
    """How often an event arrives when all nodes find it due at the same moment."""
    now = timezone.now()
    made(organization, receiver.address, now)
    happen(organization, now, "task.created")
    monkeypatch.setattr(webhook_sending, "claim", after_all(NODES, webhook_sending.claim))
    senders = [webhook_sending.Sender() for _ in range(NODES)]

    def send(number: int) -> None:
        senders[number].send(lambda: now)
        senders[number].finish(lambda: now)

    _, errors = in_threads(NODES, send)
    assert errors == []
    return len(receiver.got)
