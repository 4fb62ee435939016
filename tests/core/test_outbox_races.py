"""Relays at once: each event has one effect. Threads with connections of their own."""

import threading
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import Organization
from core import outbox
from core.models import IdempotencyKey, OutboxEvent
from core.tenancy import tenant_scope
from tests.core.conftest import NAME, person, publish
from tests.threads import in_threads, shared_database

pytestmark = pytest.mark.usefixtures("handlers")


@pytest.mark.django_db(transaction=True)
def test_relays_at_once_handle_each_event_once(
    mine: Organization, now: datetime, tmp_path: Path
) -> None:
    user = person(mine, "anna@adler.example")

    @outbox.handles(NAME, id="kernel.count")
    def count(event: OutboxEvent) -> None:
        IdempotencyKey.objects.create(user_id=user.pk, key=uuid4().hex, endpoint=str(event.pk))

    with shared_database(tmp_path):
        publish(mine.pk, now, count=40)

        def drain(_: int) -> int:
            taken = 0
            while batch := outbox.relay(now, limit=5):
                taken += batch
            return taken

        taken, errors = in_threads(4, drain)
        with tenant_scope(mine.pk):
            handled = list(IdempotencyKey.objects.values_list("endpoint", flat=True))
            unfinished = OutboxEvent.objects.filter(finished_at=None).count()
    assert errors == []
    assert sum(taken) == 40
    assert (len(handled), len(set(handled)), unfinished) == (40, 40, 0)


@pytest.mark.django_db(transaction=True)
def test_expired_leases_at_once_still_have_one_effect(
    mine: Organization, now: datetime, tmp_path: Path
) -> None:
    """Two relays hold the same event, as after a lease that ran out: one effect, by the unique row."""
    user = person(mine, "anna@adler.example")

    @outbox.handles(NAME, id="kernel.count")
    def count(event: OutboxEvent) -> None:
        IdempotencyKey.objects.create(user_id=user.pk, key=uuid4().hex, endpoint=str(event.pk))

    with shared_database(tmp_path):
        [event] = publish(mine.pk, now)
        failures, errors = in_threads(4, lambda _: outbox._deliver(event, frozenset(), now))
        with tenant_scope(mine.pk):
            effects = IdempotencyKey.objects.count()
    assert (failures, errors, effects) == ([None] * 4, [], 1)


@pytest.mark.django_db(transaction=True)
def test_the_race_is_real(
    mine: Organization, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without leases the same event is taken by several relays."""
    barrier = threading.Barrier(2, timeout=300)

    def unguarded(self: Any, *, now: datetime, limit: int, **values: Any) -> list[OutboxEvent]:
        events = list(self.due(now)[:limit])
        barrier.wait()
        return events

    monkeypatch.setattr(type(OutboxEvent.objects.none()), "claim", unguarded)
    with shared_database(tmp_path):
        publish(mine.pk, now)
        taken, errors = in_threads(2, lambda _: outbox.relay(now))
    assert (taken, errors) == ([1, 1], [])
