"""What scheduling does by itself."""

from datetime import datetime, timedelta

from core.sweeps import sweep
from scheduling.services import window_notices
from scheduling.services.due_check import run_due_organizations


@sweep("scheduling.due_check", every=timedelta(minutes=1))
def due_check(now: datetime) -> int:
    """Run the daily check of every organisation whose hour has come."""
    return run_due_organizations(now=now)


@sweep("scheduling.window_moments", every=timedelta(minutes=1))
def window_moments(now: datetime) -> dict[str, int]:
    """Tell of starts that are near, ends that passed and answers that did not come."""
    return window_notices.tell_moments(now)


@sweep("scheduling.prolong_series", every=timedelta(days=1), long=True)
def prolong_series(now: datetime) -> int:
    """Make the windows of series that have come within the horizon."""
    return window_notices.prolong_series(now)
