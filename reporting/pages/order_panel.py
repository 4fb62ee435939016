"""What the dashboard shows of work orders: what cannot wait, how many wait for what, and their charts."""

from datetime import datetime, timedelta
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.rights import Right, has_right
from accounts.zones import zone_name_of
from core.admin.pages import console_page
from core.rules.moments import day_and_time, relative
from reporting.services import work_now, work_report
from reporting.services.dashboard import MOST_COUNTED
from reporting.services.order_figures import figures
from scheduling.rules import zones
from worklogs.models import WorkOrder

_SHOWN = (
    ("open", "Open", ""),
    ("overdue", "Orders overdue", "standing=overdue"),
    ("due_today", "Due today", "due=today"),
    ("unassigned", "Nobody assigned", "assignee=nobody"),
    ("to_triage", "To triage", "standing=reported"),
    ("to_verify", "To verify", "standing=completed"),
)
_REASONS = {
    "safety": ("Safety", "health_and_safety"),
    "escalated": ("Escalated", "trending_up"),
    "overdue": ("Overdue", "error"),
}
#: More of them are folded away.
_ALERTS_SHOWN = 5
_AT_WORK_SHOWN = 6
_FLOW = timedelta(days=14)


def alerts(user: User, *, now: datetime) -> dict[str, Any]:
    """The orders that cannot wait, as the dashboard names them; nothing for those who see no orders."""
    if not has_right(user, Right.WORK_ORDER_VIEW):
        return {}
    found = _in_words(work_now.alerts(user, now=now), "reported_at", user, now)
    return {
        "alerts": found[:_ALERTS_SHOWN],
        "more_alerts": found[_ALERTS_SHOWN:],
        "alert_count": f"{work_now.MOST} or more" if len(found) == work_now.MOST else len(found),
    }


def _in_words(
    rows: list[dict[str, Any]], since: str, user: User, now: datetime
) -> list[dict[str, Any]]:
    zone = zone_name_of(user)
    return [
        {
            **row,
            "since": relative(row[since], now=now, zone=zone) if row[since] else "",
            "since_shown": day_and_time(row[since], zone),
            "chips": [_REASONS[reason] for reason in row["reasons"]],
        }
        for row in rows
    ]


@require_safe
@console_page(Right.WORK_ORDER_VIEW)
def order_panel(request: HttpRequest) -> HttpResponse:
    """Counts, each leading to its rows, and who is at work on what."""
    user, now = cast("User", request.user), timezone.now()
    found = figures(user, now=now)
    rows = [
        {"label": label, "query": query, "value": found[name], "is_bad": name == "overdue"}
        for name, label, query in _SHOWN
    ]
    at_work = _in_words(work_now.at_work(user, now=now), "started_at", user, now)
    context = {"rows": rows, "at_work": at_work[:_AT_WORK_SHOWN]}
    return render(request, "reporting/order_panel.html", context)


@require_safe
@console_page(Right.WORK_ORDER_VIEW)
def order_charts(request: HttpRequest) -> HttpResponse:
    """Open orders by state, and what came and was completed on the last fourteen days."""
    user, now = cast("User", request.user), timezone.now()
    tomorrow = zones.local_date(now, zone_name_of(user)) + timedelta(days=1)
    flow = work_report.flow(user, work_report.span_of(user, tomorrow - _FLOW, tomorrow))
    counts = work_now.by_status(user)
    context = {
        "states": [
            {"label": str(WorkOrder.Status(status).label), "status": status, "orders": count}
            for status, count in counts.items()
        ],
        "most": MOST_COUNTED,
        "is_cut": MOST_COUNTED in counts.values(),
        "flow": [{**day, "label": f"{day['day']:%-d %b}"} for day in flow],
        "has_open": any(counts.values()),
        "has_flow": any(day["reported"] or day["completed"] for day in flow),
    }
    return render(request, "reporting/order_charts.html", context)
