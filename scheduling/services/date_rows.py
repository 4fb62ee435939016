"""What the rows of dates say together, how far a due state has come, and how a row becomes done or open again."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q

from scheduling import states
from scheduling.models import DueState, Occurrence, Schedule
from scheduling.rules import due, zones
from scheduling.rules.due import Standing
from scheduling.services import cases
from scheduling.services.cases import Case
from scheduling.services.plans import plan_of

if TYPE_CHECKING:
    from accounts.models import User

_LET_GO = frozenset({states.SUPERSEDED, states.MISSED, states.COVERED})


def rows_of(due_states: Iterable[DueState]) -> dict[tuple[UUID, UUID], list[Occurrence]]:
    """Every row of the schedules of `due_states`, by schedule and resource."""
    found: dict[tuple[UUID, UUID], list[Occurrence]] = {}
    schedule_ids = {state.schedule_id for state in due_states}
    for row in Occurrence.objects.filter(schedule__pk__among=schedule_ids):
        found.setdefault((row.schedule_id, row.resource_id), []).append(row)
    return found


def stand_on(case: Case, rows: Iterable[Occurrence]) -> None:
    """Set how far the case has come by its rows alone."""
    standing, last_done = standing_from(rows, case.plan.zone)
    case.state.position, case.state.baseline_on = standing.position, standing.baseline_on
    case.state.last_done_at = last_done


def standing_from(rows: Iterable[Occurrence], zone: str) -> tuple[Standing, datetime | None]:
    """How far a due state has come by its occurrence rows alone, and when it was last done."""
    position, baseline, last_done = "", None, None
    rows = list(rows)
    followed = max((_counted_from(r) for r in rows if r.status == states.DONE), default="")
    for row in rows:
        if row.status != states.PLANNED:
            position = max(position, row.occurrence_key)
        day = None
        if row.status == states.DONE and row.performed_at is not None:
            last_done = max(last_done or row.performed_at, row.performed_at)
            day = zones.local_date(row.performed_at, zone)
        elif row.status == states.SKIPPED:
            day = cases.skipped_on(row.occurrence_key, row.due_at, zone)
        elif row.status in _LET_GO and _counted_from(row) >= followed:
            day = cases.let_go_on(row.occurrence_key, row.due_at, zone)
        if day is not None:
            # A floating date moves on from what it counted from, also when a new zone turns days around.
            day = max(day, due.earliest_baseline(row.occurrence_key, day))
            baseline = max(baseline or day, day)
    return Standing(position, baseline), last_done


def _counted_from(row: Occurrence) -> str:
    """The day that a floating date counts from; one that a later done one has followed decides about nothing."""
    return row.occurrence_key.partition("~")[2]


def set_done(row: Occurrence, *, performed_at: datetime) -> None:
    """Make `row` done in memory by work performed at that moment."""
    plan = plan_of(row.schedule, row.resource)
    row.status, row.performed_at = states.DONE, performed_at
    row.is_compliant = due.window_start(plan, row.due_at) <= performed_at < row.overdue_at


def take_back(row: Occurrence, *, by: "User | None", now: datetime) -> None:
    """Make `row` open again in memory, as if it had not been done.

    A floating date that later work or a later skip has followed stays closed: the series counts from that one.
    """
    is_followed = row.schedule.basis == Schedule.Basis.FLOATING and _is_followed(row)
    row.performed_at = row.is_compliant = None
    if is_followed:
        row.status = due.LEFT.get(row.schedule.backlog, states.MISSED)
        row.closed_at, row.closed_by = now, by
        row.reason = "Its log was declared void, and later work stands."
    else:
        row.status, row.closed_at, row.closed_by = states.OPEN, None, None
        row.opened_at = row.opened_at or now


def _is_followed(row: Occurrence) -> bool:
    others = Occurrence.objects.filter(schedule=row.schedule_id, resource=row.resource_id)
    return others.filter(
        Q(status=states.DONE, performed_at__gt=row.performed_at)
        | Q(status=states.SKIPPED, due_at__gt=row.due_at)
    ).exists()
