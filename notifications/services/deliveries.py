"""Sending what waits: claimed by a lease, sent outside any transaction, the result recorded."""

import logging
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count

from core import audit, correlation, outbox
from core.tenancy import all_tenants, tenant_scope
from notifications.channels.base import ChannelDown, DeliveryError, Receipt
from notifications.models import BrowserSubscription, Delivery, DeliveryItem
from notifications.rules.retries import wait_after
from notifications.services import letters, storms
from notifications.services.rounds import LEASE, Round

_ERROR_LENGTH = 500
_CODE = re.compile(r"\d{3}(?: \d\.\d+\.\d+)?\b")
_RELATED = (
    *("recipient__reaching", "organization", "room", "booking__resource"),
    *("follower__work_order__resource__parent", "follower__work_order__duplicate_of"),
)
_jitter = random.SystemRandom()
logger = logging.getLogger(__name__)


def deliver_due(
    now: datetime, limit: int = 100, *, clock: Callable[[], float] = time.monotonic
) -> dict[str, int]:
    """Try up to `limit` due deliveries of every organisation; returns how many were sent, put off and failed, how many
    letters to contacts and reporters nobody needs any more, and how many were folded because too many came at once.

    A recipient that fails delays nobody, nor does a channel that is slow or down: each is served by itself. What is
    down is not tried again in this round: what else waits for it goes back untried.
    """
    with all_tenants(reason="one worker sends for every organisation"):
        ids = Delivery.objects.claim(now=now, lease=LEASE, limit=limit)
        rows = list(Delivery.objects.filter(pk__in=ids).select_related(*_RELATED))
        counts = storms.counts(rows, now=now)
    with Round(now=now, clock=clock) as this:
        for row in sorted(rows, key=lambda row: (row.available_at, row.pk)):
            if storms.is_too_many(row, counts):
                this.count(storms.fold(row, lease_until=this.lease_until, now=now))
            else:
                this.waiting[row.channel].append(row)
        _send_all(this)
    if this.untried:
        with all_tenants(reason="what was not tried goes back"):
            Delivery.objects.give_back(this.untried, lease_until=this.lease_until)
    return this.outcome


def retry(delivery: Delivery, *, by: object, now: datetime) -> bool:
    """Give a failed delivery all its tries again; false when it has not failed."""
    with transaction.atomic():
        done = Delivery.objects.filter(pk=delivery.pk).retry_failed(now=now) == 1
        if done:
            audit.record("retry delivery", delivery, by=by, now=now)
    return done


def _send_all(this: Round) -> None:
    """Each channel has one letter under way at a time; what comes back is recorded as it comes."""
    while True:
        for key, queue in this.waiting.items():
            while queue and not this.is_busy(key):
                _begin(queue.popleft(), this)
        if not this.running:
            return
        for row, answer in this.finished():
            with _context_of(row):
                this.count(_settled(row, this, answer))


def _begin(row: Delivery, this: Round) -> None:
    """Write one letter and hand it over, unless there is nothing to hand over."""
    if this.is_over() or (row.channel, "") in this.down:
        this.untried.append(row.pk)
        return
    with _context_of(row):
        try:
            letter = letters.render(row)
        except Exception as error:
            this.count(_settled(row, this, error))
            return
        if letter is None:
            this.count(_nothing_to_tell(row, this))
        elif not this.hand_over(row, letter):
            this.untried.append(row.pk)


@contextmanager
def _context_of(row: Delivery) -> Iterator[None]:
    with tenant_scope(row.organization_id), correlation.correlated(row.correlation_id):
        yield


def _settled(row: Delivery, this: Round, answer: Receipt | Exception) -> str:
    """Record what came of one delivery; a failure of any kind is recorded with it and goes no further."""
    gone = getattr(answer, "gone", ())
    if gone:
        BrowserSubscription.objects.filter(pk__in=gone).delete()
    if isinstance(answer, Receipt):
        values = {"sent_at": this.now, "provider_id": answer.provider_id}
        _record(row, this, state=Delivery.State.SENT, **values)
        result = "sent"
    elif isinstance(answer, DeliveryError):
        if isinstance(answer, ChannelDown):
            logger.warning("Channel %s is down: %s", row.channel, _said(answer, row))
        result = _record_failure(row, this, _said(answer, row), permanent=answer.permanent)
    else:
        logger.error(
            "Delivery %s could not be sent.",
            row.pk,
            exc_info=answer if row.recipient_id or row.room_id else None,
        )
        result = _record_failure(row, this, _said(answer, row), permanent=False)
    logger.info("Delivery %s by %s: %s.", row.pk, row.channel, result)
    return result


def _nothing_to_tell(row: Delivery, this: Round) -> str:
    if not row.recipient_id:
        _record(row, this, state=Delivery.State.DROPPED, last_error="")
        return "dropped"
    return _give_up(
        row, this, "There is nothing to tell, or the recipient has left or has another address."
    )


def _said(error: Exception, row: Delivery) -> str:
    """The error in words; of a letter to who is no user only the code, for mail servers name the address."""
    if not row.recipient_id and not row.room_id:
        code = _CODE.match(str(error))
        return f"The letter was not taken ({code.group() if code else type(error).__name__})."
    return str(error) if isinstance(error, DeliveryError) else f"{type(error).__name__}: {error}"


def _record_failure(row: Delivery, this: Round, error: str, *, permanent: bool) -> str:
    wait = None if permanent else wait_after(row.attempts, spread=_jitter.random())
    if wait is None:
        return _give_up(row, this, error)
    _record(row, this, available_at=this.now + wait, last_error=error[:_ERROR_LENGTH])
    return "put_off"


@transaction.atomic
def _give_up(row: Delivery, this: Round, error: str) -> str:
    """Failed for good and visible; the run of the due check that wanted it learns how many alerts did not arrive."""
    failed = Delivery.State.FAILED
    if _record(row, this, state=failed, failed_at=this.now, last_error=error[:_ERROR_LENGTH]):
        runs = DeliveryItem.objects.filter(delivery=row, notification__run_id__isnull=False)
        counts = runs.values_list("notification__run_id").annotate(failed=Count("pk"))
        for run_id, count in counts.order_by("notification__run_id"):
            outbox.publish(
                "notifications.alerts.settled",
                {"run_id": run_id, "sent": 0, "failed": count},
                organization_id=row.organization_id,
                now=this.now,
            )
    return "failed"


def _record(row: Delivery, this: Round, **values: Any) -> bool:
    """Write the result, unless the lease ran out and another worker took the delivery."""
    values = {"last_error": "", **values, "lease_until": None}
    held = Delivery.objects.held(row.pk, lease_until=this.lease_until)
    if held.update(**values) == 1:
        return True
    logger.warning("Delivery %s was taken by another worker meanwhile.", row.pk)
    return False
