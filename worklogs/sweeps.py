"""Periodic jobs of the log of work."""

from datetime import datetime, timedelta

from core.sweeps import sweep
from worklogs.services import uploads


@sweep("worklogs.remove_unused_uploads", every=timedelta(hours=6))
def remove_unused_uploads(now: datetime) -> object:
    """Files that were uploaded for an object that never came to be."""
    return {"removed": uploads.remove_unused(now=now)}
