"""What a person wants to hear, and turning mail off from within a mail."""

from typing import Any, cast

from django.conf import settings as site_settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.rights import Right
from core.admin.pages import console_page, render_page
from core.errors import Invalid
from notifications.channels.browser import public_key
from notifications.models import Channel, Kind
from notifications.pages import channels, zones
from notifications.rules import service_addresses
from notifications.services import (
    browsers,
    contact_stops,
    preferences,
    reaching,
    trials,
    unsubscribing,
)
from notifications.services.contact_stops import ContactLetters
from notifications.services.unsubscribing import Subscription

_ICONS = {
    Channel.EMAIL: "mail",
    Channel.SMS: "sms",
    Channel.PUSH: "smartphone",
    Channel.CHAT: "forum",
    Channel.BROWSER: "computer",
}
_ABOUT = {
    Channel.EMAIL: "Digests, never one mail for each item.",
    Channel.SMS: "One short line and a link. Urgent ones come at night too.",
    Channel.PUSH: "Through an app for messages on your phone.",
    Channel.CHAT: "Into a chat of yours.",
    Channel.BROWSER: "Shown by the browser, also while no page of ours is open.",
}
_FIELDS = {Channel.CHAT: "chat_address", Channel.PUSH: "push_address"}
_SERVICES = {Channel.CHAT: service_addresses.CHAT, Channel.PUSH: service_addresses.PUSH}
_EXPLANATIONS = {
    Kind.MAINTENANCE_DUE: "Work of yours comes due: today, tomorrow, or as early as its schedule says.",
    Kind.MAINTENANCE_OVERDUE: "Work of yours is past its tolerance. You are told once, not every day.",
    Kind.ISSUE_FOUND: "Somebody found a problem on a resource you are responsible for.",
    Kind.SCHEDULE_ASSIGNED: "Somebody made a schedule yours.",
    Kind.WINDOW_SCHEDULED: "Maintenance is planned on a resource you are responsible for, or a window is yours.",
    Kind.WINDOW_CHANGED: "Such a window is moved, changed or called off.",
    Kind.WINDOW_REMINDER: "A window begins soon, or its end has passed while work is still open.",
    Kind.WINDOW_WORK: "Work in a window began or ended, so you know when the resource is free again.",
    Kind.WINDOW_ANSWER: "People who booked answered, or did not in time, or a window waits for your approval.",
    Kind.REPORT_NEWS: "What becomes of something that you reported.",
    Kind.REPORT_RECEIVED: "Somebody reported something, and you decide what becomes of it.",
    Kind.SAFETY_REPORT: "A report says that somebody's safety is at risk.",
    Kind.ORDER_ASSIGNED: "Work becomes yours, goes to somebody else, is given back, or will not be done.",
    Kind.ORDER_ESCALATED: "Somebody needs help with work, or more people have to know of it.",
    Kind.ORDER_DELAYED: "Somebody says that work of yours, or that you coordinate, will be late.",
    Kind.ORDER_COMMENT: "Somebody commented on work of yours, or mentioned you.",
    Kind.ORDER_TO_VERIFY: "Work is done, and somebody has to look whether it is done well.",
    Kind.CERTIFICATE_EXPIRING: "A certificate of yours, or of somebody you plan for, ends soon.",
    Kind.SLA_WARNING: "Three quarters, and nine tenths, of the time promised for work are used up.",
    Kind.SLA_BREACH: "A work order of yours, or that you coordinate, was not answered or done in time.",
    Kind.SLA_ESCALATION: "Nobody has taken up a missed deadline for as long as its policy allows.",
    Kind.WEBHOOK_DISABLED: "A receiver of events took nothing for a day, or said that it is gone.",
    Kind.UNACKNOWLEDGED: "Somebody was told something urgent and has not answered: it goes to you now.",
    Kind.SYSTEM: "News about the installation itself.",
}


@console_page(Right.NOTIFICATION_VIEW)
@require_http_methods(["GET", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """How the person who is signed in is reached, and the matrix of kinds and channels that reach them."""
    user = cast(User, request.user)
    standings = reaching.standings(user)
    shown = [Channel.IN_APP, *(one.channel for one in standings if one.reaches)]
    if request.method == "POST":
        wishes = {
            (kind.value, channel.value): f"{kind}:{channel}" in request.POST
            for kind in Kind
            for channel in shown
        }
        preferences.choose(user, wishes, by=user, now=timezone.now())
        messages.success(request, "Saved. It holds for everything you are told from now on.")
        return redirect("admin:notifications_preferences")
    cells = {(cell.kind, cell.channel): cell for cell in preferences.matrix(user)}
    rows = [
        {
            "kind": kind,
            "explanation": _EXPLANATIONS[kind],
            "cells": [cells[kind, channel] for channel in shown],
        }
        for kind in Kind
    ]
    return render_page(
        request,
        "notifications/preferences.html",
        title="What you hear about",
        rows=rows,
        shown=shown,
        ways=_ways(user, standings),
        chosen=reaching.of(user),
        hours=range(24),
        zone=str(zones.of(user)).replace("_", " "),
        browser=_browser(user),
    )


def _ways(user: User, standings: list[reaching.Standing]) -> list[dict[str, Any]]:
    """Each channel as the page shows it: how it stands, what it takes, and how its test message stands."""
    tried = trials.latest(user, now=timezone.now())
    return [
        {
            "standing": one,
            "icon": _ICONS[one.channel],
            "about": _ABOUT[one.channel],
            "field": _FIELDS.get(one.channel),
            "services": _SERVICES.get(one.channel, ()),
            "trial": channels.shown_trial(tried.get(one.channel), user),
        }
        for one in standings
    ]


def _browser(user: User) -> dict[str, Any]:
    """What the script needs to show messages in this browser; empty where the site sends none."""
    if not site_settings.VAPID_PRIVATE_KEY:
        return {}
    return {
        "key": public_key(site_settings.VAPID_PRIVATE_KEY),
        "known": " ".join(browsers.hashes(user)),
        **channels.browser_addresses(),
    }


@csrf_exempt  # the signed link is the proof; mail programs post it by themselves (RFC 8058)
@never_cache
@require_http_methods(["GET", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Turn mail off by the link in a mail. Looking at the page changes nothing: mail scanners look."""
    try:
        stopped = _stop(request, token)
    except Invalid as error:
        context = {"problem": error.message}
        return render(request, "notifications/unsubscribe.html", context, status=404)
    context_done = {
        "labels": stopped.labels,
        "done": request.method == "POST",
        "resumed": "resume" in request.POST,
        "is_contact": isinstance(stopped, ContactLetters),
    }
    return render(request, "notifications/unsubscribe.html", context_done)


def _stop(request: HttpRequest, token: str) -> Subscription | ContactLetters:
    """What the link is about: mails to a person here, or letters to the contact of a booking. A POST stops them."""
    now, is_asked = timezone.now(), request.method == "POST"
    try:
        subscription = unsubscribing.read(token)
    except Invalid:
        letters = contact_stops.read(token)
        if is_asked and "resume" in request.POST:
            contact_stops.resume(letters)
        elif is_asked:
            contact_stops.stop(letters, now=now)
        return letters
    if is_asked:
        unsubscribing.unsubscribe(subscription, now=now)
    return subscription
