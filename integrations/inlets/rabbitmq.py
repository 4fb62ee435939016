"""RabbitMQ: a durable queue of ours, bound to the platform's exchange for the events that are understood.

A message is acknowledged after its event is stored; one that is no event is rejected into `mainstay.dead`. A broker
that is away is tried again, and said so once.
"""

import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from amqp.exceptions import AMQPError
from django.conf import settings
from kombu.connection import Connection
from kombu.exceptions import KombuError

from core.lanes import Clock
from integrations.models import Via
from integrations.rules.consumed import CONSUMED
from integrations.services.inbound import letters

QUEUE = "mainstay.incoming"
DEAD = "mainstay.dead"
#: Messages that are under way to us at a time, and how long a round listens.
PREFETCH = 50
_LISTEN = 0.5
_HEARTBEAT = 30
_PATIENCE = 10.0
_LONGEST_WAIT = 30.0
#: Rejected ones are in the console, too; nobody has to empty their queue.
_KEPT_DEAD = {"x-message-ttl": 90 * 86_400_000, "x-max-length": 10_000}
_FAULTS = (AMQPError, KombuError, OSError)
logger = logging.getLogger(__name__)


class Inlet:
    """One connection for as long as it lasts; after a failure a later round opens another."""

    def __init__(self, url: str, exchange: str, *, queue: str = QUEUE, dead: str = DEAD) -> None:
        self._url, self._exchange, self._queue, self._dead = url, exchange, queue, dead
        self._connection: Any = None
        self._arrived: list[Any] = []
        self._failures, self._again_at = 0, 0.0

    def work(self, clock: Clock) -> int:
        """Listen for half a second and take what comes; returns how many messages that were."""
        if time.monotonic() < self._again_at:
            return 0
        try:
            self._open()
            return self._listen(clock)
        except _FAULTS as error:
            self._note_failure(error)
            return 0
        except BaseException:
            self.close()  # what was not acknowledged comes again
            raise

    @property
    def hears(self) -> bool:
        """Whether the broker answered in the last round."""
        return self._connection is not None

    def close(self) -> None:
        """Let go of the connection; what was not acknowledged goes back to the queue."""
        self._arrived.clear()
        if self._connection is not None:
            with suppress(*_FAULTS):
                self._connection.release()
            self._connection = None

    def _listen(self, clock: Clock) -> int:
        done, until = 0, time.monotonic() + _LISTEN
        while (left := until - time.monotonic()) > 0:
            if not self._arrived:
                with suppress(TimeoutError):
                    self._connection.drain_events(timeout=left)
            while self._arrived and time.monotonic() < until:
                self._take(self._arrived.pop(0), clock)
                done += 1
        self._connection.heartbeat_check()
        return done

    def _take(self, message: Any, clock: Clock) -> None:
        body = message.body if isinstance(message.body, bytes) else str(message.body).encode()
        taken = letters.take_message(body, _headers(message), via=Via.RABBITMQ, now=clock())
        if taken is None:
            message.channel.basic_reject(message.delivery_tag, requeue=False)
        else:
            message.channel.basic_ack(message.delivery_tag)

    def _open(self) -> None:
        if self._connection is not None:
            return
        make: Any = Connection  # ships no types
        self._connection = make(self._url, connect_timeout=_PATIENCE, heartbeat=_HEARTBEAT)
        self._connection.connect()
        channel = self._connection.channel()
        channel.exchange_declare(self._exchange, "topic", durable=True, auto_delete=False)
        channel.exchange_declare(self._dead, "fanout", durable=True, auto_delete=False)
        channel.queue_declare(self._dead, durable=True, auto_delete=False, arguments=_KEPT_DEAD)
        channel.queue_bind(self._dead, self._dead)
        ends = {"x-dead-letter-exchange": self._dead}
        channel.queue_declare(self._queue, durable=True, auto_delete=False, arguments=ends)
        for name in CONSUMED:
            channel.queue_bind(self._queue, self._exchange, routing_key=name)
        channel.basic_qos(0, PREFETCH, False)
        channel.basic_consume(self._queue, callback=self._arrived.append)
        if self._failures:
            logger.info("RabbitMQ is back; events come in again.")
        self._failures = 0

    def _note_failure(self, error: Exception) -> None:
        self.close()
        if not self._failures:
            logger.warning("No events come in by RabbitMQ: %s: %s", type(error).__name__, error)
        self._failures += 1
        self._again_at = time.monotonic() + min(2.0 ** min(self._failures, 10), _LONGEST_WAIT)


def _headers(message: Any) -> Mapping[str, str]:
    """What the message carries beside its body, as text."""
    found = {
        str(name): value.decode(errors="replace") if isinstance(value, bytes) else str(value)
        for name, value in (message.headers or {}).items()
    }
    correlation = message.properties.get("correlation_id")
    return {**found, **({"correlation_id": str(correlation)} if correlation else {})}


def inlet() -> Inlet:
    """The bus of this installation."""
    return Inlet(settings.RABBITMQ_URL, settings.RABBITMQ_EXCHANGE)
