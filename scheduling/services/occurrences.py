"""What happens to single dates: done, skipped, moved, reopened."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from core import audit, outbox
from core.errors import Conflict, Invalid
from scheduling import states
from scheduling.models import DueState, Occurrence
from scheduling.rules import due, zones
from scheduling.rules.due import Dated, Effect
from scheduling.services import cases, date_rows, due_states
from scheduling.services.cases import Case

if TYPE_CHECKING:
    from accounts.models import User

#: How far ahead of the next due date a date can be moved.
_MOVABLE_AHEAD = 100
_LATEST_MOVE = timedelta(days=50 * 365)


@dataclass(frozen=True, slots=True)
class Completion:
    """What work did to the due dates."""

    effect: Effect
    occurrence: Occurrence | None


@transaction.atomic
def complete(
    *,
    schedule_id: UUID,
    resource_id: UUID,
    performed_at: datetime,
    by: "User | None",
    now: datetime,
    occurrence_key: str = "",
    counts: bool | None = None,
) -> Completion:
    """Let work performed at `performed_at` satisfy what was due (DOMAIN, "Tolerance").

    Dates that had come by then get their rows first. `occurrence_key` is the date that the person picked; `counts`
    answers "does this early work count?". Raises `Conflict` when the picked date is no longer open.
    """
    case = _covered_case(schedule_id, resource_id)
    effect, key = settle_in(
        case,
        performed_at=performed_at,
        done_that_day=_done_that_day(case, performed_at),
        occurrence_key=occurrence_key,
        counts=counts,
    )
    cases.store([case], by=by, now=now)
    row = case.rows[key] if key else None
    if row is not None:
        _publish("completed", row, now=now)
    return Completion(effect, row)


def settle_in(
    case: Case,
    *,
    performed_at: datetime,
    done_that_day: bool,
    occurrence_key: str = "",
    counts: bool | None = None,
) -> tuple[Effect, str]:
    """Settle work in a locked case; `cases.store` writes it. Returns the effect and the key of the date satisfied."""
    cases.catch_up(case, now=performed_at)
    settlement = due.settle(
        case.plan,
        case.standing,
        case.pending,
        performed_at=performed_at,
        done_that_day=done_that_day,
        chosen_key=occurrence_key,
        counts=counts,
    )
    target = settlement.occurrence
    if occurrence_key and target is None and not _is_known(case, occurrence_key):
        raise _not_to_be_done(case, occurrence_key)
    if target is None:
        return settlement.effect, ""
    # Older than the work, so a floating date counts from the work and not from these.
    for older in settlement.left:
        _close(case, older, due.LEFT[case.plan.backlog])
    _close(case, target, states.DONE)
    case.state.last_done_at = max(case.state.last_done_at or performed_at, performed_at)
    cases.move_baseline(case, zones.local_date(performed_at, case.plan.zone))
    case.performed[target.key] = (performed_at, settlement.is_compliant)
    return settlement.effect, target.key


@transaction.atomic
def skip(
    *,
    schedule_id: UUID,
    resource_id: UUID,
    reason: str,
    by: "User | None",
    now: datetime,
    occurrence_key: str = "",
) -> Occurrence:
    """Close the oldest open date, or the next one, as skipped; the reason is required."""
    if not reason.strip():
        raise Invalid("Say why this date is skipped.", field="reason")
    case = _working_case(schedule_id, resource_id)
    cases.catch_up(case, now=now)
    target = _next(case)
    if target is None or (occurrence_key and target.key != occurrence_key):
        raise Conflict(
            "Only the next date can be skipped, and this is not the next one.", code="not_next"
        )
    _close(case, target, states.SKIPPED)
    cases.move_baseline(case, cases.skipped_on(target.key, target.due_at, case.plan.zone))
    case.reasons[target.key] = reason[:300]
    cases.store([case], by=by, now=now)
    row = case.rows[target.key]
    audit.record("skip", row, by=by, now=now, changes={"reason": [None, reason]})
    _publish("skipped", row, now=now)
    return row


@transaction.atomic
def plan_next(
    *, schedule_id: UUID, resource_id: UUID, by: "User | None", now: datetime
) -> Occurrence:
    """The oldest open date; else the next one gets its row, so that work can be asked for before it comes due."""
    case = _working_case(schedule_id, resource_id)
    cases.catch_up(case, now=now)
    target = _next(case)
    if target is None:
        raise Conflict("Nothing is to come on this schedule.", code="nothing_to_come")
    if target.key not in case.rows:
        case.pending = [*case.pending, target]
        case.touch([target])
    cases.store([case], by=by, now=now)
    return case.rows[target.key]


@transaction.atomic
def move(
    *,
    schedule_id: UUID,
    resource_id: UUID,
    occurrence_key: str,
    due_at: datetime,
    by: "User | None",
    now: datetime,
) -> Occurrence:
    """Give one date another moment; the series stays. A date cannot pass its neighbours in the series."""
    if due_at > now + _LATEST_MOVE:
        raise Invalid("Choose a moment within the next 50 years.", field="due_at")
    case = _working_case(schedule_id, resource_id)
    dates = _ordered_dates(case)
    index = next(
        (i for i, occurrence in enumerate(dates) if occurrence.key == occurrence_key), None
    )
    if index is None:
        raise Conflict(
            "This date can no longer be moved: it is closed or too far ahead.",
            code="occurrence_closed",
        )
    target = dates[index]
    neighbours = dates[max(index - 1, 0) : index] + dates[index + 1 : index + 2]
    if any(
        (other.due_at < target.due_at) != (other.due_at < due_at) or other.due_at == due_at
        for other in neighbours
    ):
        raise Invalid(
            "A date cannot be moved past the one before or after it. Choose a moment between them.",
            field="due_at",
        )
    if due_at < now - timedelta(days=1):
        raise Invalid("Choose a moment that is not in the past.", field="due_at")
    former = target.due_at
    target.due_at, target.overdue_at = due_at, due.overdue_moment(case.plan, due_at)
    target.due_told = target.overdue_told = False
    case.pending = [occurrence for occurrence in case.pending if occurrence.key != target.key] + [
        target
    ]
    case.touch([target])
    cases.store([case], by=by, now=now)
    row = case.rows[target.key]
    audit.record(
        "move", row, by=by, now=now, changes=audit.changes({"due_at": former}, {"due_at": due_at})
    )
    _publish("moved", row, now=now)
    return row


@transaction.atomic
def reopen(*, occurrence_id: UUID, by: "User | None", now: datetime) -> Occurrence:
    """Take back a completion whose log was declared void: the date is open again."""
    row = _locked_row(occurrence_id)
    states.OCCURRENCE.check(row.status, states.OPEN)
    date_rows.take_back(row, by=by, now=now)
    row.save()
    if not restand(schedule_id=row.schedule_id, resource_id=row.resource_id, by=by, now=now):
        due_states.let_go(Occurrence.objects.filter(pk=row.pk), by=by, now=now)
        row.refresh_from_db()
    return row


@transaction.atomic
def correct_completion(
    *, occurrence_id: UUID, performed_at: datetime, by: "User | None", now: datetime
) -> Occurrence:
    """Carry a corrected time of performance over to the date that the log satisfied."""
    row = _locked_row(occurrence_id)
    zone = row.resource.effective_time_zone
    if due.predates(row.occurrence_key, zones.local_date(performed_at, zone)):
        raise Invalid(
            "This date counts from an earlier completion that is not before this one.",
            field="performed_at",
        )
    date_rows.set_done(row, performed_at=performed_at)
    row.save(update_fields=["performed_at", "is_compliant", "updated_at"])
    restand(schedule_id=row.schedule_id, resource_id=row.resource_id, by=by, now=now)
    return row


def restand(*, schedule_id: UUID, resource_id: UUID, by: "User | None", now: datetime) -> bool:
    """Recompute one due state from its rows; false when the schedule no longer covers the resource.

    Call inside a transaction.
    """
    case = _locked_case(schedule_id, resource_id)
    if case is None:
        return False
    rows = Occurrence.objects.filter(schedule=schedule_id, resource=resource_id)
    date_rows.stand_on(case, rows)
    cases.store([case], by=by, now=now)
    return True


def _locked_case(schedule_id: UUID, resource_id: UUID) -> Case | None:
    """The case with its schedule locked, so that two completions queue; none when it is not covered."""
    cases.lock([schedule_id])
    state = DueState.objects.for_engine().filter(schedule=schedule_id, resource=resource_id).first()
    return cases.load([state])[0] if state else None


def _covered_case(schedule_id: UUID, resource_id: UUID) -> Case:
    """The locked case. Raises `Conflict` when the schedule is deleted or does not cover the resource."""
    case = _locked_case(schedule_id, resource_id)
    if case is None or case.schedule.deleted_at is not None:
        raise Conflict(
            "The schedule does not cover this resource.", code="not_covered", field="resource"
        )
    return case


def _working_case(schedule_id: UUID, resource_id: UUID) -> Case:
    """The same, and dates come due. Raises `Conflict` while the schedule is paused or the resource retired."""
    case = _covered_case(schedule_id, resource_id)
    if case.is_halted:
        raise Conflict(
            "Nothing comes due here: the schedule is paused or the resource is retired.",
            code="paused",
        )
    return case


def _locked_row(occurrence_id: UUID) -> Occurrence:
    schedule_id = Occurrence.objects.values_list("schedule", flat=True).get(pk=occurrence_id)
    cases.lock([schedule_id])
    row: Occurrence = Occurrence.objects.select_related(
        "schedule__resource", "schedule__organization", "resource"
    ).get(pk=occurrence_id)
    return row


def _not_to_be_done(case: Case, key: str) -> Conflict | Invalid:
    """Why the date that the person picked cannot be done."""
    rows = Occurrence.objects.filter(
        schedule=case.state.schedule_id, resource=case.state.resource_id, occurrence_key=key
    )
    if rows.exists():
        message = "This date is no longer open: somebody has closed it meanwhile."
        return Conflict(message, code="occurrence_closed")
    message = "The schedule has no such date to be done now. Choose an open date or the next one."
    return Invalid(message, field="occurrence")


def _is_known(case: Case, key: str) -> bool:
    """Whether `key` is still to be done: the work was a repetition, or too early to count from."""
    return any(occurrence.key == key for occurrence in _ordered_dates(case)[:2])


def _close(case: Case, target: Dated, status: str) -> None:
    if target.stored:
        states.OCCURRENCE.check(target.status, status)
    if target.status != states.OPEN:
        case.state.position = max(case.state.position, target.key)
    target.status = status
    case.pending = [occurrence for occurrence in case.pending if occurrence.key != target.key]
    case.ahead = None
    case.touch([target])


def _next(case: Case) -> Dated | None:
    opened = sorted((o for o in case.pending if o.status == states.OPEN), key=lambda o: o.due_at)
    return opened[0] if opened else next(due.upcoming(case.plan, case.standing, case.pending), None)


def _ordered_dates(case: Case) -> list[Dated]:
    opened = sorted((o for o in case.pending if o.status == states.OPEN), key=lambda o: o.due_at)
    return [*opened, *islice(due.upcoming(case.plan, case.standing, case.pending), _MOVABLE_AHEAD)]


def _done_that_day(case: Case, performed_at: datetime) -> bool:
    day = zones.local_date(performed_at, case.plan.zone)
    start, end = (zones.start_of_day(day + timedelta(days=days), case.plan.zone) for days in (0, 1))
    done = Occurrence.objects.filter(
        schedule=case.state.schedule_id, resource=case.state.resource_id, status=states.DONE
    )
    return done.filter(performed_at__gte=start, performed_at__lt=end).exists()


def _publish(what: str, row: Occurrence, *, now: datetime) -> None:
    payload = {
        "occurrence_id": str(row.pk),
        "schedule_id": str(row.schedule_id),
        "resource_id": str(row.resource_id),
    }
    outbox.publish(
        f"scheduling.occurrence.{what}", payload, organization_id=row.organization_id, now=now
    )
