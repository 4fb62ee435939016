"""Times and effects in words, for the person who reads them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from accounts.zones import zone_name_of as zone_of
from worklogs.models import Log

__all__ = ["duration", "effect", "moment", "punctuality", "relative", "zone_of"]
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


def moment(value: datetime, zone: str) -> str:
    """“Wed 4 Mar 2026, 08:00” in `zone`."""
    local = value.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"


def relative(value: datetime, *, now: datetime, zone: str) -> str:
    """“in 3 days”, “yesterday”, “20 minutes ago”: whole calendar days from a day on."""
    place = ZoneInfo(zone)
    days = (value.astimezone(place).date() - now.astimezone(place).date()).days
    if days == 0:
        return _within_a_day(value - now)
    if abs(days) == 1:
        return "tomorrow" if days > 0 else "yesterday"
    return f"in {days} days" if days > 0 else f"{-days} days ago"


def _within_a_day(distance: timedelta) -> str:
    length = abs(distance)
    if length < _MINUTE:
        return "just now"
    amount, unit = (length // _MINUTE, "minute") if length < _HOUR else (length // _HOUR, "hour")
    text = f"{amount} {unit}{'' if amount == 1 else 's'}"
    return f"in {text}" if distance > timedelta() else f"{text} ago"


def effect(log: Log, zone: str) -> str:
    """What the log did to the due date, as a sentence."""
    if log.is_void:
        return "Declared void: the work was not done, and its date is open again."
    if log.effect == Log.Effect.REPEAT:
        return "The date had been completed that day already; nothing changed."
    if log.effect == Log.Effect.EXTRA:
        if log.schedule_id is None:
            return "Work outside any schedule; no due date changed."
        return "Extra work: the due date stayed where it was."
    if log.occurrence is None:
        return "Completed what was due."
    due_at = log.occurrence.due_at
    return f"Completed the date due {moment(due_at, zone)}, {punctuality(log, zone)}."


def punctuality(log: Log, zone: str) -> str:
    """“on the day”, “2 days early”, “3 days late, inside the tolerance”."""
    occurrence = log.occurrence
    if occurrence is None:
        return ""
    place = ZoneInfo(zone)
    days = (
        log.performed_at.astimezone(place).date() - occurrence.due_at.astimezone(place).date()
    ).days
    if days == 0:
        return "on the day"
    count = f"{abs(days)} day{'' if abs(days) == 1 else 's'}"
    inside = ", inside the tolerance" if occurrence.is_compliant else ""
    return f"{count} {'late' if days > 0 else 'early'}{inside}"


def duration(minutes: int | None) -> str:
    """“1 h 30 min”."""
    if not minutes:
        return ""
    hours, rest = divmod(minutes, 60)
    return " ".join(
        part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest else "") if part
    )
