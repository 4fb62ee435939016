"""Sending what waits: claimed by a lease, sent outside any transaction, the result recorded."""

import logging
import random
import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count

from core import audit, correlation, outbox, tracing
from core.tenancy import all_tenants, tenant_scope
from notifications.channels import registry
from notifications.channels.base import Channel, ChannelDown, DeliveryError
from notifications.models import Delivery, DeliveryItem
from notifications.rules.retries import wait_after
from notifications.services import letters

#: Longer than a round can take: `ROUND` and one try that runs into the mail server's timeout.
LEASE = timedelta(minutes=5)
#: A round starts nothing new after this, so that a slow server keeps no other work waiting.
ROUND = timedelta(seconds=20)
_ERROR_LENGTH = 500
_CODE = re.compile(r"\d{3}(?: \d\.\d+\.\d+)?\b")
_jitter = random.SystemRandom()
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Round:
    """One call of `deliver_due`: open channels, and those that turned out to be down."""

    now: datetime
    lease_until: datetime
    resources: ExitStack
    channels: dict[str, Channel] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    untried: list[UUID] = field(default_factory=list)

    def channel(self, key: str) -> Channel:
        if key not in self.channels:
            self.channels[key] = self.resources.enter_context(registry.channel(key))
        return self.channels[key]


def deliver_due(
    now: datetime, limit: int = 100, *, clock: Callable[[], float] = time.monotonic
) -> dict[str, int]:
    """Try up to `limit` due deliveries of every organisation; returns how many were sent, put off and failed, and
    how many letters to contacts and reporters nobody needs any more.

    A recipient that fails delays nobody. A channel that is down is not tried again in this round: what else waits
    for it goes back untried.
    """
    with all_tenants(reason="one worker sends for every organisation"):
        ids = Delivery.objects.claim(now=now, lease=LEASE, limit=limit)
        related = (
            *("recipient", "organization", "booking__resource"),
            *("follower__work_order__resource__parent", "follower__work_order__duplicate_of"),
        )
        rows = list(Delivery.objects.filter(pk__in=ids).select_related(*related))
    outcome = {"sent": 0, "put_off": 0, "failed": 0}
    started = clock()
    with ExitStack() as resources:
        this = _Round(now=now, lease_until=now + LEASE, resources=resources)
        for row in sorted(rows, key=lambda row: (row.available_at, row.pk)):
            if row.channel in this.down or clock() - started > ROUND.total_seconds():
                this.untried.append(row.pk)
                continue
            with (
                tenant_scope(row.organization_id),
                correlation.correlated(row.correlation_id),
                tracing.span("delivery", kind="producer", channel=row.channel),
            ):
                result = _attempt(row, this)
                tracing.note(result=result)
                logger.info("Delivery %s by %s: %s.", row.pk, row.channel, result)
                outcome[result] = outcome.get(result, 0) + 1
    if this.untried:
        with all_tenants(reason="what was not tried goes back"):
            Delivery.objects.give_back(this.untried, lease_until=this.lease_until)
    return outcome


def retry(delivery: Delivery, *, by: object, now: datetime) -> bool:
    """Give a failed delivery all its tries again; false when it has not failed."""
    with transaction.atomic():
        done = Delivery.objects.filter(pk=delivery.pk).retry_failed(now=now) == 1
        if done:
            audit.record("retry delivery", delivery, by=by, now=now)
    return done


def _attempt(row: Delivery, this: _Round) -> str:
    """Send one delivery; a failure of any kind is recorded with it and goes no further."""
    try:
        letter = letters.render(row)
        provider_id = this.channel(row.channel).send(letter) if letter is not None else ""
    except DeliveryError as error:
        if isinstance(error, ChannelDown):
            logger.warning("Channel %s is down: %s", row.channel, _said(error, row))
            this.down.add(row.channel)
        return _record_failure(row, this, _said(error, row), permanent=error.permanent)
    except Exception as error:
        logger.error("Delivery %s could not be sent.", row.pk, exc_info=bool(row.recipient_id))
        return _record_failure(row, this, _said(error, row), permanent=False)
    if letter is None and not row.recipient_id:
        _record(row, this, state=Delivery.State.DROPPED, last_error="")
        return "dropped"
    if letter is None:
        return _give_up(
            row, this, "There is nothing to tell, or the recipient has left or has another address."
        )
    _record(row, this, state=Delivery.State.SENT, sent_at=this.now, provider_id=provider_id)
    return "sent"


def _said(error: Exception, row: Delivery) -> str:
    """The error in words; of a letter to who is no user only the code, for mail servers name the address."""
    if not row.recipient_id:
        code = _CODE.match(str(error))
        return f"The letter was not taken ({code.group() if code else type(error).__name__})."
    return str(error) if isinstance(error, DeliveryError) else f"{type(error).__name__}: {error}"


def _record_failure(row: Delivery, this: _Round, error: str, *, permanent: bool) -> str:
    wait = None if permanent else wait_after(row.attempts, spread=_jitter.random())
    if wait is None:
        return _give_up(row, this, error)
    _record(row, this, available_at=this.now + wait, last_error=error[:_ERROR_LENGTH])
    return "put_off"


@transaction.atomic
def _give_up(row: Delivery, this: _Round, error: str) -> str:
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


def _record(row: Delivery, this: _Round, **values: object) -> bool:
    """Write the result, unless the lease ran out and another worker took the delivery."""
    values = {"last_error": "", **values, "lease_until": None}
    held = Delivery.objects.held(row.pk, lease_until=this.lease_until)
    if held.update(**values) == 1:
        return True
    logger.warning("Delivery %s was taken by another worker meanwhile.", row.pk)
    return False
