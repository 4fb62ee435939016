"""The page of one maintenance window, and its buttons."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.rights import Right, has_right
from core.admin.pages import console_page, render_page
from core.errors import DomainError, Invalid
from core.rules.moments import relative
from scheduling import states
from scheduling.admin.use import span
from scheduling.admin.windows import standing
from scheduling.models import Booking, Window
from scheduling.pages.tabs import Look, look, shown
from scheduling.pages.window_tabs import TABS
from scheduling.rules import zones
from scheduling.services import alternatives, window_series, windows
from scheduling.services.approvals import needs_approval
from scheduling.services.window_series import Scope


def _window(request: HttpRequest, pk: UUID) -> Window:
    rows = Window.objects.visible_to(request.user).select_related(  # type: ignore[arg-type]
        *("resource", "assigned_to", "series__resource", "approved_by", "closed_by"),
        *("created_by__organization", "occurrence__schedule"),
    )
    found: Window = get_object_or_404(rows, pk=pk)
    return found


@require_safe
@console_page(Right.WINDOW_VIEW, scheduling=True)
def window_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What happens next, whom it affects, and what was changed."""
    window = _window(request, pk)
    seen = look(request, window)
    start, end = span(window.starts_at, window.ends_at, seen.zone)
    zone = window.resource.effective_time_zone
    return render_page(
        request,
        "scheduling/window.html",
        title=window.title,
        window=window,
        standing=standing(window, now=seen.now, zone=seen.zone),
        start=start,
        end=end,
        rule=window_series.in_words(window.series) if window.series else "",
        may=_may(seen.user, window, seen.now),
        next=_next(seen),
        scopes=[(scope.value, words) for scope, words in _SCOPES] if window.series_id else [],
        later=f"{zones.to_local(max(window.ends_at, seen.now) + timedelta(hours=1), zone):%Y-%m-%dT%H:%M}",
        zone=zone,
        **shown(request, TABS, seen),
    )


_SCOPES = (
    (Scope.ONE, "Only this window"),
    (Scope.FOLLOWING, "This and the following ones"),
    (Scope.ALL, "All that are still to come"),
)


def _may(user: User, window: Window, now: Any) -> dict[str, bool]:
    """Which buttons the state and the rights allow."""
    change, work = has_right(user, Right.WINDOW_CHANGE), has_right(user, Right.WINDOW_WORK)
    standing = window.status in states.BLOCKING | {states.DRAFT}
    was_asked = window.status == states.DRAFT and window.inquiries.exists()
    return {
        "approve": change and window.status == states.DRAFT and not needs_approval(window, user),
        "waits": window.status == states.DRAFT and needs_approval(window, user),
        "start": work and window.status == states.SCHEDULED,
        "complete": work and window.status == states.IN_PROGRESS,
        "extend": change and window.status in states.BLOCKING,
        "edit": change and standing,
        "cancel": change and standing and (window.status != states.DRAFT or was_asked),
        "delete": change and window.status == states.DRAFT and not was_asked,
        "again": has_right(user, Right.WINDOW_ADD) and not standing,
        "log": window.status in {states.COMPLETED, states.IN_PROGRESS},
    }


def _next(seen: Look) -> str:
    """What happens next, in a sentence."""
    window: Window = seen.target
    start = relative(window.starts_at, now=seen.now, zone=seen.zone)
    end = relative(window.ends_at, now=seen.now, zone=seen.zone)
    match window.status:
        case states.DRAFT if needs_approval(window, seen.user):
            return "It waits for somebody who approves windows. Until then it takes nothing."
        case states.DRAFT if needs_approval(window, window.created_by):
            return "It waits for your approval. Until you schedule it, it takes nothing."
        case states.DRAFT:
            return "A draft takes nothing and tells nobody. Schedule it when it is ready."
        case states.SCHEDULED if window.starts_at <= seen.now:
            return f"Work should have begun {start}. Start it, move it, or cancel it."
        case states.SCHEDULED:
            return f"Work begins {start}, {seen.moment(window.starts_at)}."
        case states.IN_PROGRESS if window.ends_at <= seen.now:
            return f"It should have ended {end}. Complete it, or extend it so that others know."
        case states.IN_PROGRESS:
            return f"Work is under way and ends {end}, {seen.moment(window.ends_at)}."
        case states.COMPLETED:
            return (
                f"Completed {seen.moment(window.closed_at)} by {window.closed_by or 'the system'}."
            )
    return f"Cancelled {seen.moment(window.closed_at)}: “{window.cancel_reason}”"


def _act(
    right: Right, done: str, use_case: Callable[[Window, HttpRequest], object], *, leaves: str = ""
) -> Callable[..., HttpResponse]:
    """A button: one service call, then the page again with what came of it."""

    @require_POST
    @console_page(right, scheduling=True)
    def view(request: HttpRequest, pk: UUID) -> HttpResponse:
        window = _window(request, pk)
        try:
            use_case(window, request)
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, done)
            if leaves:
                return HttpResponseRedirect(reverse(leaves))
        return HttpResponseRedirect(reverse("admin:window_detail", args=[pk]))

    return view


def _by(request: HttpRequest) -> dict[str, Any]:
    return {"by": request.user, "now": timezone.now()}


def _scope(request: HttpRequest) -> Scope:
    try:
        return Scope(request.POST.get("scope") or Scope.ONE)
    except ValueError:
        raise Invalid("Choose which windows you mean.", field="scope") from None


def _extend(window: Window, request: HttpRequest) -> object:
    zone = window.resource.effective_time_zone
    try:
        local = datetime.fromisoformat(request.POST.get("ends_at", ""))
        ends_at = zones.to_utc(local.replace(tzinfo=None), zone)
    except (ValueError, OverflowError):
        raise Invalid("Enter the new end with date and time.", field="ends_at") from None
    return windows.extend_window(window, ends_at=ends_at, **_by(request))


window_approve = _act(
    Right.WINDOW_CHANGE,
    "Scheduled. Those affected are told.",
    lambda window, request: window_series.approve_series(window, _scope(request), **_by(request)),
)
window_start = _act(
    Right.WINDOW_WORK,
    "Work has begun; the resource is under maintenance.",
    lambda window, request: windows.start_window(window, **_by(request)),
)
window_complete = _act(
    Right.WINDOW_WORK,
    "Done. The resource is free again.",
    lambda window, request: windows.complete_window(window, **_by(request)),
)
window_extend = _act(Right.WINDOW_CHANGE, "Extended. Those affected are told.", _extend)
window_cancel = _act(
    Right.WINDOW_CHANGE,
    "Cancelled. Those affected are told.",
    lambda window, request: window_series.cancel_series(
        window, _scope(request), reason=request.POST.get("reason", ""), **_by(request)
    ),
)
window_delete = _act(
    Right.WINDOW_CHANGE,
    "The draft is deleted.",
    lambda window, request: windows.delete_draft(window, **_by(request)),
    leaves="admin:scheduling_window_changelist",
)


@require_safe
@console_page(Right.BOOKING_VIEW, scheduling=True)
def window_alternatives(request: HttpRequest, pk: UUID, booking: UUID) -> HttpResponse:
    """Where else and when else one affected booking could be; asked when somebody opens it."""
    window = _window(request, pk)
    rows = Booking.objects.visible_to(request.user).select_related("resource")  # type: ignore[arg-type]
    found = get_object_or_404(rows.defer("contact_name", "contact_email"), pk=booking)
    seen = look(request, window)
    times = alternatives.another_time(found, window, now=seen.now)
    return render(
        request,
        "scheduling/window/alternatives.html",
        {
            "places": alternatives.elsewhere(found, window),
            "times": [span(one.starts_at, one.ends_at, seen.zone) for one in times],
        },
    )
