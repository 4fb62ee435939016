"""What people read about the time of a maintenance window."""

from datetime import datetime
from zoneinfo import ZoneInfo

from core.rules.moments import wall_time


def period(starts_at: datetime, ends_at: datetime, zone: str) -> str:
    """“Wed 4 Mar 2026, 08:00–12:00 (Berlin time)”; over several days both days are named."""
    clock = ZoneInfo(zone)
    start, end = starts_at.astimezone(clock), ends_at.astimezone(clock)
    until = f"–{end:%H:%M}" if start.date() == end.date() else f" – {wall_time(end)}"
    return f"{wall_time(start)}{until} ({clock_of(zone)})"


def clock_of(zone: str) -> str:
    """“Berlin time” for Europe/Berlin."""
    place = zone.rpartition("/")[2].replace("_", " ")
    return place if place in {"UTC", "GMT"} else f"{place} time"
