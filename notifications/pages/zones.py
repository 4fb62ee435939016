"""The clock of the person who looks."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from accounts.models import User
from accounts.zones import zone_of
from core.rules import moments

Zone = ZoneInfo


def of(user: User) -> Zone:
    """The zone in which the person reads times."""
    return zone_of(user)


def local(moment: datetime, zone: Zone) -> datetime:
    """The wall time, without a zone, so that templates show it as it is."""
    return moment.astimezone(zone).replace(tzinfo=None)


def day_label(day: date, today: date) -> str:
    """ "Today", "Yesterday", else such as "Wed 4 Mar 2026"."""
    named = {0: "Today", 1: "Yesterday"}.get((today - day).days)
    return named or moments.day(day)
