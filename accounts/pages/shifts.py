"""The week of shifts: who is there when."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Shift, ShiftException, User
from accounts.rights import Right, has_right
from accounts.rules.shifts import Stretch
from accounts.services import rosters
from accounts.services.rosters import Roster
from accounts.zones import home_zone_name
from core.admin.pages import console_page, render_page
from core.rules import moments

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_FARTHEST = timedelta(days=3 * 366)


@require_safe
@console_page(Right.STAFF_VIEW)
def week(request: HttpRequest) -> HttpResponse:
    """Seven days of everybody who works; whoever plans nobody sees their own."""
    user: Any = request.user
    zone = home_zone_name(user)
    today = timezone.now().astimezone(ZoneInfo(zone)).date()
    monday = _monday(request.GET.get("week", ""), today)
    days = [monday + number * _DAY for number in range(7)]
    is_planner = has_right(user, Right.STAFF_MANAGE)
    people = User.objects.workers().order_by("name", "pk")
    if not is_planner:
        people = people.filter(pk=user.pk)
    rows = _rows(list(people), days, zone)
    is_planned = bool(rows) or Shift.objects.visible_to(user).exists()
    return render_page(
        request,
        "accounts/shifts.html",
        title="Shifts",
        is_planner=is_planner,
        is_planned=is_planned,
        rows=rows,
        days=[_head(day, today) for day in days],
        span=f"{moments.day(days[0])} – {moments.day(days[-1])}",
        zone=zone,
        weeks={"before": monday - _WEEK, "after": monday + _WEEK, "is_this": today in days},
    )


def _monday(text: str, today: date) -> date:
    """The Monday of the week that the address names; of this week for nonsense."""
    try:
        chosen = date.fromisoformat(text)
    except ValueError:
        chosen = today
    if abs(chosen - today) > _FARTHEST:
        chosen = today
    return chosen - chosen.weekday() * _DAY


def _head(day: date, today: date) -> dict[str, Any]:
    return {"name": f"{day:%a}", "number": f"{day.day} {day:%b}", "is_today": day == today}


def _rows(people: Sequence[User], days: Sequence[date], zone: str) -> list[dict[str, Any]]:
    """People who are there or away in these days, with a cell for each."""
    there = ZoneInfo(zone)
    start = datetime.combine(days[0], time(), there).astimezone(UTC)
    end = datetime.combine(days[-1] + _DAY, time(), there).astimezone(UTC)
    keys = [person.pk for person in people]
    found = rosters.rosters(keys, start=start, end=end, zone=zone)
    reasons = _reasons(keys, start, end)
    rows = []
    for person in people:
        roster = found[person.pk]
        cells = [_cell(roster, day, there) for day in days]
        minutes = sum(one.capacity for one in roster.stretches if one.day in days)
        if roster.stretches or roster.absences:
            rows.append(
                {
                    "person": person,
                    "cells": cells,
                    "hours": f"{minutes / 60:g} h" if minutes % 6 == 0 else f"{minutes / 60:.1f} h",
                    "away": reasons.get(person.pk, ""),
                }
            )
    return rows


def _cell(roster: Roster, day: date, there: ZoneInfo) -> dict[str, Any]:
    begin = datetime.combine(day, time(), there)
    noon = begin + timedelta(hours=12)
    away = any(one.start <= noon < one.end for one in roster.absences)
    shifts = [_shown(one, there) for one in roster.stretches if one.day == day]
    return {"shifts": shifts, "is_away": away and not shifts}


def _shown(one: Stretch, there: ZoneInfo) -> dict[str, Any]:
    start, end = one.start.astimezone(there), one.end.astimezone(there)
    is_night = end.date() > start.date()
    return {
        "time": f"{start:%H:%M}–{end:%H:%M}",
        "name": one.name,
        "tone": "extra" if one.name == "Extra shift" else "night" if is_night else "",
    }


def _reasons(keys: Sequence[Any], start: datetime, end: datetime) -> dict[Any, str]:
    """Why people are away, where somebody said."""
    rows = ShiftException.objects.filter(
        user__in=keys, kind=ShiftException.Kind.ABSENCE, ends_at__gt=start, starts_at__lt=end
    )
    return {row.user_id: row.reason for row in rows.order_by("starts_at") if row.reason}


urlpatterns = [path("shifts/", week, name="shift_week")]
