"""Rounds of everything that happens without a person: events to handlers, sweeps whose time has come."""

from collections.abc import Callable
from datetime import datetime

from core import lanes, outbox, sweeps

#: Events handled before the sweeps get their turn, so that a flood of events starves nobody.
_EVENT_BATCHES = 20


@lanes.lane("work", group=lanes.Group.WORK, pause=0.5)
def work(clock: Callable[[], datetime]) -> int:
    """Relay waiting events, run due short sweeps, relay what they published; returns how much there was to do."""
    done = _relay(clock)
    done += len(sweeps.run_due_sweeps(clock()))
    return done + _relay(clock)


@lanes.lane("long work", group=lanes.Group.WORK, pause=2.0)
def long_work(clock: Callable[[], datetime]) -> int:
    """Run the due sweeps that take long, such as imports; returns how many. `work` goes on meanwhile elsewhere."""
    return len(sweeps.run_due_sweeps(clock(), long=True))


def _relay(clock: Callable[[], datetime]) -> int:
    done = 0
    for _ in range(_EVENT_BATCHES):
        taken = outbox.relay(clock())
        done += taken
        if taken == 0:
            break
    return done
