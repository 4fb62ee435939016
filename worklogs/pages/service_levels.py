"""The page of service levels: how often promises were kept, what was missed, and what nobody has taken up."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from accounts.rights import Right, has_right
from accounts.zones import zone_name_of
from core.admin.pages import console_page, render_page
from core.errors import DomainError
from core.rules.moments import day, day_and_time, relative
from worklogs.models import SlaClock, SlaEscalation, SlaPolicy, SlaViolation, WorkOrder
from worklogs.pages.forms import LocalMoment
from worklogs.services import orders, sla_performance, sla_violations
from worklogs.services.sla_performance import Part, Performance, Scores

_PERIODS = ((7, "7 days"), (30, "30 days"), (90, "90 days"), (365, "12 months"))
_USUAL = 30
#: Further back the API's list goes.
_MOST_SHOWN = 100
_BREAKDOWNS = (("policies", "Policy"), ("kinds", "Kind"), ("priorities", "Priority"))


@require_safe
@console_page(Right.SLA_VIEW)
def overview(request: HttpRequest) -> HttpResponse:
    """Attainment of the chosen period with its trend and breakdowns; violations; what waits for somebody."""
    user: Any = request.user
    now, zone = timezone.now(), zone_name_of(user)
    days = _chosen(request)
    start = now - timedelta(days=days)
    found = sla_performance.performance(user, start=start, end=now, zone=zone, now=now)
    only = request.GET.get("only", "")
    missed = SlaViolation.objects.visible_to(user).between(start, now).shown()
    missed = missed.unexcused() if only == "unexcused" else missed
    rows = list(missed[: _MOST_SHOWN + 1])
    waiting = SlaEscalation.objects.visible_to(user).waiting().shown()[:_MOST_SHOWN]
    clocks = [_clock(found, clock) for clock in SlaClock]
    return render_page(
        request,
        "worklogs/service_levels.html",
        title="Service levels",
        days=days,
        periods=_PERIODS,
        only=only,
        found=found,
        clocks=clocks,
        trends={clock["name"]: clock["trend"] for clock in clocks},
        breakdowns=[_breakdown(title, getattr(found, name)) for name, title in _BREAKDOWNS],
        violations=[_violation(row, now, zone) for row in rows[:_MOST_SHOWN]],
        has_more=len(rows) > _MOST_SHOWN,
        waiting=[(row, relative(row.raised_at, now=now, zone=zone)) for row in waiting],
        has_policies=SlaPolicy.objects.active().exists(),
        may={
            "excuse": has_right(user, Right.SLA_EXCUSE),
            "acknowledge": has_right(user, Right.SLA_ACKNOWLEDGE),
            "manage": has_right(user, Right.SLA_MANAGE),
        },
    )


@require_POST
@console_page(Right.SLA_EXCUSE)
def excuse(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say why a violation is not held against anybody."""
    user: Any = request.user
    row = SlaViolation.objects.visible_to(user).filter(pk=pk).first()
    if row is None:
        raise Http404
    reason = request.POST.get("reason", "")
    return _done(
        request,
        lambda: sla_violations.excuse(row, reason, by=user, now=timezone.now()),
        "Excused. The violation stays on record and counts for nothing.",
    )


@require_POST
@console_page(Right.SLA_ACKNOWLEDGE)
def acknowledge(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say that one sees to it."""
    user: Any = request.user
    row = SlaEscalation.objects.visible_to(user).filter(pk=pk).first()
    if row is None:
        raise Http404
    return _done(
        request,
        lambda: sla_violations.acknowledge(row, by=user, now=timezone.now()),
        "You see to it; nobody further up is told.",
    )


@require_POST
@console_page(Right.WORK_ORDER_CHANGE)
def set_deadline(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Agree upon a deadline, or, empty, let the policy's target hold again."""
    user: Any = request.user
    order = WorkOrder.objects.visible_to(user).select_related("resource").filter(pk=pk).first()
    if order is None:
        raise Http404
    field = LocalMoment(required=False)
    field.zone = zone_name_of(user)
    try:
        changes = {"deadline_at": field.clean(request.POST.get("deadline_at", ""))}
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(_back(request))
    return _done(
        request,
        lambda: orders.change_order(order, changes, by=user, now=timezone.now()),
        "Saved.",
    )


def _done(request: HttpRequest, act: Any, text: str) -> HttpResponse:
    try:
        act()
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, text)
    return redirect(_back(request))


def _back(request: HttpRequest) -> str:
    """The page of the console that the form stood on."""
    came_from = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()})
    return came_from if is_ours else reverse("admin:sla")


def _chosen(request: HttpRequest) -> int:
    asked = request.GET.get("days", "")
    return int(asked) if asked in {str(days) for days, _ in _PERIODS} else _USUAL


def _clock(found: Performance, clock: SlaClock) -> dict[str, Any]:
    score = found.total[clock]
    return {
        **{"name": clock.value, "label": clock.label, "score": score, "tone": _tone(score)},
        "trend": _trend(found, clock),
    }


def _tone(score: Any) -> str:
    """Green from 95 per cent on, red below 80."""
    if score.attainment is None:
        return "quiet"
    return (
        "success" if score.attainment >= 95 else "warning" if score.attainment >= 80 else "danger"
    )


def _breakdown(title: str, parts: list[Part]) -> dict[str, Any]:
    return {"title": title, "rows": [(part.label, _in_order(part.scores)) for part in parts]}


def _in_order(scores: Scores) -> list[Any]:
    return [scores[clock] for clock in SlaClock]


def _trend(found: Performance, clock: SlaClock) -> list[dict[str, Any]]:
    """Bars of the chart and rows of its table."""
    counted = [(part.key, part.scores[clock]) for part in found.periods]
    return [
        {
            "label": _period(at, found.step),
            **{"kept": score.kept, "missed": score.missed, "excused": score.excused},
        }
        for at, score in counted
        if score.kept + score.missed + score.excused
    ]


def _period(at: datetime, step: str) -> str:
    """The day, the week by its Monday, or the month."""
    return f"{at:%b %Y}" if step == "month" else f"{at.day} {at:%b}"


def _violation(row: SlaViolation, now: datetime, zone: str) -> dict[str, Any]:
    done_at = (
        row.work_order.responded_at
        if row.clock == SlaClock.RESPONSE
        else row.work_order.completed_at
    )
    excuse_ = getattr(row, "excuse", None)
    return {
        "row": row,
        "due": day_and_time(row.breached_at, zone),
        "hint": relative(row.breached_at, now=now, zone=zone),
        "done": day_and_time(done_at, zone) if done_at else "",
        "excuse": excuse_,
        "excused_on": day(excuse_.at) if excuse_ else "",
    }


urlpatterns = [
    path("sla/", overview, name="sla"),
    path("sla/violations/<uuid:pk>/excuse/", excuse, name="sla_violation_excuse"),
    path("sla/escalations/<uuid:pk>/acknowledge/", acknowledge, name="sla_escalation_acknowledge"),
    path("sla/orders/<uuid:pk>/deadline/", set_deadline, name="work_order_deadline"),
]
