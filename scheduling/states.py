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

DRAFT = "draft"
SCHEDULED = "scheduled"
IN_PROGRESS = "in_progress"
COMPLETED = "completed"
CANCELLED = "cancelled"

#: A maintenance window. A draft blocks nothing: it waits for approval, or for bookings to make room.
WINDOW = StateTable(
    name="window",
    edges={
        DRAFT: frozenset({SCHEDULED, CANCELLED}),
        SCHEDULED: frozenset({IN_PROGRESS, CANCELLED}),
        IN_PROGRESS: frozenset({COMPLETED, CANCELLED}),
        COMPLETED: frozenset(),
        CANCELLED: frozenset(),
    },
)
#: Windows in these states take their resource.
BLOCKING = frozenset({SCHEDULED, IN_PROGRESS})

TENTATIVE = "tentative"
CONFIRMED = "confirmed"
CHECKED_IN = "checked_in"
#: Bookings in these states claim their resource for certain; no planned window may displace them.
FIRM = frozenset({CONFIRMED, CHECKED_IN})
#: Bookings in these states claim their resource, be it as an option.
CLAIMING = FIRM | {TENTATIVE}
