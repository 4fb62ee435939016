"""One round of sending: a thread for each channel hands letters over, so that a slow one holds up no other.

The threads speak to the far sides only; the database stays with whoever runs the round.
"""

import time
from collections import defaultdict, deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from contextvars import copy_context
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from core import tracing
from notifications.channels import registry
from notifications.channels.base import Channel, ChannelDown, Letter, Receipt
from notifications.models import Channel as Ways
from notifications.models import Delivery

#: Longer than a round can take: `ROUND` and one try that runs into a server's timeout.
LEASE = timedelta(minutes=5)
#: A round starts nothing new after this, so that a slow server keeps no other work waiting.
ROUND = timedelta(seconds=20)


class Round:
    """What one call of `deliver_due` has to do and has done: open channels, and what turned out to be down."""

    def __init__(self, *, now: datetime, clock: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self.lease_until = now + LEASE
        self.waiting: defaultdict[str, deque[Delivery]] = defaultdict(deque)
        self.running: dict[Future[Receipt], tuple[Delivery, str]] = {}
        self.down: set[tuple[str, str]] = set()
        self.untried: list[UUID] = []
        self.outcome = {"sent": 0, "put_off": 0, "failed": 0}
        self._clock, self._started = clock, clock()
        self._channels: dict[str, Channel] = {}
        self._open = ExitStack()

    def __enter__(self) -> "Round":
        self._threads = self._open.enter_context(ThreadPoolExecutor(max_workers=len(Ways)))
        return self

    def __exit__(self, *raised: Any) -> None:
        self._open.__exit__(*raised)

    def count(self, result: str) -> None:
        """One more with this result."""
        self.outcome[result] = self.outcome.get(result, 0) + 1

    def is_over(self) -> bool:
        """Whether nothing new is started any more."""
        return self._clock() - self._started > ROUND.total_seconds()

    def is_busy(self, channel: str) -> bool:
        """Whether the channel has a letter under way."""
        return any(row.channel == channel for row, _ in self.running.values())

    def hand_over(self, row: Delivery, letter: Letter) -> bool:
        """Send it in the channel's thread; false when what it goes through is down."""
        channel = self._channel(row.channel)
        line = channel.line(letter)
        if (row.channel, line) in self.down:
            return False
        self.running[
            self._threads.submit(copy_context().run, _send, channel, letter, row.channel)
        ] = (row, line)
        return True

    def finished(self) -> list[tuple[Delivery, Receipt | Exception]]:
        """What came back, at least one; waits for it."""
        done, _ = wait(self.running, return_when=FIRST_COMPLETED)
        found: list[tuple[Delivery, Receipt | Exception]] = []
        for future in done:
            row, line = self.running.pop(future)
            error = future.exception()
            if isinstance(error, ChannelDown):
                self.down.add((row.channel, line))
            if error is not None and not isinstance(error, Exception):
                raise error
            found.append((row, error or future.result()))
        return found

    def _channel(self, key: str) -> Channel:
        if key not in self._channels:
            self._channels[key] = self._open.enter_context(registry.channel(key))
        return self._channels[key]


def _send(channel: Channel, letter: Letter, way: str) -> Receipt:
    with tracing.span("delivery", kind="producer", channel=way):
        return channel.send(letter)
