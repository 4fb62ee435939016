"""The report of work orders for any period: how many came, how many were done, in time, by whom, at what cost.

Four queries, each over the rows of the period.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db.models import CharField, Count, DurationField, ExpressionWrapper, F, Q, Sum, Value
from django.db.models.functions import TruncDate

from accounts.zones import zone_name_of
from core.errors import Invalid
from reporting.rules import periods
from reporting.services.work_figures import FAILURES
from scheduling.rules import zones
from worklogs.models import WorkOrder

if TYPE_CHECKING:
    from accounts.models import User

LONGEST_YEARS = 20
_LONGEST = timedelta(days=LONGEST_YEARS * 366)
#: Below it a mean says nothing (DOMAIN, "KPIs").
LEAST = 3
_MOST_PEOPLE = 20
_CENT = Decimal("0.01")


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
    """Days of the person's zone. Raises `Invalid` unless they are at least one day and at most so many years."""
    if not first < end:
        raise Invalid("The end comes after the start.", field="end")
    if end - first > _LONGEST:
        raise Invalid(f"Ask for {LONGEST_YEARS} years at most.", field="end")
    return Span(first, end, zone_name_of(user))


def report(user: "User", span: Span, *, part: str = "", grain: str = "") -> dict[str, Any]:
    """The figures; `part` `tasks` is housekeeping, `maintenance` everything else. `grain` is the step of `series`: what
    suits the length of the period, unless it is named. Raises `Invalid` where that makes too many steps.

    In time is what was completed before the end of its tolerance; orders without a due date do not count for it.
    Means of fewer than three are null.
    """
    rows = WorkOrder.objects.visible_to(user)
    if part:
        rows = rows.tasks() if part == "tasks" else rows.filter(task_type="")
    grain = grain or periods.usual_grain(span.first, span.end)
    _check_steps(span, grain)
    came, done = _came_and_done(rows, span)
    days = _flow(came, done, span)
    cells = _cells(done, span)
    sums = _added(cells)
    timed = sums["with_due"]
    return {
        "start": span.first,
        "end": span.end,
        "last": span.end - timedelta(days=1),
        "reported": sum(day["reported"] for day in days),
        "completed": sums["n"],
        "in_time": sums["in_time"],
        "with_due_date": timed,
        "in_time_percent": round(100 * sums["in_time"] / timed, 1) if timed >= LEAST else None,
        "hours_to_complete": _hours(sums["lead"], sums["n"]),
        "hours_to_repair": _hours(sums["repair"], sums["repairs"]),
        "repairs": sums["repairs"],
        **_costs(sums),
        "by_kind": _grouped(cells, "kind", WorkOrder.Kind),
        "by_category": _grouped(cells, "category", WorkOrder.Category),
        "by_task_type": _grouped(cells, "task_type", WorkOrder.TaskType),
        "by_person": _by_person(done),
        "by_month": _by_time(cells, "month"),
        "by_year": _by_time(cells, "year"),
        "days": days,
        "grain": grain,
        "series": periods.in_steps(days, grain),
    }


def _check_steps(span: Span, grain: str) -> None:
    least = {periods.DAY: 1, periods.WEEK: 7, periods.MONTH: 28}[grain]
    if (span.end - span.first).days > least * periods.MOST_BARS:
        raise Invalid(
            f"By {grain} these are more than {periods.MOST_BARS} bars. Choose longer steps.",
            field="grain",
        )


def flow(user: "User", span: Span) -> list[dict[str, Any]]:
    """How many orders came and how many were completed on each day."""
    rows = WorkOrder.objects.visible_to(user)
    return _flow(*_came_and_done(rows, span), span)


def _came_and_done(rows: Any, span: Span) -> tuple[Any, Any]:
    came = rows.filter(reported_at__gte=span.start_at, reported_at__lt=span.end_at)
    return came, rows.filter(completed_at__gte=span.start_at, completed_at__lt=span.end_at)


def _flow(came: Any, done: Any, span: Span) -> list[dict[str, Any]]:
    days_came, days_done = _daily(came, "reported_at", span), _daily(done, "completed_at", span)
    days = [span.first + timedelta(days=n) for n in range((span.end - span.first).days)]
    return [
        {"day": day, "reported": days_came.get(day, 0), "completed": days_done.get(day, 0)}
        for day in days
    ]


def _after(late: str, early: str) -> Any:
    return ExpressionWrapper(F(late) - F(early), output_field=DurationField())


_MONEY = ("labor", "parts", "other")
_IS_REPAIR = Q(kind__in=FAILURES, started_at__isnull=False)
_SUMS: dict[str, Any] = {
    "n": Count("*"),
    "with_due": Count("pk", filter=Q(overdue_at__isnull=False)),
    "in_time": Count("pk", filter=Q(completed_at__lt=F("overdue_at"))),
    "lead": Sum(_after("completed_at", "reported_at")),
    "repair": Sum(_after("completed_at", "started_at"), filter=_IS_REPAIR),
    "repairs": Count("pk", filter=_IS_REPAIR),
    **{name: Sum(f"{name}_cost") for name in _MONEY},
}
_NOTHING: dict[str, Any] = {
    **dict.fromkeys(_SUMS, 0),
    **dict.fromkeys(("lead", "repair"), timedelta(0)),
    **dict.fromkeys(_MONEY, Decimal(0)),
}


def _cells(done: Any, span: Span) -> list[dict[str, Any]]:
    """The finest groups of which all others are sums: some thousands at most, in one reading of the orders.

    Month by month, for databases that are asked for months sort all rows to tell them apart.
    """
    parts = []
    for month, start, end in _months(span):
        rows = done.order_by().filter(completed_at__gte=start, completed_at__lt=end)
        grouped = rows.values("kind", "category", "task_type").annotate(**_SUMS)
        parts.append(grouped.annotate(month=Value(month, CharField())))
    cells = list(parts[0].union(*parts[1:], all=True))
    return [{**cell, "year": cell["month"][:4]} for cell in cells]


def _months(span: Span) -> list[tuple[str, datetime, datetime]]:
    """The local months that the days touch, each with its moments within them."""
    found, first = [], span.first
    while first < span.end:
        end = min((first.replace(day=1) + timedelta(days=32)).replace(day=1), span.end)
        start_at, end_at = (zones.start_of_day(day, span.zone) for day in (first, end))
        found.append((f"{first:%Y-%m}", start_at, end_at))
        first = end
    return found


def _added(cells: Iterable[dict[str, Any]]) -> dict[str, Any]:
    sums = dict(_NOTHING)
    for cell in cells:
        for name in sums:
            sums[name] += cell[name] or _NOTHING[name]
    return sums


def _apart(cells: list[dict[str, Any]], column: str) -> dict[Any, dict[str, Any]]:
    """The sums of each value of a column; without those that have none."""
    found = defaultdict(list)
    for cell in cells:
        if cell[column]:
            found[cell[column]].append(cell)
    return {value: _added(theirs) for value, theirs in found.items()}


def _hours(total: timedelta, count: int) -> float | None:
    """The mean of so many."""
    return round(total.total_seconds() / count / 3600, 1) if count >= LEAST else None


def _grouped(cells: list[dict[str, Any]], column: str, words: Any) -> list[dict[str, Any]]:
    sums = _apart(cells, column)
    return [
        {
            "value": value,
            "label": str(words(value).label),
            "completed": sums[value]["n"],
            **_costs(sums[value]),
        }
        for value in sorted(sums, key=lambda value: (-sums[value]["n"], value))
    ]


def _by_time(cells: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """What the work that was completed in each month or year cost."""
    return [
        {name: value, "completed": sums["n"], **_costs(sums)}
        for value, sums in sorted(_apart(cells, name).items())
    ]


def _costs(sums: dict[str, Any]) -> dict[str, Decimal]:
    """All, and labour, parts and other apart; SQLite adds up floating-point numbers."""
    parts = {f"{name}_cost": sums[name].quantize(_CENT) for name in _MONEY}
    return {"cost": sum(parts.values(), Decimal(0)), **parts}


def _by_person(done: Any) -> list[dict[str, Any]]:
    counted = (
        done.exclude(assigned_to=None)
        .order_by()
        .values("assigned_to", "assigned_to__name")
        .annotate(n=Count("*"))
        .order_by("-n", "assigned_to__name")
    )
    return [
        {"person": row["assigned_to"], "name": row["assigned_to__name"], "completed": row["n"]}
        for row in counted[:_MOST_PEOPLE]
    ]


def _daily(rows: Any, column: str, span: Span) -> dict[date, int]:
    """How many there are on each local day."""
    days = rows.order_by().annotate(day=TruncDate(column, tzinfo=ZoneInfo(span.zone))).values("day")
    return dict(days.annotate(n=Count("*")).values_list("day", "n"))
