"""`/metrics` for Prometheus."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures of this installation; with METRICS_TOKEN set only to callers who send it as bearer token."""
    token = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and not constant_time_compare(given, token):
        return JsonResponse({"detail": "Send METRICS_TOKEN as bearer token."}, status=401)
    response: HttpResponse = ExportToDjangoView(request)
    return response
