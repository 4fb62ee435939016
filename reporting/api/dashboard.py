"""`GET dashboard/summary`: what needs the caller now, as figures and short lists."""

from typing import Any, cast

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.rights import Right, has_right
from core.api.viewsets import GuardedView
from reporting.services import dashboard, order_figures


class DashboardSummaryView(GuardedView):
    """Counts stop at 1,000; `more` says that there are more. Lists hold the first few, earliest first."""

    rights = {"get": Right.DASHBOARD_VIEW}
    requires_scheduling = True

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """The summary of what the caller may see."""
        user = cast("User", request.user)
        overview = dashboard.overview(user, now=timezone.now())
        run = dashboard.last_check(user) if has_right(user, Right.DUE_CHECK_VIEW) else None
        return Response(
            {
                "overdue": _part(overview.overdue),
                "due_today": _part(overview.today),
                "next_7_days": _part(overview.week),
                "without_recipient": _part(overview.untold),
                "last_due_check": _run(run) if run is not None else None,
                "work_orders": {
                    name: {"count": min(figure.count, dashboard.MOST_COUNTED), "more": figure.more}
                    for name, figure in order_figures.figures(user, now=timezone.now()).items()
                },
            }
        )


def _part(part: dashboard.Part) -> dict[str, Any]:
    return {
        "count": min(part.figure.count, dashboard.MOST_COUNTED),
        "more": part.figure.more,
        "first": [
            {
                "schedule": item.schedule_id,
                "resource": item.resource_id,
                "occurrence": item.occurrence,
                "title": item.title,
                "resource_name": item.resource,
                "rule_text": item.rule,
                "assigned_to_name": item.assignee or None,
                "priority": item.priority,
                "due_at": item.due_at,
            }
            for item in part.items
        ],
    }


def _run(run: Any) -> dict[str, Any]:
    names = (
        "started_at",
        "finished_at",
        "checked",
        "opened",
        "overdue",
        "missed",
        "sent",
        "failed",
        "without_recipient",
        "seconds",
    )
    return {name: getattr(run, name) for name in names}
