"""A person's own messages: the bell, the list, following a message to what it is about."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, cast
from uuid import UUID

from django.contrib import messages as notices
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.rights import Right, has_right
from core.admin.pages import console_page, render_page
from core.errors import Conflict
from core.rules.moments import day_and_time
from notifications.models import Notification
from notifications.pages import destinations, zones
from notifications.rules import snoozing
from notifications.services import attention, inbox, mailbox

_BELL_ROWS = 8
_PAGE = 50


@console_page(Right.NOTIFICATION_VIEW)
@require_GET
def bell(request: HttpRequest) -> HttpResponse:
    """The unread count for the header; with `?list` also the newest messages. Pages fetch it."""
    user = cast(User, request.user)
    context: dict[str, Any] = {"unread": inbox.unread_count(user), "most": inbox.MOST_COUNTED}
    if "list" not in request.GET:
        return render(request, "notifications/bell_count.html", context)
    zone = zones.of(user)
    rows = Notification.objects.visible_to(user).unread().newest_first()[:_BELL_ROWS]
    context["rows"] = [_shown(row, zone) for row in rows]
    return render(request, "notifications/bell_list.html", context)


@console_page(Right.NOTIFICATION_VIEW)
@require_GET
def messages(request: HttpRequest) -> HttpResponse:
    """Unread messages first, then those that were read, each by day; older ones page by page."""
    user = cast(User, request.user)
    zone = zones.of(user)
    mine = Notification.objects.visible_to(user).newest_first()
    last = _last_shown(mine, request.GET.get("before"))
    mine = mine.select_related("acknowledged_by")
    unread = [] if last else list(mine.unread()[:_PAGE])
    snoozed = [] if last else list(mine.snoozed()[:_PAGE])
    rest = mine.already_read()
    read = list((rest.older_than(last) if last else rest)[: _PAGE + 1])
    return render_page(
        request,
        "notifications/inbox.html",
        title="Notifications",
        unread_count=inbox.unread_count(user),
        most=inbox.MOST_COUNTED,
        snoozed=[_shown(row, zone) for row in snoozed],
        choices=snoozing.choices(timezone.now(), zone),
        unread_days=list(_by_day(unread, zone)),
        read_days=list(_by_day(read[:_PAGE], zone)),
        older=read[_PAGE - 1].pk if len(read) > _PAGE else None,
        first_page=last is None,
        shows_mailbox=mailbox.is_kept() and has_right(user, Right.DELIVERY_VIEW),
    )


@console_page(Right.NOTIFICATION_VIEW)
@require_POST
def follow(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Mark one message as read and go to what it is about, or with `stay` back to where the person was."""
    try:
        message = inbox.read(cast(User, request.user), pk, now=timezone.now())
    except Notification.DoesNotExist as error:
        raise Http404("This message does not exist.") from error
    if "stay" in request.POST or not message.action_url:
        return _back(request)
    return redirect(message.action_url)


@console_page(Right.NOTIFICATION_VIEW)
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark every message as read."""
    inbox.read_all(cast(User, request.user), now=timezone.now())
    return _back(request)


@console_page(Right.NOTIFICATION_VIEW)
@require_POST
def acknowledge(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say that one sees to it."""
    user = cast(User, request.user)
    attention.acknowledge(_mine(user, pk), by=user, now=timezone.now())
    notices.success(request, "You see to it. Nobody else is reminded of it.")
    return _back(request)


@console_page(Right.NOTIFICATION_VIEW)
@require_POST
def snooze(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put a message off until one of the moments that are offered."""
    user, now = cast(User, request.user), timezone.now()
    message, zone = _mine(user, pk), zones.of(user)
    until = snoozing.until(request.POST.get("until", ""), now, zone)
    if until is None:
        notices.error(request, "Choose until when.")
        return _back(request)
    try:
        attention.snooze(message, until, by=user, now=now)
    except Conflict as error:
        notices.error(request, error.message)
    else:
        notices.success(request, f"You are told again {day_and_time(until, zone)}.")
    return _back(request)


def _mine(user: User, pk: UUID) -> Notification:
    try:
        return attention.find(user, pk)
    except Notification.DoesNotExist as error:
        raise Http404("This message does not exist.") from error


@console_page(Right.NOTIFICATION_VIEW)
@require_GET
def go(request: HttpRequest, object_type: str, pk: UUID) -> HttpResponse:
    """Where a link in a message or mail leads at present."""
    address = destinations.find(object_type, pk, user=cast(User, request.user))
    if address is None:
        raise Http404("This does not exist any more.")
    return redirect(address)


def _back(request: HttpRequest) -> HttpResponse:
    """To the page of this site that the person came from."""
    origin = request.POST.get("next", "")
    own = url_has_allowed_host_and_scheme(
        origin, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return redirect(origin if own else "admin:notifications_inbox")


def _last_shown(mine: Any, text: str | None) -> Notification | None:
    """The message after which the page goes on; None on the first page."""
    if not text:
        return None
    try:
        message: Notification = mine.get(pk=UUID(text))
    except (ValueError, Notification.DoesNotExist) as error:
        raise Http404("There is no such page of messages.") from error
    return message


def _by_day(rows: Iterable[Notification], zone: zones.Zone) -> Iterator[dict[str, Any]]:
    today = timezone.now().astimezone(zone).date()
    for day, found in groupby(rows, key=lambda row: row.created_at.astimezone(zone).date()):
        yield {"label": zones.day_label(day, today), "rows": [_shown(row, zone) for row in found]}


def _shown(row: Notification, zone: zones.Zone) -> dict[str, Any]:
    return {
        "message": row,
        "at": zones.local(row.created_at, zone),
        "taken": day_and_time(row.acknowledged_at, zone) if row.acknowledged_at else "",
        "until": day_and_time(row.snoozed_until, zone) if row.snoozed_until else "",
        "icon": _ICONS.get(row.kind, "notifications"),
    }


_ICONS = {
    "maintenance_due": "event_upcoming",
    "maintenance_overdue": "event_busy",
    "issue_found": "report",
    "schedule_assigned": "assignment_ind",
    "window_scheduled": "event_available",
    "window_changed": "edit_calendar",
    "window_reminder": "notification_important",
    "window_work": "construction",
    "window_answer": "forum",
    "report_news": "campaign",
    "report_received": "inbox",
    "safety_report": "health_and_safety",
    "order_assigned": "assignment_ind",
    "order_escalated": "priority_high",
    "order_delayed": "more_time",
    "order_comment": "comment",
    "order_to_verify": "fact_check",
    "certificate_expiring": "verified",
    "sla_warning": "timer",
    "sla_breach": "timer_off",
    "sla_escalation": "priority_high",
    "webhook_disabled": "webhook",
    "unacknowledged": "notification_important",
    "system": "info",
}
