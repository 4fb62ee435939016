"""Recomputing every due date from definitions and rows, to prove or restore what is stored."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from scheduling.models import DueState, Occurrence
from scheduling.services import cases
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
    """A stored value that the definition and the rows do not give."""

    due_state_id: UUID
    label: str
    field: str
    stored: Any
    computed: Any


def rebuild(*, now: datetime, write: bool) -> Iterator[Difference]:
    """Every difference between stored and recomputed due states of the organisation in scope; mended when `write`."""
    last: UUID | None = None
    while True:
        with transaction.atomic():
            batch = DueState.objects.for_engine().order_by("pk")
            if last is not None:
                batch = batch.filter(pk__gt=last)
            due_states = list(batch[:_BATCH])
            if not due_states:
                return
            last = due_states[-1].pk
            found = _compare(due_states)
            if write and found:
                cases.store(cases.load(due_states), by=None, now=now)
        yield from found


def _compare(due_states: list[DueState]) -> list[Difference]:
    """Sets the recomputed values on the instances and reports what differed from the stored ones."""
    stored = {state.pk: {name: getattr(state, name) for name in _STORED} for state in due_states}
    rows: dict[tuple[UUID, UUID], list[Occurrence]] = {}
    for row in Occurrence.objects.filter(schedule__in={state.schedule_id for state in due_states}):
        rows.setdefault((row.schedule_id, row.resource_id), []).append(row)
    found = []
    for case in cases.load(due_states):
        recompute(case, rows.get((case.state.schedule_id, case.state.resource_id), []))
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
    standing, last_done = cases.standing_from(rows, case.plan.zone)
    case.state.position, case.state.baseline_on = standing.position, standing.baseline_on
    case.state.last_done_at = last_done
    cases.apply_projection(case)
