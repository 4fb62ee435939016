"""The lifecycle of a work order: which command leads where, who may give it, what it asks for."""

from collections.abc import Iterable
from dataclasses import dataclass

from accounts.rights import Right
from core.errors import Conflict
from core.states import StateTable, TransitionNotAllowed

REPORTED = "reported"
TRIAGED = "triaged"
SCHEDULED = "scheduled"
ASSIGNED = "assigned"
IN_PROGRESS = "in_progress"
ON_HOLD = "on_hold"
COMPLETED = "completed"
VERIFIED = "verified"
CANCELLED = "cancelled"
REJECTED = "rejected"
DUPLICATE = "duplicate"

#: Before the work is done. Only these can be overdue.
OPEN = (REPORTED, TRIAGED, SCHEDULED, ASSIGNED, IN_PROGRESS, ON_HOLD)
#: Nobody has begun.
WAITING = (REPORTED, TRIAGED, SCHEDULED, ASSIGNED)
#: In somebody's hands.
HELD_BY_SOMEBODY = (ASSIGNED, IN_PROGRESS, ON_HOLD)
#: Where an order may begin. What is generated begins at `scheduled`.
FIRST = (REPORTED, TRIAGED, SCHEDULED)


@dataclass(frozen=True, slots=True)
class Command:
    """One row of the table. `target` None leaves the state as it is; `past` names the event.

    Of `needs` each entry is a field, or several of which one is enough; what the order has already is not asked again.
    """

    name: str
    past: str
    sources: frozenset[str]
    target: str | None
    right: Right
    needs: tuple[tuple[str, ...], ...] = ()


def _table(*rows: Command) -> dict[str, Command]:
    return {row.name: row for row in rows}


def _from(*states: str) -> frozenset[str]:
    return frozenset(states)


_REASON = (("reason",),)

COMMANDS = _table(
    Command("triage", "triaged", _from(REPORTED), TRIAGED, Right.WORK_ORDER_TRIAGE),
    Command("reject", "rejected", _from(REPORTED), REJECTED, Right.WORK_ORDER_TRIAGE, _REASON),
    Command(
        "duplicate",
        "marked_duplicate",
        _from(REPORTED),
        DUPLICATE,
        Right.WORK_ORDER_TRIAGE,
        (("duplicate_of",),),
    ),
    Command(
        "schedule",
        "scheduled",
        _from(TRIAGED),
        SCHEDULED,
        Right.WORK_ORDER_TRIAGE,
        (("scheduled_start_at", "due_at"),),
    ),
    Command(
        "assign",
        "assigned",
        _from(SCHEDULED),
        ASSIGNED,
        Right.WORK_ORDER_ASSIGN,
        (("assigned_to",),),
    ),
    Command("take", "assigned", _from(SCHEDULED), ASSIGNED, Right.WORK_ORDER_WORK),
    Command(
        "reassign",
        "reassigned",
        _from(*HELD_BY_SOMEBODY),
        None,
        Right.WORK_ORDER_ASSIGN,
        (("assigned_to",),),
    ),
    Command("start", "started", _from(ASSIGNED), IN_PROGRESS, Right.WORK_ORDER_WORK),
    Command("give_back", "given_back", _from(ASSIGNED), SCHEDULED, Right.WORK_ORDER_WORK),
    Command("hold", "held", _from(IN_PROGRESS), ON_HOLD, Right.WORK_ORDER_WORK, _REASON),
    Command("resume", "resumed", _from(ON_HOLD), IN_PROGRESS, Right.WORK_ORDER_WORK),
    Command("complete", "completed", _from(IN_PROGRESS), COMPLETED, Right.WORK_ORDER_WORK),
    Command("verify", "verified", _from(COMPLETED), VERIFIED, Right.WORK_ORDER_VERIFY),
    Command(
        "reopen",
        "reopened",
        _from(COMPLETED, VERIFIED),
        ASSIGNED,
        Right.WORK_ORDER_VERIFY,
        _REASON,
    ),
    Command("cancel", "cancelled", _from(*OPEN), CANCELLED, Right.WORK_ORDER_TRIAGE, _REASON),
    Command("delay", "delayed", _from(*OPEN), None, Right.WORK_ORDER_WORK, _REASON),
    Command("escalate", "escalated", _from(*OPEN), None, Right.WORK_ORDER_WORK, _REASON),
)


def _edges(commands: Iterable[Command]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {state: set() for state in (*OPEN, COMPLETED, VERIFIED)}
    for command in commands:
        for source in command.sources if command.target else ():
            found[source].add(str(command.target))
    return {source: frozenset(targets) for source, targets in found.items()}


WORK_ORDER = StateTable(name="work order", edges=_edges(COMMANDS.values()))


class CommandNotAllowed(TransitionNotAllowed):
    """The order does not stand where the command leads on from; `allowed` are the states that may follow.

    `said` is why, where there is more to say than the state.
    """

    def __init__(self, source: str, command: Command, said: str = "") -> None:
        possible = ", ".join(sorted(commands_from(source)))
        rest = f". Possible: {possible}." if possible else ", nor is anything else."
        plain = f"This work order is {source}: “{command.name}” is not possible{rest}"
        Conflict.__init__(self, said or plain.replace("_", " "))
        self.source, self.target = source, command.target or source
        self.allowed = WORK_ORDER.allowed(source)


def commands_from(status: str) -> list[str]:
    """The names of the commands that an order in `status` obeys, in the order of the table."""
    return [command.name for command in COMMANDS.values() if status in command.sources]


def way_back(name: str) -> str | None:
    """The command that undoes `name` at once: back where it came from, and asking for nothing."""
    command = COMMANDS[name]
    return next(
        (
            other.name
            for other in COMMANDS.values()
            if command.target in other.sources
            and frozenset({other.target}) == command.sources
            and not other.needs
        ),
        None,
    )


def check(status: str, command: Command, said: str = "") -> None:
    """Raises CommandNotAllowed unless an order in `status` obeys the command."""
    if status not in command.sources:
        raise CommandNotAllowed(status, command, said)
