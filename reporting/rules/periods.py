"""Periods that people ask reports for, and the steps in which a report draws them."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

DAY, WEEK, MONTH = "day", "week", "month"
GRAINS = (DAY, WEEK, MONTH)
#: More bars than these nobody can read.
MOST_BARS = 400
_DAYS_BY_DAY, _DAYS_BY_WEEK = 45, 400
_ROLLING = (("Last 7 days", 7), ("Last 30 days", 30), ("Last 90 days", 90), ("Last 365 days", 365))


def usual_grain(first: date, end: date) -> str:
    """The step that draws the days from `first` to before `end` in few enough bars."""
    days = (end - first).days
    if days <= _DAYS_BY_DAY:
        return DAY
    return WEEK if days <= _DAYS_BY_WEEK else MONTH


def step_of(day: date, grain: str) -> date:
    """The day on which the day's step begins; weeks begin on Mondays."""
    if grain == MONTH:
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if grain == WEEK else day


def in_steps(days: Sequence[dict[str, Any]], grain: str) -> list[dict[str, Any]]:
    """What came and what was completed in each step. The first begins with the period, within a week or month."""
    found: dict[date, dict[str, Any]] = {}
    for one in days:
        step = found.setdefault(
            step_of(one["day"], grain), {"start": one["day"], "reported": 0, "completed": 0}
        )
        step["reported"] += one["reported"]
        step["completed"] += one["completed"]
    return list(found.values())


def known(today: date) -> list[tuple[str, date, date]]:
    """Periods by name, with their first and last days: calendar days, weeks, months and years; and so many days up to
    today.
    """
    monday = today - timedelta(days=today.weekday())
    month, year = today.replace(day=1), today.year
    last_month = (month - timedelta(days=1)).replace(day=1)
    one, week = timedelta(days=1), timedelta(days=6)
    return [
        ("Today", today, today),
        ("Yesterday", today - one, today - one),
        ("This week", monday, monday + week),
        ("Last week", monday - week - one, monday - one),
        ("This month", month, (month + timedelta(days=32)).replace(day=1) - one),
        ("Last month", last_month, month - one),
        ("This year", date(year, 1, 1), date(year, 12, 31)),
        ("Last year", date(year - 1, 1, 1), date(year - 1, 12, 31)),
        ("Five years", date(year - 4, 1, 1), date(year, 12, 31)),
        *((label, today - timedelta(days=days - 1), today) for label, days in _ROLLING),
    ]
