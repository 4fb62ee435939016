"""One line of the log per request: what was asked, what was answered, by whom, how long it took."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import LazyObject, empty

from core.middleware import organization_of_request

logger = logging.getLogger("mainstay.requests")
#: Probes, scrapes and style sheets would be most of the log and tell nothing.
QUIET = ("/health", "/metrics", "/static/")
#: Names of parts of an address that open a door by themselves.
_SECRET_PARTS = {"token", "key", "signature", "uid"}


class RequestLogMiddleware:
    """Stands inside the correlation id and outside everything else, so that refusals are logged too.

    Neither query nor body is written: they carry names, searches and passwords.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        response = self.get_response(request)
        level = logging.DEBUG if request.path.startswith(QUIET) else logging.INFO
        if logger.isEnabledFor(level):
            logger.log(level, "request", extra=_told(request, response.status_code, started))
        return response


def _told(request: HttpRequest, status: int, started: float) -> dict[str, Any]:
    user = _known_user(request)
    told = {
        "method": request.method,
        "path": shown_path(request),
        "status": status,
        "duration_ms": round((time.perf_counter() - started) * 1000, 1),
    }
    if user is not None:
        told["user_id"] = str(user.pk)
        told["organization_id"] = str(organization_of_request(request))
    return told


def _known_user(request: HttpRequest) -> Any:
    """Whoever the request turned out to come from; the log itself asks the database nothing."""
    user = getattr(request, "user", None)
    if isinstance(user, LazyObject) and user.__dict__.get("_wrapped", empty) is empty:
        return None
    return user if user is not None and user.is_authenticated else None


def shown_path(request: HttpRequest) -> str:
    """The path without what would let its reader in."""
    path, match = request.path, request.resolver_match
    for name, value in (match.kwargs if match else {}).items():
        if name in _SECRET_PARTS:
            path = path.replace(str(value), f"<{name}>")
    return path
