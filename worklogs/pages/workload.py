"""The staff workload picture, and who is to do an order."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Skill, User
from accounts.rights import Right, has_right
from core.admin.pages import console_page, render_page
from core.errors import DomainError
from worklogs import states
from worklogs.models import WorkOrder
from worklogs.rules.assignment_words import hours
from worklogs.services import assigning, needs, staff_days
from worklogs.services.staff_days import Day

_CHOICES = (7, 14, 28)
#: So many of a day are named; nobody reads more in a cell.
_MOST_NAMED = 12
#: So many are told one by one who got them.
_MOST_TOLD = 50
_PEOPLE_AT_A_TIME = 40


@require_safe
@console_page(Right.STAFF_VIEW)
def workload(request: HttpRequest) -> HttpResponse:
    """People and days: planned hours against the time that is there."""
    user: Any = request.user
    asked = request.GET.get("days", "")
    days = int(asked) if asked in map(str, _CHOICES) else 14
    found = staff_days.picture(by=user, now=timezone.now(), days=days)
    page = Paginator(found.rows, _PEOPLE_AT_A_TIME).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    names = _names(shown, user)
    rows = [
        {
            "name": row.person.name,
            "sum": _sum(row),
            "days": [_shown(day, names) for day in row.days],
            "overloaded": sum(day.is_overloaded for day in row.days),
        }
        for row in shown
    ]
    return render_page(
        request,
        "worklogs/workload.html",
        title="Workload",
        rows=rows,
        page=page,
        days=[{"name": f"{day:%a}", "number": f"{day.day} {day:%b}"} for day in found.days],
        choices=_CHOICES,
        chosen=days,
        zone=found.zone,
        waiting=WorkOrder.objects.pending().changeable_by(user).count(),
        may_assign=has_right(user, Right.WORK_ORDER_ASSIGN),
        is_planner=has_right(user, Right.STAFF_MANAGE),
    )


def _sum(row: staff_days.Row) -> str:
    if not row.capacity:
        return f"{hours(row.planned)}, no shift" if row.planned else "No shift"
    return f"{hours(row.planned)} of {hours(row.capacity)}" if row.planned else "Nothing planned"


def _names(rows: Sequence[staff_days.Row], user: User) -> dict[Any, str]:
    """The orders that are named and that the person sees, as people know them; of others only the hours are told."""
    keys = {job.key for row in rows for day in row.days for job in day.jobs[:_MOST_NAMED]}
    found = WorkOrder.objects.visible_to(user).filter(pk__among=keys)
    return {
        key: f"#{number} {title}"
        for key, number, title in found.values_list("pk", "number", "title")
    }


def _shown(day: Day, names: dict[Any, str]) -> dict[str, Any]:
    share = 100 if not day.capacity else min(100, round(100 * day.planned / day.capacity))
    over = day.planned - day.capacity
    text = f"{hours(day.capacity)} free" if day.capacity else ""
    if day.planned:
        text = f"{hours(day.planned)} of {hours(day.capacity)}"
    if day.is_overloaded:
        text = f"{hours(over)} too much" if day.capacity else f"{hours(day.planned)}, no shift"
    if day.is_absent and not day.capacity and not day.planned:
        text = "Absent"
    return {
        "day": day,
        "share": share if day.planned else 0,
        "text": text,
        "tone": "over" if day.is_overloaded else "away" if day.is_absent else "",
        "orders": [
            (reverse("admin:work_order_detail", args=[j.key]), names[j.key])
            for j in day.jobs[:_MOST_NAMED]
            if j.key in names
        ],
        "more": max(len(day.jobs) - _MOST_NAMED, 0),
    }


@require_http_methods(["POST"])
@console_page(Right.WORK_ORDER_ASSIGN)
def assign_waiting(request: HttpRequest) -> HttpResponse:
    """Give everything that waits to people."""
    assign_many(request, None)
    return redirect("admin:workload")


def assign_many(request: HttpRequest, orders: Any) -> None:
    """A bulk action of a list: give the chosen orders to people, and say what became of them. None: all that wait."""
    by: Any = request.user
    ids = None if orders is None else list(orders.values_list("pk", flat=True)[: assigning.MOST])
    try:
        found = assigning.auto_assign(ids, by=by, now=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
        return
    given = any(one.person is not None for one in found)
    left_out = 0 if ids is None else len(ids) - len(found)
    if given:
        messages.success(request, _said([one for one in found if one.person is not None]))
    for one in [one for one in found if one.person is None][:5]:
        messages.warning(request, f"{one.order}: {one.reasons[0]}")
    if left_out:
        text = f"Left as they are: {left_out}. Only scheduled orders that nobody has are given to people."
        messages.info(request, text)
    if not found and not left_out:
        messages.info(request, "No scheduled order waits for somebody.")


def _said(given: Sequence[assigning.Outcome]) -> str:
    """Who got what, and why."""
    rows = [
        (
            reverse("admin:work_order_detail", args=[one.order.pk]),
            f"#{one.order.number} {one.order.title}",
            one.person,
            "; ".join(one.reasons),
        )
        for one in given[:_MOST_TOLD]
    ]
    lines = format_html_join("", '<li><a href="{}">{}</a> to <b>{}</b>: {}</li>', rows)
    rest = len(given) - len(rows)
    more = format_html("<li>and {} more, each with the reason in its history</li>", rest)
    return format_html(
        "Given to people: {} order{}.<ul>{}{}</ul>",
        *(len(given), "s" * (len(given) != 1), lines, more if rest else ""),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@console_page(Right.WORK_ORDER_ASSIGN)
def who(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who could do the order, the best first with the reasons; one click gives it to them. Part of a page: the best."""
    by: Any = request.user
    order = get_object_or_404(
        WorkOrder.objects.visible_to(by).select_related("resource", "team", "assigned_to"), pk=pk
    )
    now = timezone.now()
    if request.method == "POST":
        return _give(request, order)
    found = assigning.suggest(order, now=now)
    if request.headers.get("HX-Request"):
        best = found.able[0] if found.able else None
        panel = {"order": order, "best": best, "why_nobody": found.why_nobody}
        return render(request, "worklogs/suggestion.html", panel)
    return render_page(
        request,
        "worklogs/people.html",
        title=f"Who does #{order.number}?",
        order=order,
        skills=(needed := needs.skills_of(order)),
        choices=[(skill, skill in needed) for skill in Skill.objects.order_by("name")],
        is_open=order.status in states.OPEN,
        able=found.able,
        refused=found.refused,
        why_nobody=found.why_nobody,
        may_give=order.status in (states.SCHEDULED, *states.HELD_BY_SOMEBODY),
    )


@require_http_methods(["POST"])
@console_page(Right.WORK_ORDER_ASSIGN)
def choose_skills(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say which skills the order needs, or leave it to what its kind of work requires."""
    by: Any = request.user
    order = get_object_or_404(WorkOrder.objects.visible_to(by).select_related("resource"), pk=pk)
    named = set(request.POST.getlist("skill"))
    chosen = [skill for skill in Skill.objects.all() if str(skill.pk) in named]
    follows = "follow" in request.POST
    try:
        needs.choose_skills(order, None if follows else chosen, by=by, now=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Saved.")
    return redirect("admin:work_order_who", order.pk)


def _give(request: HttpRequest, order: WorkOrder) -> HttpResponse:
    by: Any = request.user
    try:
        key = UUID(request.POST.get("person", ""))
    except ValueError:
        raise Http404("There is no such person.") from None
    person = get_object_or_404(User.objects.workers(), pk=key)
    try:
        assigning.give_to(order, person, by=by, now=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{order} is given to {person}.")
        for text in assigning.warnings(order, now=timezone.now()):
            messages.warning(request, text)
    return redirect("admin:work_order_detail", order.pk)


urlpatterns = [
    path("workload/", workload, name="workload"),
    path("workload/assign/", assign_waiting, name="workload_assign"),
    path("worklogs/workorder/<uuid:pk>/who/", who, name="work_order_who"),
    path("worklogs/workorder/<uuid:pk>/skills/", choose_skills, name="work_order_skills"),
]
