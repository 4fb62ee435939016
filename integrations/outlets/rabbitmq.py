"""RabbitMQ: a topic exchange, with the event's type as routing key and publisher confirms."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Timer
from typing import Any

import orjson
from amqp.basic_message import Message
from amqp.exceptions import AMQPError
from django.conf import settings
from kombu.connection import Connection
from kombu.exceptions import KombuError

from core import tracing
from integrations.rules.envelopes import CONTENT_TYPE, Event, envelope
from integrations.services.outlets import NotSent

_PERSISTENT = 2
#: In seconds: for the next thing that the broker says, and for a whole batch, which is less than the reader's lease.
_PATIENCE = 10.0
_WHOLE_PATIENCE = 20.0


class RabbitMQ:
    """One connection for as long as it lasts; after a failure the next events open another.

    The events of a batch are sent in one go and confirmed together: an event counts as taken when the broker has
    confirmed it and all before it. A broker that is short of memory or disk reads no more from its publishers and
    answers nothing: the line is cut after a while, so that nobody waits for ever.
    """

    def __init__(self, url: str, exchange: str) -> None:
        self._url, self._exchange = url, exchange
        self._connection: Any = None
        self._socket: socket.socket | None = None

    def send(self, events: Sequence[Event]) -> int:
        """Raises `NotSent`."""
        confirmed: set[int] = set()
        refused: set[int] = set()
        try:
            is_new = self._open()
            with _cut_after(_WHOLE_PATIENCE, self._socket):
                channel = self._channel(confirmed, refused, is_new)
                for event in events:
                    channel.basic_publish(_message(event), self._exchange, routing_key=event.type)
                while len(confirmed | refused) < len(events):
                    channel.connection.drain_events(timeout=_PATIENCE)
                channel.close()
        except (AMQPError, KombuError, OSError) as error:
            _cut(self._socket)  # a broker that takes nothing does not answer a farewell either
            self.close()
            said = f"{type(error).__name__}: {error}"
            raise NotSent(said, taken=_unbroken(confirmed)) from error
        if refused:
            raise NotSent("The broker refused an event.", taken=_unbroken(confirmed))
        return len(events)

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            with _cut_after(_PATIENCE, self._socket):
                self._connection.release()
            self._connection, self._socket = None, None

    def _open(self) -> bool:
        """Connect where that is needed; whether it was."""
        if self._connection is not None:
            return False
        self._connection = _connection(self._url)
        self._connection.connect()
        self._socket = self._connection.connection.transport.sock
        return True

    def _channel(self, confirmed: set[int], refused: set[int], is_new: bool) -> Any:
        """A fresh channel, whose messages are numbered from 1; what the broker says of them goes into the sets."""
        if is_new:
            with self._connection.channel() as channel:
                channel.exchange_declare(self._exchange, "topic", durable=True, auto_delete=False)
        channel = self._connection.channel()
        channel.confirm_select()
        channel.events["basic_ack"].add(lambda tag, several: _note(confirmed, tag, several))
        channel.events["basic_nack"].add(lambda tag, several: _note(refused, tag, several))
        return channel


def _connection(url: str) -> Any:
    make: Any = Connection  # ships no types
    return make(url, connect_timeout=_PATIENCE, heartbeat=0)


@contextmanager
def _cut_after(seconds: float, line: socket.socket | None) -> Iterator[None]:
    """Whatever waits for the line is let go with an error when it takes longer."""
    guillotine = Timer(seconds, _cut, [line])
    guillotine.daemon = True
    guillotine.start()
    try:
        yield
    finally:
        guillotine.cancel()


def _cut(line: socket.socket | None) -> None:
    if line is not None:
        with suppress(OSError):  # it was closed already
            line.shutdown(socket.SHUT_RDWR)


def outlet() -> RabbitMQ:
    """The bus of this installation."""
    return RabbitMQ(settings.RABBITMQ_URL, settings.RABBITMQ_EXCHANGE)


def _message(event: Event) -> Message:
    trace = tracing.carried("published", event.correlation_id, event=event.type)
    return Message(
        orjson.dumps(envelope(event, site=settings.SITE_URL) | trace),
        content_type=CONTENT_TYPE,
        delivery_mode=_PERSISTENT,
        message_id=str(event.id),
        correlation_id=event.correlation_id,
        type=event.type,
        application_headers={"organization": event.organization, **trace},
    )


def _note(numbers: set[int], tag: int, several: bool) -> None:
    """`several`: this one and all before it."""
    numbers.update(range(1, tag + 1) if several else (tag,))


def _unbroken(numbers: set[int]) -> int:
    """How many from the first on without a gap."""
    count = 0
    while count + 1 in numbers:
        count += 1
    return count
