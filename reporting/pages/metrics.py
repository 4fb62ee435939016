"""`/metrics` for Prometheus."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from reporting.metrics import registry


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures of this installation, to callers who send METRICS_TOKEN as bearer token.

    Without that setting a development site tells everybody, a production site nobody.
    """
    if not _may_read(request.headers.get("Authorization", "")):
        answer = JsonResponse({"detail": "Send METRICS_TOKEN as bearer token."}, status=401)
        answer["WWW-Authenticate"] = "Bearer"
        return answer
    return HttpResponse(generate_latest(registry()), content_type=CONTENT_TYPE_LATEST)


def _may_read(authorization: str) -> bool:
    if not settings.METRICS_TOKEN:
        return not settings.PRODUCTION
    return constant_time_compare(authorization, f"Bearer {settings.METRICS_TOKEN}")
