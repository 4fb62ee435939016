"""What the tabs of a schedule's page show."""

from datetime import timedelta
from typing import Any

from core.rules.moments import day_and_time
from scheduling.models import DueState, Schedule
from scheduling.pages.resource_tabs import date_rows, log_rows
from scheduling.pages.tabs import Look, Tab
from scheduling.services.explain import explain, forecast
from scheduling.services.history import MOST, history_of, occurrences_of

_AHEAD = timedelta(days=366 * 2)
_NEXT, _LAST, _MOST = 8, 3, 100


def tabs_for(schedule: Schedule) -> list[Tab]:
    """A schedule of one resource needs no list of resources."""
    return [tab for tab in _TABS if schedule.resource_type_id or tab.name != "resources"]


def states_of(look: Look) -> Any:
    """Where the schedule stands on each resource that the person may see, soonest first."""
    seen = DueState.objects.visible_to(look.user).filter(schedule=look.target)
    return seen.select_related("resource").order_by("next_due_at", "pk")


def _summary(look: Look) -> dict[str, Any]:
    schedule: Schedule = look.target
    coming = forecast(
        schedule,
        start=look.now,
        end=look.now + _AHEAD,
        now=look.now,
        limit=_NEXT,
        seen_by=look.user,
    )
    return {
        "reasons": explain(schedule, limit=1, seen_by=look.user),
        "coming": [{**date, "shown": look.moment(date["due_at"])} for date in coming],
        "rows": date_rows(look, occurrences_of(schedule, look.user, limit=_LAST)),
        "facts": _facts(schedule, look.zone, look.user.organization.currency),
    }


def _dates(look: Look) -> dict[str, Any]:
    return {
        "rows": date_rows(look, occurrences_of(look.target, look.user, limit=_MOST)),
        "most": _MOST,
    }


def _resources(look: Look) -> dict[str, Any]:
    rows = [
        (state, look.is_late(state), look.moment(state.next_due_at))
        for state in states_of(look)[:_MOST]
    ]
    return {"covered": rows, "most": _MOST}


def _log(look: Look) -> dict[str, Any]:
    return {"logs": log_rows(look, look.target.logs.visible_to(look.user)), "most": _MOST}


def _history(look: Look) -> dict[str, Any]:
    entries = history_of(look.target, zone=look.zone, limit=MOST, seen_by=look.user)
    return {"history": [{**entry, "shown": look.moment(entry["at"])} for entry in entries]}


def _facts(schedule: Schedule, zone: str, currency: str) -> list[tuple[str, str]]:
    tolerance = (
        f"{schedule.tolerance_percent} % of the interval"
        if schedule.tolerance_percent is not None
        else _days(schedule.tolerance_days)
    )
    minutes, cost = schedule.estimated_duration_minutes, schedule.estimated_cost
    return [
        ("Kind", schedule.get_maintenance_type_display()),
        ("Priority", schedule.get_priority_display()),
        ("Assigned to", str(schedule.assigned_to or "Nobody: the owner is told")),
        ("Counted from", "The last completion" if schedule.basis == "floating" else "The calendar"),
        ("Tolerance", tolerance if tolerance != "0 days" else "none"),
        ("People are told", f"{_days(schedule.advance_notice_days)} ahead"),
        ("While one is open", schedule.get_backlog_display()),
        ("First due", day_and_time(schedule.start_at, zone)),
        *([("Expected work", _duration(minutes))] if minutes else []),
        *([("Expected cost", f"{cost:,.2f} {currency}")] if cost else []),
        *([("Number in another system", schedule.external_id)] if schedule.external_id else []),
    ]


def _duration(minutes: int) -> str:
    """“45 min”, “2 h”, “1 h 30 min”."""
    hours, rest = divmod(minutes, 60)
    return " ".join([*([f"{hours} h"] if hours else []), *([f"{rest} min"] if rest else [])])


def _days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"


_TABS = [
    Tab("summary", "Summary", "scheduling/schedule/summary.html", _summary),
    Tab("dates", "Dates so far", "scheduling/schedule/dates.html", _dates),
    Tab("resources", "Resources", "scheduling/schedule/resources.html", _resources),
    Tab("log", "Log", "scheduling/tabs/log.html", _log),
    Tab("history", "History", "scheduling/tabs/history.html", _history),
]
