"""How a person is reached: when, where, in which browsers, and “send me one”."""

import json
from datetime import time
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.rights import Right
from core.admin.pages import console_page
from core.errors import DomainError, Invalid
from core.rules.moments import day_and_time
from notifications.models import Channel, Delivery
from notifications.pages import zones
from notifications.rules.error_words import in_words
from notifications.services import browsers, reaching, trials

_WORKER = settings.BASE_DIR / "static" / "notifications" / "worker.js"
_NAMED = ("chat_address", "push_address")
_WAITING = {Delivery.State.PENDING, Delivery.State.COLLECTING}


@console_page(Right.NOTIFICATION_VIEW)
@require_POST
def reach(request: HttpRequest) -> HttpResponse:
    """Keep when the person wants to be told, or one of their addresses."""
    user = cast(User, request.user)
    try:
        reaching.change(user, _values(request), by=user, now=timezone.now())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "Saved.")
    return redirect("admin:notifications_preferences")


@console_page(Right.NOTIFICATION_VIEW)
@require_POST
def subscribe(request: HttpRequest) -> HttpResponse:
    """Show messages in the browser that asks; the script of the page calls."""
    try:
        body = json.loads(request.body)
        keys = body["keys"]
        made = browsers.subscribe(
            cast(User, request.user),
            endpoint=str(body["endpoint"]),
            public_key=str(keys["p256dh"]),
            secret=str(keys["auth"]),
            label=str(body.get("label", "")),
            now=timezone.now(),
        )
    except (ValueError, KeyError, TypeError):
        return JsonResponse({"detail": "This is not a subscription of a browser."}, status=400)
    except Invalid as error:
        return JsonResponse({"detail": error.message}, status=400)
    return JsonResponse({"label": made.label})


@console_page(Right.NOTIFICATION_VIEW)
@require_POST
def unsubscribe(request: HttpRequest) -> HttpResponse:
    """Show messages in the browser that asks no more."""
    try:
        endpoint = str(json.loads(request.body)["endpoint"])
    except (ValueError, KeyError, TypeError):
        return JsonResponse({"detail": "This is not a subscription of a browser."}, status=400)
    done = browsers.unsubscribe(cast(User, request.user), endpoint, now=timezone.now())
    return JsonResponse({"done": done})


@console_page(Right.NOTIFICATION_VIEW)
@require_POST
def send_one(request: HttpRequest, channel: str) -> HttpResponse:
    """Put a test message on its way."""
    user = cast(User, request.user)
    try:
        trials.send(user, channel, now=timezone.now())
        problem = ""
    except DomainError as error:
        problem = error.message
    if "HX-Request" in request.headers:
        return _state(request, user, channel, problem)
    if problem:
        messages.error(request, problem)
    return redirect("admin:notifications_preferences")


@console_page(Right.NOTIFICATION_VIEW)
@require_GET
def trial(request: HttpRequest, channel: str) -> HttpResponse:
    """How the test message stands; the page asks until it has arrived or failed."""
    return _state(request, cast(User, request.user), channel, "")


@never_cache
@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The script that shows messages while no page is open: below the pages it is allowed to lead to."""
    return HttpResponse(_WORKER.read_bytes(), content_type="text/javascript; charset=utf-8")


def shown_trial(delivery: Delivery | None, user: User) -> dict[str, Any]:
    """How a test message stands, in words."""
    if delivery is None:
        return {}
    zone = zones.of(user)
    error = in_words(delivery.last_error)
    if delivery.state == Delivery.State.SENT:
        when = day_and_time(delivery.sent_at, zone)
        return {"tone": "success", "text": f"Sent {when}. Did it arrive?"}
    if delivery.state in _WAITING and not error:
        return {"tone": "info", "text": "On its way …", "waits": True}
    if delivery.state in _WAITING:
        again = day_and_time(delivery.available_at, zone)
        return {"tone": "warning", "text": f"{error} It is tried again {again}.", "waits": True}
    return {"tone": "danger", "text": f"It did not leave. {error}"}


def _state(request: HttpRequest, user: User, channel: str, problem: str) -> HttpResponse:
    if channel not in Channel.values:
        return HttpResponse(status=404)
    latest = trials.latest(user, now=timezone.now()).get(channel)
    state = {"tone": "danger", "text": problem} if problem else shown_trial(latest, user)
    context = {"channel": channel, "trial": state}
    return render(request, "notifications/trial.html", context)


def _values(request: HttpRequest) -> dict[str, Any]:
    """What the form names; every form names a part."""
    given = request.POST
    values: dict[str, Any] = {name: given[name].strip() for name in _NAMED if name in given}
    if "rhythm" in given:
        values["rhythm"] = given["rhythm"]
        values["digest_hour"] = _hour(given.get("digest_hour", ""))
        values["quiet_from"] = _time(given.get("quiet_from", ""), "quiet_from")
        values["quiet_until"] = _time(given.get("quiet_until", ""), "quiet_until")
    return values


def _hour(text: str) -> int:
    if not text.isdecimal():
        raise Invalid("Choose an hour from 0 to 23.", field="digest_hour")
    return int(text)


def _time(text: str, name: str) -> time | None:
    if not text:
        return None
    try:
        return time.fromisoformat(text).replace(tzinfo=None, second=0, microsecond=0)
    except ValueError as error:
        raise Invalid("Enter a time such as 22:00.", field=name) from error


def browser_addresses() -> dict[str, str]:
    """What the script of the page asks."""
    names = {"worker": "worker", "subscribe": "subscribe", "unsubscribe": "unsubscribe_browser"}
    return {key: reverse(f"admin:notifications_{name}") for key, name in names.items()}
