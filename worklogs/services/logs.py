"""Recording completed work, one log or many: the log, its place in the hash chain, what it does to the due dates."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import IntegrityError, transaction

from core.errors import Conflict, DomainError
from scheduling.models import DueState, Resource, Schedule
from scheduling.services import completions
from worklogs.models import Log
from worklogs.services.recording import TARGET, Entry, checked, seen_by, settle, write

if TYPE_CHECKING:
    from accounts.models import User

__all__ = [
    "TARGET",
    "Entry",
    "Recorded",
    "next_due_at",
    "record_entry",
    "record_log",
    "record_logs",
    "with_external_id",
]


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
    return record_entry(entry, by=by, now=now)


def record_entry(entry: Entry, *, by: "User | None", now: datetime) -> Log:
    """As `record_log`, for an entry that is complete."""
    known = with_external_id(entry.external_id, by=by)
    if known is not None:
        return known
    try:
        with transaction.atomic():
            log = checked(entry, by=by, now=now, seen=seen_by(by, [entry]))
            if not entry.is_rework:
                settle(
                    log, by=by, now=now, occurrence_key=entry.occurrence_key, counts=entry.counts
                )
            write([(log, entry)], by=by, now=now, is_import=False)
    except IntegrityError:
        known = with_external_id(entry.external_id, by=by)
        if known is None:
            raise
        return known
    return log


def with_external_id(external_id: str, *, by: "User | None") -> Log | None:
    """The log that a sender knows by this key. Raises `Conflict` when it is one that they may not see."""
    known: Log | None = Log.objects.filter(external_id=external_id).first() if external_id else None
    if known and by and not Log.objects.visible_to(by).filter(pk=known.pk).exists():
        raise Conflict(
            "Another log has this external id already.", code="not_unique", field="external_id"
        )
    return known


def next_due_at(log: Log) -> datetime | None:
    """When the schedule of `log` is due next on its resource."""
    if log.schedule_id is None:
        return None
    states = DueState.objects.filter(schedule=log.schedule_id, resource=log.resource_id)
    moment: datetime | None = states.values_list("next_due_at", flat=True).first()
    return moment


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
    is_import: bool = True,
) -> Recorded:
    """Record many logs, as of an import or a round, in the order in which the work was done, one transaction per batch.

    `on_error` is told the position in `entries` of each that is refused, and the others go on; without it the first
    refusal ends the import with its batch undone. Inside a transaction of the caller everything belongs to that one.
    """
    order = sorted(range(len(entries)), key=lambda index: _moment(entries[index]))
    result = Recorded([], 0, 0)
    for start in range(0, len(order), batch_size):
        batch = [(index, entries[index]) for index in order[start : start + batch_size]]
        with transaction.atomic():
            done = _record_batch(batch, by=by, now=now, on_error=on_error, is_import=is_import)
        result = Recorded(
            [*result.logs, *done.logs], result.known + done.known, result.refused + done.refused
        )
    return result


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
    is_import: bool,
) -> Recorded:
    known, pairs, refusals = _checked_batch(batch, by=by, now=now)
    planned = [
        (index, log, entry)
        for index, log, entry in pairs
        if entry.schedule is not None and not entry.is_rework
    ]
    works = [_work(log, entry) for _, log, entry in planned]
    results = completions.complete_many(works, by=by, now=now) if works else []
    for (index, log, _), result in zip(planned, results, strict=True):
        if isinstance(result, DomainError):
            refusals[index] = result
        else:
            log.effect, log.occurrence = result.effect.value, result.occurrence
    for index, error in sorted(refusals.items()):
        if on_error is None:
            raise error
        on_error(index, error)
    done = [(log, entry) for index, log, entry in pairs if index not in refusals]
    if done:
        write(done, by=by, now=now, is_import=is_import)
    return Recorded([log for log, _ in done], known, len(refusals))


def _checked_batch(
    batch: Sequence[tuple[int, Entry]], *, by: "User | None", now: datetime
) -> tuple[int, list[tuple[int, Log, Entry]], dict[int, DomainError]]:
    """How many are known already, the new logs by their position, and the refusals by theirs."""
    sought = {entry.external_id for _, entry in batch if entry.external_id}
    rows = Log.objects.filter(external_id__in=sought) if sought else Log.objects.none()
    seen = set(rows.values_list("external_id", flat=True))
    visible = seen_by(by, [entry for _, entry in batch])
    known, pairs, refusals = 0, list[tuple[int, Log, Entry]](), dict[int, DomainError]()
    for index, entry in batch:
        if entry.external_id and entry.external_id in seen:
            known += 1
            continue
        try:
            pairs.append((index, checked(entry, by=by, now=now, seen=visible), entry))
        except DomainError as error:
            refusals[index] = error
        else:
            seen.add(entry.external_id)
    return known, pairs, refusals


def _work(log: Log, entry: Entry) -> completions.Work:
    return completions.Work(
        schedule_id=log.schedule_id,  # type: ignore[arg-type]  # only logs by a schedule come here
        resource_id=log.resource_id,
        performed_at=log.performed_at,
        occurrence_key=entry.occurrence_key,
        counts=entry.counts,
    )
