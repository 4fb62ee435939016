"""What the form of a window shows while somebody types: what is in the way, and where it fits."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.rights import Right, has_right
from core.admin.pages import console_page
from core.errors import DomainError, Invalid
from core.rules.moments import day_and_time
from scheduling import states
from scheduling.admin.use import span
from scheduling.models import Window
from scheduling.rules import zones
from scheduling.rules.phrases import counted
from scheduling.services import window_preview
from scheduling.services.approvals import needs_approval
from scheduling.services.availability import Suggestion, reasons
from scheduling.services.conflicts import Collision

_MOST_SHOWN = 6
#: What decides where and when; other fields may still be empty.
_PLACE = (
    *("resource", "starts_at", "ends_at", "setup_minutes", "cleanup_minutes", "repeat"),
    *("rrule", "repeat_until"),
)


@require_POST
@console_page(Right.WINDOW_VIEW, scheduling=True)
def window_check(request: HttpRequest) -> HttpResponse:
    """The one check on what is typed so far; writes nothing."""
    if not (
        has_right(request.user, Right.WINDOW_ADD)  # type: ignore[arg-type]
        or has_right(request.user, Right.WINDOW_CHANGE)  # type: ignore[arg-type]
    ):
        raise PermissionDenied(Right.WINDOW_ADD)
    window = _window(request)
    form_class = admin.site.get_model_admin(Window).get_form(
        request, None if window._state.adding else window, change=not window._state.adding
    )
    form = form_class(request.POST, instance=window)
    form.is_valid()
    problems: list[Any] = [
        (form.fields[name].label, text)
        for name in _PLACE
        for text in form.errors.get(name, [])
        if _is_typed(request, name)
    ]
    return render(request, "scheduling/window/check.html", _answer(request, form, problems))


def _window(request: HttpRequest) -> Window:
    text = request.GET.get("window")
    if not text:
        return Window()
    try:
        key = UUID(text)
    except ValueError:
        raise Http404 from None
    rows = Window.objects.visible_to(request.user).select_related("resource", "series")  # type: ignore[arg-type]
    found: Window | None = rows.filter(pk=key).first()
    if found is None:
        raise Http404
    return found


def _is_typed(request: HttpRequest, name: str) -> bool:
    return any(request.POST.get(key) for key in (name, f"{name}_0", f"{name}_1"))


def _answer(request: HttpRequest, form: Any, problems: list[Any]) -> dict[str, Any]:
    window: Window = form.instance
    values = form.cleaned_data
    has_place = window.resource_id and window.starts_at and window.ends_at
    place_errors = {"resource", "starts_at", "ends_at", "setup_minutes", "cleanup_minutes"}
    if problems or not has_place or place_errors & set(form.errors):
        return {"problems": problems, "waits": True}
    now = timezone.now()
    try:
        found = window_preview.preview(
            window,
            rrule=values.get("rrule") or "",
            by=request.user,  # type: ignore[arg-type]
            now=now,
        )
    except Invalid as error:
        return {"problems": [("", text) for texts in error.errors.values() for text in texts]}
    except DomainError as error:
        return {"problems": [("", error.message)]}
    zone = window.resource.effective_time_zone
    repetition = found.repetition
    return {
        "hard": [_line(one, zone) for one in found.hard[:_MOST_SHOWN]],
        "soft": [_line(one, zone) for one in found.soft[:_MOST_SHOWN]],
        "more": max(0, len(found.hard) - _MOST_SHOWN) + max(0, len(found.soft) - _MOST_SHOWN),
        "summary": _summary(found),
        "slots": [_slot(one, zone) for one in found.slots],
        "is_emergency": window.kind == Window.Kind.EMERGENCY,
        "is_past": window._state.adding and window.starts_at < now and not values.get("back_dated"),
        "waits_for_approval": window._state.adding and needs_approval(window, request.user),  # type: ignore[arg-type]
        "is_draft": not window._state.adding and window.status == states.DRAFT,
        "zone": zone,
        "repetition": repetition,
        "dates": [day_and_time(date, zone) for date in repetition.dates] if repetition else [],
        "colliding": [day_and_time(date, zone) for date in repetition.colliding[:_MOST_SHOWN]]
        if repetition
        else [],
    }


def _summary(found: window_preview.Preview) -> str:
    """“2 bookings with 5 people, and 1 option”."""
    firm = [one for one in found.hard if one.type == "booking"]
    other = len(found.hard) - len(firm)
    people = sum(one.people for one in firm)
    parts = []
    if firm:
        who = "1 person" if people == 1 else f"{people} people"
        parts.append(f"{counted(len(firm), 'booking')} with {who}")
    if other:
        parts.append(counted(other, "window"))
    if found.soft:
        parts.append(counted(len(found.soft), "option"))
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _line(one: Collision, zone: str) -> dict[str, Any]:
    start, end = span(one.starts_at, one.ends_at, zone)
    return {"row": one, "start": start, "end": end}


def _slot(one: Suggestion, zone: str) -> dict[str, Any]:
    start, end = zones.to_local(one.slot.start, zone), zones.to_local(one.slot.end, zone)
    first, last = span(one.slot.start, one.slot.end, zone)
    return {
        "starts": f"{start:%Y-%m-%dT%H:%M}",
        "ends": f"{end:%Y-%m-%dT%H:%M}",
        "text": f"{first} to {last}",
        "reasons": reasons(one.slot.harm),
        "is_free": one.as_row()["is_free"],
    }
