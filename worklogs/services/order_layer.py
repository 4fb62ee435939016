"""The calendar's layer of work orders: when they are planned, else when they are due."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F
from django.urls import reverse

from accounts.rights import Right, has_right
from scheduling.models import Occurrence
from scheduling.services import calendar
from scheduling.services.calendar import Range
from worklogs import states
from worklogs.models import WorkOrder

if TYPE_CHECKING:
    from accounts.models import User

LAYER = "orders"
#: Nobody plans one order for longer; so far back a stretch that reaches into the range may begin.
_LONGEST = timedelta(days=60)
#: What is planned without an end takes as long as it is expected to, else this.
_USUAL = timedelta(minutes=45)
_SHOWN = {
    **dict.fromkeys((states.REPORTED, states.TRIAGED, states.SCHEDULED), "waiting"),
    states.ASSIGNED: "assigned",
    states.IN_PROGRESS: "in_progress",
    states.ON_HOLD: "on_hold",
    **dict.fromkeys((states.COMPLETED, states.VERIFIED), "completed"),
}


class _Row(NamedTuple):
    pk: UUID
    number: int
    title: str
    status: str
    due_at: datetime | None
    starts_at: datetime | None
    ends_at: datetime | None
    minutes: int | None
    resource: UUID
    resource_name: str
    zone: str
    person: str | None


_COLUMNS = (
    *("pk", "number", "title", "status", "due_at", "scheduled_start_at", "scheduled_end_at"),
    *("estimated_duration_minutes", "resource_id", "resource__name"),
    *("resource__effective_time_zone", "assigned_to__name"),
)


def events(user: "User", wanted: Range, limit: int) -> list[dict[str, Any]]:
    """Orders that are worth doing and touch the range, as events that lead to the order; two queries.

    An order that stands for a date is not shown beside it, unless the work is planned for another time.
    """
    if not has_right(user, Right.WORK_ORDER_VIEW):
        return []
    rows = _narrowed(WorkOrder.objects.visible_to(user).worth_doing(), wanted)
    planned = rows.filter(
        scheduled_start_at__gte=wanted.start - _LONGEST, scheduled_start_at__lt=wanted.end
    ).exclude(scheduled_end_at__lte=wanted.start, scheduled_end_at__isnull=False)
    planned = planned.exclude(scheduled_end_at=None, scheduled_start_at__lt=wanted.start)
    due = rows.filter(scheduled_start_at=None, due_at__gte=wanted.start, due_at__lt=wanted.end)
    if calendar.DUE in wanted.layers:
        dates = Occurrence.objects.visible_to(user).kept()
        due = due.exclude(occurrence__in=dates, due_at=F("occurrence__due_at"))
    found = [
        *planned.order_by("scheduled_start_at", "pk").values_list(*_COLUMNS)[:limit],
        *due.order_by("due_at", "pk").values_list(*_COLUMNS)[:limit],
    ]
    may_move = has_right(user, Right.WORK_ORDER_CHANGE)
    return [_event(_Row(*row), may_move) for row in found[:limit]]


def _narrowed(rows: Any, wanted: Range) -> Any:
    if wanted.path is not None:
        rows = rows.subtree(wanted.path)
    if wanted.maintenance_type is not None:
        rows = rows.filter(schedule__maintenance_type=wanted.maintenance_type)
    if wanted.assignee is not None:
        rows = rows.filter(assigned_to=None if wanted.assignee == "none" else wanted.assignee)
    return rows


def _event(row: _Row, may_move: bool) -> dict[str, Any]:
    zone = ZoneInfo(row.zone)
    begins = row.starts_at or row.due_at
    assert begins is not None  # noqa: S101 - both queries ask for one of them
    length = timedelta(minutes=row.minutes) if row.minutes else _USUAL
    ends = (row.ends_at or begins + length) if row.starts_at else None
    is_movable = may_move and row.status in states.OPEN
    return {
        "id": row.pk,
        "title": f"#{row.number} {row.title}",
        "start": begins.astimezone(zone),
        **({"end": ends.astimezone(zone)} if ends else {}),
        "url": reverse("admin:work_order_detail", args=[row.pk]),
        "className": f"orders-{_SHOWN[row.status]}",
        "startEditable": is_movable,
        "durationEditable": is_movable and ends is not None,
        "extendedProps": {
            "layer": LAYER,
            "status": _SHOWN[row.status],
            "resource": row.resource,
            "resource_name": row.resource_name,
            "assigned_to": row.person,
            "is_planned": ends is not None,
        },
    }
