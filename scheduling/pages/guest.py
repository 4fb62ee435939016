"""The page behind the link that a booking's contact gets by mail. Nobody signs in: the signed link is the proof."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from core import correlation, counter
from core.errors import Conflict, Invalid
from core.rules.moments import day_and_time
from core.tenancy import tenant_scope
from scheduling.models import Inquiry, InquiryAnswer
from scheduling.rules.window_words import period
from scheduling.services import alternatives, asking
from scheduling.services.alternatives import Alternative

#: Requests from one place within the time in which sign-ins are counted; people need a handful.
MOST_REQUESTS = 100
_HEADERS = {"X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "no-referrer"}
_Choice = InquiryAnswer.Choice


@csrf_exempt  # the address holds the secret, and there is no session that another site could misuse
@never_cache
@require_http_methods(["GET", "POST"])
def inquiry(request: HttpRequest, token: str) -> HttpResponse:
    """What is planned, and what the contact can choose. Looking changes nothing: mail scanners look."""
    response = _response(request, token)
    for name, value in _HEADERS.items():
        response.headers[name] = value
    return response


def _response(request: HttpRequest, token: str) -> HttpResponse:
    window = int(settings.SIGN_IN_WINDOW.total_seconds())
    if counter.count(f"guest:{correlation.client_address()}", timeout=window) > MOST_REQUESTS:
        response = _ended(request, "Too many requests. Please try again in 15 minutes.", status=429)
        response.headers["Retry-After"] = str(window)
        return response
    try:
        organization_id, inquiry_id = asking.read_token(token)
    except Invalid as error:
        return _ended(request, error.message, status=404)
    with tenant_scope(organization_id):
        row = _load(inquiry_id)
        if row is None or not row.organization.maintenance_scheduling_enabled:
            return _ended(request, "This link has ended.", status=404)
        if request.method == "POST":
            return _answer(request, token, row)
        return _page(request, row)


def _load(inquiry_id: UUID) -> Inquiry | None:
    rows = Inquiry.objects.select_related(
        "organization", "window__resource", "booking__resource__parent"
    )
    row: Inquiry | None = rows.prefetch_related("answers").filter(pk=inquiry_id).first()
    return row


def _answer(request: HttpRequest, token: str, row: Inquiry) -> HttpResponse:
    choice, _, key = request.POST.get("answer", "").partition(":")
    try:
        asking.answer(row, choice, alternative=key, now=timezone.now())
    except (Conflict, Invalid) as error:
        fresh = _load(row.pk) or row
        status = 409 if isinstance(error, Conflict) else 400
        return _page(request, fresh, problem=error.message, status=status)
    return redirect("guest_inquiry", token=token)


def _page(
    request: HttpRequest, row: Inquiry, *, problem: str = "", status: int = 200
) -> HttpResponse:
    now, booking, window = timezone.now(), row.booking, row.window
    zone = booking.resource.effective_time_zone
    is_open, last = asking.is_open(row, now=now), asking.last_answer(row)
    context: dict[str, Any] = {
        "organization": row.organization,
        "problem": problem if is_open else "",
        "is_open": is_open,
        "last": last.choice if last else "",
        "reference": booking.reference,
        "place": booking.resource.name,
        "booked": period(booking.starts_at, booking.ends_at, zone),
        "is_mailed": bool(booking.contact_email),
    }
    if is_open:
        places = alternatives.elsewhere(booking, window)
        times = alternatives.another_time(booking, window, now=now)
        context |= {
            "title": window.title,
            "closed": window.resource.name,
            "period": period(row.blocked_from, row.blocked_to, window.resource.effective_time_zone),
            "answer_by": day_and_time(row.answer_by, zone),
            "places": [_shown(one, _place(one)) for one in places],
            "times": [_shown(one, period(one.starts_at, one.ends_at, zone)) for one in times],
        }
    return render(request, "scheduling/guest/inquiry.html", context, status=status)


def _shown(one: Alternative, label: str) -> dict[str, str]:
    return {"value": f"{_Choice.MOVED}:{one.key}", "label": label}


def _place(one: Alternative) -> str:
    """The name, and where it is."""
    parent = one.resource.parent
    return f"{one.resource.name}, {parent.name}" if parent else one.resource.name


def _ended(request: HttpRequest, message: str, *, status: int) -> HttpResponse:
    context = {"message": message, "is_later": status == HTTPStatus.TOO_MANY_REQUESTS}
    return render(request, "scheduling/guest/ended.html", context, status=status)
