"""The table of DOMAIN, "Work orders": every pair of states."""

from itertools import product

import pytest

from accounts.rights import RIGHTS, Right, Role
from worklogs import states
from worklogs.states import COMMANDS, WORK_ORDER, CommandNotAllowed, check, commands_from

#: As the domain says it, written down once more.
ALLOWED = {
    "reported": {"triaged", "cancelled", "rejected", "duplicate"},
    "triaged": {"scheduled", "cancelled"},
    "scheduled": {"assigned", "cancelled"},
    "assigned": {"scheduled", "in_progress", "cancelled"},
    "in_progress": {"on_hold", "completed", "cancelled"},
    "on_hold": {"in_progress", "cancelled"},
    "completed": {"verified", "assigned"},
    "verified": {"assigned"},
    "cancelled": set(),
    "rejected": set(),
    "duplicate": set(),
}


def test_every_pair_of_states() -> None:
    assert set(WORK_ORDER.states) == set(ALLOWED)
    for source, target in product(ALLOWED, ALLOWED):
        assert (target in WORK_ORDER.allowed(source)) == (target in ALLOWED[source]), (
            source,
            target,
        )


def test_a_refusal_names_what_is_possible() -> None:
    with pytest.raises(CommandNotAllowed) as refused:
        check("completed", COMMANDS["start"])
    assert refused.value.code == "transition_not_allowed"
    assert refused.value.source == "completed"
    assert refused.value.allowed == frozenset({"assigned", "verified"})
    assert str(refused.value) == (
        "This work order is completed: “start” is not possible. Possible: reopen, verify."
    )
    with pytest.raises(CommandNotAllowed, match="“delay” is not possible, nor is anything else"):
        check("rejected", COMMANDS["delay"])


def test_commands_that_keep_the_state() -> None:
    keeping = {command.name for command in COMMANDS.values() if command.target is None}
    assert keeping == {"reassign", "delay", "escalate"}
    assert {"delay", "escalate"} <= set(commands_from("on_hold"))
    assert commands_from("verified") == ["reopen"]


def test_who_may_do_what_grows_with_the_role() -> None:
    """Requesters report; technicians work; coordinators plan and verify."""
    given = {role: {c.name for c in COMMANDS.values() if c.right in RIGHTS[role]} for role in Role}
    work = {"take", "give_back", "start", "hold", "resume", "complete", "delay", "escalate"}
    assert given[Role.REQUESTER] == set()
    assert given[Role.TECHNICIAN] == work
    for role in set(Role) - {Role.REQUESTER, Role.TECHNICIAN}:
        assert given[role] == set(COMMANDS)
    assert Right.WORK_ORDER_REPORT in RIGHTS[Role.REQUESTER]


def test_open_is_what_can_still_be_cancelled() -> None:
    assert frozenset(states.OPEN) == COMMANDS["cancel"].sources
