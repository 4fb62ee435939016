"""Reactions to events of other apps."""

from django.db.models import F

from core.models import OutboxEvent
from core.outbox import handles
from scheduling.models import DueCheckRun


@handles("notifications.alerts.settled", id="scheduling.run_figures")
def count_alerts(event: OutboxEvent) -> None:
    """Add what became of a run's alerts to its figures."""
    DueCheckRun.objects.filter(pk=event.payload["run_id"]).update(
        sent=F("sent") + event.payload.get("sent", 0),
        failed=F("failed") + event.payload.get("failed", 0),
    )
