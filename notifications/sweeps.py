"""What notifications do by themselves."""

from datetime import datetime, timedelta

from core.sweeps import sweep
from notifications.services import deliveries, following_up, inbox


@sweep("notifications.deliver", every=timedelta(seconds=5), lease=timedelta(minutes=2))
def deliver(now: datetime) -> dict[str, int]:
    """Send what waits."""
    return deliveries.deliver_due(now)


@sweep("notifications.follow_up", every=timedelta(seconds=30))
def follow_up(now: datetime) -> int:
    """Bring back what was put off, and tell louder what is urgent and not taken up."""
    return following_up.follow_up(now)


@sweep("notifications.clean_up", every=timedelta(days=1))
def clean_up(now: datetime) -> dict[str, int]:
    """Remove what is old."""
    return inbox.clean_up(now)
