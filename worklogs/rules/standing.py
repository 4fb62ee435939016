"""What the clock says of an order: overdue, delayed, pending. Never stored (DOMAIN, "Work orders")."""

from datetime import datetime
from typing import Any

from scheduling.rules import zones
from worklogs import states

#: An order's words to those who speak of tasks.
_TASK_STATES = {
    states.REPORTED: "pending",
    states.TRIAGED: "pending",
    states.SCHEDULED: "pending",
    states.ASSIGNED: "assigned",
    states.IN_PROGRESS: "in_progress",
    states.ON_HOLD: "in_progress",
    states.COMPLETED: "completed",
    states.VERIFIED: "verified",
}


#: The words of `task_state`, in the order of a task's life.
TASK_STATES = tuple(dict.fromkeys(_TASK_STATES.values()))


def is_overdue(row: dict[str, Any], *, now: datetime) -> bool:
    """Open past the end of its tolerance. `row` has `status` and `overdue_at`."""
    return row["status"] in states.OPEN and _passed(row["overdue_at"], now)


def is_delayed(row: dict[str, Any], *, now: datetime) -> bool:
    """Somebody said so, or it has not begun or ended when planned, or nobody answered in time."""
    status = row["status"]
    if status not in states.OPEN:
        return False
    begun_late = status in states.WAITING and _passed(row["scheduled_start_at"], now)
    unanswered = row["responded_at"] is None and _passed(row["response_due_at"], now)
    return (
        row["delayed_at"] is not None
        or begun_late
        or _passed(row["scheduled_end_at"], now)
        or unanswered
    )


def days_until(due_at: datetime | None, *, now: datetime, zone: str) -> int | None:
    """Calendar days of the zone until then, less than none once the day is past; none without a due date."""
    if due_at is None:
        return None
    return (zones.local_date(due_at, zone) - zones.local_date(now, zone)).days


def task_state(status: str) -> str:
    """Pending, assigned, in_progress, completed or verified; else the state's own name."""
    return _TASK_STATES.get(status, status)


def statuses_of(state: str) -> list[str]:
    """The statuses of orders whose task state is `state`."""
    return [status for status, name in _TASK_STATES.items() if name == state]


def _passed(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now
