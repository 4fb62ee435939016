"""Importing a file: upload, see how it is read, correct that, try it, take it over."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from accounts.rights import Right
from core.admin.pages import console_page, render_page
from core.errors import DomainError, Invalid
from integrations.models import ImportRun
from integrations.pages import forms
from integrations.services.imports import files, runs, source

_LISTED = 50
_WAITING = {ImportRun.State.WAITING, ImportRun.State.RUNNING}


@console_page(Right.DATA_IMPORT)
@require_http_methods(["GET", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """The form for a new file, and the imports so far."""
    problem = ""
    if request.method == "POST":
        try:
            return redirect("admin:import_run", pk=_upload(request).pk)
        except DomainError as error:
            problem = error.message
    rows = ImportRun.objects.newest_first().select_related("started_by")[:_LISTED]
    return render_page(
        request,
        "integrations/overview.html",
        title="Import",
        status=400 if problem else 200,
        entities=forms.ENTITIES,
        chosen=request.POST.get("entity", "resources"),
        problem=problem,
        imports=[{"run": row, "at": _local(row.created_at, request)} for row in rows],
        most_megabytes=source.MOST_BYTES // 1_000_000,
    )


def _upload(request: HttpRequest) -> ImportRun:
    file, entity = request.FILES.get("file"), request.POST.get("entity", "")
    if entity not in ImportRun.Entity.values:
        raise Invalid("Choose what the file holds.")
    if file is None:
        raise Invalid("Choose a file.")
    if (file.size or 0) > source.MOST_BYTES:
        raise Invalid(f"The file is larger than {source.MOST_BYTES // 1_000_000} MB.")
    run, _ = runs.upload(
        file.read(),
        name=file.name or "file",
        entity=entity,
        by=cast(User, request.user),
        now=timezone.now(),
    )
    return run


@console_page(Right.DATA_IMPORT)
@require_GET
def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One import: how it is read while that can be changed, its progress, or its result."""
    run = _run(pk)
    context: dict[str, Any] = {
        "run": run,
        "at": _local(run.finished_at, request) if run.finished_at else None,
        "is_waiting": run.state in _WAITING,
        "entity": forms.ENTITIES[run.entity],
    }
    if not run.is_over and run.state not in _WAITING and run.file:
        inspection = files.inspect(
            runs.content(run), run.entity, runs.options_of(run), name=run.file_name
        )
        context |= forms.reading(run, inspection, timezone.now())
    return render_page(request, "integrations/run.html", title=str(run), **context)


@console_page(Right.DATA_IMPORT)
@require_POST
def read_again(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Look at the file again with what the person corrected."""
    run = _run(pk)
    try:
        _reread(run, request)
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("admin:import_run", pk=pk)


def _reread(run: ImportRun, request: HttpRequest) -> None:
    data = runs.content(run)
    header = files.header_of(data, run.entity, runs.options_of(run))
    wished = forms.options(request.POST, header, before=runs.options_of(run))
    inspection = files.inspect(data, run.entity, wished, name=run.file_name)
    run.options = runs.plain_options(inspection.options(wished))
    run.rows, run.state = inspection.rows, ImportRun.State.UPLOADED
    run.save(update_fields=["options", "rows", "state", "updated_at"])


@console_page(Right.DATA_IMPORT)
@require_POST
def start(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Try it (`how=dry`), take over all rows (`all`) or the good ones (`partial`)."""
    run, how, now = _run(pk), request.POST.get("how", "dry"), timezone.now()
    try:
        if "columns" in request.POST:
            _reread(run, request)
        runs.start(
            run,
            options=runs.options_of(run),
            dry_run=how not in {"all", "partial"},
            partial=how == "partial",
            by=cast(User, request.user),
            now=now,
        )
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("admin:import_run", pk=pk)
    if run.rows <= runs.AT_ONCE:
        runs.work(run.pk, now=now)
    return redirect("admin:import_run", pk=pk)


@console_page(Right.DATA_IMPORT)
@require_GET
def progress(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How far it is; tells the page to load itself again when it is over."""
    run = _run(pk)
    response = render(request, "integrations/progress.html", {"run": run})
    if run.state not in _WAITING:
        response["HX-Refresh"] = "true"
    return response


@console_page(Right.DATA_IMPORT)
@require_POST
def discard(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Forget an uploaded file that was not taken over."""
    run = _run(pk)
    if run.is_over or run.state in _WAITING:
        messages.error(request, "This import has been started already.")
        return redirect("admin:import_run", pk=pk)
    runs.discard(run)
    messages.success(request, f"{run.file_name} was discarded; nothing was imported.")
    return redirect("admin:import")


@console_page(Right.DATA_IMPORT)
@require_GET
def errors(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The refused rows as a file."""
    run = _run(pk)
    if not run.error_file:
        raise Http404
    name = f"{run.file_name.rpartition('.')[0] or run.file_name}-rejected.csv"
    with run.error_file.open("rb") as file:
        response = HttpResponse(file.read(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


def _run(pk: UUID) -> ImportRun:
    found: ImportRun | None = ImportRun.objects.select_related("started_by").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _local(moment: datetime, request: HttpRequest) -> datetime:
    """On the clock of the person."""
    user = cast(User, request.user)
    return moment.astimezone(ZoneInfo(user.time_zone or user.organization.time_zone))
