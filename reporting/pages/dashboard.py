"""The console's front page: what needs me now."""

from datetime import timedelta
from typing import Any, cast

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.rights import Right, has_right
from accounts.zones import zone_name_of as zone_of
from core import features
from core.admin.pages import console_page
from core.rules.moments import away, day_and_time
from core.tenancy import current_organization_id
from reporting.pages import order_panel
from reporting.services import dashboard, trends

#: What is past hardly changes; one look at it serves for a while.
_KEEP_HISTORY = timedelta(minutes=10)
_ACTIONS = [
    ("Log completion", "add_task", "admin:log-completion", Right.LOG_ADD),
    ("Report a problem", "report", "admin:report_problem", Right.WORK_ORDER_REPORT),
    ("New schedule", "event_repeat", "admin:scheduling_schedule_add", Right.SCHEDULE_ADD),
    ("New resource", "add_box", "admin:scheduling_resource_add", Right.RESOURCE_ADD),
    ("Import", "upload_file", "admin:import", Right.DATA_IMPORT),
    ("Export logs", "summarize", "admin:worklogs_log_export", Right.LOG_EXPORT),
]


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The dashboard's part of the context; called by the theme for the index page."""
    user = cast("User", request.user)
    enabled, now = features.scheduling_enabled(user), timezone.now()
    context |= {"scheduling_enabled": enabled, "actions": _actions(user, enabled=enabled)}
    context |= order_panel.alerts(user, now=now)
    if not enabled:
        return context
    zone = zone_of(user)
    overview = dashboard.overview(user, now=now)
    context |= {
        "overview": overview,
        "figures": _figures(overview),
        "lists": _lists(overview),
        "untold": overview.untold if has_right(user, Right.SCHEDULE_CHANGE) else None,
        "logs": [
            (log, day_and_time(log.performed_at, zone)) for log in dashboard.recent_logs(user)
        ],
        "beginning": dashboard.beginning(user) if overview.is_quiet else None,
        "calendar_url": reverse("admin:calendar"),
    }
    if has_right(user, Right.DUE_CHECK_VIEW):
        run = dashboard.last_check(user)
        context["check"] = run
        if run is not None:
            context["check_shown"] = day_and_time(run.started_at, zone)
            context["check_hint"] = away(run.started_at, now=now, zone=zone)
    return context


def _actions(user: User, *, enabled: bool) -> list[dict[str, str]]:
    return [
        {"title": title, "icon": icon, "url": reverse(name)}
        for title, icon, name, right in _ACTIONS
        if enabled and has_right(user, right)
    ]


def _figures(overview: dashboard.Overview) -> list[dict[str, Any]]:
    return [
        {
            "label": "Schedules overdue",
            "value": overview.overdue.figure,
            "tone": "danger" if overview.overdue.items else "quiet",
            "icon": "error",
            "target": "overdue",
        },
        {
            "label": "Schedules due now",
            "value": overview.today.figure,
            "tone": "info",
            "icon": "today",
            "target": "today",
        },
        {
            "label": "Schedules, next 7 days",
            "value": overview.week.figure,
            "tone": "quiet",
            "icon": "date_range",
            "target": "week",
        },
    ]


def _lists(overview: dashboard.Overview) -> list[dict[str, Any]]:
    return [
        {
            "id": "overdue",
            "title": "Overdue schedules",
            "part": overview.overdue,
            "empty": "No schedule is overdue.",
            "tone": "danger",
        },
        {
            "id": "today",
            "note": "Today or earlier, and still within its tolerance",
            "title": "Schedules due now",
            "part": overview.today,
            "empty": "Nothing else is due up to the end of today.",
            "tone": "info",
        },
        {
            "id": "week",
            "title": "Schedules due in the next 7 days",
            "part": overview.week,
            "empty": "Nothing comes due in the next seven days.",
            "tone": "",
        },
    ]


@require_safe
@console_page(Right.DASHBOARD_VIEW, scheduling=True)
def charts(request: HttpRequest) -> HttpResponse:
    """The curves, loaded after the page so that they never hold it up; whoever follows what happens gets them anew."""
    user = cast("User", request.user)
    now = timezone.now()
    key = f"dashboard-completions:{current_organization_id()}:{user.pk}"
    months = None if "X-Live" in request.headers else cache.get(key)
    if months is None:
        months = trends.completions(user, now=now)
        cache.set(key, months, _KEEP_HISTORY.total_seconds())
    load = trends.load(user, now=now)
    context = {
        "months": [
            {
                "label": f"{month.first:%b %Y}",
                "compliant": month.compliant,
                "late": month.late,
                "missed": month.missed,
            }
            for month in months
        ],
        "weeks": [{"label": f"{day.day} {day:%b}", "dates": dates} for day, dates in load.weeks],
        "next_only": load.next_only,
        "has_history": any(month.compliant or month.late or month.missed for month in months),
    }
    return render(request, "reporting/charts.html", context)
