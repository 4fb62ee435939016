"""The planner's side of asking those who booked: ask, remind, see the answers, answer on somebody's behalf."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.rights import Right, has_right
from core.admin.pages import console_page, render_page
from core.errors import DomainError
from core.rules.moments import day_and_time
from scheduling import states
from scheduling.models import Inquiry, InquiryAnswer, Window
from scheduling.pages.tabs import Look, look
from scheduling.rules.window_words import period
from scheduling.services import alternatives, asking
from scheduling.services.alternatives import Alternative

_SIGNS = {
    InquiryAnswer.Choice.MOVED: ("success", "move_down"),
    InquiryAnswer.Choice.RELEASED: ("success", "event_busy"),
    InquiryAnswer.Choice.KEPT: ("danger", "push_pin"),
}


def panel(seen: Look, *, firm_bookings: int) -> dict[str, Any]:
    """Who was asked about the window in view and what they answered; what can be done next."""
    window: Window = seen.target
    rows = Inquiry.objects.filter(window=window).select_related("booking__resource")
    found = [
        _row(inquiry, window, seen)
        for inquiry in rows.prefetch_related("answers__resource").order_by("asked_at", "pk")
    ]
    known = {row["inquiry"].booking_id for row in found if row["is_open"]}
    may_ask = has_right(seen.user, Right.WINDOW_CHANGE) and window.status == states.DRAFT
    return {
        "rows": found,
        "may_ask": may_ask and window.starts_at > seen.now and firm_bookings > len(known),
        "may_remind": may_ask and any(row["is_open"] and not row["answer"] for row in found),
        "may_answer": has_right(seen.user, Right.BOOKING_MANAGE),
    }


def _row(inquiry: Inquiry, window: Window, seen: Look) -> dict[str, Any]:
    inquiry.window = window
    answer, is_open = asking.last_answer(inquiry), asking.is_open(inquiry, now=seen.now)
    return {
        "inquiry": inquiry,
        "is_open": is_open,
        "is_void": not is_open and (answer is None or answer.choice == "kept"),
        "answer": answer,
        "sign": _SIGNS[InquiryAnswer.Choice(answer.choice)] if answer else None,
        "where": _where(answer) if answer else "",
        "answered": seen.moment(answer.answered_at) if answer else "",
        "answer_by": seen.moment(inquiry.answer_by),
        "is_late": is_open and answer is None and inquiry.answer_by <= seen.now,
        "has_address": bool(inquiry.booking.contact_email),
    }


def _where(answer: InquiryAnswer) -> str:
    """Where the booking went."""
    if answer.resource is None or answer.starts_at is None or answer.ends_at is None:
        return ""
    zone = answer.resource.effective_time_zone
    return f"{answer.resource.name}, {period(answer.starts_at, answer.ends_at, zone)}"


def _window(request: HttpRequest, pk: UUID) -> Window:
    rows = Window.objects.visible_to(request.user).select_related("resource")  # type: ignore[arg-type]
    found: Window = get_object_or_404(rows, pk=pk)
    return found


def _back(window: Window) -> HttpResponse:
    return redirect(f"{reverse('admin:window_detail', args=[window.pk])}?tab=affected")


@require_POST
@console_page(Right.WINDOW_CHANGE, scheduling=True)
def window_ask(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask everybody whose firm booking is in the draft's way."""
    window = _window(request, pk)
    user: Any = request.user
    try:
        rows = asking.ask(window, by=user, now=timezone.now())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        one = len(rows) == 1
        asked = "contact of 1 booking is" if one else f"contacts of {len(rows)} bookings are"
        messages.success(request, f"The {asked} asked. You are told what they answer.")
    return _back(window)


@require_POST
@console_page(Right.WINDOW_CHANGE, scheduling=True)
def window_remind(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask those again who have not answered."""
    window = _window(request, pk)
    user: Any = request.user
    try:
        count = asking.remind(window, by=user, now=timezone.now())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        people = "1 contact is" if count == 1 else f"{count} contacts are"
        messages.success(request, f"{people} reminded.")
    return _back(window)


@require_http_methods(["GET", "POST"])
@console_page(Right.BOOKING_MANAGE, scheduling=True)
def window_answer(request: HttpRequest, pk: UUID, inquiry: UUID) -> HttpResponse:
    """Answer for somebody who said on the phone what suits them."""
    window = _window(request, pk)
    rows = Inquiry.objects.select_related("window__resource", "booking__resource__parent")
    found = get_object_or_404(rows.prefetch_related("answers"), pk=inquiry, window=window)
    user: Any = request.user
    now = timezone.now()
    problem = ""
    if request.method == "POST":
        choice, _, key = request.POST.get("answer", "").partition(":")
        try:
            asking.answer(found, choice, alternative=key, by=user, now=now)
        except DomainError as error:
            problem = error.message
        else:
            messages.success(request, "The answer is written down.")
            return _back(window)
    if not asking.is_open(found, now=now):
        messages.info(request, "This question is settled.")
        return _back(window)
    context = _answer_context(found, look(request, window), user)
    page = "scheduling/window/answer.html"
    title = f"Answer for {found.booking}"
    return render_page(request, page, title=title, problem=problem, **context)


def _answer_context(inquiry: Inquiry, seen: Look, user: User) -> dict[str, Any]:
    booking, window = inquiry.booking, inquiry.window
    zone = booking.resource.effective_time_zone
    may_see = has_right(user, Right.BOOKING_CONTACT_VIEW)
    return {
        "window": window,
        "inquiry": inquiry,
        "booking": booking,
        "contact": " · ".join(filter(None, (booking.contact_name, booking.contact_email)))
        if may_see
        else "",
        "booked": period(booking.starts_at, booking.ends_at, zone),
        "period": period(inquiry.blocked_from, inquiry.blocked_to, zone),
        "answer_by": day_and_time(inquiry.answer_by, zone),
        "places": [
            _choice(one, str(one.resource)) for one in alternatives.elsewhere(booking, window)
        ],
        "times": [
            _choice(one, period(one.starts_at, one.ends_at, zone))
            for one in alternatives.another_time(booking, window, now=seen.now)
        ],
    }


def _choice(one: Alternative, label: str) -> dict[str, str]:
    return {"value": f"{InquiryAnswer.Choice.MOVED}:{one.key}", "label": label}
