"""What work cost and how reliable things are, from work orders. Reads only; a fixed number of queries."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce, TruncMonth, TruncYear

from accounts.zones import zone_name_of as zone_of
from reporting.rules import reliability
from reporting.rules.reliability import Reliability, Stretch
from scheduling.models import Resource
from worklogs.models import WorkOrder

if TYPE_CHECKING:
    from accounts.models import User

#: What is unplanned: the functional failures.
FAILURES = (WorkOrder.Kind.CORRECTIVE, WorkOrder.Kind.EMERGENCY)
#: By what costs can be told apart.
COST_GROUPS = ("resource", "resource_type", "kind", "order_type", "category", "month", "year")
MOST_ROWS = 5_000
_CENT = Decimal("0.01")
_COLUMNS = {
    "resource": ("resource", "resource__code", "resource__name"),
    "resource_type": ("resource__type", "resource__type__name"),
}


@dataclass(frozen=True, slots=True)
class Period:
    """`[start, end)`, and what narrows it: the subtree at `path`, and the kinds of orders that count."""

    start: datetime
    end: datetime
    path: str | None = None
    kinds: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Performance:
    """A resource and how reliable it was. `orders` are those that were counted."""

    resource: Resource
    orders: int
    figures: Reliability


def costs(user: "User", period: Period, by: Sequence[str]) -> list[dict[str, Any]]:
    """Sums of labour, parts and other cost, and how many orders they are of, for each group.

    An order counts when it was completed, or was reported where it is not. Months and years are those of the person's
    zone. Cancelled, rejected and duplicate orders count with what they cost. Groups in their order, at most MOST_ROWS.
    """
    rows = _inside(WorkOrder.objects.visible_to(user), period)
    day = Coalesce("completed_at", "reported_at")
    done = Q(completed_at__gte=period.start, completed_at__lt=period.end)
    came = Q(completed_at=None, reported_at__gte=period.start, reported_at__lt=period.end)
    rows = rows.filter(done | came).annotate(day=day)
    zone = ZoneInfo(zone_of(user))
    if "month" in by:
        rows = rows.annotate(month=TruncMonth("day", tzinfo=zone))
    if "year" in by:
        rows = rows.annotate(year=TruncYear("day", tzinfo=zone))
    names = [column for group in by for column in _COLUMNS.get(group, (group,))]
    labor, parts, other = Sum("labor_cost"), Sum("parts_cost"), Sum("other_cost")
    sums = {"labor": labor, "parts": parts, "other": other, "orders": Count("pk")}
    found = (
        rows.order_by(*names).values(*names).annotate(**sums) if names else [rows.aggregate(**sums)]
    )
    return [_cost(dict(row)) for row in found[:MOST_ROWS]]


def _cost(row: dict[str, Any]) -> dict[str, Any]:
    for name in ("month", "year"):
        if name in row:
            row[name] = row[name].strftime("%Y-%m" if name == "month" else "%Y")
    # SQLite adds up floating-point numbers
    parts = {
        f"{name}_cost": (row.pop(name) or Decimal(0)).quantize(_CENT)
        for name in ("labor", "parts", "other")
    }
    return {**row, **parts, "total_cost": sum(parts.values(), Decimal(0))}


def performance(
    user: "User", period: Period, *, limit: int, offset: int = 0
) -> tuple[int, list[Performance]]:
    """How many resources there are, and the figures of some, by code; three queries.

    A resource counts as down from the report of an order to its completion, for the kinds that count: failures, unless
    others are named. Orders that came to nothing (cancelled, rejected, duplicate) do not count.
    """
    resources = Resource.objects.visible_to(user).order_by("code", "pk")
    if period.path is not None:
        resources = resources.subtree(period.path)
    shown = list(resources[offset : offset + limit])
    stretches = _stretches(user, period, [one.pk for one in shown])
    return resources.count(), [
        Performance(
            one,
            len(stretches[one.pk]),
            reliability.reliability(stretches[one.pk], period.start, period.end),
        )
        for one in shown
    ]


def _stretches(user: "User", period: Period, resources: list[UUID]) -> dict[UUID, list[Stretch]]:
    rows = (
        WorkOrder.objects.visible_to(user)
        .worth_doing()
        .filter(
            resource__id__among=resources,
            kind__in=period.kinds or FAILURES,
            reported_at__lt=period.end,
        )
    )
    kept = rows.filter(Q(completed_at=None) | Q(completed_at__gte=period.start))
    found: dict[UUID, list[Stretch]] = defaultdict(list)
    for resource, start, end in kept.values_list("resource", "reported_at", "completed_at"):
        found[resource].append((start, end))
    return found


def _inside(rows: Any, period: Period) -> Any:
    if period.path is not None:
        rows = rows.filter(resource__path__within=period.path)
    return rows.filter(kind__in=period.kinds) if period.kinds else rows
