"""The commands of the table, and where an order stands, in the words of the people who use them."""

from dataclasses import dataclass
from datetime import datetime

from core.rules.moments import day_and_time, overdue_by, relative
from worklogs import states
from worklogs.models import WorkOrder


@dataclass(frozen=True, slots=True)
class Button:
    """One command as a person meets it."""

    label: str
    icon: str
    title: str
    done: str
    tone: str = "plain"


BUTTONS = {
    "triage": Button("Triage", "rule", "Put the report in order", "Triaged."),
    "schedule": Button("Plan", "event", "When is it to be done?", "Planned."),
    "assign": Button("Assign", "person_add", "Who does it?", "Assigned."),
    "take": Button("Take it", "back_hand", "Do it yourself", "It is yours."),
    "start": Button("Start", "play_arrow", "Start work", "Work has begun."),
    "resume": Button("Resume", "play_arrow", "Go on with the work", "Work goes on."),
    "complete": Button(
        "Complete", "task_alt", "The work is done", "Completed; the work is logged."
    ),
    "verify": Button("Verify", "verified", "The work was done well", "Verified."),
    "hold": Button("Put on hold", "pause_circle", "Put the work on hold", "On hold."),
    "reassign": Button("Hand over", "swap_horiz", "Who takes it over?", "Handed over."),
    "give_back": Button("Give back", "undo", "Let somebody else do it", "Given back."),
    "reopen": Button("Reopen", "replay", "What is left to do?", "Reopened."),
    "delay": Button("Report a delay", "schedule", "It will be late", "The delay is noted."),
    "escalate": Button("Escalate", "priority_high", "Tell those further up", "Escalated."),
    "duplicate": Button(
        "Duplicate", "content_copy", "Somebody reported it already", "Closed as a duplicate."
    ),
    "reject": Button("Reject", "block", "Nothing will be done", "Rejected.", "danger"),
    "cancel": Button("Cancel order", "cancel", "It will not be done", "Cancelled.", "danger"),
}
#: What brings an order on; the first of these that is allowed stands out.
ONWARD = ("triage", "schedule", "assign", "take", "start", "resume", "complete", "verify")


def next_step(order: WorkOrder, *, now: datetime, zone: str) -> str:
    """What happens next, in a sentence."""
    who = str(order.assigned_to or "")
    due = _due(order, now=now, zone=zone)
    match order.status:
        case states.REPORTED:
            return "Somebody looks at the report: triage it, reject it, or say what it repeats."
        case states.TRIAGED:
            return f"It is understood and waits to be planned. {due}"
        case states.SCHEDULED:
            return f"It waits for somebody to be assigned. {due}"
        case states.ASSIGNED:
            return f"{who} starts the work{_planned(order, zone)}. {due}"
        case states.IN_PROGRESS:
            return f"{who} is at work, since {day_and_time(order.started_at, zone)}. {due}"
        case states.ON_HOLD:
            kind = order.get_hold_kind_display().lower()
            since = day_and_time(order.held_at, zone)
            return f"On hold since {since} ({kind}): “{order.hold_reason}” {due}"
        case states.COMPLETED:
            return f"Done {day_and_time(order.completed_at, zone)}. Somebody checks whether it was done well."
        case states.VERIFIED:
            return f"Verified {day_and_time(order.verified_at, zone)}. Nothing is left to do."
        case states.DUPLICATE:
            return f"It repeats {order.duplicate_of}."
    closed = f"{order.get_status_display()} {day_and_time(order.closed_at, zone)}"
    return f"{closed}: “{order.close_reason}”"


def _due(order: WorkOrder, *, now: datetime, zone: str) -> str:
    if order.due_at is None:
        return "It has no due date."
    late = order.overdue_at is not None and order.overdue_at <= now
    distance = (overdue_by if late else relative)(order.due_at, now=now, zone=zone)
    return f"Due {day_and_time(order.due_at, zone)}, {distance}."


def _planned(order: WorkOrder, zone: str) -> str:
    start = order.scheduled_start_at
    return f", planned for {day_and_time(start, zone)}" if start else ""
