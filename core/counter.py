"""Counting in the shared cache."""

from contextlib import suppress

from django.core.cache import cache


def count(key: str, *, timeout: int) -> int:
    """One more for `key`; returns the count. It starts anew when the cache has dropped it meanwhile."""
    for _ in range(2):
        with suppress(ValueError):  # nothing is counted yet, or no longer
            return int(cache.incr(key))
        if cache.add(key, 1, timeout=timeout):
            return 1
    cache.set(key, 1, timeout=timeout)
    return 1
