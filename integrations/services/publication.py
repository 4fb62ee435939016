"""Publishing: what happened inside becomes public events with a place in one order.

The only writer of `PublishedEvent`. It comes after the commit: an event of a transaction that was rolled back is never
seen. Two changes of one object follow each other in the outbox, because the second waits for the first one's lock, and
so they do here, whatever the clocks of their nodes say.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from core import catalogue, telling, tracing
from core.models import OutboxEvent
from core.plain import plain
from core.telling import Told
from core.tenancy import all_tenants, tenant_scope
from integrations.models import Outlet, Publication, PublishedEvent

BATCH = 500
#: Webhooks and replay reach so far back.
KEEP = timedelta(days=30)
#: A bus that is away for so long gets what it missed.
KEEP_UNREAD = timedelta(days=90)
_CLEAN_UP_STEP = 5_000
_ERROR_LENGTH = 2_000
logger = logging.getLogger(__name__)


def publish_waiting(now: datetime, limit: int = BATCH) -> int:
    """Publish what waits, up to `limit` causes; returns how many were taken. One node does so at a time."""
    with all_tenants(reason="everybody's events stand in one order"):
        if not OutboxEvent.objects.to_publish().exists():
            return 0
        with transaction.atomic(), tracing.span("publication"):
            place = Publication.objects.take()
            if place is None:
                return 0
            events = list(OutboxEvent.objects.to_publish()[:limit])
            told = _told(events)
            rows = _rows(told, after=place.position, now=now)
            PublishedEvent.objects.bulk_create(rows, batch_size=1_000)
            OutboxEvent.objects.filter(pk__in=[event.pk for event in events]).update(
                awaits_publication=False
            )
            place.position += len(told)
            place.save(update_fields=["position"])
            tracing.note(events=len(events))
    return len(events)


def retry_untold() -> int:
    """Try to tell once more what could not be told, in the organisation in scope; returns how many."""
    return int(OutboxEvent.objects.publish_again())


def clean_up(now: datetime) -> int:
    """Remove public events older than `KEEP` that every bus has, in steps that hold up nobody for long; returns how
    many."""
    removed, read = 0, Outlet.objects.read_by_all()
    limits = {"before": now - KEEP, "even_unread": now - KEEP_UNREAD}
    while True:
        with all_tenants(reason="the clean-up serves every organisation"), transaction.atomic():
            old = PublishedEvent.objects.removable(**limits, read=read).order_by("published_at")
            ids = list(old.values_list("pk", flat=True)[:_CLEAN_UP_STEP])
            removed += PublishedEvent.objects.filter(pk__in=ids).delete()[0]
        if len(ids) < _CLEAN_UP_STEP:
            return removed


def _rows(told: Sequence[Told], *, after: int, now: datetime) -> list[PublishedEvent]:
    types = {one.type: catalogue.get(one.type) for one in told}
    return [
        PublishedEvent(
            organization_id=one.cause.organization_id,
            position=position,
            type=one.type,
            version=found.version if (found := types[one.type]) else 1,
            subject=one.subject,
            data=plain(one.data),
            cause_id=one.cause.pk,
            correlation_id=one.cause.correlation_id,
            occurred_at=one.cause.occurred_at,
            published_at=now,
        )
        for position, one in enumerate(told, start=after + 1)
    ]


def _told(events: Sequence[OutboxEvent]) -> list[Told]:
    """In the order of their causes; organisations by turns where their events stand mixed."""
    by_owner: dict[Any, list[OutboxEvent]] = {}
    for event in events:
        by_owner.setdefault(event.organization_id, []).append(event)
    found = [one for owner, own in by_owner.items() for one in _tell_in(owner, own)]
    place = {event.pk: number for number, event in enumerate(events)}
    return sorted(found, key=lambda one: place[one.cause.pk])


def _tell_in(owner: Any, events: Sequence[OutboxEvent]) -> list[Told]:
    """Together; where that fails one by one, so that the one at fault is set aside and holds up no other."""
    with tenant_scope(owner):
        try:
            return _try(events)
        except Exception as error:
            logger.info("%s events are told one by one: %s", len(events), error)
        return [one for event in events for one in _tell_alone(event)]


def _tell_alone(event: OutboxEvent) -> list[Told]:
    try:
        return _try([event])
    except Exception as error:
        logger.exception("%s could not be told.", event)
        text = f"{type(error).__name__}: {error}"[:_ERROR_LENGTH]
        OutboxEvent.objects.filter(pk=event.pk).update(publication_error=text)
        return []


def _try(events: Sequence[OutboxEvent]) -> list[Told]:
    with transaction.atomic():  # a question that the database refuses spoils nothing around it
        return telling.tell(events)
