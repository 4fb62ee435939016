"""What messages say."""

from datetime import date, datetime

from core.rules.moments import wall_time

_LONGEST_TITLE = 200


def day_words(due_on: date, today: date, *, is_overdue: bool) -> str:
    """How far away a due date is, as people say it: "Due today", "Due in 3 days", "Overdue"."""
    if is_overdue:
        return "Overdue"
    days = (due_on - today).days
    if days < 0:
        return "Due since yesterday" if days == -1 else f"Due for {-days} days"
    return {0: "Due today", 1: "Due tomorrow"}.get(days, f"Due in {days} days")


def due_title(when: str, schedule: str, resource: str) -> str:
    """Such as "Due today: Filter change – AHU 2 (AHU-2)"."""
    return shorten(f"{when}: {schedule} – {resource}")


def due_message(due_local: datetime, today: date, *, is_overdue: bool) -> str:
    """The exact date, and how late it is."""
    days = (today - due_local.date()).days
    if not is_overdue:
        return f"Due {wall_time(due_local)}."
    late = f", {days} {'day' if days == 1 else 'days'} ago" if days > 0 else ""
    return f"Was due {wall_time(due_local)}{late}, and is not logged yet."


def due_reason(*, assigned: bool, resource: str) -> str:
    """Why this person is told."""
    if assigned:
        return "The schedule is assigned to you."
    return shorten(f"You are responsible for {resource}, and nobody else takes this.", 300)


def shorten(text: str, length: int = _LONGEST_TITLE) -> str:
    """Cut with an ellipsis so that it fits, and free of line breaks, which a mail's subject must not have."""
    flat = " ".join(text.split())
    return flat if len(flat) <= length else flat[: length - 1].rstrip() + "…"


def digest_subject(titles: list[str], *, overdue: int, due: int) -> str:
    """One item speaks for itself; several are counted, or follow the first where none is a due date."""
    if len(titles) == 1:
        return titles[0]
    other = len(titles) - overdue - due
    if other == len(titles):
        return f"{shorten(titles[0], _LONGEST_TITLE - 20)}, and {other - 1} more"
    counts = [(overdue, "overdue"), (due, "due"), (other, "more")]
    return f"Maintenance: {', '.join(f'{count} {label}' for count, label in counts if count)}"


def shorten_lines(text: str, length: int) -> str:
    """Cut with an ellipsis so that it fits; lines stay lines."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
