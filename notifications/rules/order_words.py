"""What messages about work orders and reports say."""

from dataclasses import dataclass

from notifications.rules.words import shorten

#: What whoever reported is told of, and how a message about it begins.
REPORT_NEWS = {
    "received": "We have your report",
    "planned": "Planned",
    "late": "Takes longer",
    "done": "Done",
    "rejected": "Nothing will be done",
    "duplicate": "Known already",
    "cancelled": "Closed",
}
_HEADS = {
    "received": "New report",
    "safety": "Somebody could get hurt",
    "assigned": "Yours now",
    "for_team": "For your team",
    "given_back": "Given back",
    "reopened": "Yours again",
    "taken": "No longer yours",
    "cancelled": "Cancelled",
    "escalated": "Escalated",
    "delayed": "Will be late",
    "to_verify": "Done, to be verified",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of an order when people are told: place, moments and people in words."""

    number: int
    title: str
    place: str
    priority: str = ""
    description: str = ""
    due: str = ""
    starts: str = ""
    assignee: str = ""
    doer: str = ""
    reason: str = ""
    ends: str = ""
    warranty: str = ""

    @property
    def name(self) -> str:
        """Such as “#12 Tap drips – Room 104 (R104)”."""
        return f"#{self.number} {self.title} – {self.place}"


def title(what: str, told: Told) -> str:
    """The headline for `what`: received, safety, assigned, for_team, given_back, reopened, taken, cancelled, escalated,
    delayed, to_verify."""
    return shorten(f"{_HEADS[what]}: {told.name}")


def message(what: str, told: Told) -> str:
    """What it means, and what to do."""
    why = _why(told.reason)
    match what:
        case "received" | "safety":
            said = shorten(told.description, 300)
            return _joined(said, f"Priority: {told.priority}.", _warranty(told))
        case "assigned" | "for_team":
            free = "Nobody has it yet: take it." if what == "for_team" else ""
            back = f"Given back: {told.reason.rstrip('.')}." if told.reason else ""
            starts = f"Starts {told.starts}." if told.starts else ""
            urgency = f"Priority: {told.priority}."
            return _joined(free, back, starts, _due(told), urgency, _warranty(told))
        case "given_back":
            return _joined("Nobody has it now.", why, _due(told), f"Priority: {told.priority}.")
        case "reopened":
            return _joined("It is not done well yet.", why)
        case "taken":
            return (
                f"{told.assignee} takes care of it." if told.assignee else "Somebody else does it."
            )
        case "cancelled":
            return _joined("You need not do it any more.", why)
        case "delayed":
            ends = f"Planned to be done {told.ends}." if told.ends else ""
            return _joined(why, ends, _due(told))
        case "to_verify":
            return f"{told.doer or 'Somebody'} completed it. Look at it, and verify or reopen it."
    return why or "Somebody further up has to know."


def report_title(what: str, words: str) -> str:
    """The headline for whoever reported."""
    return shorten(f"{REPORT_NEWS[what]}: {words}")


def report_message(what: str, *, starts: str = "", reason: str = "") -> str:
    """What happens to a report, in plain words; nothing else of the order."""
    match what:
        case "received":
            return "Somebody will look at it soon. You are told what becomes of it."
        case "planned":
            return f"It is planned; work starts {starts}." if starts else "It is planned."
        case "late":
            return "It takes longer than planned. You are told when it is done."
        case "done":
            return "It is done. Thank you for telling us. If it is not right, say so."
        case "rejected":
            return _joined("We looked at it.", _why(reason))
        case "duplicate":
            return "Others told us as well. You are told when it is done."
    return "Nothing will be done about it any more."


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _warranty(told: Told) -> str:
    return f"{told.warranty}. Claim it before money is spent." if told.warranty else ""


def _why(reason: str) -> str:
    return f"Why: {reason.rstrip('.')}." if reason else ""


def _due(told: Told) -> str:
    return f"Due {told.due}." if told.due else ""
