"""Rate limits that hold over any number of web nodes sharing a cache.

A sliding window of two counters: the running period, and the share of the former one that still lies inside the
window. Counting is atomic in the cache, and its cost does not grow with the limit.
"""

import time
from contextlib import suppress
from typing import Any

from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from core import counter


class WindowThrottle(BaseThrottle):
    """Base: `scope` names the rate in the settings, `identity` whose requests count together."""

    scope = ""

    def __init__(self) -> None:
        rate = api_settings.DEFAULT_THROTTLE_RATES.get(self.scope)
        self.limit, self.seconds = _parsed(str(rate)) if rate else (0, 0)
        self._retry_after = 0.0

    def identity(self, request: Request, view: Any) -> str | None:
        """None when this limit does not apply to the request."""
        raise NotImplementedError

    def allow_request(self, request: Request, view: Any) -> bool:
        who = self.identity(request, view) if self.limit else None
        if who is None:
            return True
        period, elapsed = divmod(time.time() / self.seconds, 1)
        current, former = (f"rate:{self.scope}:{who}:{int(period) - age}" for age in (0, 1))
        count = counter.count(current, timeout=int(2 * self.seconds + 1))
        # the former period counted no more than the limit, so the first requests need not ask for it
        is_early = count <= self.limit * elapsed
        before = 0 if is_early else cache.get(former, 0)
        if count + before * (1 - elapsed) <= self.limit:
            return True
        with suppress(ValueError):  # dropped meanwhile: nothing is counted any more
            cache.decr(current)
        self._retry_after = self._wait_for(count, before, elapsed) * self.seconds
        return False

    def wait(self) -> float:
        return max(1.0, self._retry_after)

    def _wait_for(self, count: int, before: int, elapsed: float) -> float:
        """Periods until one more request fits in."""
        free = self.limit - count
        if free >= 0 and before:
            return 1 - free / before - elapsed
        return (1 - elapsed) + max(0.0, 1 - self.limit / count)


def _parsed(rate: str) -> tuple[int, int]:
    """ "100/min" as requests and seconds."""
    number, period = rate.split("/")
    return int(number), {"s": 1, "m": 60, "h": 3600, "d": 86400}[period[0]]


class AnonymousThrottle(WindowThrottle):
    """By network address, for requests without sign-in."""

    scope = "anon"

    def identity(self, request: Request, view: Any) -> str | None:
        return None if request.user and request.user.is_authenticated else self.get_ident(request)


class UserThrottle(WindowThrottle):
    """By person, whatever key or token they use."""

    scope = "user"

    def identity(self, request: Request, view: Any) -> str | None:
        return str(request.user.pk) if request.user and request.user.is_authenticated else None


class TenantThrottle(WindowThrottle):
    """By organisation, so that one cannot starve the others."""

    scope = "tenant"

    def identity(self, request: Request, view: Any) -> str | None:
        organization_id = getattr(request.user, "organization_id", None)
        return str(organization_id) if organization_id else None


class AlertsThrottle(UserThrottle):
    """For starting the due check by hand."""

    scope = "alerts"
