"""What each command of the table writes to the order, and which values it takes (`worklogs/states.py`)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dateutil.relativedelta import relativedelta

from accounts.rights import Right, has_right
from core.errors import Invalid
from scheduling.rules import zones
from worklogs import states
from worklogs.models import WorkOrder
from worklogs.services import checklists, sheets
from worklogs.states import Command

if TYPE_CHECKING:
    from accounts.models import User

Given = Mapping[str, Any]
Columns = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants done to a work order: `given` are the values that came with the command."""

    order: WorkOrder
    given: Given
    by: "User | None"
    now: datetime

    @property
    def reason(self) -> str:
        """Why, trimmed to what the columns hold."""
        return str(self.given.get("reason") or "").strip()[:300]

    def take(self, *names: str) -> Columns:
        """The values of these columns that were given."""
        return {name: self.given[name] for name in names if name in self.given}


def require(command: Command, order: WorkOrder, given: Given) -> None:
    """Raises Invalid, by field, unless everything that the command asks for is given or known already."""
    missing = [
        names
        for names in command.needs
        if not any(str(given.get(name) or _known(order, name) or "").strip() for name in names)
    ]
    if missing:
        asked = {names[0]: [_wanted(names)] for names in missing}
        raise Invalid(errors=asked)
    if command.name == "complete":
        sheets.require_done(order)


def _known(order: WorkOrder, name: str) -> Any:
    """Times that the order has already need not be said again; who and why do."""
    return getattr(order, name) if name.endswith("_at") else None


def _wanted(names: tuple[str, ...]) -> str:
    if names == ("reason",):
        return "Say why."
    return "Needed: " + " or ".join(name.replace("_", " ") for name in names) + "."


def of(name: str, wanted: Order) -> Columns:
    """The columns that the command `name` writes, but for status and step. Raises Invalid for values that cannot be."""
    return _EFFECTS[name](wanted)


#: What triage puts in order, by every door.
TRIAGED = (
    *("title", "kind", "category", "safety_concern", "priority", "due_at"),
    "estimated_duration_minutes",
)


def _triage(wanted: Order) -> Columns:
    changes = wanted.take(*TRIAGED)
    if wanted.order.checklist_id is None and "kind" in changes:
        changes["checklist_id"] = checklists.uses_for().pick(
            schedule_id=None, task_type=wanted.order.task_type, kind=changes["kind"]
        )
    return changes


def _schedule(wanted: Order) -> Columns:
    return wanted.take("scheduled_start_at", "scheduled_end_at", "due_at", "window")


def _assign(wanted: Order) -> Columns:
    person = wanted.given["assigned_to"]
    if not has_right(person, Right.WORK_ORDER_WORK):
        message = f"{person} cannot be given work: their access has ended or does not include it."
        raise Invalid(message, field="assigned_to")
    return {"assigned_to": person, "assigned_at": wanted.now, **_schedule(wanted)}


def _take(wanted: Order) -> Columns:
    if wanted.by is None:
        raise Invalid("Say who takes it.", field="assigned_to")
    return {"assigned_to": wanted.by, "assigned_at": wanted.now}


def _give_back(wanted: Order) -> Columns:
    return {"assigned_to": None, "assigned_at": None}


def _reassign(wanted: Order) -> Columns:
    if wanted.given["assigned_to"] == wanted.order.assigned_to:
        raise Invalid("This person has the order already.", field="assigned_to")
    return _assign(wanted)


def _start(wanted: Order) -> Columns:
    return {"started_at": wanted.order.started_at or wanted.now}


def _hold(wanted: Order) -> Columns:
    kind = wanted.given.get("hold_kind") or WorkOrder.HoldKind.OTHER
    return {"held_at": wanted.now, "hold_kind": kind, "hold_reason": wanted.reason}


_NOT_HELD: Columns = {"held_at": None, "hold_kind": "", "hold_reason": ""}


def _resume(wanted: Order) -> Columns:
    return dict(_NOT_HELD)


def _complete(wanted: Order) -> Columns:
    """A warranty of some months begins on the day of completion, where the resource is."""
    completed_at = wanted.given.get("performed_at") or wanted.now
    columns = wanted.take("failure_mode", "cause", "remedy", "odometer")
    order = wanted.order
    if order.warranty_months:
        day = zones.local_date(completed_at, order.resource.effective_time_zone)
        columns["warranty_until"] = day + relativedelta(months=order.warranty_months)
    return {"completed_at": completed_at, "completed_by": wanted.by, **columns}


def _verify(wanted: Order) -> Columns:
    return {"verified_at": wanted.now, "verified_by": wanted.by}


def _reopen(wanted: Order) -> Columns:
    """Whoever had the work goes on with it; where nobody is known, as of records of another system, who reopens it."""
    columns: Columns = dict.fromkeys(("completed_at", "completed_by", "verified_at", "verified_by"))
    if wanted.order.assigned_to_id is not None:
        return columns
    if wanted.by is None:
        raise Invalid("Nobody had this work. Say who goes on with it.", field="assigned_to")
    return {**columns, "assigned_to": wanted.by, "assigned_at": wanted.now}


def _close(wanted: Order) -> Columns:
    return {"closed_at": wanted.now, "close_reason": wanted.reason, **_NOT_HELD}


def _duplicate(wanted: Order) -> Columns:
    original: WorkOrder = wanted.given["duplicate_of"]
    if original.pk == wanted.order.pk:
        raise Invalid("An order cannot be its own duplicate.", field="duplicate_of")
    if original.status == states.DUPLICATE:
        message = "That order is a duplicate itself: name the one that it repeats."
        raise Invalid(message, field="duplicate_of")
    return {"duplicate_of": original, **_close(wanted)}


def _delay(wanted: Order) -> Columns:
    said: Columns = {"delayed_at": wanted.now, "delay_reason": wanted.reason}
    return {**said, **wanted.take("scheduled_end_at")}


def _escalate(wanted: Order) -> Columns:
    return {"escalation_level": wanted.order.escalation_level + 1, "escalated_at": wanted.now}


_EFFECTS: dict[str, Callable[[Order], Columns]] = {
    "triage": _triage,
    "schedule": _schedule,
    "assign": _assign,
    "take": _take,
    "give_back": _give_back,
    "reassign": _reassign,
    "start": _start,
    "hold": _hold,
    "resume": _resume,
    "complete": _complete,
    "verify": _verify,
    "reopen": _reopen,
    "cancel": _close,
    "reject": _close,
    "duplicate": _duplicate,
    "delay": _delay,
    "escalate": _escalate,
}

#: Kinds of hold in which nobody can do anything, so that the clock of the SLA stands still.
PAUSING = frozenset(WorkOrder.HoldKind) - {WorkOrder.HoldKind.OTHER}
#: What answers whoever reported.
ANSWERING = frozenset(states.COMMANDS) - {"give_back", "delay", "escalate", "cancel"}
