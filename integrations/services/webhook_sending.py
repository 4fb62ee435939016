"""The webhooks' sender: each receiver gets the events of its organisation in their order, at its own pace.

Nothing is queued per event: a webhook keeps the position it has come to, and goes on from there whatever happened
meanwhile. The database is asked in one thread, the network in a few others, so that a receiver that is slow holds up
no other. Any number of nodes share the webhooks by leases; what one that died had in its hands goes on when its lease
is over, with the same ids.
"""

import logging
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction

from core import outbox
from core.tenancy import all_tenants, tenant_scope
from integrations.models import Publication, PublishedEvent, Webhook, WebhookDelivery
from integrations.rules import webhook_retries
from integrations.rules.envelopes import Event
from integrations.services import reading, webhook_calls
from integrations.services.webhook_calls import Attempt, Call, Clock

#: Far longer than a turn can take.
LEASE = timedelta(seconds=60)
BATCH = 100
_ASKED = 20
#: So many events of all organisations are looked through for those that want some types only.
_NEAR = 1_000
#: How many receivers are talked to at once: those that do well, and those that fail, which wait for each other only.
SLOTS = {False: 12, True: 4}
_PROBLEM_LENGTH = 500
_spread = random.SystemRandom()
logger = logging.getLogger(__name__)


class Sender:
    """What one program has in its hands. `wake` is called whenever a receiver has answered."""

    def __init__(self, wake: Callable[[], None] = lambda: None) -> None:
        self._wake = wake
        self._pool = ThreadPoolExecutor(sum(SLOTS.values()), "webhook")
        self._under_way: dict[Future[list[Attempt]], tuple[Call, bool]] = {}

    def send(self, clock: Clock) -> int:
        """Record what came back and send what is due, without waiting for it; returns how much there was to do."""
        done = self._record_answers(clock)
        return done + sum(self._begin(clock, is_failing=failing) for failing in SLOTS)

    def finish(self, clock: Clock) -> int:
        """Wait for what is under way, and record it; returns how many receivers that were."""
        wait(self._under_way)
        return self._record_answers(clock)

    def _record_answers(self, clock: Clock) -> int:
        answered = [future for future in self._under_way if future.done()]
        for future in answered:
            call, _ = self._under_way.pop(future)
            with _one_alone(call.webhook_id):
                record(call, future.result(), now=clock())
        return len(answered)

    def _begin(self, clock: Clock, *, is_failing: bool) -> int:
        busy = [call.webhook_id for call, _ in self._under_way.values()]
        free = SLOTS[is_failing] - sum(
            failing == is_failing for _, failing in self._under_way.values()
        )
        if free <= 0:
            return 0
        with all_tenants(reason="one sender serves every organisation"):
            due = Webhook.objects.due(now=clock(), is_failing=is_failing).exclude(pk__in=busy)
            waiting = list(due.values_list("pk", "organization")[:free])
            if waiting and not is_failing and pass_over(now=clock()):
                waiting = list(due.values_list("pk", "organization")[:free])
        for pk, organization_id in waiting:
            with _one_alone(pk):
                call = claim(pk, organization_id, now=clock())
                if call is not None:
                    future = self._pool.submit(webhook_calls.make, call, clock)
                    self._under_way[future] = call, is_failing
                    future.add_done_callback(lambda _: self._wake())
        return len(waiting)


@contextmanager
def _one_alone(webhook_id: UUID) -> Iterator[None]:
    """A fault with one webhook holds up no other; it is in reach again when its lease is over."""
    try:
        yield
    except (OperationalError, InterfaceError):
        raise  # the database's, which concerns all
    except Exception:
        logger.exception("Webhook %s is left for the time of its lease.", webhook_id)


def pass_over(*, now: datetime) -> int:
    """Bring on the webhooks that want nothing of what happened, all at once; returns how many these are.

    Claimed one by one, each would cost as much as one that is sent something. Who is far behind is left to its turns.
    """
    head = Publication.objects.head()  # before the events, as in `claim`
    rows = Webhook.objects.choosy(now=now, near=head - _NEAR)
    choosy = list(rows.values_list("pk", "organization", "position", "event_types"))
    if not choosy:
        return 0
    after = min(position for _, _, position, _ in choosy)
    newest = PublishedEvent.objects.newest_of_types(after=after, up_to=head)
    unmoved = [
        pk
        for pk, organization, position, types in choosy
        if all(newest.get((organization, name), 0) <= position for name in types)
    ]
    return Webhook.objects.bring_on(unmoved, head, now=now) if unmoved else 0


def claim(pk: UUID, organization_id: UUID, *, now: datetime) -> Call | None:
    """Take a webhook and read what it gets next; None when another has it, or nothing that it wants has happened."""
    lease_until = now + LEASE
    with tenant_scope(organization_id):
        head = (
            Publication.objects.head()
        )  # before the events: whatever stands before it can be seen
        if not Webhook.objects.claim(pk, now=now, lease_until=lease_until):
            return None
        webhook = Webhook.objects.get(pk=pk)
        asked = _asked(webhook)
        events: list[Event] = []
        up_to = None
        if webhook.is_active and webhook.next_at <= now:
            rows = PublishedEvent.objects.after(webhook.position).of_types(webhook.event_types)
            events = reading.as_events(rows.filter(position__lte=head)[:BATCH])
            up_to = head if len(events) < BATCH else None
        if not events and not asked:
            place = webhook.position if up_to is None else max(up_to, webhook.position)
            held = Webhook.objects.held(pk, lease_until=lease_until)
            held.update(lease_until=None, position=place, next_at=max(now, webhook.next_at))
            return None
        return Call(
            webhook_id=pk,
            organization_id=organization_id,
            lease_until=lease_until,
            address=webhook.url,
            secrets=webhook.signing_secrets(now),
            position=webhook.position,
            events=tuple(events),
            up_to=up_to,
            asked=tuple(asked),
        )


def record(call: Call, attempts: Sequence[Attempt], *, now: datetime) -> None:
    """Write down how it went, unless the lease ran out and another goes on already."""
    with tenant_scope(call.organization_id), transaction.atomic():
        held = Webhook.objects.held(call.webhook_id, lease_until=call.lease_until)
        webhook = held.select_for_update(no_key=True).first()
        if webhook is None:
            return
        _log(webhook, attempts)
        webhook.lease_until = None
        if webhook.position == call.position:  # else a person set it to another place meanwhile
            _move(webhook, call, [one for one in attempts if one.delivery_id is None], now)
        webhook.save(update_fields=_MOVED)


_MOVED = (
    *("lease_until", "position", "attempts", "next_at", "failing_since", "problem", "succeeded_at"),
    *("is_active", "disabled_at", "disabled_reason"),
)


def _move(webhook: Webhook, call: Call, attempts: Sequence[Attempt], now: datetime) -> None:
    taken = [one for one in attempts if one.is_taken]
    if taken:
        webhook.position, webhook.succeeded_at = taken[-1].event.position, taken[-1].at
        webhook.attempts, webhook.failing_since, webhook.problem = 0, None, ""
        webhook.next_at = now
    if len(taken) == len(call.events) and call.up_to is not None:
        webhook.position = max(call.up_to, webhook.position)
    if len(attempts) > len(taken):
        _fail(webhook, attempts[-1], now)


def _fail(webhook: Webhook, attempt: Attempt, now: datetime) -> None:
    webhook.attempts += 1
    webhook.failing_since = webhook.failing_since or attempt.at
    webhook.problem = attempt.problem[:_PROBLEM_LENGTH]
    spread = _spread.uniform(0.9, 1.1)
    webhook.next_at = now + webhook_retries.wait(
        webhook.attempts, spread=spread, asked=attempt.wait
    )
    if webhook.is_active and attempt.is_gone:
        _give_up(webhook, Webhook.Reason.GONE, now)
    elif webhook.is_active and webhook_retries.is_given_up(webhook.failing_since, now):
        _give_up(webhook, Webhook.Reason.REFUSED, now)


def _give_up(webhook: Webhook, reason: Webhook.Reason, now: datetime) -> None:
    webhook.is_active, webhook.disabled_at, webhook.disabled_reason = False, now, reason
    logger.warning("Webhook %s is switched off: %s", webhook.pk, webhook.problem)
    outbox.publish(
        "integrations.webhook.disabled",
        {"webhook_id": webhook.pk, "reason": reason, "problem": webhook.problem},
        organization_id=webhook.organization_id,
        now=now,
    )


def _log(webhook: Webhook, attempts: Sequence[Attempt]) -> None:
    """One row for each attempt; those asked for have theirs."""
    number = webhook.attempts
    rows = []
    for one in attempts:
        if one.delivery_id is not None:
            WebhookDelivery.objects.filter(pk=one.delivery_id).update(**_outcome(one))
            continue
        number += 1
        event = one.event
        rows.append(
            WebhookDelivery(
                webhook=webhook,
                event_id=event.id,
                event_type=event.type,
                position=event.position,
                attempt=number,
                **_outcome(one),
            )
        )
        number = 0
    WebhookDelivery.objects.bulk_create(rows, check_foreign_keys=False)


def _outcome(attempt: Attempt) -> dict[str, Any]:
    answered = (
        WebhookDelivery.Outcome.TAKEN if attempt.is_taken else WebhookDelivery.Outcome.REFUSED
    )
    return {
        "at": attempt.at,
        "milliseconds": attempt.milliseconds,
        "status_code": attempt.status,
        "response": attempt.said,
        "outcome": WebhookDelivery.Outcome.UNREACHED if attempt.status is None else answered,
    }


def _asked(webhook: Webhook) -> list[tuple[UUID, Event]]:
    """What people asked for, with its events; what is gone meanwhile is forgotten."""
    rows = list(WebhookDelivery.objects.asked_of(webhook)[:_ASKED])
    if not rows:
        return []
    kept = PublishedEvent.objects.filter(pk__in=[row.event_id for row in rows])
    events = {event.id: event for event in reading.as_events(kept)}
    tests = [row for row in rows if row.position is None]
    events |= {row.event_id: _test_event(webhook, row) for row in tests}
    gone = [row.pk for row in rows if row.event_id not in events]
    if gone:
        WebhookDelivery.objects.filter(pk__in=gone).delete()
    return [(row.pk, events[row.event_id]) for row in rows if row.event_id in events]


def _test_event(webhook: Webhook, row: WebhookDelivery) -> Event:
    return Event(
        id=row.event_id,
        position=0,
        type=row.event_type,
        version=1,
        subject=f"webhook/{webhook.pk}",
        organization=webhook.organization.slug,
        organization_id=webhook.organization_id,
        occurred_at=row.at,
        correlation_id="",
        data={"webhook_id": str(webhook.pk), "name": webhook.name},
    )
