"""What messages about maintenance windows say."""

from dataclasses import dataclass

from notifications.rules.words import shorten

#: What happened, and the letter that tells the contact of a booking.
NOTICES = {
    "scheduled": "window_scheduled",
    "changed": "window_changed",
    "cancelled": "window_cancelled",
    "coming": "window_coming",
}
QUESTION = "window_question"
CONFIRMATION = "window_answer"


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a window when people are told: place and time in words."""

    title: str
    place: str
    period: str
    is_emergency: bool = False
    is_usable: bool = False
    bookings: int = 0
    reason: str = ""
    rule: str = ""
    when: str = ""

    @property
    def name(self) -> str:
        """Such as “Paint – Room 12 (R12)”."""
        return f"{self.title} – {self.place}"


def title(what: str, told: Told) -> str:
    """The headline for `what` happened: scheduled, assigned, changed, cancelled, started, completed, coming,
    still_open."""
    if what == "scheduled":
        kind = "Emergency" if told.is_emergency else "Maintenance scheduled"
        return shorten(f"{'Recurring maintenance scheduled' if told.rule else kind}: {told.name}")
    heads = {
        "assigned": "Assigned to you",
        "changed": "Recurring maintenance changed" if told.rule else "Maintenance changed",
        "cancelled": "Recurring maintenance cancelled" if told.rule else "Maintenance cancelled",
        "started": "Work began",
        "completed": "Work is done",
        "coming": f"Begins {told.when}",
        "still_open": "Still open",
    }
    return shorten(f"{heads[what]}: {told.name}")


def message(what: str, told: Told) -> str:
    """When exactly, what it means, and what to do."""
    match what:
        case "cancelled":
            called_off = "Its coming dates are" if told.rule else f"{told.period} is"
            return f"{called_off} called off. Why: {told.reason}"
        case "started":
            return f"{told.place} is under maintenance. Planned: {told.period}."
        case "completed":
            return f"{told.place} is free again. Planned: {told.period}."
        case "still_open":
            return (
                f"Planned: {told.period}. The end has passed, and nobody has said that the work is done. "
                "Complete the window, or let it last longer."
            )
    time = f"{told.rule}; the next: {told.period}." if told.rule else f"{told.period}."
    now = "Now: " if what == "changed" and not told.rule else ""
    return " ".join(part for part in (f"{now}{time}", _why(told), _meaning(told)) if part)


def _why(told: Told) -> str:
    return f"Why: {told.reason}." if told.is_emergency and told.reason else ""


def _meaning(told: Told) -> str:
    if told.is_usable:
        return "It stays usable meanwhile."
    if not told.bookings:
        return "It cannot be booked or used meanwhile. No booking is affected."
    are = "1 booking is" if told.bookings == 1 else f"{told.bookings} bookings are"
    return f"It cannot be booked or used meanwhile. {are} affected."
