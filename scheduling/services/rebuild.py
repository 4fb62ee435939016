"""Recomputing every due date from definitions and logs, to prove or restore what is stored.

The rows of dates follow from the logs, the due states from the rows and the definitions.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet, Subquery

from scheduling import states
from scheduling.models import DueState, Occurrence, Resource, Schedule
from scheduling.services import cases, date_rows, due_states
from scheduling.services.cases import Case

_BATCH = 1000
_STORED = (
    "position",
    "baseline_on",
    "last_done_at",
    "next_due_at",
    "next_due_key",
    "overdue_at",
    "attention_at",
)


@dataclass(frozen=True, slots=True)
class Difference:
    """A stored value that the definition and the rows do not give; `id` is the due state's or the schedule's."""

    id: UUID
    label: str
    field: str
    stored: Any
    computed: Any


def rebuild(*, now: datetime, write: bool) -> Iterator[Difference]:
    """Every difference between what is stored and what is recomputed in the organisation in scope; mended on `write`.

    First what was done according to the logs, then which resources each schedule covers, then every due state, then
    the dates repeated on the schedules.
    """
    corrected = _by_logs(now=now, write=write)
    for _, difference in corrected.values():
        yield difference
    as_logged = {pk: row for pk, (row, _) in corrected.items()}
    yield from _coverage(now=now, write=write)
    last: UUID | None = None
    while True:
        with transaction.atomic():
            batch = DueState.objects.for_engine().order_by("pk")
            if last is not None:
                batch = batch.filter(pk__gt=last)
            rows = list(batch[:_BATCH])
            if not rows:
                break
            last = rows[-1].pk
            if write:
                cases.lock(row.schedule_id for row in rows)
                rows = list(DueState.objects.for_engine().filter(pk__in=[row.pk for row in rows]))
            found = _compare(rows, as_logged)
            if write and found:
                cases.store(cases.load(rows), by=None, now=now)
        yield from found
    yield from _repeated(write=write)


def _by_logs(*, now: datetime, write: bool) -> dict[UUID, tuple[Occurrence, Difference]]:
    """The dates whose row says something else than the log that satisfied them, with the row as it must be."""
    wrong = _contradicting().values_list("schedule", flat=True)
    if not write:
        return {row.pk: _corrected(row, now=now) for row in _contradicting()}
    with transaction.atomic():
        cases.lock(wrong)
        found = {row.pk: _corrected(row, now=now) for row in _contradicting()}
        for row, _ in found.values():
            row.save()
        taken_back = Occurrence.objects.filter(pk__in=found, status=states.OPEN)
        covered = DueState.objects.filter(
            schedule=OuterRef("schedule"), resource=OuterRef("resource")
        )
        due_states.let_go(taken_back.exclude(Exists(covered)), by=None, now=now)
    return found


def _contradicting() -> "QuerySet[Occurrence]":
    # Logs live in an app above this one, so they are reached through the relation.
    logs: Any = Occurrence._meta.get_field("logs").related_model
    satisfying = logs.objects.effective().filter(occurrence=OuterRef("pk"), effect="satisfied")
    rows = Occurrence.objects.annotate(logged_at=Subquery(satisfying.values("performed_at")[:1]))
    done = Q(status=states.DONE)
    wrong = rows.filter(
        done & (Q(logged_at=None) | ~Q(logged_at=F("performed_at")))
        | ~done & Q(logged_at__isnull=False)
    )
    related = ("schedule__resource", "schedule__organization", "resource")
    return wrong.select_related(*related).order_by("pk")


def _corrected(row: Any, *, now: datetime) -> tuple[Occurrence, Difference]:
    name = "performed_at" if row.status == states.DONE and row.logged_at else "status"
    stored = getattr(row, name)
    if row.logged_at is None:
        date_rows.take_back(row, by=None, now=now)
    else:
        date_rows.set_done(row, performed_at=row.logged_at)
        row.closed_at = row.closed_at or now
    return row, Difference(row.pk, str(row), name, stored, getattr(row, name))


def _coverage(*, now: datetime, write: bool) -> Iterator[Difference]:
    """Due states that are missing or too many."""
    with_own = DueState.objects.filter(schedule=OuterRef("pk"), resource=OuterRef("resource"))
    suspects = Schedule.objects.kept().filter(
        Q(resource_type__isnull=False) | ~Exists(with_own.values("pk"))
    )
    for schedule in suspects.order_by("pk").iterator(chunk_size=_BATCH):
        wanted = set(due_states.covered_resources(schedule).values_list("pk", flat=True))
        present = set(schedule.due_states.values_list("resource", flat=True))
        if wanted != present:
            yield Difference(schedule.pk, str(schedule), "coverage", len(present), len(wanted))
            if write:
                with transaction.atomic():
                    cases.lock([schedule.pk])
                    _add_lost(schedule, wanted - present)
                    due_states.synchronise(schedule, by=None, now=now)


def _add_lost(schedule: Schedule, missing: set[UUID]) -> None:
    """When these resources joined is lost with their states: at the latest when they were made."""
    made = Resource.objects.filter(pk__in=missing).values_list("pk", "created_at")
    is_type_wide, since = schedule.resource_id is None, schedule.created_at
    due_states.add(schedule, {pk: at if is_type_wide and at > since else None for pk, at in made})


def _compare(rows: list[DueState], as_logged: dict[UUID, Occurrence]) -> list[Difference]:
    """Sets the recomputed values on the instances and reports what differed from the stored ones.

    `as_logged` are rows as the logs say, in place of what is stored.
    """
    stored = {state.pk: {name: getattr(state, name) for name in _STORED} for state in rows}
    dates = date_rows.rows_of(rows)
    found = []
    for case in cases.load(rows):
        own = dates.get((case.state.schedule_id, case.state.resource_id), [])
        recompute(case, [as_logged.get(row.pk, row) for row in own])
        for name in _STORED:
            computed = getattr(case.state, name)
            if stored[case.state.pk][name] != computed:
                label = f"{case.schedule} – {case.state.resource}"
                found.append(
                    Difference(case.state.pk, label, name, stored[case.state.pk][name], computed)
                )
    return found


def recompute(case: Case, rows: list[Occurrence]) -> None:
    """Set every stored column of the due state from its definition and rows."""
    date_rows.stand_on(case, rows)
    case.pending = cases.pending_of(rows)
    cases.apply_projection(case)


def _repeated(*, write: bool) -> Iterator[Difference]:
    """The earliest dates that are repeated on the schedules."""
    computed = Schedule.objects.annotate(
        due=Min("due_states__next_due_at"), overdue=Min("due_states__overdue_at")
    )
    wrong = [
        schedule
        for schedule in computed.order_by("pk").iterator(chunk_size=_BATCH)
        if (schedule.due, schedule.overdue) != (schedule.next_due_at, schedule.overdue_at)
    ]
    for schedule in wrong:
        yield Difference(
            schedule.pk, str(schedule), "next_due_at", schedule.next_due_at, schedule.due
        )
    if write and wrong:
        with transaction.atomic():
            cases.lock(schedule.pk for schedule in wrong)
            cases.refresh_schedules(wrong)
