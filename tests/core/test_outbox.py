"""Events: published with the change, handled once, retried, never lost."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

from accounts.models import Organization
from core import correlation, outbox
from core.models import HandledEvent, IdempotencyKey, OutboxEvent
from core.tenancy import all_tenants, current_organization_id, tenant_scope
from tests.core.conftest import NAME, person, publish

pytestmark = pytest.mark.usefixtures("handlers")


def only_event() -> OutboxEvent:
    with all_tenants(reason="test"):
        return OutboxEvent.objects.get()


@pytest.mark.django_db(transaction=True)
def test_publishing_outside_a_transaction_is_refused(mine: Organization, now: datetime) -> None:
    with pytest.raises(outbox.OutsideTransaction):
        outbox.publish(NAME, {}, organization_id=mine.pk, now=now)


@pytest.mark.django_db(transaction=True)
def test_a_rollback_takes_the_event_along(mine: Organization, now: datetime) -> None:
    rung: list[int] = []
    outbox.set_bell(lambda: rung.append(1))
    with transaction.atomic():
        outbox.publish(NAME, {}, organization_id=mine.pk, now=now)
        transaction.set_rollback(True)
    with all_tenants(reason="test"):
        assert not OutboxEvent.objects.exists()
    assert rung == []


@pytest.mark.django_db(transaction=True)
def test_the_bell_rings_once_after_the_commit(mine: Organization, now: datetime) -> None:
    rung: list[bool] = []
    outbox.set_bell(lambda: rung.append(connection.in_atomic_block))
    with transaction.atomic():
        for _ in range(3):
            with transaction.atomic():
                outbox.publish(NAME, {}, organization_id=mine.pk, now=now)
        assert rung == []
    assert rung == [False]


def test_names_follow_the_pattern(mine: Organization, now: datetime) -> None:
    with pytest.raises(ValueError, match="past_tense"):
        outbox.publish("Happened", {}, organization_id=mine.pk, now=now)


def test_payloads_hold_plain_values(mine: Organization, now: datetime) -> None:
    with correlation.correlated("request-12345"):
        publish(mine.pk, now, at=now, cost=Decimal("1.50"), id=mine.pk)
    event = only_event()
    assert event.payload == {"at": now.isoformat(), "cost": "1.50", "id": str(mine.pk)}
    assert (event.correlation_id, event.occurred_at) == ("request-12345", now)


def test_a_handler_runs_in_the_scope_of_its_event(mine: Organization, now: datetime) -> None:
    seen: list[Any] = []

    @outbox.handles(NAME, id="kernel.note")
    def note(event: OutboxEvent) -> None:
        seen.append((event.payload["n"], current_organization_id(), correlation.current()))

    with correlation.correlated("request-12345"):
        publish(mine.pk, now, n=7)
    assert outbox.relay(now) == 1
    assert seen == [(7, mine.pk, "request-12345")]
    assert only_event().finished_at == now
    assert outbox.relay(now + timedelta(hours=1)) == 0
    assert len(seen) == 1


def test_events_without_handlers_are_finished(mine: Organization, now: datetime) -> None:
    publish(mine.pk, now, count=3)
    assert outbox.relay(now, limit=2) == 2
    assert outbox.relay(now, limit=2) == 1
    assert outbox.relay(now) == 0


def test_one_failing_handler_delays_only_itself(mine: Organization, now: datetime) -> None:
    calls: list[str] = []
    broken = True

    @outbox.handles(NAME, id="kernel.bad")
    def bad(event: OutboxEvent) -> None:
        calls.append("bad")
        person(mine, f"bad{len(calls)}@adler.example")
        if broken:
            raise RuntimeError("no luck")

    @outbox.handles(NAME, id="kernel.good")
    def good(event: OutboxEvent) -> None:
        calls.append("good")

    publish(mine.pk, now)
    assert outbox.relay(now) == 1
    event = only_event()
    assert (event.attempts, event.last_error) == (1, "RuntimeError: no luck")
    assert timedelta(seconds=3) < event.available_at - now < timedelta(seconds=7)
    assert outbox.relay(now + timedelta(seconds=1)) == 0
    broken = False
    assert outbox.relay(now + timedelta(seconds=10)) == 1
    assert calls == ["bad", "good", "bad"]
    event = only_event()
    assert event.finished_at == now + timedelta(seconds=10)
    assert event.last_error == ""
    with all_tenants(reason="test"):
        assert [
            user.email for user in type(person(mine, "x@x.example")).objects.exclude(name="x")
        ] == ["bad3@adler.example"]


def test_after_the_last_try_an_event_is_parked_and_can_be_retried(
    mine: Organization, now: datetime
) -> None:
    @outbox.handles(NAME, id="kernel.bad")
    def bad(event: OutboxEvent) -> None:
        raise RuntimeError("never")

    publish(mine.pk, now)
    moment, waits = now, []
    for _ in range(outbox.MOST_ATTEMPTS):
        assert outbox.relay(moment) == 1
        waits.append(only_event().available_at - moment)
        moment += timedelta(hours=2)
    event = only_event()
    assert event.failed_at is not None
    assert event.finished_at is None
    assert max(waits) <= outbox.LONGEST_WAIT * 1.25
    assert waits[3] > waits[0]
    assert outbox.relay(moment) == 0
    assert outbox.retry_parked(organization_id=mine.pk, now=moment) == 1
    assert outbox.relay(moment) == 1


def test_a_lease_that_ran_out_is_taken_over(mine: Organization, now: datetime) -> None:
    publish(mine.pk, now)
    with all_tenants(reason="test"):
        assert len(OutboxEvent.objects.claim(now=now, lease=outbox.LEASE, limit=10)) == 1
        assert OutboxEvent.objects.claim(now=now, lease=outbox.LEASE, limit=10) == []
    assert outbox.relay(now + timedelta(seconds=1)) == 0
    assert outbox.relay(now + outbox.LEASE) == 1
    assert only_event().finished_at is not None


def test_a_done_handler_is_not_repeated(mine: Organization, now: datetime) -> None:
    calls: list[UUID] = []

    @outbox.handles(NAME, id="kernel.note")
    def note(event: OutboxEvent) -> None:
        calls.append(event.pk)

    [event] = publish(mine.pk, now)
    HandledEvent.objects.create(event=event, handler_id="kernel.note", handled_at=now)
    outbox.relay(now)
    assert calls == []
    assert only_event().finished_at == now


def test_two_handlers_cannot_share_an_id() -> None:
    outbox.handles(NAME, id="kernel.note")(lambda event: None)

    def other(event: OutboxEvent) -> None: ...

    with pytest.raises(ValueError, match=r"kernel\.note"):
        outbox.handles(NAME, id="kernel.note")(other)


def test_clean_up_removes_old_finished_events(
    mine: Organization, now: datetime, django_assert_num_queries: Any
) -> None:
    @outbox.handles(NAME, id="kernel.note")
    def note(event: OutboxEvent) -> None: ...

    publish(mine.pk, now, count=5)
    outbox.relay(now)
    publish(mine.pk, now)
    assert outbox.clean_up(now + timedelta(days=6)) == 0
    with django_assert_num_queries(5):  # the ids and two deletes in a savepoint
        assert outbox.clean_up(now + timedelta(days=8)) == 5
    assert only_event().finished_at is None
    assert not HandledEvent.objects.exists()


def test_publishing_many_costs_few_inserts(
    mine: Organization, now: datetime, django_assert_max_num_queries: Any
) -> None:
    with transaction.atomic(), django_assert_max_num_queries(7):  # SQLite limits variables
        outbox.publish_many(NAME, [{}] * 500, organization_id=mine.pk, now=now)


def test_the_relay_spends_no_query_per_unhandled_event(
    mine: Organization, now: datetime, django_assert_max_num_queries: Any
) -> None:
    publish(mine.pk, now, count=100)
    with django_assert_max_num_queries(6):
        assert outbox.relay(now) == 100


def test_one_bad_event_among_many_holds_up_no_other(mine: Organization, now: datetime) -> None:
    """The others' effects stand once, although the first try for all of them was rolled back."""
    user = person(mine, "anna@adler.example")

    @outbox.handles(NAME, id="kernel.count")
    def count(event: OutboxEvent) -> None:
        IdempotencyKey.objects.create(user_id=user.pk, key=uuid4().hex, endpoint=str(event.pk))
        if event.payload.get("bad"):
            raise RuntimeError("no luck")

    publish(mine.pk, now, count=4)
    [bad] = publish(mine.pk, now, bad=True)
    publish(mine.pk, now, count=4)
    assert outbox.relay(now) == 9
    with tenant_scope(mine.pk):
        effects = list(IdempotencyKey.objects.values_list("endpoint", flat=True))
        waiting = list(OutboxEvent.objects.filter(finished_at=None).values_list("pk", flat=True))
    assert (len(effects), len(set(effects)), waiting) == (8, 8, [bad.pk])


def test_events_reach_handlers_in_their_order(
    mine: Organization, theirs: Organization, now: datetime
) -> None:
    seen: list[int] = []
    for name in (NAME, "kernel.other.happened"):
        outbox.handles(name, id=f"note.{name}")(lambda event: seen.append(event.payload["n"]))
    with transaction.atomic():
        for number, name in enumerate([NAME, "kernel.other.happened", NAME, NAME]):
            owner = theirs if number == 2 else mine
            outbox.publish(name, {"n": number}, organization_id=owner.pk, now=now)
    outbox.relay(now)
    assert seen == [0, 1, 2, 3]


@pytest.mark.django_db(transaction=True)
def test_large_events_share_no_long_transaction(
    mine: Organization,
    now: datetime,
    handlers: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each is committed before the next begins, once the time for doing several at once is over."""
    monkeypatch.setattr(outbox, "TOGETHER", timedelta(microseconds=1))
    seen: list[str] = []

    @outbox.handles(NAME, id="test.large")
    def handler(event: OutboxEvent) -> None:
        seen.append("handled")
        transaction.on_commit(lambda: seen.append("committed"))

    publish(mine.pk, now, count=3)
    assert outbox.relay(now) == 3
    assert seen == ["handled", "committed"] * 3
