"""A span for each request, in the trace of its caller."""

from collections.abc import Callable
from functools import cache

from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from core import tracing
from maintenance_site.request_log import QUIET, shown_path


class RequestSpanMiddleware:
    """Stands inside the correlation id and around the log, whose lines name the span."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not tracing.is_wired():
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith(QUIET):
            return self.get_response(request)
        method, caller = request.method or "", request.headers.get("traceparent", "")
        with tracing.span(method, kind="server", caller=caller):
            response = self.get_response(request)
            facts = {"http.request.method": method, "url.path": shown_path(request)}
            if match := request.resolver_match:
                facts["http.route"] = _readable(match.route)
                tracing.rename(f"{method} {facts['http.route']}")
            if response.status_code >= 500:
                tracing.fail(str(response.status_code))
            tracing.note(**facts, **{"http.response.status_code": response.status_code})
            return response


@cache
def _readable(route: str) -> str:
    """A route without the signs of regular expressions, such as `/api/v1/users/<pk>`."""
    from django.contrib.admindocs.views import simplify_regex  # for nobody without a tracer

    return str(simplify_regex(route))
