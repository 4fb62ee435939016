"""Background loops beside the periodic jobs: each does a round, pauses when there was nothing to do, and goes on.

A lane belongs to a group: `relay_events` runs those of `relay`, `consume_events` those of `consume`, `run_worker` all.
Any number of nodes may run the same lane: what is to be done is claimed in the database.
"""

import logging
import threading
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.db import InterfaceError, OperationalError, close_old_connections, connections

PAUSE_AFTER_FAILURE_SECONDS = 5.0
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
    """`work` does a round and says how much there was to do; `pause` is in seconds, after a round without work."""

    name: str
    group: Group
    pause: float
    work: Round
    bell: threading.Event = field(default_factory=threading.Event, compare=False)


_lanes: dict[str, Lane] = {}


def lane(name: str, *, group: Group, pause: float) -> Callable[[Round], Round]:
    """Register a lane."""

    def register(work: Round) -> Round:
        add(name, work, group=group, pause=pause)
        return work

    return register


def add(name: str, work: Round, *, group: Group, pause: float) -> None:
    """Register a lane. Raises ValueError when the name is taken by another."""
    known = _lanes.get(name)
    if known is not None and known.work.__qualname__ != work.__qualname__:
        raise ValueError(f"Two lanes are called {name}.")
    _lanes[name] = Lane(name, group, pause, work)


def of_groups(groups: Collection[Group]) -> list[Lane]:
    """The lanes of these groups."""
    return [one for one in _lanes.values() if one.group in groups]


def ring(group: Group) -> None:
    """Let the lanes of a group that pause in this process look at once."""
    for one in _lanes.values():
        if one.group == group:
            one.bell.set()


def run(lanes: Collection[Lane], clock: Clock, stop: threading.Event) -> None:
    """Run each lane in a thread of its own until `stop`; a fault of one ends all, so that whoever watches the program
    starts it anew. A database that does not answer is waited for.
    """
    with ThreadPoolExecutor(len(lanes), "lane") as executor:
        loops = [executor.submit(_loop, one, clock, stop) for one in lanes]
        stop.wait()
        for one in lanes:
            one.bell.set()
    for loop in loops:
        loop.result()


def _loop(one: Lane, clock: Clock, stop: threading.Event) -> None:
    try:
        while not stop.is_set():
            one.bell.clear()
            pause = _round(one, clock)
            if pause and not stop.is_set():
                one.bell.wait(pause)
    finally:
        stop.set()
        connections.close_all()  # this thread's own


def _round(one: Lane, clock: Clock) -> float:
    """One round; how long to pause afterwards, in seconds."""
    try:
        close_old_connections()
        return 0.0 if one.work(clock) else one.pause
    except (OperationalError, InterfaceError):
        logger.exception("The database did not answer; %s tries again.", one.name)
        return PAUSE_AFTER_FAILURE_SECONDS
