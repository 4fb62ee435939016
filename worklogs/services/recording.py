"""What every way of recording work shares: checks, effect on the due dates, chain, files, event."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import ValidationError

from accounts import rights
from accounts.rights import Right
from core import audit, outbox
from core.errors import Conflict, Invalid, NotAllowed
from core.models import Attachment
from core.services import attachments as files
from core.services import records
from scheduling.models import Resource, Schedule
from scheduling.services import occurrences
from worklogs.models import Log
from worklogs.services import chain

if TYPE_CHECKING:
    from accounts.models import User

TARGET = "log"
#: Clocks of phones run a little ahead.
_CLOCK_SKEW = timedelta(minutes=5)
_EARLIEST = datetime(1950, 1, 1, tzinfo=UTC)
_MOST_FILES = 30
_RELATIONS = {"organization", "schedule", "resource", "occurrence", "performed_by", "supersedes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Work that somebody says was done.

    Without `schedule` it is work outside any plan. `occurrence_key` is the date that the person picked; `counts`
    answers whether early work counts for the coming date (None: the schedule's own rule). `external_id` is the
    stable key of the sender: the same one again changes nothing. `is_ordered` says that a work order, which has asked
    for its own rights, lets the person log; `is_rework`, that its date was satisfied already.
    """

    resource: Resource
    schedule: Schedule | None = None
    performed_at: datetime
    performed_by: "User | None" = None
    notes: str = ""
    issues_found: str = Log.Issues.NONE
    duration_minutes: int | None = None
    attachments: Collection[UUID] = ()
    occurrence_key: str = ""
    counts: bool | None = None
    external_id: str = ""
    is_ordered: bool = False
    is_rework: bool = False


def checked(entry: Entry, *, by: "User | None", now: datetime, seen: frozenset[UUID]) -> Log:
    """The log, complete but for its effect; `seen` as from `seen_by`."""
    _check_person(entry, by, seen)
    check_moment(entry.performed_at, now=now)
    log = Log(
        resource=entry.resource,
        schedule=entry.schedule,
        performed_at=entry.performed_at.astimezone(UTC),
        performed_by=entry.performed_by,
        notes=entry.notes.strip(),
        issues_found=entry.issues_found,
        duration_minutes=entry.duration_minutes,
        external_id=entry.external_id,
        recorded_by=by,
        recorded_at=now.astimezone(UTC),
        effect=Log.Effect.EXTRA,
    )
    check_columns(log)
    if entry.schedule is None and entry.occurrence_key:
        raise Invalid("A date belongs to a schedule: name the schedule.", field="occurrence")
    if entry.schedule is not None and entry.schedule.deleted_at is not None:
        raise Conflict(
            "This schedule is deleted. Restore it first, or log the work without a schedule.",
            code="schedule_deleted",
            field="schedule",
        )
    return log


def settle(
    log: Log,
    *,
    by: "User | None",
    now: datetime,
    occurrence_key: str = "",
    counts: bool | None = None,
) -> None:
    """Let the work satisfy what was due by its schedule and note the effect on the log."""
    if log.schedule_id is None:
        return
    completion = occurrences.complete(
        schedule_id=log.schedule_id,
        resource_id=log.resource_id,
        performed_at=log.performed_at,
        by=by,
        now=now,
        occurrence_key=occurrence_key,
        counts=counts,
    )
    log.effect, log.occurrence = completion.effect.value, completion.occurrence


def seen_by(by: "User | None", entries: Sequence[Entry]) -> frozenset[UUID]:
    """Ids of the entries' resources and schedules that whoever logs may see."""
    asked = [entry for entry in entries if not entry.is_ordered]
    if by is None or not asked:
        return frozenset()
    resources = {entry.resource.pk for entry in asked}
    schedules = {entry.schedule.pk for entry in asked if entry.schedule is not None}
    return frozenset(
        Resource.objects.visible_to(by).filter(pk__in=resources).values_list("pk", flat=True)
    ) | frozenset(
        Schedule.objects.visible_to(by).filter(pk__in=schedules).values_list("pk", flat=True)
    )


def _check_person(entry: Entry, by: "User | None", seen: frozenset[UUID]) -> None:
    """Whoever logs holds the right, sees what the work was on, and logs for others only with the right to correct."""
    if by is None or entry.is_ordered:
        return
    rights.require(by, Right.LOG_ADD)
    if entry.resource.pk not in seen:
        raise NotAllowed("You cannot see this resource.", field="resource")
    if entry.schedule is not None and entry.schedule.pk not in seen:
        raise NotAllowed(
            "This schedule is not assigned to you. Ask whoever plans the work.",
            code="not_assigned",
            field="schedule",
        )
    another = entry.performed_by is not None and entry.performed_by.pk != by.pk
    if another and not rights.has_right(by, Right.LOG_CORRECT):
        raise NotAllowed("You can log your own work only.", field="performed_by")


def check_moment(performed_at: datetime, *, now: datetime) -> None:
    """Refuse a moment without zone, in the future, or before anybody kept such records."""
    if performed_at.tzinfo is None:
        raise Invalid("Give the time with its offset from UTC.", field="performed_at")
    if performed_at > now + _CLOCK_SKEW:
        raise Invalid(
            "The work cannot have been done in the future. Check date and time.",
            field="performed_at",
        )
    if performed_at < _EARLIEST:
        raise Invalid("This is too long ago. Check the year.", field="performed_at")


def check_columns(log: Log) -> None:
    """Refuse values that the columns cannot hold, with the errors by field."""
    if "\x00" in log.notes:
        raise Invalid("The notes hold a character that cannot be stored.", field="notes")
    filled_later = {"sequence", "previous_hash", "hash", "recorded_by"}
    try:
        log.clean_fields(exclude=_RELATIONS | filled_later)
    except ValidationError as error:
        raise records.invalid(error) from error


def write(
    pairs: Sequence[tuple[Log, Entry]], *, by: "User | None", now: datetime, is_import: bool
) -> None:
    """Chain and insert the logs, link their files, and tell the audit trail and everybody who listens."""
    for log, entry in pairs:
        if entry.attachments:
            log.attachment_hashes = hashes_of(entry.attachments, by=by)
    logs = [log for log, _ in pairs]
    chain.append(logs, organization_id=pairs[0][1].resource.organization_id)
    for log, entry in pairs:
        if entry.attachments:
            files.attach(
                set(entry.attachments), target_type=TARGET, target_id=log.pk, by=by, now=now
            )
    tell("recorded", logs, by=by, now=now, is_import=is_import)


def hashes_of(ids: Collection[UUID], *, by: "User | None") -> list[str]:
    """The content hashes of files that `by` uploaded for a log and that are still free, in order."""
    if len(set(ids)) > _MOST_FILES:
        raise Invalid(f"A log takes at most {_MOST_FILES} files.", field="attachments")
    free = Attachment.objects.filter(pk__in=ids, target_type=TARGET, target_id=None, uploaded_by=by)
    hashes = sorted(free.values_list("sha256", flat=True))
    if len(hashes) != len(set(ids)):
        raise Invalid("A file is missing or already belongs elsewhere.", field="attachments")
    return hashes


def tell(
    what: str, logs: Sequence[Log], *, by: "User | None", now: datetime, is_import: bool = False
) -> None:
    """Audit trail and event `worklogs.log.<what>`. The trail keeps the hash too, as a witness outside the chain."""
    action = "create" if what == "recorded" else "correct"
    told = [(log, audit.changes({}, _facts(log))) for log in logs]
    audit.record_many(action, told, by=by, now=now)
    payloads = [
        {
            "log_id": log.pk,
            "sequence": log.sequence,
            "schedule_id": log.schedule_id,
            "resource_id": log.resource_id,
            "occurrence_id": log.occurrence_id,
            "performed_by_id": log.performed_by_id,
            "recorded_by_id": log.recorded_by_id,
            "performed_at": log.performed_at,
            "issues_found": log.issues_found,
            "effect": log.effect,
            "supersedes_id": log.supersedes_id,
            "is_void": log.is_void,
            "is_import": is_import,
        }
        for log in logs
    ]
    outbox.publish_many(
        f"worklogs.log.{what}", payloads, organization_id=logs[0].organization_id, now=now
    )


def _facts(log: Log) -> dict[str, Any]:
    """What the trail keeps of a log."""
    facts = {"sequence": log.sequence, "hash": log.hash, "effect": log.effect}
    if log.supersedes_id:
        facts |= {"supersedes": log.supersedes_id, "reason": log.correction_reason}
    return facts
