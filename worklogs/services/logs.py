"""Recording completed work: the log, its place in the hash chain, and what it does to the due dates."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts import rights
from accounts.rights import Right
from core import audit, outbox
from core.errors import Conflict, DomainError, Invalid, NotAllowed
from core.models import Attachment
from core.services import attachments as files
from core.services import records
from scheduling.models import DueState, Resource, Schedule
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
    stable key of the sender: the same one again changes nothing.
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


def record_log(
    *,
    resource: Resource,
    schedule: Schedule | None = None,
    performed_at: datetime,
    performed_by: "User | None",
    notes: str = "",
    issues_found: str = Log.Issues.NONE,
    duration_minutes: int | None = None,
    attachments: Collection[UUID] = (),
    occurrence_key: str = "",
    counts: bool | None = None,
    external_id: str = "",
    by: "User | None",
    now: datetime,
) -> Log:
    """Record work as done and move the due dates; see `Entry`. `by` None is the system, which may record anything.

    `attachments` are ids of files that `by` uploaded beforehand. Raises `NotAllowed`, `Invalid`, or `Conflict` when
    the schedule is deleted, does not cover the resource, or the picked date is no longer open.
    """
    entry = Entry(
        resource=resource,
        schedule=schedule,
        performed_at=performed_at,
        performed_by=performed_by,
        notes=notes,
        issues_found=issues_found,
        duration_minutes=duration_minutes,
        attachments=attachments,
        occurrence_key=occurrence_key,
        counts=counts,
        external_id=external_id,
    )
    known = with_external_id(external_id)
    if known is not None:
        return known
    try:
        with transaction.atomic():
            log = _settled(entry, by=by, now=now)
            _write([(log, entry)], by=by, now=now, is_import=False)
    except IntegrityError:
        known = with_external_id(external_id)
        if known is None:
            raise
        return known
    return log


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of the entries: the new logs, and how many were known or refused."""

    logs: list[Log]
    known: int
    refused: int


def record_logs(
    *,
    entries: Sequence[Entry],
    by: "User | None",
    now: datetime,
    on_error: Callable[[int, DomainError], None] | None = None,
    batch_size: int = 500,
) -> Recorded:
    """Record many logs, such as an import's, in the order in which the work was done, one transaction per batch.

    `on_error` is told the position in `entries` of each that is refused, and the others go on; without it the first
    refusal ends the import with its batch undone. Inside a transaction of the caller everything belongs to that one.
    """
    order = sorted(range(len(entries)), key=lambda index: _moment(entries[index]))
    result = Recorded([], 0, 0)
    for start in range(0, len(order), batch_size):
        batch = [(index, entries[index]) for index in order[start : start + batch_size]]
        with transaction.atomic():
            done = _record_batch(batch, by=by, now=now, on_error=on_error)
        result = Recorded(
            [*result.logs, *done.logs], result.known + done.known, result.refused + done.refused
        )
    return result


def with_external_id(external_id: str) -> Log | None:
    """The log that a sender knows by this key."""
    known: Log | None = Log.objects.filter(external_id=external_id).first() if external_id else None
    return known


def next_due_at(log: Log) -> datetime | None:
    """When the schedule of `log` is due next on its resource."""
    if log.schedule_id is None:
        return None
    states = DueState.objects.filter(schedule=log.schedule_id, resource=log.resource_id)
    moment: datetime | None = states.values_list("next_due_at", flat=True).first()
    return moment


def _moment(entry: Entry) -> datetime:
    """Naive moments are refused later, each with its own position."""
    moment = entry.performed_at
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _record_batch(
    batch: Sequence[tuple[int, Entry]],
    *,
    by: "User | None",
    now: datetime,
    on_error: Callable[[int, DomainError], None] | None,
) -> Recorded:
    _lock_due_states(entry for _, entry in batch)
    sought = {entry.external_id for _, entry in batch if entry.external_id}
    seen = set(
        Log.objects.filter(external_id__in=sought).values_list("external_id", flat=True)
        if sought
        else ()
    )
    pairs: list[tuple[Log, Entry]] = []
    counts = Counter[str]()
    for index, entry in batch:
        if entry.external_id and entry.external_id in seen:
            counts["known"] += 1
            continue
        try:
            with transaction.atomic():
                pairs.append((_settled(entry, by=by, now=now), entry))
        except DomainError as error:
            if on_error is None:
                raise
            on_error(index, error)
            counts["refused"] += 1
            continue
        seen.add(entry.external_id)
    if pairs:
        _write(pairs, by=by, now=now, is_import=True)
    return Recorded([log for log, _ in pairs], counts["known"], counts["refused"])


def _lock_due_states(entries: Iterable[Entry]) -> None:
    """Take the locks of a batch in one order, so that two imports cannot wait for each other in a circle."""
    pairs = {(entry.schedule.pk, entry.resource.pk) for entry in entries if entry.schedule}
    rows = DueState.objects.filter(
        schedule__in={schedule for schedule, _ in pairs},
        resource__in={resource for _, resource in pairs},
    )
    if pairs:
        list(rows.order_by("pk").select_for_update().values_list("pk", flat=True))


def _settled(entry: Entry, *, by: "User | None", now: datetime) -> Log:
    """The checked log with its effect on the due dates, which has happened. Not yet written."""
    _check_person(entry, by)
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
    if entry.schedule is not None:
        settle(log, by=by, now=now, occurrence_key=entry.occurrence_key, counts=entry.counts)
    elif entry.occurrence_key:
        raise Invalid("A date belongs to a schedule: name the schedule.", field="occurrence")
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
    schedule = log.schedule
    if schedule is None:
        return
    if schedule.deleted_at is not None:
        raise Conflict(
            "This schedule is deleted. Restore it first, or log the work without a schedule.",
            code="schedule_deleted",
            field="schedule",
        )
    completion = occurrences.complete(
        schedule_id=schedule.pk,
        resource_id=log.resource_id,
        performed_at=log.performed_at,
        by=by,
        now=now,
        occurrence_key=occurrence_key,
        counts=counts,
    )
    log.effect, log.occurrence = completion.effect.value, completion.occurrence


def _check_person(entry: Entry, by: "User | None") -> None:
    """Whoever logs holds the right, sees what the work was on, and logs for others only with the right to correct."""
    if by is None:
        return
    rights.require(by, Right.LOG_ADD)
    if not Resource.objects.visible_to(by).filter(pk=entry.resource.pk).exists():
        raise NotAllowed("You cannot see this resource.", field="resource")
    if (
        entry.schedule is not None
        and not Schedule.objects.visible_to(by).filter(pk=entry.schedule.pk).exists()
    ):
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


def _write(
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
    for log in logs:
        facts = {"sequence": log.sequence, "hash": log.hash, "effect": log.effect}
        if log.supersedes_id:
            facts |= {"supersedes": log.supersedes_id, "reason": log.correction_reason}
        action = "create" if what == "recorded" else "correct"
        audit.record(action, log, by=by, now=now, changes=audit.changes({}, facts))
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
