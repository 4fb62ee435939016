"""Receivers of `chaos`: a queue on the bus; and by Socket.IO and Redis who hear live and fetch what they missed."""

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import pika
import redis
import socketio

from core import catalogue

_EXCHANGE = "hospitality_platform"
#: Public events after a sequence, oldest first.
Replay = Callable[[str], list[Mapping[str, Any]]]


class Queue:
    """Everything that Mainstay says on the bus, kept there until it is read; and what others say."""

    def __init__(self, url: str) -> None:
        self.heard: list[str] = []
        self._link = pika.URLParameters(url)
        channel = pika.BlockingConnection(self._link).channel()
        channel.exchange_declare(_EXCHANGE, "topic", durable=True)
        channel.queue_declare("everything", durable=True)
        for thing in sorted({one.thing for one in catalogue.all_types()} - {"booking"}):
            channel.queue_bind("everything", _EXCHANGE, f"{thing}.*")
        channel.connection.close()

    def tell(self, name: str, event: Mapping[str, Any]) -> None:
        """Put another system's event on the bus; when the bus is away, again."""
        while True:
            try:
                connection = pika.BlockingConnection(self._link)
                channel = connection.channel()
                channel.confirm_delivery()
                kept = pika.BasicProperties(
                    delivery_mode=2, content_type="application/cloudevents+json"
                )
                channel.basic_publish(_EXCHANGE, name, json.dumps(event), kept, mandatory=True)
                connection.close()
                return
            except (pika.exceptions.AMQPError, OSError):
                time.sleep(0.5)

    def drain(self) -> None:
        """Read what lies there."""
        link = pika.BlockingConnection(self._link)
        channel = link.channel()
        for method, properties, _ in channel.consume(
            "everything", auto_ack=True, inactivity_timeout=2
        ):
            if method is None:
                break
            self.heard.append(properties.message_id)
        link.close()


class Follower:
    """Knows the last event that it has. After each connection it asks for those that came since, and only then goes on
    with what it heard meanwhile.
    """

    def __init__(self, replay: Replay, *, since: str) -> None:
        self.heard: list[str] = []
        self.fetched = 0
        self._replay, self._last = replay, since
        self._meanwhile: list[Mapping[str, Any]] = []
        self._catching = 0
        self._lock, self._one_at_a_time = threading.Lock(), threading.Lock()

    def note(self, event: Mapping[str, Any]) -> None:
        """Heard live."""
        with self._lock:
            if self._catching:
                self._meanwhile.append(event)
            else:
                self._take(event)

    def catch_up(self) -> None:
        """Ask for what was missed."""
        with self._lock:
            self._catching += 1
        with self._one_at_a_time:
            while missed := self._replay(self._last):
                with self._lock:
                    before = len(self.heard)
                    for event in missed:
                        self._take(event)
                    self.fetched += len(self.heard) - before
            with self._lock:
                self._catching -= 1
                if not self._catching:
                    for event in self._meanwhile:
                        self._take(event)
                    self._meanwhile.clear()

    def _take(self, event: Mapping[str, Any]) -> None:
        if event["sequence"] > self._last:
            self._last = event["sequence"]
            self.heard.append(event["id"])


class SocketFollower(Follower):
    """A Socket.IO client of one process; it connects again by itself."""

    def __init__(self, replay: Replay, *, since: str, url: str, token: str, transport: str) -> None:
        super().__init__(replay, since=since)
        self._client = socketio.AsyncClient(reconnection_delay=0.2, reconnection_delay_max=1)
        self._client.on("connect", self._again)
        self._client.on("*", self._hear)
        auth = {"token": token, "hints": True}
        come = partial(self._client.connect, url, auth=auth, transports=[transport], retry=True)
        threading.Thread(target=lambda: asyncio.run(self._follow(come)), daemon=True).start()

    async def _follow(self, come: Callable[[], Awaitable[None]]) -> None:
        await come()
        await self._client.wait()

    async def _again(self) -> None:
        threading.Thread(target=self.catch_up, daemon=True).start()

    async def _hear(self, name: str, data: Any = None) -> None:
        if name == "changed" and "*" in data["topics"]:
            await self._again()
        elif isinstance(data, dict) and "sequence" in data:
            self.note(data)


class RedisFollower(Follower):
    """A subscriber of all of Mainstay's channels."""

    def __init__(self, replay: Replay, *, since: str, url: str) -> None:
        super().__init__(replay, since=since)
        self._url = url
        threading.Thread(target=self._follow, daemon=True).start()

    def _follow(self) -> None:
        while True:
            try:
                with redis.Redis.from_url(self._url, health_check_interval=5).pubsub() as line:
                    line.psubscribe("maintenance:*")
                    for message in line.listen():
                        if message["type"] == "psubscribe":
                            threading.Thread(target=self.catch_up, daemon=True).start()
                        elif message["type"] == "pmessage":
                            self.note(json.loads(message["data"]))
            except redis.RedisError:
                time.sleep(0.2)
