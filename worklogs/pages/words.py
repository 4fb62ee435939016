"""Effects and durations in words, for the person who reads them."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from core.rules.moments import day_and_time
from worklogs.models import Log, WorkOrder, WorkOrderFollower


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
    return f"Completed the date due {day_and_time(due_at, zone)}, {punctuality(log, zone)}."


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


def reporter(order: WorkOrder, followers: Iterable[WorkOrderFollower]) -> str:
    """Who reported it; the `followers` are looked at where nobody who signs in did."""
    if order.reported_by:
        return str(order.reported_by)
    by_code = any(one.is_reporter and one.user_id is None for one in followers)
    return "Somebody who scanned the code" if by_code else "The system"


def duration(minutes: int | None) -> str:
    """“1 h 30 min”."""
    if not minutes:
        return ""
    hours, rest = divmod(minutes, 60)
    return " ".join(
        part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest else "") if part
    )
