"""Templates of checklists: all of them, the editor of one with its preview, its versions and what it is for."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.rights import Right, has_right
from accounts.zones import zone_name_of
from core.admin.forms import add_refusal, themed
from core.admin.pages import console_page, render_page
from core.errors import DomainError
from core.rules.moments import day_and_time
from scheduling.models import Schedule
from worklogs.models import Checklist, WorkOrder
from worklogs.pages.checklist_form import FOLLOW_UPS, KINDS, blank, for_form, steps_sent
from worklogs.pages.lists import identity
from worklogs.rules.checklist_steps import ChecklistError, Step, parse
from worklogs.services import checklists
from worklogs.services.sheets import Line

_MOST_FOUND = 20


class HeadForm(forms.Form):
    """What a checklist is called."""

    name = forms.CharField(max_length=120)
    description = forms.CharField(
        max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


@require_safe
@console_page(Right.CHECKLIST_VIEW)
def checklist_list(request: HttpRequest) -> HttpResponse:
    """All templates, those in use first."""
    rows = Checklist.objects.select_related("current").prefetch_related(
        "versions", "uses__schedule"
    )
    found = [
        {
            "checklist": row,
            "steps": len(row.current.steps) if row.current else 0,
            "has_draft": any(one.published_at is None for one in row.versions.all()),
            "uses": [str(u.schedule or u.get_task_type_display() or u.get_kind_display()) for u in row.uses.all()],
        }
        for row in rows.order_by("-is_active", "name", "pk")[:500]
    ]  # fmt: skip
    return render_page(request, "worklogs/checklist/list.html", title="Checklists", rows=found)


@require_http_methods(["GET", "HEAD", "POST"])
@console_page(Right.CHECKLIST_MANAGE)
def checklist_new(request: HttpRequest) -> HttpResponse:
    """A name; the steps follow in the editor."""
    form = themed(HeadForm(request.POST if request.method == "POST" else None))
    if form.is_bound and form.is_valid():
        made = Checklist(**form.cleaned_data)
        try:
            checklists.create_checklist(made, [], by=request.user, now=timezone.now())  # type: ignore[arg-type]
        except DomainError as error:
            add_refusal(form, error)
        else:
            return _to(made)
    status = 422 if form.is_bound else 200
    page = "worklogs/checklist/new.html"
    return render_page(request, page, title="New checklist", status=status, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@console_page(Right.CHECKLIST_VIEW)
def checklist_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The editor; who may only look sees the preview. POST saves the draft, and publishes if asked to."""
    row = _row(pk)
    if request.method != "POST":
        return _editor(request, row)
    user: Any = request.user
    if not has_right(user, Right.CHECKLIST_MANAGE):
        raise PermissionDenied(Right.CHECKLIST_MANAGE)
    sent, now = steps_sent(request.POST), timezone.now()
    try:
        with transaction.atomic():
            head = {name: request.POST.get(name, "").strip() for name in ("name", "description")}
            checklists.change_checklist(row, {**head, "steps": sent}, by=user, now=now)
            _save_uses(request, row)
            if "publish" in request.POST:
                version = checklists.publish(row, by=user, now=now)
                messages.success(request, f"Version {version.number} is published.")
            else:
                messages.success(request, "Saved.")
    except DomainError as error:
        return _editor(request, _row(pk), sent=sent, problem=error)
    return _to(row)


@require_POST
@console_page(Right.CHECKLIST_MANAGE)
def checklist_preview(request: HttpRequest) -> HttpResponse:
    """What the form in hand would look like on the phone; writes nothing."""
    try:
        steps, problems = parse(steps_sent(request.POST)), list[str]()
    except ChecklistError as error:
        steps, problems = [], error.sentences
    return render(
        request, "worklogs/checklist/preview.html", {"shown": _lines(steps), "problems": problems}
    )


@require_safe
@console_page(Right.CHECKLIST_MANAGE)
def checklist_schedules(request: HttpRequest) -> HttpResponse:
    """Plans by their title, to be chosen in the editor."""
    text = request.GET.get("q", "").replace("\x00", "").strip()
    user: Any = request.user
    rows = Schedule.objects.visible_to(user).kept().filter(title__icontains=text)
    found = rows.select_related("resource").order_by("title", "pk")[: _MOST_FOUND if text else 0]
    return render(request, "worklogs/checklist/schedules.html", {"found": found, "text": text})


def _act(name: str, said: str) -> Callable[..., HttpResponse]:
    """A button of the editor beside saving."""
    service: Callable[..., Any] = getattr(checklists, name)

    @require_POST
    @console_page(Right.CHECKLIST_MANAGE)
    def view(request: HttpRequest, pk: UUID) -> HttpResponse:
        row = _row(pk)
        try:
            service(row, by=request.user, now=timezone.now())
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, said)
        if Checklist.objects.filter(pk=pk).exists():
            return _to(row)
        return HttpResponseRedirect(reverse("admin:checklist_list"))

    return view


def _row(pk: UUID) -> Checklist:
    row: Checklist = get_object_or_404(Checklist.objects.select_related("current"), pk=pk)
    return row


def _to(row: Checklist) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:checklist_detail", args=[row.pk]))


def _editor(
    request: HttpRequest, row: Checklist, *, sent: Any = None, problem: DomainError | None = None
) -> HttpResponse:
    user: Any = request.user
    versions = list(row.versions.order_by("-number").select_related("published_by"))
    asked = request.GET.get("version", "")
    picked = next((one for one in versions if str(one.number) == asked), None)
    shown = picked or checklists.shown_version(row)
    rows = sent if sent is not None else (shown.steps if shown else [])
    zone = zone_name_of(user)
    may_edit = has_right(user, Right.CHECKLIST_MANAGE) and picked is None
    try:
        preview = _lines(parse(rows))
    except ChecklistError:
        preview = []
    return render_page(
        request,
        "worklogs/checklist/editor.html",
        title=row.name,
        status=422 if problem else 200,
        row=row,
        name=request.POST.get("name", row.name) if problem else row.name,
        description=request.POST.get("description", "") if problem else row.description,
        problem=_sentences(problem),
        may_edit=may_edit,
        picked=picked,
        draft=next((one for one in versions if one.published_at is None), None),
        versions=[(one, day_and_time(one.published_at, zone)) for one in versions],
        steps=for_form(rows),
        blank=blank(),
        kinds=KINDS,
        follow_ups=FOLLOW_UPS,
        shown=preview,
        **_uses(row),
    )


def _sentences(problem: DomainError | None) -> list[str]:
    errors = getattr(problem, "errors", None)
    if errors:
        return [sentence for texts in errors.values() for sentence in texts]
    return [problem.message] if problem else []


def _uses(row: Checklist) -> dict[str, Any]:
    uses = list(row.uses.select_related("schedule__resource"))
    chosen_types = {use.task_type for use in uses}
    chosen_kinds = {use.kind for use in uses}
    return {
        "used_schedules": [use.schedule for use in uses if use.schedule],
        "task_types": [(v, label, v in chosen_types) for v, label in WorkOrder.TaskType.choices],
        "order_kinds": [(v, label, v in chosen_kinds) for v, label in WorkOrder.Kind.choices],
    }


def _save_uses(request: HttpRequest, row: Checklist) -> None:
    user: Any = request.user
    wanted = [key for text in request.POST.getlist("schedule") if (key := identity(text))]
    found = Schedule.objects.visible_to(user).kept().filter(pk__in=wanted)
    checklists.set_uses(
        row,
        schedules=list(found),
        task_types=request.POST.getlist("task_type"),
        kinds=request.POST.getlist("kind"),
        by=user,
        now=timezone.now(),
    )


def _lines(steps: list[Step]) -> list[dict[str, Any]]:
    """Each step without an answer."""
    return [
        {"line": Line(number, step, is_asked=True), "value": "", "condition": _condition(step, steps)}
        for number, step in enumerate(steps, start=1)
    ]  # fmt: skip


def _condition(step: Step, steps: list[Step]) -> str:
    if step.condition is None:
        return ""
    number = next(n for n, one in enumerate(steps, 1) if one.key == step.condition.step)
    return f"Asked only if step {number} is “{step.condition.answer}”"


_CHECKLIST = "checklists/<uuid:pk>/"
urlpatterns = [
    path("checklists/", checklist_list, name="checklist_list"),
    path("checklists/new/", checklist_new, name="checklist_new"),
    path("checklists/preview/", checklist_preview, name="checklist_preview"),
    path("checklists/schedules/", checklist_schedules, name="checklist_schedules"),
    path(_CHECKLIST, checklist_detail, name="checklist_detail"),
    path(
        f"{_CHECKLIST}discard/",
        _act("discard_draft", "The draft is gone; what is published stays."),
        name="checklist_discard",
    ),
    path(
        f"{_CHECKLIST}put-away/",
        _act("remove_checklist", "The checklist is put away: new orders do not take it."),
        name="checklist_put_away",
    ),
    path(
        f"{_CHECKLIST}take-back/",
        _act("take_back", "The checklist is in use again."),
        name="checklist_take_back",
    ),
]
