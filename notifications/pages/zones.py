"""The clock of the person who looks."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from accounts.models import User

Zone = ZoneInfo


def of(user: User) -> Zone:
    """The person's time zone, else the organisation's."""
    return ZoneInfo(user.time_zone or user.organization.time_zone)


def local(moment: datetime, zone: Zone) -> datetime:
    """The wall time, without a zone, so that templates show it as it is."""
    return moment.astimezone(zone).replace(tzinfo=None)


def day_label(day: date, today: date) -> str:
    """ "Today", "Yesterday", else such as "Wed 4 Mar 2026"."""
    named = {0: "Today", 1: "Yesterday"}.get((today - day).days)
    return named or f"{day:%a} {day.day} {day:%b %Y}"
