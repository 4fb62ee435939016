"""What scheduling does by itself."""

from datetime import datetime, timedelta

from core.sweeps import sweep
from scheduling.services.due_check import run_due_organizations


@sweep("scheduling.due_check", every=timedelta(minutes=1))
def due_check(now: datetime) -> int:
    """Run the daily check of every organisation whose hour has come."""
    return run_due_organizations(now=now)
