"""Which resources a schedule has due states on, kept in step with types, exceptions and retirement."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import QuerySet

from scheduling import states
from scheduling.models import DueState, Occurrence, Resource, Schedule
from scheduling.services import cases, date_rows

if TYPE_CHECKING:
    from accounts.models import User

UNCOVERED = "The schedule no longer covers this resource."
_BATCH = 1000


def covered_resources(schedule: Schedule) -> "QuerySet[Resource]":
    """The resources that a schedule is for: its own, or every one of its type that no exception leaves out."""
    if schedule.resource_id is not None:
        return Resource.objects.filter(pk=schedule.resource_id)
    left_out = schedule.exceptions.values("resource")
    return (
        Resource.objects.in_service()
        .filter(type=schedule.resource_type_id)
        .exclude(pk__in=left_out)
    )


def synchronise(
    schedule: Schedule, *, by: "User | None", now: datetime, from_start: bool = False
) -> None:
    """Add the due states that are missing, remove those no longer covered, and project all of them anew.

    A state that goes keeps its occurrences and logs. What was open is recorded as skipped. A state that is added
    begins with the first date of the series on or after the local day of `now`; `from_start`: with the series itself.
    Call inside a transaction that holds the schedule's lock.
    """
    wanted = set(covered_resources(schedule).values_list("pk", flat=True))
    present = set(schedule.due_states.values_list("resource", flat=True))
    if present - wanted:
        let_go(schedule.occurrences.filter(resource__in=present - wanted), by=by, now=now)
        schedule.due_states.filter(resource__in=present - wanted).delete()
    add(schedule, dict.fromkeys(wanted - present, None if from_start else now))
    restand(schedule.due_states.filter(resource__in=wanted - present), by=by, now=now)
    project_again(schedule.due_states.filter(resource__in=wanted & present), by=by, now=now)
    cases.refresh_schedules([schedule])


def add(schedule: Schedule, joined: Mapping[UUID, datetime | None]) -> None:
    """Add a bare due state for each resource, with the moment when it joined; what is stored of it comes next."""
    DueState.objects.bulk_create(
        [
            DueState(
                organization_id=schedule.organization_id,
                schedule=schedule,
                resource_id=resource_id,
                joined_at=joined_at,
            )
            for resource_id, joined_at in joined.items()
        ],
        batch_size=_BATCH,
        ignore_conflicts=True,
        check_foreign_keys=False,
    )


def project_again(due_states: "QuerySet[DueState]", *, by: "User | None", now: datetime) -> None:
    """Compute what is stored of `due_states` from the definition and their open rows, in batches.

    Takes the lock of their schedules; a caller that holds some already must hold all of them.
    """
    for batch in _batches(due_states):
        cases.store(cases.load(batch), by=by, now=now)


def restand(due_states: "QuerySet[DueState]", *, by: "User | None", now: datetime) -> None:
    """The same from all their rows: states that return continue, in the zone where they now are."""
    for batch in _batches(due_states):
        rows = date_rows.rows_of(batch)
        loaded = cases.load(batch)
        for case in loaded:
            date_rows.stand_on(case, rows.get((case.state.schedule_id, case.state.resource_id), []))
        cases.store(loaded, by=by, now=now)


def _batches(due_states: "QuerySet[DueState]") -> Iterator[list[DueState]]:
    cases.lock(due_states.order_by().values_list("schedule", flat=True))
    ids = list(due_states.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), _BATCH):
        yield list(DueState.objects.for_engine().filter(pk__in=ids[start : start + _BATCH]))


def let_go(
    occurrences: "QuerySet[Occurrence]",
    *,
    by: "User | None",
    now: datetime,
    reason: str = UNCOVERED,
) -> None:
    """Close what is open as skipped and forget what was planned, where nothing comes due any more."""
    occurrences.filter(status=states.PLANNED).delete()
    occurrences.filter(status=states.OPEN).update(
        status=states.SKIPPED, closed_at=now, closed_by=by, reason=reason, updated_at=now
    )


def schedules_of_type(type_id: UUID | None) -> "QuerySet[Schedule]":
    """Kept schedules for every resource of a type."""
    return (
        Schedule.objects.kept().filter(resource_type=type_id)
        if type_id
        else Schedule.objects.none()
    )
