"""The curves of the dashboard: how reliably work was done, and what is coming."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db.models import Count
from django.db.models.functions import TruncMonth, TruncWeek

from accounts.zones import zone_name_of as zone_of
from scheduling import states
from scheduling.models import DueState, Occurrence
from scheduling.rules import zones
from scheduling.services import calendar

if TYPE_CHECKING:
    from accounts.models import User

MONTHS = 12
WEEKS = 8
_MOST_RECKONED = 1_000


@dataclass(frozen=True, slots=True)
class Month:
    """What became of the dates that fell due in one month. Covered counts as done, superseded as missed."""

    first: date
    compliant: int
    late: int
    missed: int
    skipped: int


@dataclass(frozen=True, slots=True)
class Load:
    """How many dates fall into the weeks to come; with `next_only` just the next date of each schedule counts."""

    weeks: list[tuple[date, int]]
    next_only: bool


def completions(user: "User", *, now: datetime) -> list[Month]:
    """The last twelve months up to now, oldest first, in the person's zone; one query."""
    zone = zone_of(user)
    firsts = _months(zones.local_date(now, zone))
    rows = (
        Occurrence.objects.visible_to(user)
        .kept()
        .in_window(zones.start_of_day(firsts[0], zone), now)
        .annotate(month=TruncMonth("due_at", tzinfo=ZoneInfo(zone)))
        .values("month", "status", "is_compliant")
        .order_by()
        .annotate(dates=Count("pk"))
    )
    found: Counter[tuple[date, str]] = Counter()
    for row in rows:
        found[row["month"].date(), _outcome(row["status"], row["is_compliant"])] += row["dates"]
    return [
        Month(
            first,
            *(found[first, outcome] for outcome in ("compliant", "late", "missed", "skipped")),
        )
        for first in firsts
    ]


def _outcome(status: str, is_compliant: bool | None) -> str:
    if status == states.DONE:
        return "late" if is_compliant is False else "compliant"
    if status == states.COVERED:
        return "compliant"
    if status in {states.MISSED, states.SUPERSEDED}:
        return "missed"
    return "skipped" if status == states.SKIPPED else "open"


def _months(today: date) -> list[date]:
    numbers = range(today.year * 12 + today.month - MONTHS, today.year * 12 + today.month)
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]


def load(user: "User", *, now: datetime) -> Load:
    """The dates of the eight weeks from this Monday, by the calendar's own reckoning.

    Where more than a thousand schedules come due, their next dates alone are counted, by the database.
    """
    zone = zone_of(user)
    today = zones.local_date(now, zone)
    monday = today - timedelta(days=today.weekday())
    firsts = [monday + timedelta(weeks=week) for week in range(WEEKS)]
    start = zones.start_of_day(today, zone)
    end = zones.start_of_day(monday + timedelta(weeks=WEEKS), zone)
    coming = DueState.objects.visible_to(user).due_in(start, end)
    next_only = coming.order_by()[: _MOST_RECKONED + 1].count() > _MOST_RECKONED
    found: Counter[date] = Counter()
    if next_only:
        weeks = coming.annotate(week=TruncWeek("next_due_at", tzinfo=ZoneInfo(zone)))
        for row in weeks.values("week").order_by().annotate(dates=Count("pk")):
            found[row["week"].date()] = row["dates"]
    else:
        wanted = calendar.Range(start, end, frozenset({calendar.DUE}))
        for event in calendar.feed(user, wanted, now=now, may_move=False).events:
            day = zones.local_date(event["start"], zone)
            found[day - timedelta(days=day.weekday())] += 1
    return Load([(first, found[first]) for first in firsts], next_only)
