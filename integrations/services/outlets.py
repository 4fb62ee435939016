"""Readers of everybody's events: each goes on from where it stood, whatever happened meanwhile.

At least once, in order, with the same ids: a reader moves on only when the far side has taken the events, and a node
that dies in between leaves a lease that expires.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from core import tracing
from integrations.models import Outlet, Publication
from integrations.rules.envelopes import Event
from integrations.services import reading

BATCH = 500
LEASE = timedelta(seconds=30)
LONGEST_WAIT = timedelta(seconds=30)
_ERROR_LENGTH = 500
logger = logging.getLogger(__name__)

#: Hands events over in their order and returns how many the far side has taken, fewer only when it fails on the way.
Send = Callable[[Sequence[Event]], int]


class NotSent(Exception):
    """The far side did not take an event; `taken` of those before it arrived."""

    def __init__(self, message: str, *, taken: int = 0) -> None:
        super().__init__(message)
        self.taken = taken


def carry_on(name: str, send: Send, *, clock: Callable[[], datetime]) -> int:
    """Hand the reader's next events over; returns how many. Never inside a transaction."""
    left = Outlet.objects.left(name)
    if left is None:  # whoever comes new hears of what happens from now on
        first = {"position": Publication.objects.head(), "next_at": clock()}
        Outlet.objects.get_or_create(name=name, defaults=first)
    if not left:
        return 0
    outlet = Outlet.objects.claim(name, now=clock(), lease=LEASE)
    if outlet is None:
        return 0
    events = reading.events_after(outlet.position, limit=BATCH)
    try:
        with tracing.span(f"outlet {name}", kind="producer", events=len(events)):
            taken, problem = send(events), ""
    except NotSent as error:
        taken, problem = error.taken, str(error) or "It was not taken."
        logger.warning("%s takes no events: %s", name, problem)
    _record(outlet, events[:taken], problem, now=clock())
    return taken


def _record(outlet: Any, taken: Sequence[Event], problem: str, *, now: datetime) -> None:
    """How far it came, unless the lease ran out and another node goes on already."""
    place = taken[-1].position if taken else outlet.position
    values: dict[str, Any] = {"position": place, "lease_until": None}
    if problem:
        failures = 1 if taken else outlet.failures + 1
        wait = min(timedelta(seconds=2 ** min(failures, 10)), LONGEST_WAIT)
        values |= {"failures": failures, "problem": problem[:_ERROR_LENGTH], "next_at": now + wait}
        values["failing_since"] = outlet.failing_since or now
    else:
        values |= {"failures": 0, "problem": "", "failing_since": None, "succeeded_at": now}
    Outlet.objects.held(outlet.pk, lease_until=outlet.lease_until).update(**values)
