"""Working calendars as people read and type them."""

import re
from datetime import date, time
from typing import Any

from django.http import QueryDict

from accounts.models import WorkingCalendar, WorkingHours
from accounts.pages.forms import zone_choices
from accounts.rules import public_holidays
from accounts.services import calendars
from core.errors import DomainError, Invalid
from core.rules.moments import day as day_in_words

_STRETCH = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")
_TEXTS = ("time_zone", "country", "subdivision")


def shown(typed: QueryDict | None, *, today: date) -> dict[str, Any]:
    """The calendars for their page, and an empty one; `typed` is one that was refused."""
    rows = WorkingCalendar.objects.prefetch_related("hours", "closed_days")
    return {
        "calendars": [
            {"row": row, **_shown_week(row, typed, today)}
            for row in rows.order_by("-is_default", "name")
        ],
        "new_week": _shown_week(None, typed, today),
        "zones": zone_choices("The organisation's"),
        "countries": public_holidays.country_names(),
    }


def said(form: QueryDict) -> dict[str, Any]:
    """What a calendar says of itself besides its name, hours and days."""
    texts = {name: form.get(name, "").strip() for name in _TEXTS}
    texts["subdivision"] = texts["subdivision"].upper()
    return {**texts, "is_round_the_clock": "is_round_the_clock" in form}


def parsed_days(form: QueryDict) -> list[dict[str, Any]]:
    """Closed days, one in each line: “2026-12-24 Christmas Eve”. Raises Invalid and says which line cannot be read."""
    found = []
    for line in form.get("closed_days", "").splitlines():
        day, _, name = line.strip().partition(" ")
        if not day:
            continue
        try:
            found.append({"day": date.fromisoformat(day), "name": name.strip()[:100]})
        except ValueError:
            text = f"“{day}” is not a date such as 2026-12-24."
            raise Invalid(text, field="closed_days") from None
    return found


def refusal(error: DomainError) -> str:
    """A service's refusal in one message."""
    if isinstance(error, Invalid):
        return " ".join(text for texts in error.errors.values() for text in texts)
    return str(error)


def _shown_week(
    calendar: WorkingCalendar | None, typed: QueryDict | None, today: date
) -> dict[str, Any]:
    """A calendar for its form: as it is kept, or as it was typed into it."""
    found: dict[str, Any] = {"days": _week(calendar), "is_typed": False, "holidays": []}
    if calendar is not None:
        coming = calendars.coming_holidays(calendar, today=today)
        found["holidays"] = [(day_in_words(day), name) for day, name in coming]
    if typed is None or typed.get("calendar", "") != str(calendar.pk if calendar else ""):
        return {**found, **_kept(calendar or WorkingCalendar())}
    days = [{**day, "text": typed.get(f"day{day['number']}", day["text"])} for day in found["days"]]
    texts = {name: typed.get(name, "") for name in ("name", *_TEXTS, "closed_days")}
    is_round_the_clock = "is_round_the_clock" in typed
    return {
        **found,
        **texts,
        "is_round_the_clock": is_round_the_clock,
        "days": days,
        "is_typed": True,
    }


def _kept(calendar: WorkingCalendar) -> dict[str, Any]:
    closed = [] if calendar._state.adding else calendar.closed_days.all()
    lines = [f"{row.day} {row.name}".strip() for row in sorted(closed, key=lambda row: row.day)]
    return {
        **{name: getattr(calendar, name) for name in ("name", *_TEXTS, "is_round_the_clock")},
        "closed_days": "\n".join(lines),
    }


def _week(calendar: WorkingCalendar | None) -> list[dict[str, Any]]:
    """The seven days, each with its stretches as people write them."""
    rows = sorted(calendar.hours.all(), key=lambda row: row.opens_at) if calendar else []
    return [
        {
            "number": day.value,
            "label": day.label,
            "text": ", ".join(
                f"{row.opens_at:%H:%M}–{row.closes_at:%H:%M}" for row in rows if row.weekday == day
            ),
        }
        for day in WorkingHours.Weekday
    ]


def parsed(form: QueryDict) -> list[dict[str, Any]]:
    """ "08:00–12:00, 13:00–17:00" for each day. Raises Invalid and says which day cannot be read."""
    hours = []
    for day in WorkingHours.Weekday:
        for text in filter(None, (part.strip() for part in form.get(f"day{day}", "").split(","))):
            found = _STRETCH.fullmatch(text)
            try:
                if found is None:
                    raise ValueError
                start, end = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
            except ValueError:
                raise Invalid(
                    f"{day.label}: “{text}” is not a time such as 08:00–17:00.", field="hours"
                ) from None
            hours.append({"weekday": day.value, "opens_at": start, "closes_at": end})
    return hours
