"""What happens on work orders at this moment, and which of them cannot wait."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from reporting.services.dashboard import MOST_COUNTED
from worklogs import states
from worklogs.models import WorkOrder
from worklogs.rules import standing

if TYPE_CHECKING:
    from accounts.models import User

_MOST = 50
_URGENT = ("critical", "high")
_COLUMNS = ("pk", "number", "title", "status", "priority", "safety_concern", "resource__name")
_MORE = (
    *("assigned_to__name", "due_at", "overdue_at", "started_at", "held_at", "escalation_level"),
    *("resource", "assigned_to"),
)


def real_time(user: "User", *, now: datetime) -> dict[str, Any]:
    """How many open orders stand where (each count stops at 1,000), and what people are at work on."""
    rows = WorkOrder.objects.visible_to(user)
    counts = {
        status: min(rows.filter(status=status)[: MOST_COUNTED + 1].count(), MOST_COUNTED)
        for status in states.OPEN
    }
    at_work = rows.filter(status=states.IN_PROGRESS).order_by("-started_at", "pk")
    return {"as_of": now, "by_status": counts, "in_progress": _listed(at_work, now)}


def alerts(user: "User", *, now: datetime) -> list[dict[str, Any]]:
    """Open orders that cannot wait, soonest due first: somebody's safety, escalated, or urgent and overdue."""
    late = Q(priority__in=_URGENT, overdue_at__lte=now)
    rows = WorkOrder.objects.visible_to(user).open()
    found = rows.filter(Q(safety_concern=True) | Q(escalation_level__gt=0) | late)
    return _listed(found.order_by("due_at", "pk"), now)


def _listed(rows: Any, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "work_order": row["pk"],
            "number": row["number"],
            "title": row["title"],
            "status": row["status"],
            "priority": row["priority"],
            "resource": row["resource"],
            "resource_name": row["resource__name"],
            "assigned_to": row["assigned_to"],
            "assigned_to_name": row["assigned_to__name"],
            "due_at": row["due_at"],
            "started_at": row["started_at"],
            "reasons": _reasons(row, now),
        }
        for row in rows.values(*_COLUMNS, *_MORE)[:_MOST]
    ]


def _reasons(row: dict[str, Any], now: datetime) -> list[str]:
    said = {
        "safety": row["safety_concern"],
        "escalated": row["escalation_level"] > 0,
        "overdue": standing.is_overdue(row, now=now),
    }
    return [name for name, holds in said.items() if holds]
