"""The life of a schedule: create, change, pause, resume, delete, restore."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from core import audit, outbox
from core.errors import Conflict, Invalid
from core.services import records
from scheduling import states
from scheduling.models import DueState, Occurrence, Resource, Schedule, ScheduleException
from scheduling.models.schedule import ONE_TARGET
from scheduling.rules import due, zones
from scheduling.services import cases, due_states
from scheduling.services.plans import check_choices, check_definition
from scheduling.services.reach import check_active

if TYPE_CHECKING:
    from accounts.models import User

#: Columns whose change moves due dates.
_DEFINITION = frozenset({
    "resource", "resource_type", "frequency", "interval", "interval_unit", "rrule", "exdates", "basis", "overflow",
    "start_at", "until", "tolerance_days", "tolerance_percent", "backlog", "lead_days", "advance_notice_days",
})  # fmt: skip


@transaction.atomic
def create_schedule(
    schedule: Schedule, *, by: "User | None", now: datetime, exceptions: Iterable[Resource] = ()
) -> Schedule:
    """Add a schedule and compute its first due dates. The start date is the first due date of a simple rule."""
    for name, value in _whole_minutes(vars(schedule)).items():
        setattr(schedule, name, value)
    _check(schedule)
    check_active(schedule.assigned_to, "assigned_to")
    records.create(schedule, by=by, now=now)
    _set_exceptions(schedule, exceptions, by=by, now=now)
    due_states.synchronise(schedule, by=by, now=now, from_start=True)
    _publish("created", schedule, by=by, now=now)
    return schedule


@transaction.atomic
def update_schedule(
    schedule: Schedule,
    changes: Mapping[str, Any],
    *,
    by: "User | None",
    now: datetime,
    exceptions: Iterable[Resource] | None = None,
) -> Schedule:
    """Change a schedule. A new rule continues after the last date that already has a row; that history stays."""
    stored = _locked_kept(schedule)
    changes = {**changes, **_whole_minutes(changes)}
    records.catch_up(schedule, stored, changes)
    for name, value in changes.items():
        setattr(schedule, name, value)
    _check(schedule)
    if stored.assigned_to_id != schedule.assigned_to_id:
        check_active(schedule.assigned_to, "assigned_to")
    redefined = any(getattr(stored, name) != getattr(schedule, name) for name in _DEFINITION)
    records.update(schedule, changes, by=by, now=now)
    if exceptions is not None:
        _set_exceptions(schedule, exceptions, by=by, now=now)
    if redefined:
        Occurrence.objects.filter(schedule=schedule, status=states.PLANNED).delete()
        _shift_tolerance(schedule, by=by, now=now)
    if redefined or exceptions is not None:
        due_states.synchronise(schedule, by=by, now=now)
    if stored.assigned_to_id != schedule.assigned_to_id:
        _publish("assigned", schedule, by=by, now=now)
    return schedule


@transaction.atomic
def pause_schedule(
    schedule: Schedule, *, reason: str, by: "User | None", now: datetime
) -> Schedule:
    """Stop a schedule: nothing comes due and nobody is told until it is resumed. The reason is required."""
    _require_reason(reason)
    if not _locked_kept(schedule).is_active:
        raise Conflict("This schedule is already paused.", code="already_paused")
    changes = {"is_active": False, "paused_at": now, "paused_by": by, "pause_reason": reason}
    records.update(schedule, changes, by=by, now=now)
    due_states.project_again(schedule.due_states.all(), by=by, now=now)
    cases.refresh_schedules([schedule])
    return schedule


@transaction.atomic
def resume_schedule(schedule: Schedule, *, by: "User | None", now: datetime) -> Schedule:
    """Start a paused schedule again. What fell due meanwhile is coalesced by its backlog policy, with a row each."""
    if _locked_kept(schedule).is_active:
        raise Conflict("This schedule is not paused.", code="not_paused")
    reason = f"Paused: {schedule.pause_reason}"[:300]
    changes = {"is_active": True, "paused_at": None, "paused_by": None, "pause_reason": ""}
    records.update(schedule, changes, by=by, now=now)
    batch = cases.load(list(DueState.objects.for_engine().filter(schedule=schedule)))
    for case in batch:
        left_out = due.left_out_by_pause(case.plan, case.standing, case.pending, now=now)
        for occurrence in left_out:
            occurrence.status = states.SKIPPED
            case.state.position = occurrence.key
            skipped_on = cases.skipped_on(occurrence.key, occurrence.due_at, case.plan.zone)
            cases.move_baseline(case, skipped_on)
        case.pending = [
            occurrence for occurrence in case.pending if occurrence.status != states.SKIPPED
        ]
        case.touch(left_out)
        case.reasons.update(dict.fromkeys((occurrence.key for occurrence in left_out), reason))
    cases.store(batch, by=by, now=now)
    cases.refresh_schedules([schedule])
    return schedule


@transaction.atomic
def delete_schedule(schedule: Schedule, *, by: "User", now: datetime) -> Schedule:
    """Put a schedule away; its history stays and `restore_schedule` brings it back."""
    _locked(schedule)
    if not Schedule.objects.kept().filter(pk=schedule.pk).exists():
        raise Conflict("This schedule is already deleted.", code="already_deleted")
    schedule.deleted_at, schedule.deleted_by = now, by
    schedule.save(update_fields=["deleted_at", "deleted_by", "updated_at"])
    audit.record("delete", schedule, by=by, now=now)
    due_states.project_again(schedule.due_states.all(), by=by, now=now)
    cases.refresh_schedules([schedule])
    return schedule


@transaction.atomic
def restore_schedule(schedule: Schedule, *, by: "User | None", now: datetime) -> Schedule:
    """Bring a deleted schedule back: it goes on with the first date from today, and keeps what was open before."""
    deleted_at = _locked(schedule).deleted_at
    if deleted_at is None:
        raise Conflict("This schedule is not deleted.", code="not_deleted")
    schedule.deleted_at = schedule.deleted_by = None
    schedule.save(update_fields=["deleted_at", "deleted_by", "updated_at"])
    audit.record("restore", schedule, by=by, now=now)
    if schedule.is_active:  # otherwise resuming decides about the dates in between
        _begin_again(schedule, deleted_at, by=by, now=now)
    due_states.synchronise(schedule, by=by, now=now)
    return schedule


def _check(schedule: Schedule) -> None:
    schedule._adopt_missing()
    if (schedule.resource_id is None) == (schedule.resource_type_id is None):
        raise Invalid(ONE_TARGET, field="resource")
    if (
        schedule.frequency == Schedule.Frequency.CUSTOM
        and not schedule.rrule
        and not schedule.interval_unit
    ):
        raise Invalid("Choose an interval such as every 10 days, or write a rule.", field="rrule")
    if schedule.frequency != Schedule.Frequency.CUSTOM and schedule.rrule:
        raise Invalid(
            "A rule goes with the frequency “custom”. Choose it, or empty the rule.",
            field="frequency",
        )
    check_choices(schedule)
    records.validate(schedule)
    check_definition(schedule)


def _whole_minutes(values: Mapping[str, Any]) -> dict[str, Any]:
    """Dates are kept to the minute, as people write them."""
    return {
        name: values[name].replace(second=0, microsecond=0)
        for name in ("start_at", "until")
        if isinstance(values.get(name), datetime)
    }


def _locked(schedule: Schedule) -> Schedule:
    """The stored row, locked until the transaction ends."""
    stored: Schedule = (
        Schedule.objects.select_for_update(of=("self",), no_key=True)
        .select_related("organization")
        .get(pk=schedule.pk)
    )
    return stored


def _locked_kept(schedule: Schedule) -> Schedule:
    """The same. Raises `Conflict` when the schedule is deleted."""
    stored = _locked(schedule)
    if stored.deleted_at is not None:
        raise Conflict("This schedule is deleted. Restore it first.", code="deleted")
    return stored


def _begin_again(
    schedule: Schedule, deleted_at: datetime, *, by: "User | None", now: datetime
) -> None:
    """Dates that had come when the schedule was deleted get their rows; those since then do not count."""
    batch = cases.load(list(DueState.objects.for_engine().filter(schedule=schedule)))
    for case in batch:
        cases.catch_up(case, now=deleted_at)
    cases.store(batch, by=by, now=now)
    schedule.due_states.update(joined_at=now)
    planned = schedule.occurrences.filter(status=states.PLANNED)
    planned.filter(due_at__lte=now).delete()
    for row in planned.select_related("resource"):
        # a date moved behind today keeps its place, which may lie before
        nominal = zones.to_utc(due.local_of(row.occurrence_key), row.resource.effective_time_zone)
        schedule.due_states.filter(resource=row.resource_id, joined_at__gt=nominal).update(
            joined_at=nominal
        )


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid("Say why, so that others understand it later.", field="reason")


def _set_exceptions(
    schedule: Schedule, resources: Iterable[Resource], *, by: "User | None", now: datetime
) -> None:
    """Leave out exactly `resources`; a mapping gives the reason for each."""
    reasons = resources if isinstance(resources, Mapping) else {}
    wanted = {resource.pk: resource for resource in resources}
    if wanted and schedule.resource_type_id is None:
        raise Invalid(
            "Only a schedule for a resource type can leave resources out.", field="exceptions"
        )
    former = {row.resource_id: row for row in schedule.exceptions.select_related("resource")}
    for key, row in wanted.items():
        if key not in former and row.type_id != schedule.resource_type_id:
            raise Invalid(f"{row} is not of the type that the schedule is for.", field="exceptions")
    for key in former.keys() & wanted.keys():
        reason = reasons.get(wanted[key], former[key].reason)
        records.update(former[key], {"reason": reason}, by=by, now=now)
    if set(former) == set(wanted):
        return
    schedule.exceptions.exclude(resource__in=wanted).delete()
    ScheduleException.objects.bulk_create(
        [
            ScheduleException(schedule=schedule, resource=row, reason=reasons.get(row, ""))
            for key, row in wanted.items()
            if key not in former
        ]
    )
    names = [
        sorted(str(row.resource) for row in former.values()),
        sorted(str(row) for row in wanted.values()),
    ]
    audit.record("update", schedule, by=by, now=now, changes={"exceptions": names})


def _shift_tolerance(schedule: Schedule, *, by: "User | None", now: datetime) -> None:
    """Open occurrences follow the schedule's new tolerance."""
    batch = cases.load(list(DueState.objects.for_engine().filter(schedule=schedule)))
    for case in batch:
        for occurrence in case.pending:
            occurrence.overdue_at = due.overdue_moment(case.plan, occurrence.due_at)
        case.touch(case.pending)
    cases.store(batch, by=by, now=now)


def _publish(what: str, schedule: Schedule, *, by: "User | None", now: datetime) -> None:
    payload = {
        "schedule_id": str(schedule.pk),
        "assigned_to_id": str(schedule.assigned_to_id) if schedule.assigned_to_id else None,
        "by_id": str(by.pk) if by else None,
    }
    outbox.publish(
        f"scheduling.schedule.{what}", payload, organization_id=schedule.organization_id, now=now
    )


def left_out(schedule_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """The resources that schedules for a type leave out, by schedule."""
    found: dict[UUID, list[UUID]] = {}
    if schedule_ids:
        rows = ScheduleException.objects.filter(schedule__in=schedule_ids).order_by("resource")
        for schedule_id, resource_id in rows.values_list("schedule", "resource"):
            found.setdefault(schedule_id, []).append(resource_id)
    return found
