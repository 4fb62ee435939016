"""The shared cache, which the site can do without."""

import logging
import time
from collections.abc import Callable
from typing import Any, ClassVar

import redis
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache

_AGAIN_AFTER_SECONDS = 5.0
logger = logging.getLogger(__name__)


def _tolerant(name: str) -> Callable[..., Any]:
    def ask(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.is_shared:
            try:
                return getattr(RedisCache, name)(self, *args, **kwargs)
            except redis.RedisError as error:
                logger.warning("Redis does not answer; this process remembers alone: %s", error)
                type(self).away_until = time.monotonic() + _AGAIN_AFTER_SECONDS
        return getattr(self.own, name)(*args, **kwargs)

    return ask


class TolerantRedisCache(RedisCache):
    """Redis; while it does not answer, each process counts and remembers for itself, and asks it again now and then.

    What is kept here are counters of requests and answers that can be made anew: limits are looser meanwhile by the
    number of processes, and nothing else changes.
    """

    away_until: ClassVar[float] = 0.0

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self.own = LocMemCache("while Redis is away", {"max_entries": 100_000})

    @property
    def is_shared(self) -> bool:
        """Whether Redis answered when it was asked last."""
        return time.monotonic() >= self.away_until

    add, get, set, touch = (_tolerant(name) for name in ("add", "get", "set", "touch"))
    delete, incr, has_key = (_tolerant(name) for name in ("delete", "incr", "has_key"))
    get_many, set_many = _tolerant("get_many"), _tolerant("set_many")
    delete_many, clear = _tolerant("delete_many"), _tolerant("clear")
