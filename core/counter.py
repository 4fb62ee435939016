"""Counting in the shared cache."""

from django.core.cache import cache


def count(key: str, *, timeout: int) -> int:
    """One more for `key`; returns the count. It starts anew when the cache has dropped it meanwhile."""
    cache.add(key, 0, timeout=timeout)
    try:
        return int(cache.incr(key))
    except ValueError:  # expired or evicted between the two calls
        cache.set(key, 1, timeout=timeout)
        return 1
