"""Until when people put a message off."""

from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

#: When a day of work begins.
MORNING = time(7)


class Choice(NamedTuple):
    """One button: its name in addresses, its words, and the moment (UTC)."""

    key: str
    label: str
    until: datetime


def choices(now: datetime, zone: ZoneInfo) -> list[Choice]:
    """What is offered at `now` on the person's clock."""
    today = now.astimezone(zone).date()
    tomorrow = datetime.combine(today + timedelta(days=1), MORNING, zone)
    monday = datetime.combine(today + timedelta(days=7 - today.weekday()), MORNING, zone)
    found = [
        Choice("hour", "In an hour", now + timedelta(hours=1)),
        Choice("hours", "In four hours", now + timedelta(hours=4)),
        Choice("tomorrow", f"Tomorrow at {MORNING:%H:%M}", tomorrow.astimezone(UTC)),
    ]
    if monday > tomorrow:
        found.append(Choice("monday", f"On Monday at {MORNING:%H:%M}", monday.astimezone(UTC)))
    return found


def until(key: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The moment of a choice; None for one that is not offered."""
    return next((choice.until for choice in choices(now, zone) if choice.key == key), None)


def longest_of_urgent(now: datetime, zone: ZoneInfo) -> datetime:
    """Until when what is urgent may be put off: the last moment that is offered."""
    return max(choice.until for choice in choices(now, zone))
