"""The report of work orders for any period: how many came, how many were done, in time, by whom, at what cost.

A fixed number of queries, each over the rows of the period.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Q, Sum
from django.db.models.functions import TruncDate, TruncMonth

from accounts.zones import zone_name_of
from reporting.services.work_figures import FAILURES
from scheduling.rules import zones
from worklogs import states
from worklogs.models import WorkOrder

if TYPE_CHECKING:
    from accounts.models import User

LONGEST = timedelta(days=400)
#: Below it a mean says nothing (DOMAIN, "KPIs").
LEAST = 3
_MOST_PEOPLE = 20
_CLOCKS_APART = timedelta(days=1)
_CENT = Decimal("0.01")
_DONE = (states.COMPLETED, states.VERIFIED)


@dataclass(frozen=True, slots=True)
class Span:
    """Local days from `first` to before `end`, and their moments."""

    first: date
    end: date
    zone: str

    @property
    def start_at(self) -> datetime:
        """The first moment."""
        return zones.start_of_day(self.first, self.zone)

    @property
    def end_at(self) -> datetime:
        """The first moment after it."""
        return zones.start_of_day(self.end, self.zone)


def span_of(user: "User", first: date, end: date) -> Span:
    """Days of the person's zone."""
    return Span(first, end, zone_name_of(user))


def report(user: "User", span: Span, *, part: str = "") -> dict[str, Any]:
    """The figures; `part` `tasks` is housekeeping, `maintenance` everything else.

    In time is what was completed before the end of its tolerance; orders without a due date do not count for it.
    Means of fewer than three are null.
    """
    rows = WorkOrder.objects.visible_to(user)
    if part:
        rows = rows.tasks() if part == "tasks" else rows.filter(task_type="")
    came = rows.filter(
        reported_at__gte=span.start_at,
        reported_at__lt=span.end_at,
        created_at__gte=span.start_at - _CLOCKS_APART,  # nothing is entered before it is known
    )
    done = rows.filter(
        status__in=_DONE, completed_at__gte=span.start_at, completed_at__lt=span.end_at
    )
    sums = done.aggregate(**_SUMS)
    timed = sums["with_due"]
    return {
        "start": span.first,
        "end": span.end,
        "reported": came.count(),
        "completed": sums["n"],
        "in_time": sums["in_time"],
        "with_due_date": timed,
        "in_time_percent": round(100 * sums["in_time"] / timed, 1) if timed >= LEAST else None,
        "hours_to_complete": _hours(sums["lead"], sums["n"]),
        "hours_to_repair": _hours(sums["repair"], sums["repairs"]),
        "repairs": sums["repairs"],
        "labor_cost": (sums["labor"] or Decimal(0)).quantize(_CENT),
        "parts_cost": (sums["parts"] or Decimal(0)).quantize(_CENT),
        "other_cost": (sums["other"] or Decimal(0)).quantize(_CENT),
        "by_kind": _grouped(done, "kind", WorkOrder.Kind),
        "by_category": _grouped(done, "category", WorkOrder.Category),
        "by_task_type": _grouped(done.tasks(), "task_type", WorkOrder.TaskType),
        "by_person": _by_person(done),
        "by_month": _by_month(done, span),
        "days": _days(came, done, span),
    }


def _after(late: str, early: str) -> Any:
    return ExpressionWrapper(F(late) - F(early), output_field=DurationField())


_MONEY = {name: Sum(f"{name}_cost") for name in ("labor", "parts", "other")}
_SUMS: dict[str, Any] = {
    "n": Count("pk"),
    "with_due": Count("pk", filter=Q(overdue_at__isnull=False)),
    "in_time": Count("pk", filter=Q(completed_at__lt=F("overdue_at"))),
    "lead": Avg(_after("completed_at", "reported_at")),
    "repair": Avg(
        _after("completed_at", "started_at"), filter=Q(kind__in=FAILURES, started_at__isnull=False)
    ),
    "repairs": Count("pk", filter=Q(kind__in=FAILURES, started_at__isnull=False)),
    **_MONEY,
}


def _hours(mean: timedelta | None, count: int) -> float | None:
    return round(mean.total_seconds() / 3600, 1) if mean is not None and count >= LEAST else None


def _grouped(rows: Any, column: str, words: Any) -> list[dict[str, Any]]:
    counted = (
        rows.order_by().values(column).annotate(n=Count("pk"), **_MONEY).order_by("-n", column)
    )
    return [
        {
            "value": row[column],
            "label": str(words(row[column]).label),
            "completed": row["n"],
            "cost": _cost(row),
        }
        for row in counted
    ]


def _by_month(done: Any, span: Span) -> list[dict[str, Any]]:
    """What the work that was completed in each month cost."""
    month = TruncMonth("completed_at", tzinfo=ZoneInfo(span.zone))
    counted = done.order_by().annotate(month=month).values("month")
    return [
        {"month": f"{row['month']:%Y-%m}", "completed": row["n"], "cost": _cost(row)}
        for row in counted.annotate(n=Count("pk"), **_MONEY).order_by("month")
    ]


def _cost(row: dict[str, Any]) -> Decimal:
    """Labour, parts and other; SQLite adds up floating-point numbers."""
    total: Decimal = sum((row[name] or Decimal(0) for name in _MONEY), Decimal(0))
    return total.quantize(_CENT)


def _by_person(done: Any) -> list[dict[str, Any]]:
    counted = (
        done.exclude(assigned_to=None)
        .order_by()
        .values("assigned_to", "assigned_to__name")
        .annotate(n=Count("pk"))
        .order_by("-n", "assigned_to__name")
    )
    return [
        {"person": row["assigned_to"], "name": row["assigned_to__name"], "completed": row["n"]}
        for row in counted[:_MOST_PEOPLE]
    ]


def _days(came: Any, done: Any, span: Span) -> list[dict[str, Any]]:
    zone = ZoneInfo(span.zone)
    found: dict[str, dict[date, int]] = {}
    for name, rows, column in (
        ("reported", came, "reported_at"),
        ("completed", done, "completed_at"),
    ):
        counted = (
            rows.order_by()
            .annotate(day=TruncDate(column, tzinfo=zone))
            .values("day")
            .annotate(n=Count("pk"))
        )
        found[name] = {row["day"]: row["n"] for row in counted}
    days = [span.first + timedelta(days=n) for n in range((span.end - span.first).days)]
    return [
        {"day": day, **{name: counts.get(day, 0) for name, counts in found.items()}} for day in days
    ]
