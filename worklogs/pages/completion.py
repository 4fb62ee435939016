"""“Log completion”: three clicks from anywhere to a saved log, as a page on the phone or a dialog at the desk."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_safe

from accounts.rights import Right
from accounts.zones import zone_name_of as zone_of
from core.admin.pages import console_page, render_page
from core.errors import DomainError
from core.rules.moments import day_and_time, relative
from scheduling.models import DueState, Resource, Schedule
from worklogs.models import Log
from worklogs.pages import uploads, words
from worklogs.pages.forms import CompletionForm
from worklogs.pages.lists import identity, list_address
from worklogs.services.logs import next_due_at, record_log
from worklogs.services.outlook import Outlook, outlook

_MOST_CHOICES = 50


@dataclass(frozen=True, slots=True)
class Subject:
    """What the work was on, as the address names it."""

    resource: Resource
    schedule: Schedule | None
    occurrence_key: str


@require_http_methods(["GET", "HEAD", "POST"])
@console_page(Right.LOG_ADD, scheduling=True)
def log_completion(request: HttpRequest) -> HttpResponse:
    """The form; asks first what was worked on when the address does not say."""
    subject = _subject(request)
    if subject is None:
        return _choice(request)
    now = timezone.now()
    user: Any = request.user
    form = CompletionForm(
        request.POST if request.method == "POST" else None,
        initial={"performed_at": now, "performed_by": user.pk},
        user=user,
        zone=zone_of(user),
    )
    files, problems = uploads.take(request, now=now) if request.method == "POST" else ([], [])
    if request.method == "POST" and form.is_valid() and not problems:
        try:
            log = _record(request, subject, form, files, now=now)
        except DomainError as error:
            form.refuse(error)
        else:
            _tell(request, log, now=now)
            return _saved(request, log)
    context = {
        "form": form,
        "subject": subject,
        "pending": files,
        "problems": problems,
        "next": _return_address(request),
        **_question(request, subject, form, now=now),
    }
    return _answer(request, "form", "Log completion", context, status=422 if form.is_bound else 200)


@require_safe
@console_page(Right.LOG_ADD, scheduling=True)
def completion_question(request: HttpRequest) -> HttpResponse:
    """Whether early work counts, for the time in the form; asked anew when that changes."""
    subject = _subject(request)
    if subject is None:
        raise Http404
    form = CompletionForm(request.GET, user=request.user, zone=zone_of(request.user))
    form.is_valid()
    context = _question(request, subject, form, now=timezone.now())
    return render(request, "worklogs/completion_question.html", context)


def _subject(request: HttpRequest) -> Subject | None:
    """None when resource and schedule are still to be chosen; 404 for what the person may not see."""
    query = request.GET
    resource = _named(request, "resource", Resource.objects.visible_to(request.user))  # type: ignore[arg-type]
    schedule = _named(
        request,
        "schedule",
        Schedule.objects.visible_to(request.user)  # type: ignore[arg-type]
        .kept()
        .select_related("resource", "organization"),
    )
    if resource is None and schedule is not None:
        resource = schedule.resource
    if resource is None or (schedule is None and "unplanned" not in query):
        return None
    return Subject(resource, schedule, query.get("occurrence", "")[:40])


def _named(request: HttpRequest, name: str, rows: Any) -> Any:
    """The row whose id stands in the address; 404 unless the person sees it."""
    text = request.GET.get(name, "")
    if not text:
        return None
    key = identity(text)
    row = rows.filter(pk=key).first() if key else None
    if row is None:
        raise Http404
    return row


def _choice(request: HttpRequest) -> HttpResponse:
    """What is due soonest for this person, and any resource by its name."""
    user: Any = request.user
    search = request.GET.get("q", "").replace("\x00", "").strip()
    states = DueState.objects.visible_to(user).filter(
        next_due_at__isnull=False, schedule__deleted_at=None
    )
    for name in ("schedule", "resource"):
        key = identity(request.GET.get(name, ""))
        states = states.filter(**{name: key}) if key else states
    resources = Resource.objects.visible_to(user).in_service()
    if search:
        states = states.filter(
            Q(resource__name__icontains=search) | Q(schedule__title__icontains=search)
        )
        resources = resources.filter(name__icontains=search)
    chosen = identity(request.GET.get("resource", ""))
    resources = resources.filter(pk=chosen) if chosen else resources
    now, zone = timezone.now(), zone_of(user)
    rows = states.select_related("schedule", "resource").order_by("next_due_at", "pk")
    context = {
        "due": [
            {
                "state": state,
                "due": day_and_time(state.next_due_at, zone),
                "relative": relative(state.next_due_at, now=now, zone=zone),
                "is_overdue": state.overdue_at is not None and state.overdue_at <= now,
                "address": completion_address(
                    request, schedule=state.schedule_id, resource=state.resource_id
                ),
            }
            for state in rows[:_MOST_CHOICES]
        ],
        "resources": [
            {
                "resource": row,
                "address": completion_address(request, resource=row.pk, unplanned=1),
            }
            for row in resources.order_by("name", "pk")[: _MOST_CHOICES if search or chosen else 0]
        ],
        "search": search,
        "kept": {
            name: request.GET[name] for name in ("schedule", "resource") if name in request.GET
        },
        "next": _return_address(request),
    }
    return _answer(request, "choice", "What was worked on?", context)


def completion_address(request: HttpRequest, **values: Any) -> str:
    """The form for one thing, with the way back."""
    query = {**values, "next": _return_address(request)}
    return f"{reverse('admin:log-completion')}?{urlencode({k: v for k, v in query.items() if v})}"


def _record(
    request: HttpRequest, subject: Subject, form: CompletionForm, files: Any, *, now: datetime
) -> Log:
    user: Any = request.user
    data = form.cleaned_data
    counts = {"yes": True, "no": False}.get(data["counts"])
    is_picked = subject.occurrence_key and counts is not False
    return record_log(
        resource=subject.resource,
        schedule=subject.schedule,
        performed_at=data["performed_at"],
        performed_by=data.get("performed_by", user),
        notes=data["notes"],
        issues_found=data["issues_found"],
        duration_minutes=data["duration_minutes"],
        attachments=[file.pk for file in files],
        occurrence_key=subject.occurrence_key if is_picked else "",
        counts=counts,
        by=user,
        now=now,
    )


def _question(
    request: HttpRequest, subject: Subject, form: CompletionForm, *, now: datetime
) -> dict[str, Any]:
    """The date that the work is for, and whether to ask if it counts."""
    performed_at = getattr(form, "cleaned_data", {}).get("performed_at") or now
    zone = zone_of(request.user)
    found: Outlook | None = None
    if subject.schedule is not None:
        found = outlook(
            schedule=subject.schedule,
            resource=subject.resource,
            performed_at=performed_at,
            occurrence_key=subject.occurrence_key,
        )
    if found is None:
        return {"due": "", "zone": zone}
    chosen = form["counts"].value() if form.is_bound else ""
    return {
        "due": day_and_time(found.due_at, zone),
        "due_relative": relative(found.due_at, now=now, zone=zone),
        "is_overdue": found.overdue_at <= now,
        "is_early": found.is_early,
        "counts": chosen or ("yes" if found.counts_by_default else "no"),
        "zone": zone,
    }


def _tell(request: HttpRequest, log: Log, *, now: datetime) -> None:
    """Say what happened and what comes next."""
    zone, due_at = zone_of(request.user), next_due_at(log)
    said = "Logged." if log.effect == Log.Effect.SATISFIED else f"Logged. {words.effect(log, zone)}"
    if due_at is not None:
        distance = relative(due_at, now=now, zone=zone)
        said += f" Next due: {day_and_time(due_at, zone)} ({distance})."
    messages.success(request, said)


def _saved(request: HttpRequest, log: Log) -> HttpResponse:
    """Back to where the person came from; a dialog reloads the page below it."""
    if _is_dialog(request):
        return HttpResponse(status=204)
    return HttpResponseRedirect(_return_address(request) or list_address(resource=log.resource_id))


def _return_address(request: HttpRequest) -> str:
    """Where the person came from: a page of this site, and not this one."""
    given = request.POST.get("next") or request.GET.get("next")
    if not given and request.method == "GET":
        referrer = urlsplit(request.headers.get("Referer", ""))
        same_site = referrer.netloc == request.get_host()
        given = (
            f"{referrer.path}{'?' if referrer.query else ''}{referrer.query}" if same_site else ""
        )
    is_ours = url_has_allowed_host_and_scheme(
        given, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    own = reverse("admin:log-completion")
    return given if given and is_ours and not urlsplit(given).path.startswith(own) else ""


def _is_dialog(request: HttpRequest) -> bool:
    return request.headers.get("X-Dialog") == "1"


def _answer(
    request: HttpRequest, name: str, title: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """The inner part for a dialog, else the whole page."""
    if _is_dialog(request):
        inner = {**context, "title": title, "is_dialog": True}
        return render(request, f"worklogs/completion_{name}.html", inner, status=status)
    return render_page(
        request,
        "worklogs/completion.html",
        title=title,
        status=status,
        inner=f"worklogs/completion_{name}.html",
        **context,
    )


urlpatterns = [
    path("logs/complete/", log_completion, name="log-completion"),
    path("logs/complete/question/", completion_question, name="log-completion-question"),
]
