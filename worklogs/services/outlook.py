"""What work would do to the due dates, before it is recorded. Nothing is written."""

from dataclasses import dataclass
from datetime import datetime

from scheduling import states
from scheduling.models import DueState, Resource, Schedule
from scheduling.rules import due
from scheduling.services import cases


@dataclass(frozen=True, slots=True)
class Outlook:
    """The date that work would satisfy; `is_early` when it lies before the tolerance, so that the person is asked.

    `counts_by_default` is the answer that the schedule gives by itself; `is_picked` when the person chose the date.
    """

    key: str
    due_at: datetime
    overdue_at: datetime
    is_early: bool
    counts_by_default: bool
    is_picked: bool


def outlook(
    *, schedule: Schedule, resource: Resource, performed_at: datetime, occurrence_key: str = ""
) -> Outlook | None:
    """None when nothing is to come, or when the picked date is no longer open."""
    state = DueState.objects.for_engine().filter(schedule=schedule, resource=resource).first()
    if state is None:
        return None
    case = cases.load([state])[0]
    cases.catch_up(case, now=performed_at)
    opened = sorted((o for o in case.pending if o.status == states.OPEN), key=lambda o: o.due_at)
    coming = next(due.upcoming(case.plan, case.standing, case.pending), None)
    candidates = [*opened, *([coming] if coming else [])]
    target = next(
        (o for o in candidates if not occurrence_key or o.key == occurrence_key),
        None,
    )
    if target is None:
        return None
    return Outlook(
        key=target.key,
        due_at=target.due_at,
        overdue_at=target.overdue_at,
        is_early=performed_at < due.window_start(case.plan, target.due_at),
        counts_by_default=case.plan.floating or bool(occurrence_key),
        is_picked=bool(occurrence_key),
    )
