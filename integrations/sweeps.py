"""What data exchange does by itself."""

from datetime import datetime, timedelta

from core.sweeps import sweep
from integrations.services.imports import runs


@sweep("integrations.imports", every=timedelta(seconds=2), lease=runs.LEASE, long=True)
def import_waiting(now: datetime) -> int:
    """Take over the files that wait; each has a lease of its own, which its worker renews."""
    return runs.work_waiting(now=now)


@sweep("integrations.clean_up", every=timedelta(days=1))
def clean_up(now: datetime) -> int:
    """Remove files that were never taken over."""
    return runs.clean_up(now=now)
