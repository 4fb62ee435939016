"""One log, its photos, its history, and its correction."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.rights import Right, has_right
from accounts.zones import zone_name_of as zone_of
from core.admin.pages import console_page, render_page
from core.errors import DomainError
from core.rules.moments import day_and_time, relative
from worklogs.models import Log
from worklogs.pages import uploads
from worklogs.pages.forms import CorrectionForm
from worklogs.pages.lists import visible_logs
from worklogs.pages.rows import rows_of, successor_of
from worklogs.services.corrections import correct_log
from worklogs.services.logs import next_due_at

#: Corrections of corrections of corrections: nobody reads more.
_MOST_VERSIONS = 20


def _log(request: HttpRequest, log_id: UUID) -> Log:
    log: Log | None = visible_logs(request).shown().filter(pk=log_id).first()
    if log is None:
        raise Http404
    return log


def versions_of(log: Log) -> list[Log]:
    """The log with everything it corrected and everything that corrected it, newest first."""
    found = [log]
    shown = Log.objects.shown()
    while len(found) < _MOST_VERSIONS and (newer := successor_of(found[0])) is not None:
        found.insert(0, shown.get(pk=newer.pk))
    while len(found) < _MOST_VERSIONS and found[-1].supersedes_id is not None:
        found.append(shown.get(pk=found[-1].supersedes_id))
    return found


@require_safe
@console_page(Right.LOG_VIEW)
def log_detail(request: HttpRequest, log_id: UUID) -> HttpResponse:
    """Everything about one log."""
    log, now = _log(request, log_id), timezone.now()
    versions = rows_of(versions_of(log), user=request.user, now=now)
    row = next(version for version in versions if version.log.pk == log.pk)
    zone, due_at = zone_of(request.user), next_due_at(log)
    return render_page(
        request,
        "worklogs/detail.html",
        title=str(log.resource),
        row=row,
        versions=versions,
        newest=versions[0],
        next_due=day_and_time(due_at, zone) if due_at else "",
        next_due_relative=relative(due_at, now=now, zone=zone) if due_at else "",
        can_correct=has_right(request.user, Right.LOG_CORRECT)  # type: ignore[arg-type]
        and successor_of(log) is None
        and not log.is_void,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@console_page(Right.LOG_CORRECT)
def log_correction(request: HttpRequest, log_id: UUID) -> HttpResponse:
    """The form that puts a new log in the place of this one, or declares it void."""
    log, now = _log(request, log_id), timezone.now()
    if log.is_void or successor_of(log) is not None:
        messages.warning(request, "Only the newest version of a log can be corrected.")
        return HttpResponseRedirect(_address(log))
    form = _form(request, log)
    files, problems = uploads.take(request, now=now) if request.method == "POST" else ([], [])
    if request.method == "POST" and _may_go_on(form, problems, is_void="void" in request.POST):
        try:
            new = _correct(request, log, form, {file.pk for file in files}, now=now)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, "The log was declared void." if new.is_void else "Corrected.")
            return HttpResponseRedirect(_address(new))
    return render_page(
        request,
        "worklogs/correct.html",
        title="Correct a log",
        status=422 if form.is_bound else 200,
        row=rows_of([log], user=request.user, now=now)[0],
        form=form,
        pending=files,
        problems=problems,
        zone=zone_of(request.user),
        left_out=form.is_bound,
        keep={str(key) for key in uploads.kept(request)},
        cancel=_address(log),
    )


def _form(request: HttpRequest, log: Log) -> CorrectionForm:
    stored = {
        "performed_at": log.performed_at,
        "performed_by": log.performed_by_id,
        "issues_found": log.issues_found,
        "notes": log.notes,
        "duration_minutes": log.duration_minutes,
    }
    data: Any = request.POST if request.method == "POST" else None
    return CorrectionForm(data, initial=stored, user=request.user, zone=zone_of(request.user))


def _may_go_on(form: CorrectionForm, problems: list[str], *, is_void: bool) -> bool:
    """To declare a log void, the reason is all that is needed."""
    if form.is_valid():
        return not problems
    return is_void and "reason" not in form.errors


def _correct(
    request: HttpRequest, log: Log, form: CorrectionForm, uploaded: set[UUID], *, now: Any
) -> Log:
    user: Any = request.user
    data = form.cleaned_data
    if "void" in request.POST:
        return correct_log(
            log=log, changes={}, reason=data["reason"], is_void=True, by=user, now=now
        )
    changes = {name: data[name] for name in data if name not in {"reason", "performed_at"}}
    if "performed_at" in form.changed_data:
        changes["performed_at"] = data["performed_at"]
    return correct_log(
        log=log,
        changes=changes,
        reason=data["reason"],
        attachments=uploads.kept(request) | uploaded,
        by=user,
        now=now,
    )


def _address(log: Log) -> str:
    return reverse("admin:worklogs_log_change", args=[log.pk])


urlpatterns = [
    path("worklogs/log/<uuid:log_id>/change/", log_detail, name="worklogs_log_change"),
    path("worklogs/log/<uuid:log_id>/correct/", log_correction, name="worklogs_log_correct"),
]
