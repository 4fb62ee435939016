"""Socket.IO: what happens goes to every socket process through Redis."""

from collections.abc import Sequence
from typing import Any

import redis
from django.conf import settings
from django.utils import timezone
from socketio.pubsub_manager import PubSubManager

from integrations.rules.envelopes import Event
from integrations.services import live
from integrations.services.outlets import NotSent

CHANNEL = "mainstay-sockets"
_PATIENCE = 5.0


class _Batch(PubSubManager):
    """Collects what is to be published; the manager that comes with the package swallows its failures."""

    def __init__(self) -> None:
        super().__init__(channel=CHANNEL, write_only=True)
        self.waiting: list[str] = []

    def _publish(self, data: dict[str, Any]) -> None:
        self.waiting.append(self.json.dumps(data))


class Sockets:
    """Whoever is connected at the moment hears it; who was away fetches anew."""

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(
            url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE
        )

    def send(self, events: Sequence[Event]) -> int:
        """In one go. Raises `NotSent`."""
        batch, pipe = _Batch(), self._client.pipeline(transaction=False)
        for one in live.messages(events, now=timezone.now()):
            batch.emit(one.name, one.data, room=one.rooms)
        for text in batch.waiting:
            pipe.publish(CHANNEL, text)
        try:
            pipe.execute()
        except redis.RedisError as error:
            raise NotSent(f"{type(error).__name__}: {error}") from error
        return len(events)

    def listeners(self) -> int:
        """How many processes hand events on to sockets at the moment. Raises `NotSent`."""
        try:
            ((_, count),) = self._client.pubsub_numsub(CHANNEL)
        except redis.RedisError as error:
            raise NotSent(f"{type(error).__name__}: {error}") from error
        return int(count)


def outlet() -> Sockets:
    """The sockets of this installation."""
    return Sockets(settings.REDIS_URL)
