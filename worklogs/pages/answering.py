"""The checklist of an order as people fill it in: each answer is saved by itself."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.rights import Right
from accounts.zones import zone_name_of
from core.admin.pages import console_page
from core.errors import DomainError
from core.rules.moments import day_and_time
from core.services import attachments
from worklogs.models import WorkOrder
from worklogs.pages.kept import answered_at, is_kept
from worklogs.pages.order_commands import order_of
from worklogs.pages.places import in_hand
from worklogs.rules.checklist_steps import StepKind, plain
from worklogs.rules.checklists import Given, in_words
from worklogs.services import answers, sheets


def checklist_context(
    request: HttpRequest, order: WorkOrder, *, key: str = "", typed: str = "", problem: str = ""
) -> dict[str, Any]:
    """What `worklogs/checklist/sheet.html` shows; `problem` is why `typed` was refused as answer to `key`."""
    sheet = sheets.sheet_of(order)
    if sheet is None:
        return {"sheet": None}
    zone = zone_name_of(request.user)
    may = in_hand(order, request.user)  # type: ignore[arg-type]
    return {
        "order": order,
        "sheet": sheet,
        "may_answer": may,
        "person": request.user.pk,
        "shown": [
            {
                "line": line,
                "value": typed
                if problem and line.step.key == key and _is_written(line)
                else _value(line),
                "when": day_and_time(line.answer.answered_at, zone) if line.answer else "",
                "earlier": [
                    {"said": _words(line, one), "answer": one, "when": _moment(one, zone)}
                    for one in line.earlier
                ],
                "problem": problem if line.step.key == key else "",
            }
            for line in sheet.asked
        ],
        "problem": problem if key not in {line.step.key for line in sheet.asked} else "",
    }


@require_safe
@console_page(Right.CHECKLIST_VIEW)
def checklist(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The checklist alone, for pages that load it."""
    context = checklist_context(request, order_of(request, pk))
    return render(request, "worklogs/checklist/sheet.html", context)


@require_POST
@console_page(Right.WORK_ORDER_WORK)
def answer_step(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """Save one answer; the script gets the checklist as it is then, others go back to the page."""
    order, user, now = order_of(request, pk), request.user, timezone.now()
    try:
        ids = _uploads(request, now=now)
        answers.answer(
            order,
            key,
            Given(text=request.POST.get("value", "")),
            attachments=ids,
            answered_at=answered_at(request),
            by=user,  # type: ignore[arg-type]
            now=now,
        )
    except DomainError as error:
        return _answer(request, order, key, problem=error.message)
    return _answer(request, order, key)


@require_POST
@console_page(Right.WORK_ORDER_WORK)
def follow_step(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """Make the order for what a failed step found."""
    order = order_of(request, pk)
    try:
        answers.follow_up(order, key, by=request.user, now=timezone.now())  # type: ignore[arg-type]
    except DomainError as error:
        return _answer(request, order, key, problem=error.message)
    return _answer(request, order, key)


def _answer(request: HttpRequest, order: WorkOrder, key: str, *, problem: str = "") -> HttpResponse:
    if not problem and not is_kept(request):
        address = reverse("admin:my_work_job", args=[order.pk])
        return HttpResponseRedirect(f"{address}#step-{key}")
    typed = request.POST.get("value", "")
    context = checklist_context(request, order, key=key, typed=typed, problem=problem)
    return render(request, "worklogs/checklist/sheet.html", context, status=422 if problem else 200)


def _uploads(request: HttpRequest, *, now: datetime) -> list[UUID]:
    """The files that came with the answer, kept."""
    stored = [
        attachments.store(
            upload=upload,
            name=upload.name or "photo",
            target_type=sheets.TARGET,
            target_id=None,
            by=request.user,
            now=now,
        )
        for upload in request.FILES.getlist("file")
    ]
    return [file.pk for file in stored]


def _is_written(line: sheets.Line) -> bool:
    """Whether somebody types the answer, and would have to type it again."""
    return line.step.kind not in {StepKind.CHECK, StepKind.CHOICE}


def _value(line: sheets.Line) -> str:
    if line.answer is None:
        return ""
    return line.answer.text if line.answer.number is None else plain(line.answer.number)


def _words(line: sheets.Line, one: Any) -> str:
    return in_words(line.step, one.given)


def _moment(one: Any, zone: str) -> str:
    return day_and_time(one.answered_at, zone)


urlpatterns = [
    path("my-work/<uuid:pk>/checklist/", checklist, name="my_work_checklist"),
    path("my-work/<uuid:pk>/steps/<str:key>/", answer_step, name="my_work_step"),
    path("my-work/<uuid:pk>/steps/<str:key>/follow-up/", follow_step, name="my_work_follow_up"),
]
