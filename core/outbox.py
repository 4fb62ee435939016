"""Events that happened: written with the change, handed to handlers after the commit.

Delivery is at least once, the effect of each handler once: what a handler writes is committed
together with a HandledEvent row. Handlers never touch the network; they insert rows that a worker
sends.
"""

import logging
import random
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from core import correlation, telling, tracing
from core.models import HandledEvent, OutboxEvent
from core.plain import plain
from core.tenancy import all_tenants, tenant_scope

Handler = Callable[[OutboxEvent], None]

LEASE = timedelta(minutes=2)
TOGETHER = timedelta(seconds=1)
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)
MOST_ATTEMPTS = 12  # about four hours of tries
KEEP_FINISHED = timedelta(days=7)
BATCH = 100
_CLEAN_UP_STEP = 1_000
_ERROR_LENGTH = 2_000
_NAME = re.compile(r"[a-z_]+(\.[a-z_]+){2}")

logger = logging.getLogger(__name__)
_handlers: dict[str, dict[str, Handler]] = defaultdict(dict)
_jitter = random.SystemRandom()
_bell: Callable[[], None] | None = None


class OutsideTransaction(RuntimeError):
    """An event was published outside a transaction, so it could be lost or tell of nothing."""


def handles(name: str, *, id: str) -> Callable[[Handler], Handler]:
    """Register a handler; `id` is kept in the database and must stay the same for ever."""

    def register(handler: Handler) -> Handler:
        known = _handlers[name].setdefault(id, handler)
        if (known.__module__, known.__qualname__) != (handler.__module__, handler.__qualname__):
            raise ValueError(f"Two handlers of {name} are called {id}.")
        return handler

    return register


def handlers_of(name: str) -> Mapping[str, Handler]:
    return _handlers.get(name, {})


def set_bell(bell: Callable[[], None] | None) -> None:
    """What wakes the relay after a commit; without a bell it finds events at its next round."""
    global _bell
    _bell = bell


def publish(
    name: str,
    payload: Mapping[str, Any],
    *,
    organization_id: UUID,
    now: datetime,
    correlation_id: str | None = None,
) -> OutboxEvent:
    """Record that something happened, in the transaction in which it happened."""
    return publish_many(
        name, [payload], organization_id=organization_id, now=now, correlation_id=correlation_id
    )[0]


def publish_many(
    name: str,
    payloads: Iterable[Mapping[str, Any]],
    *,
    organization_id: UUID,
    now: datetime,
    correlation_id: str | None = None,
) -> list[OutboxEvent]:
    """The same for many events of one kind, in one insert."""
    if not connection.in_atomic_block:
        raise OutsideTransaction(f"{name} was published outside a transaction.")
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not <app>.<thing>.<past_tense>.")
    cause = correlation.current() if correlation_id is None else correlation_id
    events = [
        OutboxEvent(
            name=name,
            payload=plain(payload),
            organization_id=organization_id,
            correlation_id=cause,
            occurred_at=now,
            available_at=now,
            awaits_publication=telling.is_told(name),
        )
        for payload in payloads
    ]
    with tenant_scope(organization_id):
        OutboxEvent.objects.bulk_create(events, batch_size=1_000)
    if events:
        _ring_on_commit()
    return events


def relay(now: datetime, limit: int = BATCH, *, organization_id: UUID | None = None) -> int:
    """Hand up to `limit` due events to their handlers; returns how many were taken.

    With `organization_id` only events of that organisation: what is done for one person waits for nobody else's.
    """
    with all_tenants(reason="the relay serves every organisation's events"):
        events = OutboxEvent.objects.claim(
            now=now, lease=LEASE, limit=limit, organization_id=organization_id
        )
        done = _already_handled(events)
    failures: dict[UUID, Exception] = {}
    for _, run in groupby(events, key=lambda event: (event.organization_id, event.attempts == 1)):
        batch = list(run)
        with correlation.correlated(), tracing.span("outbox relay", events=len(batch)):
            failures |= _deliver_run(batch, done, now)
    for event in events:
        if event.pk in failures:
            _record_failure(event, failures[event.pk], now)
    finished = [event.pk for event in events if event.pk not in failures]
    if finished:
        with all_tenants(reason="the relay serves every organisation's events"):
            OutboxEvent.objects.finish(finished, now=now)
    return len(events)


def retry_parked(*, organization_id: UUID, now: datetime) -> int:
    """Try the organisation's parked events again from the start; returns how many."""
    with transaction.atomic(), tenant_scope(organization_id):
        count = OutboxEvent.objects.retry_parked(now=now)
        _ring_on_commit()
    return count


def clean_up(now: datetime) -> int:
    """Remove events that were finished more than KEEP_FINISHED ago, in steps that hold up nobody for long."""
    removed = 0
    while True:
        with all_tenants(reason="the clean-up serves every organisation"), transaction.atomic():
            old = OutboxEvent.objects.finished_before(now - KEEP_FINISHED)
            ids = list(old.values_list("pk", flat=True)[:_CLEAN_UP_STEP])
            HandledEvent.objects.filter(event__in=ids).delete()
            removed += OutboxEvent.objects.filter(pk__in=ids).delete()[0]
        if len(ids) < _CLEAN_UP_STEP:
            return removed


def _already_handled(events: list[OutboxEvent]) -> dict[UUID, frozenset[str]]:
    """Handlers that dealt with an event in an earlier try; fresh events need no query."""
    again = [event.pk for event in events if event.attempts > 1]
    done: dict[UUID, set[str]] = defaultdict(set)
    if again:
        rows = HandledEvent.objects.filter(event__in=again).values_list("event_id", "handler_id")
        for event_id, handler_id in rows:
            done[event_id].add(handler_id)
    return {event_id: frozenset(handler_ids) for event_id, handler_ids in done.items()}


def _deliver_run(
    events: list[OutboxEvent], done: dict[UUID, frozenset[str]], now: datetime
) -> dict[UUID, Exception]:
    """Deliver events of one organisation in their order; returns the failures by event."""
    while len(events) > 1 and events[0].attempts == 1 and (count := _deliver_together(events, now)):
        events = events[count:]
    outcomes = {event.pk: _deliver(event, done.get(event.pk, frozenset()), now) for event in events}
    return {event_id: failure for event_id, failure in outcomes.items() if failure is not None}


def _deliver_together(events: list[OutboxEvent], now: datetime) -> int:
    """Deliver fresh events in one transaction, which is several times faster than one for each; returns how many.

    It ends after `TOGETHER`, so that large events hold up no other writer for long. When anything fails it leaves
    nothing behind, and each event is delivered by itself.
    """
    if not any(handlers_of(event.name) for event in events):
        return len(events)
    handled: list[HandledEvent] = []
    until, count = time.monotonic() + TOGETHER.total_seconds(), 0
    try:
        with tenant_scope(events[0].organization_id), transaction.atomic():
            for event in events:
                if count and time.monotonic() > until:
                    break
                for key, handler in handlers_of(event.name).items():
                    with _on_behalf_of(event, key):
                        handler(event)
                    handled.append(HandledEvent(event_id=event.pk, handler_id=key, handled_at=now))
                count += 1
            HandledEvent.objects.bulk_create(handled)
    except Exception as error:
        logger.info("%s events are delivered one by one: %s", len(events), error)
        return 0
    return count


def _deliver(event: OutboxEvent, done: frozenset[str], now: datetime) -> Exception | None:
    """Run the handlers that have not dealt with the event; one that fails delays no other."""
    failure: Exception | None = None
    for handler_id, handler in handlers_of(event.name).items():
        if handler_id in done:
            continue
        try:
            _handle_once(event, handler_id, handler, now)
        except Exception as error:
            logger.exception("Handler %s failed on %s.", handler_id, event)
            failure = error
    return failure


def _handle_once(event: OutboxEvent, handler_id: str, handler: Handler, now: datetime) -> None:
    with (
        _on_behalf_of(event, handler_id),
        tenant_scope(event.organization_id),
        transaction.atomic(),
    ):
        try:
            with transaction.atomic():
                HandledEvent.objects.create(
                    event_id=event.pk, handler_id=handler_id, handled_at=now
                )
        except IntegrityError:  # a relay whose lease ran out has just done it
            return
        handler(event)


@contextmanager
def _on_behalf_of(event: OutboxEvent, handler_id: str) -> Iterator[None]:
    """What a handler does belongs to whatever caused the event."""
    with (
        correlation.correlated(event.correlation_id),
        tracing.span(handler_id, kind="consumer", event=event.name),
    ):
        yield


def _record_failure(event: OutboxEvent, failure: Exception, now: datetime) -> None:
    error = f"{type(failure).__name__}: {failure}"[:_ERROR_LENGTH]
    with tenant_scope(event.organization_id):
        if event.attempts >= MOST_ATTEMPTS:
            logger.error("%s is parked after %s tries.", event, event.attempts)
            OutboxEvent.objects.park(event.pk, now=now, error=error)
        else:
            OutboxEvent.objects.put_off(event.pk, until=now + _wait(event.attempts), error=error)


def _wait(attempts: int) -> timedelta:
    """Doubles with each try up to an hour; spread by a quarter so that failures do not march in step."""
    wait: timedelta = min(FIRST_WAIT * 2 ** (attempts - 1), LONGEST_WAIT)
    return wait * _jitter.uniform(0.75, 1.25)


def _ring_on_commit() -> None:
    """Once per transaction, however many events it publishes."""
    if not any(entry[1] is _ring for entry in connection.run_on_commit):
        transaction.on_commit(_ring, robust=True)


def _ring() -> None:
    if _bell is not None:
        _bell()
