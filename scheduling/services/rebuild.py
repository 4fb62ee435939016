"""Recomputing every due date from definitions and rows, to prove or restore what is stored."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, Min, OuterRef, Q

from scheduling.models import DueState, Occurrence, Schedule
from scheduling.services import cases, due_states
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

    First which resources each schedule covers, then every due state, then the dates repeated on the schedules.
    """
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
            found = _compare(rows)
            if write and found:
                cases.store(cases.load(rows), by=None, now=now)
        yield from found
    yield from _repeated(write=write)


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
                    due_states.synchronise(schedule, by=None, now=now)


def _compare(rows: list[DueState]) -> list[Difference]:
    """Sets the recomputed values on the instances and reports what differed from the stored ones."""
    stored = {state.pk: {name: getattr(state, name) for name in _STORED} for state in rows}
    occurrences = cases.rows_of(rows)
    found = []
    for case in cases.load(rows):
        recompute(case, occurrences.get((case.state.schedule_id, case.state.resource_id), []))
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
    cases.stand_on(case, rows)
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
