"""Requests in chunks, and what answers carry to the browser: rules for its page, and text in compressed form."""

import io
from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone

from accounts.zones import zone_of

#: docs/decisions/browser.md tells what each exception is for.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"

_TEXT = ("text/", "application/json", "application/problem+json", "application/vnd.oai.openapi")


class BrowserRulesMiddleware:
    """Nothing foreign is loaded, framed or sent to; an answer that sets a rule of its own keeps it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response


class FormAddressMiddleware:
    """Leads whoever opens an address of the console that only takes forms to the page that the form stands on.

    People meet such addresses by reloading, by going back, and after signing in again.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code != 405 or request.method not in {"GET", "HEAD"}:
            return response
        page = _page_above(request.path_info)
        return HttpResponseRedirect(page) if page else response


def _page_above(path: str) -> str | None:
    """The nearest page of the console above an address, None outside the console."""
    console = _console()
    while path.startswith(console) and path != console:
        path = path.rstrip("/").rpartition("/")[0] + "/"
        try:
            found = resolve(path)
        except Resolver404:
            continue
        if found.func.__name__ != "catch_all_view":
            return path
    return None


@cache
def _console() -> str:
    """Where the console is: every request asks."""
    return reverse("admin:index")


class ViewerZoneMiddleware:
    """On the console, Django shows and reads times on the clock of whoever signed in; elsewhere in UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        in_console = request.path_info.startswith(_console())
        if not in_console or not request.user.is_authenticated:
            return self.get_response(request)
        with timezone.override(zone_of(request.user)):
            return self.get_response(request)


class ChunkedBodyMiddleware:
    """Takes bodies that come in chunks, up to what the site holds in memory; Django would take them for empty."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        received: Any = request
        environ = received.META
        if _is_chunked(environ):
            most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
            body = environ["wsgi.input"].read(most + 1)
            if len(body) > most:
                detail = (
                    f"Without Content-Length the body of a request may have {most:,} bytes at most."
                )
                return JsonResponse({"detail": detail, "code": "too_large"}, status=413)
            environ["CONTENT_LENGTH"], received._stream = str(len(body)), io.BytesIO(body)
        return self.get_response(request)


def _is_chunked(environ: dict[str, Any]) -> bool:
    """Only where the server ends the stream at the end of the body."""
    chunked = "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
    return chunked and bool(environ.get("wsgi.input_terminated"))


class TextCompressionMiddleware(GZipMiddleware):
    """Compresses text only: photos and documents are compressed already and keep their length."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """The answer, smaller where the browser takes it so."""
        if not response.headers.get("Content-Type", "").startswith(_TEXT):
            return response
        return super().process_response(request, response)
