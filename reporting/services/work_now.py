"""What happens on work orders at this moment, and which of them cannot wait."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import F, Q

from reporting.services.dashboard import MOST_COUNTED
from worklogs import states
from worklogs.models import WorkOrder
from worklogs.rules import standing

if TYPE_CHECKING:
    from accounts.models import User

MOST = 50
_URGENT = ("critical", "high")
_COLUMNS = ("pk", "number", "title", "status", "priority", "safety_concern", "resource__name")
_MORE = (
    *("assigned_to__name", "due_at", "overdue_at", "started_at", "held_at", "escalation_level"),
    *("resource", "assigned_to", "reported_at"),
)


def real_time(user: "User", *, now: datetime) -> dict[str, Any]:
    """How many open orders stand where (each count stops at 1,000), and what people are at work on."""
    return {"as_of": now, "by_status": by_status(user), "in_progress": at_work(user, now=now)}


def by_status(user: "User") -> dict[str, int]:
    """How many open orders stand where; each count stops at `MOST_COUNTED`."""
    rows = WorkOrder.objects.visible_to(user)
    return {
        status: min(rows.filter(status=status)[: MOST_COUNTED + 1].count(), MOST_COUNTED)
        for status in states.OPEN
    }


def at_work(user: "User", *, now: datetime) -> list[dict[str, Any]]:
    """What people are at work on, begun last first."""
    rows = WorkOrder.objects.visible_to(user).filter(status=states.IN_PROGRESS)
    return _listed(rows.order_by("-started_at", "pk"), now)


def alerts(user: "User", *, now: datetime) -> list[dict[str, Any]]:
    """Open orders that cannot wait: somebody's safety, escalated, or urgent and overdue.

    Safety comes first, then what is due soonest.
    """
    late = Q(priority__in=_URGENT, overdue_at__lte=now)
    rows = WorkOrder.objects.visible_to(user).open()
    found = rows.filter(Q(safety_concern=True) | Q(escalation_level__gt=0) | late)
    soonest = F("due_at").asc(nulls_last=True)
    return _listed(found.order_by("-safety_concern", soonest, "pk"), now)


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
            "reported_at": row["reported_at"],
            "due_at": row["due_at"],
            "started_at": row["started_at"],
            "reasons": _reasons(row, now),
        }
        for row in rows.values(*_COLUMNS, *_MORE)[:MOST]
    ]


def _reasons(row: dict[str, Any], now: datetime) -> list[str]:
    said = {
        "safety": row["safety_concern"],
        "escalated": row["escalation_level"] > 0,
        "overdue": standing.is_overdue(row, now=now),
    }
    return [name for name, holds in said.items() if holds]
