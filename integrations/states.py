"""Lifecycle of an event that came in, as a table."""

from core.states import StateTable

WAITING = "waiting"
APPLIED = "applied"
IGNORED = "ignored"
PARKED = "parked"
FAILED = "failed"

#: `waiting`: for its first or next try. `parked`: it names something that is not known yet. `failed` and `parked`
#: events go back to `waiting` when a person says so, parked ones also when what they wait for appears.
INBOUND = StateTable(
    name="incoming event",
    edges={
        WAITING: frozenset({APPLIED, IGNORED, PARKED, FAILED}),
        PARKED: frozenset({WAITING, IGNORED}),
        FAILED: frozenset({WAITING, IGNORED}),
        IGNORED: frozenset(),
        APPLIED: frozenset(),
    },
)
