"""Redis streams: entries that hold an event, read by all nodes as one consumer group, each entry by one of them.

An entry is acknowledged after its event is stored. What a node left unfinished is taken over by another after a minute;
what is no event is copied into `<stream>:dead`.
"""

import logging
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import orjson
import redis
from django.conf import settings

from core.lanes import Clock
from integrations.models import Via
from integrations.services.inbound import letters

GROUP = "mainstay"
_BLOCK_MILLISECONDS = 500
_PATIENCE = 5.0
_LONGEST_WAIT = 30.0
_AT_ONCE = 20
#: How long an entry may be in a node's hands, and how often others look.
LEFT_BEHIND_MILLISECONDS = 60_000
_LOOK_EVERY = 15.0
_MOST_DEAD = 10_000
#: Fields of an entry that hold the whole event as JSON; without one of them the fields are its attributes.
_WHOLE = ("event", "message", "payload", "body")
logger = logging.getLogger(__name__)
Entry = tuple[bytes, Mapping[bytes, bytes]]


class Inlet:
    """Reads one stream; after a failure a later round tries again."""

    def __init__(
        self, url: str, stream: str, *, left_behind: int = LEFT_BEHIND_MILLISECONDS
    ) -> None:
        self._client = redis.Redis.from_url(
            url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE
        )
        self._stream, self._left_behind = stream, left_behind
        self._name = socket.gethostname()
        self._is_ready = False
        self._failures, self._again_at, self._look_at = 0, 0.0, 0.0

    def work(self, clock: Clock) -> int:
        """Listen for half a second and take what comes; returns how many entries that were."""
        if time.monotonic() < self._again_at:
            return 0
        try:
            self._prepare()
            return self._each(self._left() or self._new(), clock)
        except redis.RedisError as error:
            self._note_failure(error)
            return 0

    @property
    def hears(self) -> bool:
        """Whether the server answered in the last round."""
        return self._is_ready

    def close(self) -> None:
        """Let go of the connections; what was not acknowledged is taken over by another node."""
        self._client.close()

    def _prepare(self) -> None:
        """The group begins with what stands in the stream already."""
        if self._is_ready:
            return
        try:
            self._client.xgroup_create(self._stream, GROUP, id="0", mkstream=True)
        except redis.ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise
        if self._failures:
            logger.info("Redis is back; events come in again.")
        self._is_ready, self._failures = True, 0

    def _new(self) -> list[Entry]:
        found: Any = self._client.xreadgroup(
            GROUP, self._name, {self._stream: ">"}, count=_AT_ONCE, block=_BLOCK_MILLISECONDS
        )
        return list(found[0][1]) if found else []

    def _left(self) -> list[Entry]:
        """What another node, or this one before it died, did not finish."""
        if time.monotonic() < self._look_at:
            return []
        found: Any = self._client.xautoclaim(
            self._stream, GROUP, self._name, min_idle_time=self._left_behind, count=_AT_ONCE
        )
        entries = [entry for entry in found[1] if entry[1]]
        if not entries:
            self._look_at = time.monotonic() + min(_LOOK_EVERY, self._left_behind / 1_000)
        return entries

    def _each(self, entries: list[Entry], clock: Clock) -> int:
        for key, fields in entries:
            body, headers = _message(fields)
            taken = letters.take_message(body, headers, via=Via.REDIS, now=clock())
            pipe = self._client.pipeline(transaction=True)
            if taken is None:
                kept: Any = dict(fields)
                pipe.xadd(f"{self._stream}:dead", kept, maxlen=_MOST_DEAD, approximate=True)
            pipe.xack(self._stream, GROUP, key)
            pipe.execute()
        return len(entries)

    def _note_failure(self, error: Exception) -> None:
        if not self._failures:
            logger.warning("No events come in by Redis: %s: %s", type(error).__name__, error)
        self._failures += 1
        self._is_ready = False
        self._again_at = time.monotonic() + min(2.0 ** min(self._failures, 10), _LONGEST_WAIT)


def _message(fields: Mapping[bytes, bytes]) -> tuple[bytes, dict[str, str]]:
    """The event as JSON, and the other fields as headers."""
    named = {name.decode(errors="replace"): value for name, value in fields.items()}
    key = next((name for name in _WHOLE if name in named), "")
    if key:
        body = named.pop(key)
        return body, {name: value.decode(errors="replace") for name, value in named.items()}
    texts: dict[str, Any] = {name: value.decode(errors="replace") for name, value in named.items()}
    with suppress(orjson.JSONDecodeError, KeyError):
        texts["data"] = orjson.loads(named["data"])
    return orjson.dumps(texts), {}


def inlet() -> Inlet:
    """The stream of this installation."""
    return Inlet(settings.REDIS_URL, settings.EVENTS_STREAM)
