"""Moments as people read them."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones


def zone_of(user: Any) -> ZoneInfo:
    """The person's time zone, else the organisation's."""
    return ZoneInfo(user.time_zone or user.organization.time_zone)


def shown(moment: datetime | None, zone: ZoneInfo) -> str:
    """ "Wed 4 Mar 2026, 08:00" on the clock of `zone`; a dash for none."""
    if moment is None:
        return "–"
    local = moment.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"


def zone_names() -> list[str]:
    """The zones that people choose from, by name."""
    return sorted(name for name in available_timezones() if "/" in name or name == "UTC")
