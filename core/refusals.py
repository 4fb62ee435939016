"""Refused permissions in the audit trail."""

import hashlib
from datetime import datetime
from typing import Any

from django.core.cache import cache

from core import audit

_QUIET_SECONDS = 60


def record(user: Any, what: str, *, now: datetime) -> None:
    """One entry per person and refused thing in a minute, however often they try."""
    digest = hashlib.sha256(f"{user.pk} {what}".encode(errors="replace")).hexdigest()
    if cache.add(f"refusal:{digest}", 1, timeout=_QUIET_SECONDS):
        audit.record("refused", ("", "", what[:200]), by=user, now=now)
