"""What calendar and timeline share: layers with their legend, and what a window or booking tells when opened."""

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.rights import Right, has_right
from accounts.zones import zone_name_of as zone_of
from core.admin.pages import console_page
from core.rules.moments import away, day_and_time
from scheduling import states
from scheduling.models import Booking, Window
from scheduling.services import discretion, windows

_MOST_NAMED = 10
_ACTION_RIGHTS = {
    "approve": Right.WINDOW_APPROVE,
    "start": Right.WINDOW_WORK,
    "complete": Right.WINDOW_WORK,
    "cancel": Right.WINDOW_CHANGE,
    "edit": Right.WINDOW_CHANGE,
}
_FROM = {
    "approve": states.DRAFT,
    "start": states.SCHEDULED,
    "complete": states.IN_PROGRESS,
}


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer as its legend explains it; `statuses` are value, icon and word."""

    name: str
    label: str
    icon: str
    statuses: tuple[tuple[str, str, str], ...]


LAYERS = (
    Layer(
        "windows",
        "Windows",
        "build",
        (
            ("draft", "edit_note", "Draft"),
            ("scheduled", "event_available", "Scheduled"),
            ("in_progress", "construction", "In progress"),
            ("completed", "task_alt", "Completed"),
        ),
    ),
    Layer(
        "bookings",
        "Bookings",
        "hotel",
        (
            ("tentative", "help", "Option"),
            ("confirmed", "event_seat", "Confirmed"),
            ("checked_in", "login", "Checked in"),
            ("completed", "logout", "Over"),
        ),
    ),
    Layer(
        "due",
        "Due maintenance",
        "event_repeat",
        (
            ("scheduled", "schedule", "Scheduled"),
            ("overdue", "error", "Overdue"),
            ("completed", "check_circle", "Completed"),
            ("skipped", "redo", "Skipped"),
            ("missed", "block", "Missed"),
        ),
    ),
    Layer(
        "orders",
        "Work orders",
        "assignment",
        (
            ("waiting", "inbox", "Waiting"),
            ("assigned", "person", "Assigned"),
            ("in_progress", "play_arrow", "In progress"),
            ("on_hold", "pause", "On hold"),
            ("completed", "task_alt", "Done"),
        ),
    ),
    Layer("logs", "Other work", "fact_check", (("completed", "check_circle", "Done"),)),
)
WITHOUT_BOOKINGS = tuple(layer for layer in LAYERS if layer.name != "bookings")


@require_safe
@console_page(Right.WINDOW_VIEW, scheduling=True)
def plan_window(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A window with what is in its way and what can be done with it now, as a fragment for the side panel."""
    user, now = cast("User", request.user), timezone.now()
    window = get_object_or_404(
        Window.objects.visible_to(user).select_related(
            "resource__parent", "assigned_to", "series", "occurrence__schedule"
        ),
        pk=pk,
    )
    zone = zone_of(user)
    is_open = window.status in states.BLOCKING | {states.DRAFT}
    found = discretion.seen_by(user, windows.collisions_of(window)) if is_open else []
    return render(
        request,
        "scheduling/plan_window.html",
        {
            "window": window,
            **_times(window, zone),
            "hint": away(window.starts_at, now=now, zone=zone),
            "taken": _taken(window, zone),
            "collisions": [
                {"row": one, "when": _between(one.starts_at, one.ends_at, zone)}
                for one in found[:_MOST_NAMED]
            ],
            "more": max(0, len(found) - _MOST_NAMED),
            "may": _allowed(user, window),
        },
    )


@require_safe
@console_page(Right.BOOKING_VIEW, scheduling=True)
def plan_booking(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A booking; who the contact is, only for those who may see it."""
    user = cast("User", request.user)
    booking = get_object_or_404(
        Booking.objects.visible_to(user).select_related("resource__parent"), pk=pk
    )
    return render(
        request,
        "scheduling/plan_booking.html",
        {
            "booking": booking,
            **_times(booking, zone_of(user)),
            "contact": has_right(user, Right.BOOKING_CONTACT_VIEW),
            "may_change": has_right(user, Right.BOOKING_MANAGE) and not booking.source,
        },
    )


def _allowed(user: User, window: Window) -> set[str]:
    """The actions that the window's state and the person's rights both allow."""
    possible = {name for name, source in _FROM.items() if window.status == source}
    if states.CANCELLED in states.WINDOW.allowed(window.status):
        possible |= {"cancel", "edit"}
    return {name for name in possible if has_right(user, _ACTION_RIGHTS[name])}


def _times(row: Any, zone: str) -> dict[str, str]:
    return {"when": _between(row.starts_at, row.ends_at, zone), "zone": zone}


def _taken(window: Window, zone: str) -> str:
    """From when to when the resource is taken, where buffers make it longer than the work."""
    if not (window.setup_minutes or window.cleanup_minutes):
        return ""
    return _between(window.blocked_from, window.blocked_to, zone)


def _between(start: Any, end: Any, zone: str) -> str:
    """“Wed 4 Mar 2026, 08:00–12:00”, or both days in full."""
    first, last = day_and_time(start, zone), day_and_time(end, zone)
    same_day = first.rsplit(",", 1)[0] == last.rsplit(",", 1)[0]
    return f"{first}–{last.rsplit(', ', 1)[1]}" if same_day else f"{first} – {last}"
