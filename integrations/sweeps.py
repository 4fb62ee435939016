"""What data exchange does by itself."""

from datetime import datetime, timedelta

from core.sweeps import sweep
from integrations.services import booking_feeds, publication, webhooks
from integrations.services.imports import runs
from integrations.services.inbound import letters, receiving


@sweep("integrations.imports", every=timedelta(seconds=2), lease=runs.LEASE, long=True)
def import_waiting(now: datetime) -> int:
    """Take over the files that wait; each has a lease of its own, which its worker renews."""
    return runs.work_waiting(now=now)


@sweep("integrations.booking_feeds", every=timedelta(minutes=1), lease=runs.LEASE, long=True)
def read_booking_feeds(now: datetime) -> int:
    """Read the calendars of booking systems whose time has come; each has a lease of its own."""
    return booking_feeds.read_due(now=now)


@sweep("integrations.clean_up", every=timedelta(days=1))
def clean_up(now: datetime) -> int:
    """Remove files that were never taken over."""
    return runs.clean_up(now=now)


@sweep("integrations.clean_up_events", every=timedelta(hours=1))
def clean_up_events(now: datetime) -> dict[str, int]:
    """Remove public events that nobody can ask for any more, and what came in long ago."""
    return {
        "removed": publication.clean_up(now),
        "incoming": receiving.clean_up(now),
        "dead_letters": letters.clean_up(now),
    }


@sweep("integrations.incoming", every=timedelta(seconds=2))
def apply_incoming(now: datetime) -> int:
    """Try incoming events again that failed, and those whose resource or booking has appeared."""
    return receiving.apply_due(now=now)


@sweep("integrations.clean_up_webhooks", every=timedelta(hours=1))
def clean_up_webhooks(now: datetime) -> dict[str, int]:
    """Remove old deliveries of webhooks, and secrets that sign no more."""
    return webhooks.clean_up(now)
