"""Completed work: by external id, else by schedule, resource and time. A log is never changed."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from core.errors import DomainError, Invalid
from integrations.services.imports.outcomes import Outcome, State, Work
from integrations.services.imports.source import Row
from integrations.services.imports.values import moment
from worklogs.models import Log
from worklogs.services.logs import record_logs
from worklogs.services.recording import Entry

#: Dates without a time count as noon of the resource's day.
HOUR = 12
_BATCH = 500
Pair = tuple[Row, Entry]
Key = tuple[UUID | None, UUID, datetime]


def take_logs(rows: Iterable[Row], work: Work) -> Iterator[Outcome]:
    """Record the work in the order in which it was done, so that each due date follows from the right one."""
    pairs: list[Pair] = []
    for row in rows:
        try:
            entry = _entry(row, work)
            work.claim(_identity(entry.external_id, _key(entry)), row)
            pairs.append((row, entry))
        except DomainError as error:
            yield work.rejected(row, error)
    pairs.sort(key=lambda pair: (pair[1].performed_at, pair[0].line))
    seen: set[Key] = set()
    remaining = iter(pairs)
    while batch := list(islice(remaining, _BATCH)):
        yield from _take_batch(batch, seen, work)


def _take_batch(batch: list[Pair], seen: set[Key], work: Work) -> Iterator[Outcome]:
    known = _known_keys([entry for _, entry in batch]) | seen
    fresh: list[Pair] = []
    for row, entry in batch:
        if not entry.external_id and _key(entry) in known:
            yield Outcome(row, State.UNCHANGED)
        else:
            fresh.append((row, entry))
        known.add(_key(entry))
        seen.add(_key(entry))
    refused: dict[int, DomainError] = {}
    recorded = record_logs(
        entries=[entry for _, entry in fresh],
        by=work.by,
        now=work.now,
        on_error=refused.__setitem__,
        batch_size=_BATCH,
    )
    new = {
        _identity(log.external_id, (log.schedule_id, log.resource_id, log.performed_at))
        for log in recorded.logs
    }
    for number, (row, entry) in enumerate(fresh):
        if number in refused:
            yield work.rejected(row, refused[number])
            continue
        identity = _identity(entry.external_id, _key(entry))
        yield Outcome(row, State.CREATED if identity in new else State.UNCHANGED)
        new.discard(identity)


def _known_keys(entries: list[Entry]) -> set[Key]:
    """Which of the entries without external id are in the log already."""
    plain = [entry for entry in entries if not entry.external_id]
    if not plain:
        return set()
    rows = Log.objects.filter(
        resource__in={entry.resource.pk for entry in plain},
        performed_at__in={entry.performed_at for entry in plain},
    )
    return set(rows.values_list("schedule_id", "resource_id", "performed_at"))


def _key(entry: Entry) -> Key:
    schedule = entry.schedule.pk if entry.schedule else None
    return schedule, entry.resource.pk, entry.performed_at


def _identity(external_id: str, key: Key) -> object:
    return external_id or key


def _entry(row: Row, work: Work) -> Entry:
    values: dict[str, Any] = work.reader.values(row)
    for name in ("resource", "performed_at"):
        if name not in values:
            raise Invalid("It is missing.", field=name)
    resource = work.lookups.resource(values["resource"], "resource")
    schedule = (
        work.lookups.schedule_on(values["schedule"], resource) if "schedule" in values else None
    )
    person = (
        work.lookups.person(values["performed_by"], "performed_by")
        if "performed_by" in values
        else None
    )
    performed_at = moment(values["performed_at"], resource.effective_time_zone, hour=HOUR)
    return Entry(
        resource=resource,
        schedule=schedule,
        performed_at=performed_at.astimezone(UTC),
        performed_by=person,
        notes=values.get("notes", ""),
        issues_found=values.get("issues_found", "none"),
        duration_minutes=values.get("duration_minutes"),
        external_id=values.get("external_id", ""),
    )
