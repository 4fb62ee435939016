"""The pages behind the code on a label and behind the link of a report. Nobody signs in; nothing needs JavaScript."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.rights import Right, has_right
from core import correlation, counter
from core.errors import DomainError, Invalid
from core.rules.moments import away
from core.tenancy import tenant_scope
from scheduling.models import Resource
from scheduling.services.places import place_in_words
from worklogs import states
from worklogs.models import PortalCode, WorkOrder, WorkOrderFollower
from worklogs.pages.report_form import ReportForm, keep_photos
from worklogs.rules import reports as rules
from worklogs.services import portal, reports

#: Looking, within the time in which sign-ins are counted; a whole house may share one address.
MOST_LOOKS = 200
#: Sending: from one address, by one code or link, and in one organisation, within an hour.
MOST_BY_ADDRESS, MOST_BY_CODE, MOST_BY_ORGANIZATION = 20, 30, 300
#: All photos of a form together; cameras of telephones make 3 to 6 MB.
MOST_BYTES = 40 * 1024 * 1024
_HOUR = 3600
_HEADERS = {"X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "no-referrer"}
_WAIT = "Too much was sent from here. Please try again later, or tell somebody in the house."


class _Stop(Exception):
    """The request ends with this page."""

    def __init__(self, message: str, *, status: int, wait: int = 0) -> None:
        super().__init__(message)
        self.message, self.status, self.wait = message, status, wait


def _public(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page for anybody: counted, never kept, and in words whatever is sent to it."""

    @csrf_exempt  # the address holds the secret, and there is no session that another site could misuse
    @never_cache
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def answer(request: HttpRequest, **named: str) -> HttpResponse:
        try:
            window = int(settings.SIGN_IN_WINDOW.total_seconds())
            _count("looks", str(correlation.client_address()), MOST_LOOKS, window)
            _check_size(request)
            response = view(request, **named)
        except _Stop as stop:
            response = _ended(request, stop.message, status=stop.status)
            if stop.wait:
                response.headers["Retry-After"] = str(stop.wait)
        for name, value in _HEADERS.items():
            response.headers[name] = value
        return response

    return answer


@_public
def report(request: HttpRequest, token: str) -> HttpResponse:
    """What is wrong with this resource? Whoever is signed in reports in the console."""
    found = portal.find(token)
    if found is None:
        raise _Stop("This code does not work any more. Tell somebody in the house.", status=404)
    if request.user.is_authenticated and request.user.organization_id == found.organization_id:
        return _in_console(request, found)
    with tenant_scope(found.organization_id):
        if not found.organization.portal_enabled:
            return _closed(request)
        if request.method == "POST":
            return _taken(request, found)
        return _form(request, found, ReportForm())


@_public
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """What became of a report. Looking changes nothing; sending adds words and photos."""
    try:
        organization_id, key = portal.read_follow_token(token)
    except Invalid as error:
        raise _Stop(error.message, status=404) from error
    with tenant_scope(organization_id):
        related = ("organization", "work_order__resource", "work_order__duplicate_of")
        rows = WorkOrderFollower.objects.select_related(*related)
        follower: WorkOrderFollower | None = rows.filter(pk=key, user=None).first()
        if follower is None:
            raise _Stop("This link has ended.", status=404)
        if request.method == "POST":
            return _said(request, follower)
        return _standing(request, follower)


def _count(what: str, who: str, most: int, window: int) -> None:
    if counter.count(f"portal:{what}:{who}", timeout=window) > most:
        raise _Stop(_WAIT, status=429, wait=window)


def _count_sending(organization_id: Any, secret: str) -> None:
    """Somebody sends something: not too often from one place, by one code, in one organisation."""
    _count("address", str(correlation.client_address()), MOST_BY_ADDRESS, _HOUR)
    _count("code", secret, MOST_BY_CODE, _HOUR)
    _count("organization", str(organization_id), MOST_BY_ORGANIZATION, _HOUR)


def _check_size(request: HttpRequest) -> None:
    """Refuse before anything is read, and what no form of ours sends."""
    if request.method != "POST":
        return
    too_large = "This is too large. Send fewer or smaller photos."
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if not declared.isdigit() or int(declared) > MOST_BYTES:
        raise _Stop(too_large, status=413)
    try:
        request.POST  # noqa: B018 - read here, where what it refuses is answered
    except (RequestDataTooBig, TooManyFilesSent) as error:
        raise _Stop(too_large, status=413) from error
    except (MultiPartParserError, UnicodeError) as error:
        raise _Stop(
            "This could not be read. Please go back and send it again.", status=400
        ) from error


def _in_console(request: HttpRequest, code: PortalCode) -> HttpResponse:
    """Whoever works here meets the resource; everybody else the form, and need not see the resource otherwise."""
    user: Any = request.user
    with tenant_scope(code.organization_id):
        is_theirs = Resource.objects.visible_to(user).filter(pk=code.resource_id).exists()
    if is_theirs and has_right(user, Right.WORK_ORDER_WORK):
        return HttpResponseRedirect(reverse("admin:resource_detail", args=[code.resource_id]))
    return HttpResponseRedirect(f"{reverse('admin:report_problem')}?code={code.code}")


def _closed(request: HttpRequest) -> HttpResponse:
    """The organisation takes reports only from those who sign in."""
    if request.user.is_authenticated:
        raise _Stop("Sign out, then in again with your account of this house.", status=404)
    return redirect_to_login(request.get_full_path(), reverse("admin:login"))


def _taken(request: HttpRequest, code: PortalCode) -> HttpResponse:
    """The report, or “me too”; then the page to follow it on."""
    _count_sending(code.organization_id, str(code.pk))
    form, now = ReportForm(_clean(request)), timezone.now()
    try:
        handed_out = portal.read_form_token(code.pk, request.POST.get("form", ""))
        if "known" in request.POST:
            return _join(request, code, handed_out.key)
        if not form.is_valid():
            return _form(request, code, form, status=422)
        if handed_out.is_too_fast:
            raise Invalid("That was very fast. Please look it over and send it again.")
        photos = keep_photos(request, by=None, now=now)
        follower = reports.submit(
            form.order(code.resource),
            by=None,
            now=now,
            photos=[photo.pk for photo in photos],
            contact_email=form.cleaned_data["contact_email"],
            form_key=handed_out.key,
            is_at_place=True,
        )
    except DomainError as error:
        return _form(request, code, form, problem=str(error), status=422)
    return HttpResponseRedirect(portal.follow_address(follower))


def _join(request: HttpRequest, code: PortalCode, form_key: str) -> HttpResponse:
    """ "Me too" to a report on this resource."""
    key = portal.read_known_key(code, request.POST["known"])
    order = WorkOrder.objects.filter(pk=key, resource=code.resource_id).first()
    if order is None:
        raise Invalid("This report cannot be found. Scan the code again.")
    follower = reports.follow(order, by=None, now=timezone.now(), form_key=form_key)
    return HttpResponseRedirect(portal.follow_address(follower))


def _clean(request: HttpRequest) -> dict[str, str]:
    """What was typed, without what no database keeps."""
    return {name: str(value).replace("\x00", "") for name, value in request.POST.items()}


def _form(
    request: HttpRequest,
    code: PortalCode,
    form: ReportForm,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    now, zone = timezone.now(), code.resource.effective_time_zone
    context = {
        "organization": code.organization,
        "place": place_in_words(code.resource),
        "form": form,
        "token": portal.form_token(code.pk),
        "problem": problem,
        "had_photos": bool(status != 200 and request.FILES),
        "known": [
            {
                "row": row,
                "when": away(row.reported_at, now=now, zone=zone),
                "key": portal.known_key(code, row.pk),
            }
            for row in reports.known(code.resource, by=None)
        ],
        "most_photos": reports.MOST_PHOTOS,
    }
    return render(request, "worklogs/portal/report.html", context, status=status)


def _said(request: HttpRequest, follower: WorkOrderFollower) -> HttpResponse:
    """More about the report, or no more mail; one click in a mail program says the latter, too (RFC 8058)."""
    _count_sending(follower.organization_id, str(follower.pk))
    now = timezone.now()
    if "stop" in request.POST or "List-Unsubscribe" in request.POST:
        reports.stop_mail(follower, now=now)
        return HttpResponseRedirect(request.path)
    text = request.POST.get("text", "").replace("\x00", "")[:2000]
    try:
        photos = keep_photos(request, by=None, now=now)
        reports.add_note(follower, text, now=now, photos=[photo.pk for photo in photos])
    except DomainError as error:
        return _standing(request, follower, problem=error.message, text=text, status=422)
    return HttpResponseRedirect(f"{request.path}#said")


def _standing(
    request: HttpRequest,
    follower: WorkOrderFollower,
    *,
    problem: str = "",
    text: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "organization": follower.organization,
        "problem": problem,
        "text": text,
        "is_mailed": bool(follower.contact_email),
        **standing_of(follower),
    }
    return render(request, "worklogs/portal/follow.html", context, status=status)


def standing_of(follower: WorkOrderFollower) -> dict[str, Any]:
    """Where the report stands, in plain words, and what the follower said; nothing else of the order."""
    order, now = reports.subject_of(follower), timezone.now()
    word, sentence = rules.standing(order.status)
    zone, starts_at = follower.work_order.resource.effective_time_zone, order.scheduled_start_at
    is_known = follower.work_order.status == states.DUPLICATE
    return {
        "place": place_in_words(follower.work_order.resource),
        "words": reports.words_of(follower),
        "category": follower.work_order.get_category_display(),
        "reported": away(follower.created_at, now=now, zone=zone),
        "is_reporter": follower.is_reporter,
        "word": word,
        "sentence": f"Others told us as well. {sentence}" if is_known else sentence,
        "planned": away(starts_at, now=now, zone=zone)
        if word == "Planned" and starts_at and starts_at > now
        else "",
        "reason": order.close_reason if order.status == states.REJECTED else "",
        "steps": _steps(word),
        "notes": [
            {"text": note.text, "when": away(note.created_at, now=now, zone=zone)}
            for note in reports.said_by(follower)
        ],
        "most_photos": reports.MOST_PHOTOS,
    }


def _steps(word: str) -> list[dict[str, Any]]:
    """The way from received to done; none for what is closed otherwise."""
    if word not in rules.STEPS:
        return []
    here = rules.STEPS.index(word)
    return [
        {"word": step, "is_past": number < here, "is_here": number == here}
        for number, step in enumerate(rules.STEPS)
    ]


def _ended(request: HttpRequest, message: str, *, status: int) -> HttpResponse:
    context = {"message": message, "is_later": status == HTTPStatus.TOO_MANY_REQUESTS}
    return render(request, "worklogs/portal/ended.html", context, status=status)
