"""What calendar programs read: `/calendar/<token>.ics`."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.http import parse_etags
from django.views.decorators.http import require_safe
from rest_framework.request import Request

from core.api.throttles import WindowThrottle
from core.tenancy import tenant_scope
from integrations.services import calendar_feeds
from scheduling.rules.ical import MEDIA_TYPE


class FeedThrottle(WindowThrottle):
    """By calendar for those that exist, so that offices behind one address do not share a limit; else by address."""

    scope = "anon"

    def identity(self, request: Request, view: object) -> str:
        return f"calendar:{view}" if view else f"calendar:{self.get_ident(request)}"


@require_safe
def read(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar with this secret, or 304 when the program has it already; 404 tells nothing about why."""
    feed = calendar_feeds.find_usable(token)
    throttle = FeedThrottle()
    if not throttle.allow_request(request, feed.pk if feed else None):  # type: ignore[arg-type]
        answer = HttpResponse("Too many requests.", status=429, content_type="text/plain")
        answer["Retry-After"] = str(int(throttle.wait()))
        return answer
    if feed is None:
        raise Http404
    now = timezone.now()
    with tenant_scope(feed.organization_id):
        data = calendar_feeds.content(feed, now=now)
        calendar_feeds.note_use(feed, now=now)
    etag = calendar_feeds.etag_of(data)
    known = parse_etags(request.headers.get("If-None-Match", ""))
    is_known = "*" in known or etag in [one.removeprefix("W/") for one in known]
    found = HttpResponseNotModified() if is_known else HttpResponse(data, content_type=MEDIA_TYPE)
    found["ETag"] = etag
    found["Referrer-Policy"] = "no-referrer"
    found["X-Robots-Tag"] = "noindex"
    patch_cache_control(found, private=True, no_cache=True)
    return found
