"""Many completions at once, such as an import's: settled in memory, written by a constant number of statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from core import outbox
from core.errors import Conflict, DomainError
from scheduling import states
from scheduling.models import DueState, Occurrence
from scheduling.rules import zones
from scheduling.services import cases
from scheduling.services.cases import Case
from scheduling.services.occurrences import Completion, settle_in

if TYPE_CHECKING:
    from accounts.models import User

Pair = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True)
class Work:
    """What `occurrences.complete` takes, for one of many."""

    schedule_id: UUID
    resource_id: UUID
    performed_at: datetime
    occurrence_key: str = ""
    counts: bool | None = None

    @property
    def pair(self) -> Pair:
        """Schedule and resource."""
        return self.schedule_id, self.resource_id


@transaction.atomic
def complete_many(
    works: Sequence[Work], *, by: "User | None", now: datetime
) -> list[Completion | DomainError]:
    """As `occurrences.complete` for each of `works`, which come in the order in which they were performed.

    Returns for each what it did, or why it was refused; a refused one changes nothing.
    """
    cases.lock({work.schedule_id for work in works})
    found = _load(works)
    done = _done_days(found, works)
    settled: list[tuple[Case, str, Completion] | DomainError] = []
    for work in works:
        case = found.get(work.pair)
        if case is None:
            message = "The schedule does not cover this resource."
            settled.append(Conflict(message, code="not_covered", field="resource"))
            continue
        day = (*work.pair, zones.local_date(work.performed_at, case.plan.zone))
        try:
            effect, key = settle_in(
                case,
                performed_at=work.performed_at,
                done_that_day=day in done,
                occurrence_key=work.occurrence_key,
                counts=work.counts,
            )
        except DomainError as error:
            settled.append(error)
            continue
        if key:
            done.add(day)
        settled.append((case, key, Completion(effect, None)))
    cases.store(list(found.values()), by=by, now=now)
    return _told(settled, now=now)


def _load(works: Sequence[Work]) -> dict[Pair, Case]:
    """The cases by schedule and resource; deleted schedules and resources not covered have none."""
    wanted = {work.pair for work in works}
    due_states = DueState.objects.for_engine().filter(
        schedule__in={schedule for schedule, _ in wanted},
        resource__in={resource for _, resource in wanted},
        schedule__deleted_at=None,
    )
    kept = [state for state in due_states if (state.schedule_id, state.resource_id) in wanted]
    return {(case.state.schedule_id, case.state.resource_id): case for case in cases.load(kept)}


def _done_days(found: dict[Pair, Case], works: Sequence[Work]) -> set[tuple[UUID, UUID, date]]:
    """The local days on which each pair was completed already, around the time of `works`."""
    if not works:
        return set()
    moments = [work.performed_at for work in works]
    done = Occurrence.objects.filter(
        schedule__in={schedule for schedule, _ in found},
        resource__in={resource for _, resource in found},
        status=states.DONE,
        performed_at__gte=min(moments) - timedelta(days=2),
        performed_at__lte=max(moments) + timedelta(days=2),
    )
    return {
        (schedule, resource, zones.local_date(performed_at, case.plan.zone))
        for schedule, resource, performed_at in done.values_list(
            "schedule", "resource", "performed_at"
        )
        if (case := found.get((schedule, resource))) is not None
    }


def _told(
    settled: Sequence[tuple[Case, str, Completion] | DomainError], *, now: datetime
) -> list[Completion | DomainError]:
    """The results with their rows, which exist now; and the event of each date that was completed."""
    results: list[Completion | DomainError] = []
    rows: list[Occurrence] = []
    for entry in settled:
        if isinstance(entry, DomainError):
            results.append(entry)
            continue
        case, key, completion = entry
        row = case.rows[key] if key else None
        rows += [row] if row else []
        results.append(Completion(completion.effect, row))
    if rows:
        payloads = [
            {
                "occurrence_id": str(row.pk),
                "schedule_id": str(row.schedule_id),
                "resource_id": str(row.resource_id),
            }
            for row in rows
        ]
        outbox.publish_many(
            "scheduling.occurrence.completed",
            payloads,
            organization_id=rows[0].organization_id,
            now=now,
        )
    return results
