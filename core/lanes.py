"""Background loops beside the periodic jobs: each does a round, pauses when there was nothing to do, and goes on.

A lane belongs to a group: `relay_events` runs those of `relay`, `consume_events` those of `consume`, `run_worker` all.
Any number of nodes may run the same lane: what is to be done is claimed in the database.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.db import InterfaceError, OperationalError, close_old_connections, connections

PAUSE_AFTER_FAILURE_SECONDS = 5.0
_STEP_SECONDS = 0.5
logger = logging.getLogger(__name__)
Clock = Callable[[], datetime]
Round = Callable[[Clock], int]


class Group(StrEnum):
    """Which program runs a lane when the work is shared among several."""

    WORK = "work"
    RELAY = "relay"
    CONSUME = "consume"


@dataclass(frozen=True, slots=True)
class Lane:
    """`work` does a round and says how much there was to do; `pause` is in seconds, after a round without work.

    `end` waits for what the rounds have begun and left to others.
    """

    name: str
    group: Group
    pause: float
    work: Round
    end: Round | None = None
    bell: threading.Event = field(default_factory=threading.Event, compare=False)


_lanes: dict[str, Lane] = {}


def lane(name: str, *, group: Group, pause: float) -> Callable[[Round], Round]:
    """Register a lane."""

    def register(work: Round) -> Round:
        add(name, work, group=group, pause=pause)
        return work

    return register


def add(name: str, work: Round, *, group: Group, pause: float, end: Round | None = None) -> None:
    """Register a lane. Raises ValueError when the name is taken by another."""
    known = _lanes.get(name)
    if known is not None and known.work.__qualname__ != work.__qualname__:
        raise ValueError(f"Two lanes are called {name}.")
    _lanes[name] = Lane(name, group, pause, work, end)


def of_groups(groups: Collection[Group]) -> list[Lane]:
    """The lanes of these groups."""
    return [one for one in _lanes.values() if one.group in groups]


def ring(group: Group) -> None:
    """Let the lanes of a group that pause in this process look at once."""
    for one in _lanes.values():
        if one.group == group:
            one.bell.set()


def ring_lane(name: str) -> None:
    """Let one lane look at once."""
    _lanes[name].bell.set()


def run(lanes: Sequence[Lane], clock: Clock, stop: threading.Event) -> None:
    """Run the first lane here and each other one in a thread of its own, until `stop`; rounds under way are finished.

    A fault of one ends all, so that whoever watches the program starts it anew. A database that does not answer is
    waited for.
    """
    first, *others = lanes
    with ThreadPoolExecutor(max(len(others), 1), "lane") as executor:
        loops = [executor.submit(_thread, one, clock, stop) for one in others]
        try:
            _loop(first, clock, stop)
        finally:
            for one in others:
                one.bell.set()
    for loop in loops:
        loop.result()


def _thread(one: Lane, clock: Clock, stop: threading.Event) -> None:
    try:
        _loop(one, clock, stop)
    finally:
        connections.close_all()  # this thread's own


def _loop(one: Lane, clock: Clock, stop: threading.Event) -> None:
    try:
        while not stop.is_set():
            one.bell.clear()
            if pause := _round(one, clock):
                _pause(one, pause, stop)
        if one.end is not None:
            one.end(clock)
    finally:
        stop.set()


def _pause(one: Lane, seconds: float, stop: threading.Event) -> None:
    """Until the bell rings or the time is over, in steps, for a signal rings no bell."""
    until = time.monotonic() + seconds
    while not stop.is_set() and (left := until - time.monotonic()) > 0:
        if one.bell.wait(min(left, _STEP_SECONDS)):
            return


def _round(one: Lane, clock: Clock) -> float:
    """One round; how long to pause afterwards, in seconds."""
    try:
        close_old_connections()
        return 0.0 if one.work(clock) else one.pause
    except (OperationalError, InterfaceError):
        logger.exception("The database did not answer; %s tries again.", one.name)
        return PAUSE_AFTER_FAILURE_SECONDS
