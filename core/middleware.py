"""What every request carries: a correlation id, and the organisation of whoever signed in."""

from collections.abc import Callable
from ipaddress import ip_address
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from core import correlation, refusals, tracing
from core.tenancy import Scope, enter_scope, keep_scope, leave_scope

CHOSEN_ORGANIZATION = "organization_id"  # session key: where a super admin works at present
GetResponse = Callable[[HttpRequest], HttpResponseBase]


class CorrelationMiddleware:
    """Takes X-Correlation-ID, the trace of the traceparent or X-Request-ID of the caller when sane, and answers it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        sent = request.headers
        given = sent.get("X-Correlation-ID") or tracing.trace_of(sent.get("traceparent"))
        chosen = correlation.sane(given or sent.get("X-Request-ID"))
        with correlation.correlated(chosen, address=address_of(request)):
            response = self.get_response(request)
        response["X-Correlation-ID"] = chosen
        return response


def address_of(request: HttpRequest) -> str | None:
    """Where the request comes from: past as many proxies as the site has, whose entries alone can be believed."""
    direct = request.META.get("REMOTE_ADDR") or None
    proxies = settings.REST_FRAMEWORK["NUM_PROXIES"]
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    if not proxies:
        return direct
    try:
        return str(ip_address(hops[-min(proxies, len(hops))]))
    except ValueError:
        return direct


class TenantMiddleware:
    """Puts the signed-in person's organisation in reach, for as long as the request lasts.

    The person is looked up only when rows are asked for. Anonymous requests have no scope. API
    authentication enters its own scope, which ends here as well.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = enter_scope(_Resolver(request))
        try:
            response = self.get_response(request)
            if isinstance(response, StreamingHttpResponse) and _reads_rows(response):
                response.streaming_content = keep_scope(response)
            return response
        finally:
            leave_scope(token)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """A page that the person may not open leaves its trace; the answer is Django's."""
        if isinstance(exception, PermissionDenied) and request.user.is_authenticated:
            refusals.record(request.user, f"{request.method} {request.path}", now=timezone.now())


def _reads_rows(response: StreamingHttpResponse) -> bool:
    """Whether the body may still ask for rows after the request: files do not."""
    return not isinstance(response, FileResponse) and not response.is_async


class _Resolver:
    """Asks the request anew each time, so that signing in or out counts at once."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._asking = False

    def __call__(self) -> Scope:
        if self._asking:  # the look-up of the person itself has no scope
            return None
        self._asking = True
        try:
            return organization_of_request(self._request)
        finally:
            self._asking = False


def organization_of_request(request: HttpRequest) -> UUID | None:
    """The person's organisation; for a super admin the one chosen in the session, if any."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return None
    if user.is_superuser and (chosen := request.session.get(CHOSEN_ORGANIZATION)):
        return UUID(chosen)
    organization_id: UUID | None = user.organization_id
    return organization_id
