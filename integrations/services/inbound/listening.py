"""Whether each inlet hears: noted by those who listen, read by those who watch."""

import time
from datetime import datetime

from core import lanes
from core.lanes import Clock, Group
from core.models import SweepState

#: How often an inlet that hears says so.
EVERY_SECONDS = 15.0
_PREFIX = "inlet "


def lane_name(inlet: str) -> str:
    """What the lane of an inlet is called, and the row that says when it last heard."""
    return f"{_PREFIX}{inlet}"


class Pulse:
    """Says of one inlet in this process that it hears, now and then."""

    def __init__(self, inlet: str) -> None:
        self._name, self._next = lane_name(inlet), 0.0

    def beat(self, clock: Clock) -> None:
        """Its server has just answered."""
        if time.monotonic() >= self._next:
            SweepState.objects.note_alive(self._name, now=clock())
            self._next = time.monotonic() + EVERY_SECONDS


def last_heard() -> dict[str, datetime | None]:
    """Of each inlet of this installation when it last heard; None where nobody ever listened."""
    names = [one.name for one in lanes.of_groups([Group.CONSUME]) if one.name.startswith(_PREFIX)]
    rows = SweepState.objects.filter(pk__in=names).values_list("pk", "last_succeeded_at")
    found = dict(rows)
    return {name.removeprefix(_PREFIX): found.get(name) for name in names}
