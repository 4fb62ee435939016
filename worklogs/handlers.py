"""Reactions to events of other apps."""

from django.utils import timezone

from core.models import OutboxEvent
from core.outbox import handles
from worklogs.services import generation


@handles("scheduling.occurrence.completed", id="worklogs.cancel_done")
@handles("scheduling.occurrence.skipped", id="worklogs.cancel_skipped")
def cancel_closed(event: OutboxEvent) -> None:
    """An order that nobody has begun ends with its date."""
    generation.cancel_closed(now=timezone.now(), occurrence_id=event.payload["occurrence_id"])
