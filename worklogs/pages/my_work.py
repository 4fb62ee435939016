"""“My work”: what the signed-in person has to do, made for one hand on a phone."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.rights import Right
from accounts.zones import zone_name_of
from core.admin.pages import console_page, render_page
from core.errors import DomainError
from core.rules.moments import day_and_time, overdue_by, relative
from scheduling.pages.tabs import look
from scheduling.services.places import in_words, place_in_words
from worklogs import states
from worklogs.admin.order_cells import priority_chip, status_chip
from worklogs.models import LaborEntry, Log, WorkOrder
from worklogs.pages import uploads
from worklogs.pages.answering import checklist_context
from worklogs.pages.kept import is_kept, wants_part
from worklogs.pages.order_commands import order_of
from worklogs.pages.order_forms import FORMS, CommandForm, CompleteForm
from worklogs.pages.order_tabs import comments_of, files_of
from worklogs.pages.order_words import BUTTONS
from worklogs.pages.places import places_context, say
from worklogs.rules import standing
from worklogs.services import assigning, labor, moving, orders, talk, warranties

_MOST = 200
#: Of what waits for the person's teams; the list of orders has the rest.
_MOST_OF_TEAMS = 10
_SOONEST = F("due_at").asc(nulls_last=True)
_COMMANDS = ("take", "give_back", "start", "hold", "resume", "complete")
#: What is seldom needed, under “More”.
_MORE = ("delay", "escalate")
#: What only some jobs leave to tell, folded away.
_DETAILS = ("duration_minutes", "odometer", "failure_mode", "cause", "remedy")
#: Commands that ask for nothing.
_PLAIN = ("take", "start", "resume")
#: After these the job is not the person's any more.
_LEAVING = {"complete": "Done", "give_back": "Given back"}
#: The person's wish that starting and stopping the work starts and stops their time.
TIMER_COOKIE = "keep_my_time"
_YEAR = 365 * 24 * 3600
_ACCESS = ("safety", "access")
UseCase = Callable[[WorkOrder, HttpRequest, datetime], None]


@require_safe
@console_page(Right.WORK_ORDER_WORK)
def my_work(request: HttpRequest) -> HttpResponse:
    """Begun, overdue, today, next; then what waits for somebody of the person's teams."""
    now, zone = timezone.now(), zone_name_of(request.user)
    rows = WorkOrder.objects.open().filter(assigned_to=request.user).with_stops_counted()
    found = list(rows.select_related("resource").order_by(_SOONEST, "pk")[:_MOST])
    of_team = list(_for_team(request))
    where = in_words(order.resource for order in (*found, *of_team))

    def card(order: WorkOrder) -> dict[str, Any]:
        return _card(order, where[order.resource_id], now=now, zone=zone)

    groups: dict[str, list[Any]] = {name: [] for name in ("Begun", "Overdue", "Today", "Next")}
    for order in found:
        groups[_group(order, now=now, zone=zone)].append(card(order))
    return render_page(
        request,
        "worklogs/my_work/list.html",
        title="My work",
        groups=[(name, cards) for name, cards in groups.items() if cards],
        count=sum(len(cards) for cards in groups.values()),
        team_cards=[card(order) for order in of_team[:_MOST_OF_TEAMS]],
        team_has_more=len(of_team) > _MOST_OF_TEAMS,
        keeps_time=_keeps_time(request),
    )


def _for_team(request: HttpRequest) -> Any:
    """What the person may take, the most urgent first, and one more than is shown."""
    rows = WorkOrder.objects.takeable_by(request.user).with_stops_counted()  # type: ignore[arg-type]
    found = rows.select_related("resource", "team")
    return found.order_by(*assigning.FIRST)[: _MOST_OF_TEAMS + 1]


@require_safe
@console_page(Right.WORK_ORDER_WORK)
def job(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One order with all that whoever does it needs."""
    order = order_of(request, pk)
    context = _job_context(request, order)
    return render_page(request, "worklogs/my_work/job.html", title=order.title, **context)


@require_POST
@console_page(Right.WORK_ORDER_WORK)
def command(request: HttpRequest, pk: UUID, what: str) -> HttpResponse:
    """Take, start, hold, resume, complete, give back, or tell of a delay or further up; a refusal says why."""
    if what not in (*_COMMANDS, *_MORE):
        raise Http404
    order, now = order_of(request, pk), timezone.now()
    user: Any = request.user
    form = _form(what, order, user, request.POST)
    files, problems = uploads.take(request, now=now) if what == "complete" else ([], [])
    if form.is_valid() and not problems:
        try:
            given = _given(request, what, form, [file.pk for file in files])
            orders.give(order, what, given, by=user, now=now)
            labor.follow(order, what, person=user, keeps_time=_keeps_time(request), now=now)
        except DomainError as error:
            order = order_of(request, pk)
            if not _is_second_tap(what, order, user):
                form.refuse(error)
    for problem in problems:
        form.add_error(None, problem)
    if wants_part(request) or form.errors:
        return _job_again(request, order, form if form.errors else None, what, files)
    if what in _LEAVING:
        messages.success(request, f"{_LEAVING[what]}: {order.title}.")
        return HttpResponseRedirect(reverse("admin:my_work"))
    for text in assigning.warnings(order, now=now) if what == "take" else ():
        messages.warning(request, text)
    return HttpResponseRedirect(reverse("admin:my_work_job", args=[order.pk]))


def _is_second_tap(what: str, order: WorkOrder, user: Any) -> bool:
    """Whether the order stands already as this person wants it."""
    if what == "take":
        return bool(order.assigned_to == user)
    last = order.transitions.filter(step=order.step, command=what, by=user)
    return what == "give_back" and last.exists()


def _part(what: str, target: str, use_case: UseCase) -> Callable[..., HttpResponse]:
    """A small form of the job; without a script its part of the page comes again."""

    @require_POST
    @console_page(Right.WORK_ORDER_WORK)
    def view(request: HttpRequest, pk: UUID) -> HttpResponse:
        order = order_of(request, pk)
        user: Any = request.user
        form = CommandForm({}, order=order, user=user)
        try:
            use_case(order, request, timezone.now())
        except DomainError as error:
            form.refuse(error)
        if wants_part(request) or form.errors:
            return _job_again(request, order, form if form.errors else None, what)
        address = reverse("admin:my_work_job", args=[order.pk])
        return HttpResponseRedirect(f"{address}#{target}")

    return view


def _comment(order: WorkOrder, request: HttpRequest, now: datetime) -> None:
    """Say something about the job; those who follow its talk hear of it."""
    user: Any = request.user
    text = request.POST.get("text", "").replace("\x00", "")
    talk.add_comment(order, text, by=user, now=now)


def _job_again(
    request: HttpRequest, order: WorkOrder, refused: CommandForm | None, what: str, files: Any = ()
) -> HttpResponse:
    """The job after a command: its inner part for a script, else a page of its own."""
    context = _job_context(request, order, refused=refused, what=what, pending=files)
    if wants_part(request):
        status = 422 if refused is not None and is_kept(request) else 200
        return render(request, "worklogs/my_work/body.html", context, status=status)
    page = "worklogs/my_work/job.html"
    return render_page(request, page, title=order.title, status=422, **context)


class _ResultForm(CompleteForm):
    """Nothing is needed: a plain job is closed with one tap."""

    def prepare(self) -> None:
        super().prepare()
        self.fields["issues_found"].required = False


def _form(what: str, order: WorkOrder, user: Any, data: Any = None) -> CommandForm:
    """What the command asks for on the phone."""
    kinds: dict[str, type[CommandForm]] = {
        "complete": _ResultForm,
        **{name: FORMS[name] for name in ("give_back", *_MORE)},
    }
    return kinds.get(what, CommandForm)(data, order=order, user=user, auto_id=f"{what}-%s")


@require_POST
@console_page(Right.WORK_ORDER_WORK)
def keep_time(request: HttpRequest) -> HttpResponse:
    """Whether the person's time starts and stops with the work; kept in the browser for a year."""
    response = HttpResponseRedirect(reverse("admin:my_work"))
    if request.POST.get("keep") == "1":
        response.set_cookie(
            TIMER_COOKIE, "1", max_age=_YEAR, httponly=True, samesite="Lax",
            secure=request.is_secure(),
        )  # fmt: skip
    else:
        response.delete_cookie(TIMER_COOKIE, samesite="Lax")
    return response


def _keeps_time(request: HttpRequest) -> bool:
    return request.COOKIES.get(TIMER_COOKIE) == "1"


def _given(request: HttpRequest, what: str, form: CommandForm, files: list[UUID]) -> dict[str, Any]:
    """What came with the command."""
    if what == "hold":
        kind = request.POST.get("hold_kind", "")
        label = dict(WorkOrder.HoldKind.choices).get(kind, "")
        reason = request.POST.get("reason", "").strip() or label
        return {"reason": reason, "hold_kind": kind if label else WorkOrder.HoldKind.OTHER}
    return {**form.given(), "attachments": files} if what == "complete" else form.given()


def _group(order: WorkOrder, *, now: datetime, zone: str) -> str:
    if order.status in {states.IN_PROGRESS, states.ON_HOLD}:
        return "Begun"
    if standing.is_overdue(vars(order), now=now):
        return "Overdue"
    due = order.scheduled_start_at or order.due_at
    place = ZoneInfo(zone)
    is_today = due is not None and due.astimezone(place).date() <= now.astimezone(place).date()
    return "Today" if is_today else "Next"


def _card(order: WorkOrder, place: str, *, now: datetime, zone: str) -> dict[str, Any]:
    """One order in the words of the list."""
    is_overdue = standing.is_overdue(vars(order), now=now)
    due = ""
    if order.due_at is not None:
        words = overdue_by if is_overdue else relative
        due = words(order.due_at, now=now, zone=zone)
    return {
        "order": order,
        "due": due,
        "due_at": day_and_time(order.due_at, zone) if order.due_at else "",
        "is_overdue": is_overdue,
        "state": status_chip(order.status),
        "urgency": priority_chip(order.priority) if order.priority in {"high", "critical"} else "",
        "place": place,
    }


def _job_context(
    request: HttpRequest,
    order: WorkOrder,
    *,
    refused: CommandForm | None = None,
    what: str = "",
    pending: Any = (),
) -> dict[str, Any]:
    now, zone, user = timezone.now(), zone_name_of(request.user), request.user
    allowed = moving.allowed_to(order, user)  # type: ignore[arg-type]
    timer = LaborEntry.objects.running().filter(work_order=order, person=user).first()
    begun_by_hand = {name for name in _COMMANDS if name in allowed}
    return {
        **_card(order, place_in_words(order.resource), now=now, zone=zone),
        **checklist_context(request, order),
        "may": begun_by_hand,
        "buttons": [(name, BUTTONS[name]) for name in _PLAIN if name in begun_by_hand],
        "notes": _notes(order),
        "blockers": talk.blockers_of(order, user),  # type: ignore[arg-type]
        "warranties": [] if order.status not in states.OPEN else warranties.of_order(order),
        "hold_kinds": WorkOrder.HoldKind.choices,
        "issues": Log.Issues.choices,
        **_told(request, order),
        **places_context(order, user, zone=zone),  # type: ignore[arg-type]
        **_asked(order, user, allowed, refused, what),
        "pending": pending,
        "timer": day_and_time(timer.started_at, zone) if timer else "",
        "keeps_time": _keeps_time(request),
        "is_done": order.status in {states.COMPLETED, states.VERIFIED},
        "next": _next_after(request, order) if order.status == states.COMPLETED else None,
    }


def _told(request: HttpRequest, order: WorkOrder) -> dict[str, Any]:
    """What others gave with the order: photos, and what was said."""
    seen = look(request, order)
    return {**files_of(seen), **comments_of(seen)}


def _asked(
    order: WorkOrder, user: Any, allowed: list[str], refused: CommandForm | None, what: str
) -> dict[str, Any]:
    """The forms of the page; the refused one as it was typed, and why."""
    forms = {name: _form(name, order, user) for name in ("complete", *_MORE)}
    if refused is not None:
        forms[what] = refused
    texts = refused.in_one_line() if refused is not None else ""
    asked = [name for name in _MORE if name in allowed]
    return {
        "result": forms["complete"],
        "details": [forms["complete"][name] for name in _DETAILS],
        "more": [(name, BUTTONS[name], forms[name]) for name in asked],
        "refused": what if refused is not None else "",
        "job_problem": "" if what in (*asked, "comment") else texts,
        "comment_problem": texts if what == "comment" else "",
    }


def _notes(order: WorkOrder) -> list[tuple[str, str]]:
    """What the resource's type declares about safety and access, such as “Safety”: “Lock the main switch”."""
    kind, values = order.resource.type, order.resource.attributes
    declared = kind.attribute_fields if kind is not None else []
    return [
        (str(field["label"]), str(values[field["key"]]))
        for field in declared
        if str(field["key"]).partition("_")[0] in _ACCESS and values.get(field["key"])
    ]


def _next_after(request: HttpRequest, order: WorkOrder) -> WorkOrder | None:
    """What the person would do after this."""
    rows = WorkOrder.objects.open().filter(assigned_to=request.user).exclude(pk=order.pk)
    found: WorkOrder | None = rows.order_by(_SOONEST, "pk").first()
    return found


urlpatterns = [
    path("my-work/", my_work, name="my_work"),
    path("my-work/time/", keep_time, name="my_work_time"),
    path("my-work/<uuid:pk>/", job, name="my_work_job"),
    path(
        "my-work/<uuid:pk>/comment/",
        _part("comment", "job-comments", _comment),
        name="my_work_comment",
    ),
    path("my-work/<uuid:pk>/stop/", _part("stop", "job-route", say), name="my_work_stop"),
    path("my-work/<uuid:pk>/do/<str:what>/", command, name="my_work_command"),
]
