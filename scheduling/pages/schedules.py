"""The page of one schedule, its buttons, and the preview of the form."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.rights import Right, has_right
from core.admin.pages import console_page, render_page
from core.errors import DomainError, Invalid
from core.rules.moments import day_and_time
from scheduling.models import Schedule
from scheduling.pages.schedule_tabs import states_of, tabs_for
from scheduling.pages.tabs import look, shown
from scheduling.services import occurrences, reach, schedules
from scheduling.services.explain import rule_text
from scheduling.services.wording import preview

_MOST_TO_SKIP = 20
_DEFINITION = (
    *("resource", "resource_type", "frequency", "interval", "interval_unit", "rrule", "exdates"),
    *("basis", "start_at", "until", "overflow", "lead_days", "tolerance_days"),
)


def _schedule(request: HttpRequest, pk: UUID) -> Schedule:
    rows = Schedule.objects.visible_to(request.user).select_related(  # type: ignore[arg-type]
        "resource", "resource_type", "assigned_to", "organization", "paused_by", "deleted_by"
    )
    found: Schedule = get_object_or_404(rows, pk=pk)
    return found


@require_safe
@console_page(Right.SCHEDULE_VIEW, scheduling=True)
def schedule_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What happens next, and by tabs why, what was done, where and what was changed."""
    schedule = _schedule(request, pk)
    seen = look(request, schedule)
    states = list(states_of(seen)[:_MOST_TO_SKIP])
    return render_page(
        request,
        "scheduling/schedule.html",
        title=schedule.title,
        schedule=schedule,
        rule=rule_text(schedule),
        late=seen.is_late(schedule),
        hint=seen.distance(schedule),
        due=seen.moment(schedule.next_due_at),
        states=states,
        single=states[0] if len(states) == 1 else None,
        may=_may(seen.user, schedule),
        **shown(request, tabs_for(schedule), seen),
    )


def _may(user: User, schedule: Schedule) -> dict[str, bool]:
    """Which buttons the state and the rights allow."""
    reached = Schedule.objects.changeable_by(user).filter(pk=schedule.pk).exists()
    kept, active = schedule.deleted_at is None, schedule.is_active
    change = reached and has_right(user, Right.SCHEDULE_CHANGE)
    return {
        "log": kept and schedule.next_due_at is not None,
        "edit": change and kept,
        "skip": reached and kept and active and has_right(user, Right.OCCURRENCE_SKIP),
        "pause": change and kept and active,
        "resume": change and kept and not active,
        "delete": reached and kept and has_right(user, Right.SCHEDULE_DELETE),
        "restore": change and not kept,
    }


def _act(
    right: Right, done: str, use_case: Callable[[Schedule, HttpRequest], object]
) -> Callable[..., HttpResponse]:
    """A button: one service call, then the page again with what came of it."""

    @require_POST
    @console_page(right, scheduling=True)
    def view(request: HttpRequest, pk: UUID) -> HttpResponse:
        schedule = _schedule(request, pk)
        try:
            reach.check_change(request.user, schedule)  # type: ignore[arg-type]
            use_case(schedule, request)
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, done)
        return HttpResponseRedirect(reverse("admin:schedule_detail", args=[pk]))

    return view


def _by(request: HttpRequest) -> dict[str, Any]:
    return {"by": request.user, "now": timezone.now()}


def _skip(schedule: Schedule, request: HttpRequest) -> object:
    text = request.POST.get("resource", "")
    if text and not _is_id(text):
        raise Invalid("Choose the resource from the list.", field="resource")
    resource_id = reach.resource_of(
        request.user,  # type: ignore[arg-type]
        schedule,
        UUID(text) if text else None,
    )
    reason = request.POST.get("reason", "")
    return occurrences.skip(
        schedule_id=schedule.pk, resource_id=resource_id, reason=reason, **_by(request)
    )


schedule_skip = _act(Right.OCCURRENCE_SKIP, "Skipped. The next date stands.", _skip)
schedule_pause = _act(
    Right.SCHEDULE_CHANGE,
    "Paused. Nothing comes due until you resume it.",
    lambda schedule, request: schedules.pause_schedule(
        schedule, reason=request.POST.get("reason", ""), **_by(request)
    ),
)
schedule_resume = _act(
    Right.SCHEDULE_CHANGE,
    "Resumed.",
    lambda schedule, request: schedules.resume_schedule(schedule, **_by(request)),
)
schedule_delete = _act(
    Right.SCHEDULE_DELETE,
    "Deleted. You can restore it here.",
    lambda schedule, request: schedules.delete_schedule(schedule, **_by(request)),
)
schedule_restore = _act(
    Right.SCHEDULE_CHANGE,
    "Restored; it goes on where it stood.",
    lambda schedule, request: schedules.restore_schedule(schedule, **_by(request)),
)


@require_POST
@console_page(Right.SCHEDULE_VIEW, scheduling=True)
def schedule_preview(request: HttpRequest) -> HttpResponse:
    """The rule in words and the next five dates of what is being typed, or what is wrong with it."""
    user: Any = request.user
    if not (has_right(user, Right.SCHEDULE_ADD) or has_right(user, Right.SCHEDULE_CHANGE)):
        raise PermissionDenied(Right.SCHEDULE_CHANGE)
    try:
        existing = UUID(request.GET.get("schedule", ""))
        schedule = _schedule(request, existing)
    except ValueError:
        schedule = Schedule()
    form_class = admin.site.get_model_admin(Schedule).get_form(request, change=True)
    form = form_class(request.POST, instance=schedule)
    problems = [
        (form.fields[name].label, text)
        for name in _DEFINITION
        for text in form.errors.get(name, [])
        if request.POST.get(name) or name not in ("resource", "resource_type")
    ]
    context: dict[str, Any] = {"problems": problems}
    if not problems:
        try:
            found = preview(form.instance, now=timezone.now())
        except Invalid as error:
            context["problems"] = [
                (form.fields[name].label if name in form.fields else "", text)
                for name, texts in error.errors.items()
                for text in texts
            ]
        else:
            context |= {
                "rule": found.rule_text,
                "dates": [day_and_time(moment, found.zone) for moment in found.dates],
                "zone": found.zone,
                "past_start": found.past_start and day_and_time(found.past_start, found.zone),
                "floating": form.instance.basis == Schedule.Basis.FLOATING,
            }
    return render(request, "scheduling/preview.html", context)


@console_page(Right.SCHEDULE_CHANGE, scheduling=True)
def schedule_bulk(request: HttpRequest, what: str) -> HttpResponse:
    """Assigning or pausing many at once: asks, then calls the service for each."""
    if what not in {"assign", "pause"}:
        raise Http404
    values = request.POST if request.method == "POST" else request.GET
    ids = [text for text in values.getlist("id") if _is_id(text)]
    rows = Schedule.objects.changeable_by(request.user).kept().filter(pk__in=ids)  # type: ignore[arg-type]
    problem = ""
    if request.method == "POST":
        problem = _do_bulk(request, what, list(rows))
        if not problem:
            return HttpResponseRedirect(reverse("admin:scheduling_schedule_changelist"))
    return render_page(
        request,
        "scheduling/bulk.html",
        title="Assign schedules" if what == "assign" else "Pause schedules",
        what=what,
        rows=rows.select_related("resource", "resource_type").order_by("title", "pk"),
        people=User.objects.active().order_by("name"),
        problem=problem,
    )


def _do_bulk(request: HttpRequest, what: str, rows: list[Schedule]) -> str:
    """The sentence to show when something is missing; nothing when all was tried."""
    if what == "pause" and not request.POST.get("reason", "").strip():
        return "Say why, so that others understand it later."
    person = None
    if chosen := request.POST.get("person"):
        person = User.objects.active().filter(pk=chosen).first() if _is_id(chosen) else None
        if person is None:
            return "Choose a person."
    done = 0
    for row in rows:
        try:
            if what == "pause":
                schedules.pause_schedule(row, reason=request.POST["reason"], **_by(request))
            else:
                schedules.update_schedule(row, {"assigned_to": person}, **_by(request))
            done += 1
        except DomainError as error:
            messages.error(request, f"{row}: {error.message}")
    verb = (
        "paused" if what == "pause" else f"assigned to {person}" if person else "assigned to nobody"
    )
    messages.success(request, f"{done} schedule{'' if done == 1 else 's'} {verb}.")
    return ""


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
