"""Listeners on real servers that know nothing of the site's code: pika and redis-py."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import orjson
import pika
import redis
from django.conf import settings

EXCHANGE = "hospitality_platform"


class Queue:
    """A queue of its own on an exchange, bound to some routing keys."""

    def __init__(self, exchange: str, keys: tuple[str, ...]) -> None:
        self._connection = pika.BlockingConnection(pika.URLParameters(settings.RABBITMQ_URL))
        self._channel = self._connection.channel()
        self._channel.exchange_declare(exchange, "topic", durable=True)
        self.name = f"test-{uuid4().hex}"
        self._channel.queue_declare(self.name, durable=True)
        for key in keys:
            self._channel.queue_bind(self.name, exchange, key)

    def take(self, count: int, patience: float = 20.0) -> list[tuple[Any, Any, dict[str, Any]]]:
        """Up to `count` messages as routing key, properties and body."""
        found: list[Any] = []
        for method, properties, body in self._channel.consume(
            self.name, auto_ack=True, inactivity_timeout=patience
        ):
            if method is None:
                break
            found.append((method.routing_key, properties, orjson.loads(body)))
            if len(found) == count:
                break
        self._channel.cancel()
        return found

    def close(self) -> None:
        """Leave nothing behind."""
        self._channel.queue_delete(self.name)
        self._connection.close()


@contextmanager
def queue(exchange: str, *keys: str) -> Iterator[Queue]:
    """A queue that hears these routing keys from now on."""
    made = Queue(exchange, keys or ("#",))
    try:
        yield made
    finally:
        made.close()


@contextmanager
def channels(pattern: str) -> Iterator[Callable[[int], list[tuple[str, dict[str, Any]]]]]:
    """What is published on Redis channels that match, from now on: a function that takes so many."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    listener = client.pubsub()
    listener.psubscribe(pattern)
    listener.get_message(timeout=5)  # the confirmation

    def take(count: int) -> list[tuple[str, dict[str, Any]]]:
        found: list[tuple[str, dict[str, Any]]] = []
        while len(found) < count and (message := listener.get_message(timeout=10)):
            found.append((message["channel"].decode(), orjson.loads(message["data"])))
        return found

    try:
        yield take
    finally:
        listener.close()
        client.close()
