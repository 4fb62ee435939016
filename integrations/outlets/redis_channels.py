"""Redis pub/sub: every event on `maintenance:<live name>`, such as `maintenance:work-order:created`."""

from collections.abc import Sequence

import orjson
import redis
from django.conf import settings

from core import tracing
from integrations.rules.envelopes import Event, envelope, redis_channel
from integrations.services.outlets import NotSent

_PATIENCE = 5.0


class RedisChannels:
    """Whoever listens at the moment hears it; Redis keeps nothing for those who come later."""

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(
            url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE
        )

    def send(self, events: Sequence[Event]) -> int:
        """In one go. Raises `NotSent`."""
        pipe = self._client.pipeline(transaction=False)
        for event in events:
            trace = tracing.carried("published", event.correlation_id, event=event.type)
            body = orjson.dumps(envelope(event, site=settings.SITE_URL) | trace)
            pipe.publish(redis_channel(event.type), body)
        try:
            pipe.execute()
        except redis.RedisError as error:
            raise NotSent(f"{type(error).__name__}: {error}") from error
        return len(events)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()


def outlet() -> RedisChannels:
    """The Redis of this installation."""
    return RedisChannels(settings.REDIS_URL)
