"""What notifications do by themselves."""

from datetime import datetime, timedelta

from core.sweeps import sweep
from notifications.services import deliveries, inbox


@sweep("notifications.deliver", every=timedelta(seconds=5), lease=timedelta(minutes=2))
def deliver(now: datetime) -> dict[str, int]:
    """Send what waits."""
    return deliveries.deliver_due(now)


@sweep("notifications.clean_up", every=timedelta(days=1))
def clean_up(now: datetime) -> dict[str, int]:
    """Remove what is old."""
    return inbox.clean_up(now)
