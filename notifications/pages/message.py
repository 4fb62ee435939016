"""The page behind the link in a message. Nobody signs in: the link is for its recipient alone."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from core import correlation, counter
from core.errors import DomainError, Invalid
from core.rules.moments import day_and_time
from core.tenancy import tenant_scope
from notifications.models import Notification
from notifications.pages import zones
from notifications.rules import snoozing
from notifications.services import attention, message_links

#: Requests from one place within the time in which sign-ins are counted; a whole house may share one address.
MOST_REQUESTS = 200
_HEADERS = {"X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "no-referrer"}


@csrf_exempt  # the address holds the secret, and there is no session that another site could misuse
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, code: str) -> HttpResponse:
    """What the message says; taking it up and putting it off. Looking changes nothing: mail scanners look."""
    response = _response(request, code)
    for name, value in _HEADERS.items():
        response.headers[name] = value
    return response


def _response(request: HttpRequest, code: str) -> HttpResponse:
    window = int(settings.SIGN_IN_WINDOW.total_seconds())
    if counter.count(f"message:{correlation.client_address()}", timeout=window) > MOST_REQUESTS:
        return _ended(request, "Too many requests. Please try again in 15 minutes.", status=429)
    try:
        message = message_links.find(code)
    except Invalid as error:
        return _ended(request, error.message, status=404)
    if message is None:
        return _ended(request, "This message does not exist any more.", status=404)
    with tenant_scope(message.organization_id):
        problem = _act(request, message) if request.method == "POST" else ""
        return _page(request, message, problem)


def _act(request: HttpRequest, message: Notification) -> str:
    """Do what the button says; returns why it was refused."""
    now, person = timezone.now(), message.recipient
    try:
        if "acknowledge" in request.POST:
            attention.acknowledge(message, by=person, now=now)
        else:
            until = snoozing.until(request.POST.get("snooze", ""), now, zones.of(person))
            if until is not None:
                attention.snooze(message, until, by=person, now=now)
    except DomainError as error:
        return error.message
    return ""


def _page(request: HttpRequest, message: Notification, problem: str) -> HttpResponse:
    zone = zones.of(message.recipient)
    context: dict[str, Any] = {
        "message": message,
        "problem": problem,
        "told": day_and_time(message.created_at, zone),
        "taken": day_and_time(message.acknowledged_at, zone),
        "put_off": day_and_time(message.snoozed_until, zone),
        "choices": snoozing.choices(timezone.now(), zone),
    }
    return render(request, "notifications/message.html", context, status=422 if problem else 200)


def _ended(request: HttpRequest, problem: str, *, status: int) -> HttpResponse:
    return render(request, "notifications/message.html", {"ended": problem}, status=status)
