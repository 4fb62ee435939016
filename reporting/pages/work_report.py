"""The report of work orders, as a page with charts."""

from datetime import date, timedelta
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.rights import Right
from accounts.zones import zone_name_of
from core.admin.pages import console_page, render_page
from core.rules.moments import day as in_words
from reporting.services import work_report
from scheduling.rules import zones

#: Above this many days the bars are weeks.
_MOST_BARS = 45
_QUICK = (("Last 7 days", 7), ("Last 30 days", 30), ("Last 90 days", 90), ("Last 12 months", 365))
_PARTS = (("", "All work"), ("maintenance", "Maintenance"), ("tasks", "Housekeeping"))


@require_safe
@console_page(Right.DASHBOARD_VIEW)
def work_report_page(request: HttpRequest) -> HttpResponse:
    """Figures and charts of a period; the last 30 days unless the address says otherwise."""
    user = cast("User", request.user)
    today = zones.local_date(timezone.now(), zone_name_of(user))
    last = _day(request, "last") or today
    first = _day(request, "first") or last - timedelta(days=29)
    if not first <= last < first + work_report.LONGEST:
        first, last = today - timedelta(days=29), today
    part = request.GET.get("part", "")
    part = part if part in dict(_PARTS) else ""
    span = work_report.span_of(user, first, last + timedelta(days=1))
    found = work_report.report(user, span, part=part)
    return render_page(
        request,
        "reporting/work_report.html",
        title="Work report",
        report=found,
        total=found["labor_cost"] + found["parts_cost"] + found["other_cost"],
        currency=user.organization.currency,
        first=first,
        last=last,
        words=f"{in_words(first)} to {in_words(last)}",
        part=part,
        parts=_PARTS,
        quick=[
            (label, f"first={today - timedelta(days=days - 1)}&last={today}&part={part}")
            for label, days in _QUICK
        ],
        bars=_bars(found["days"]),
        bar_length="day" if len(found["days"]) <= _MOST_BARS else "week",
        kinds=[{"label": row["label"], "completed": row["completed"]} for row in found["by_kind"]],
        months=[
            (f"{date.fromisoformat(row['month'] + '-01'):%b %Y}", row) for row in found["by_month"]
        ],
        has_any=bool(found["reported"] or found["completed"]),
    )


def _day(request: HttpRequest, name: str) -> date | None:
    try:
        found = parse_date(request.GET.get(name, ""))
    except ValueError:
        return None
    return found if found is not None and 1900 <= found.year <= 2200 else None


def _bars(days: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One bar a day, or one a week where there would be too many."""
    step = 1 if len(days) <= _MOST_BARS else 7
    groups = [days[place : place + step] for place in range(0, len(days), step)]
    return [
        {
            "label": f"{group[0]['day']:%-d %b}",
            "reported": sum(one["reported"] for one in group),
            "completed": sum(one["completed"] for one in group),
        }
        for group in groups
    ]
