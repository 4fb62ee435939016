"""Moments as people read them, on the clock of a zone: the one place that words days, times and distances."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


def day_and_time(moment: datetime | None, zone: str | ZoneInfo) -> str:
    """“Wed 4 Mar 2026, 08:00” on the clock of `zone`, an IANA name; a dash for none."""
    return "–" if moment is None else wall_time(_local(moment, zone))


def wall_time(local: datetime) -> str:
    """The same of a time that is local already."""
    return f"{day(local)}, {local:%H:%M}"


def day(local: date) -> str:
    """“Wed 4 Mar 2026”."""
    return f"{local:%a} {local.day} {local:%b %Y}"


def away(moment: datetime, *, now: datetime, zone: str | ZoneInfo) -> str:
    """How many calendar days of the zone lie between: “today”, “in 3 days”, “5 days ago”."""
    days = (_local(moment, zone).date() - _local(now, zone).date()).days
    if abs(days) <= 1:
        return {0: "today", 1: "tomorrow", -1: "yesterday"}[days]
    return f"in {days} days" if days > 0 else f"{-days} days ago"


def relative(moment: datetime, *, now: datetime, zone: str | ZoneInfo) -> str:
    """The same, and on the day itself more exactly: “20 minutes ago”, “in 2 hours”."""
    words = away(moment, now=now, zone=zone)
    return _within_a_day(moment - now) if words == "today" else words


def overdue_by(due_at: datetime, *, now: datetime, zone: str | ZoneInfo) -> str:
    """“5 days overdue”, counted from the due day; “overdue” on the day itself."""
    days = (_local(now, zone).date() - _local(due_at, zone).date()).days
    return f"{days} day{'s' * (days != 1)} overdue" if days > 0 else "overdue"


def _local(moment: datetime, zone: str | ZoneInfo) -> datetime:
    return moment.astimezone(ZoneInfo(zone) if isinstance(zone, str) else zone)


def _within_a_day(distance: timedelta) -> str:
    length = abs(distance)
    if length < _MINUTE:
        return "just now"
    amount, unit = (length // _MINUTE, "minute") if length < _HOUR else (length // _HOUR, "hour")
    text = f"{amount} {unit}{'' if amount == 1 else 's'}"
    return f"in {text}" if distance > timedelta() else f"{text} ago"
