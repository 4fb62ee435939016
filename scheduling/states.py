"""Lifecycle of an occurrence, as a table."""

from core.states import StateTable

PLANNED = "planned"
OPEN = "open"
DONE = "done"
MISSED = "missed"
SKIPPED = "skipped"
SUPERSEDED = "superseded"
COVERED = "covered"

#: `planned`: moved by hand before it came due. `open`: due or about to be. `missed`: came due while an older one
#: was still open (backlog policy one_open). `superseded`: closed as not performed by a newer one. `covered`: done
#: by a higher level of nested maintenance. `done → open` is the voided log.
OCCURRENCE = StateTable(
    name="occurrence",
    edges={
        PLANNED: frozenset({OPEN, DONE, SKIPPED, MISSED, SUPERSEDED, COVERED}),
        OPEN: frozenset({DONE, SKIPPED, MISSED, SUPERSEDED, COVERED}),
        DONE: frozenset({OPEN}),
        MISSED: frozenset(),
        SKIPPED: frozenset(),
        SUPERSEDED: frozenset(),
        COVERED: frozenset(),
    },
)
