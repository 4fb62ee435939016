"""Imports as people and the command start them: recorded, with their files."""

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.db import transaction

from accounts.models import User
from core import audit
from core.errors import DomainError, Invalid
from core.heartbeat import heartbeat
from core.tenancy import all_tenants, tenant_scope
from integrations.models import ImportRun
from integrations.querysets import MOST_ATTEMPTS
from integrations.services.imports import files
from integrations.services.imports import run as imports
from integrations.services.imports.outcomes import State
from integrations.services.imports.source import Inspection, Options

#: A worker that died is succeeded after this; a living one renews it with every beat.
LEASE = timedelta(minutes=2)
BEAT = timedelta(seconds=5)
KEEP_UPLOADS = timedelta(days=7)
#: Smaller files are taken over while the person waits; larger ones by a worker.
AT_ONCE = 300
_SHOWN_PROBLEMS = 100
_GIVEN_UP = (
    f"The import was begun {MOST_ATTEMPTS} times and never came to its end: the file is too large for this"
    " installation. Split it, or keep the good rows, which are then taken over part by part."
)


def upload(
    data: bytes, *, name: str, entity: str, by: User | None, now: datetime
) -> tuple[ImportRun, Inspection]:
    """Keep a file and look at it. Raises `Invalid` when it cannot be a table."""
    imports.check_rights(entity, by)
    inspection = files.inspect(data, entity, Options(), name=name)
    run = ImportRun(entity=entity, file_name=PurePath(name).name[-200:] or "file", started_by=by)
    run.options = plain_options(inspection.options(Options()))
    run.rows = inspection.rows
    run._adopt_missing()
    run.file.save("upload.csv", ContentFile(data), save=False)
    run.save(force_insert=True)
    return run, inspection


def content(run: ImportRun) -> bytes:
    """The uploaded file. Raises `Invalid` when the import is over and the file gone."""
    if not run.file:
        raise Invalid("This import is over. Upload the file again.")
    with run.file.open("rb") as file:
        data: bytes = file.read()
    return data


def plain_options(options: Options) -> dict[str, Any]:
    """The options as they are stored."""
    return asdict(options)


def options_of(run: ImportRun) -> Options:
    """The stored options."""
    return Options(**run.options)


def start(
    run: ImportRun,
    *,
    options: Options,
    dry_run: bool,
    partial: bool,
    by: User | None,
    now: datetime,
) -> ImportRun:
    """Decide how the file is to be imported and leave it to a worker. Raises `Invalid` while columns are missing."""
    imports.check_rights(run.entity, by)
    if run.is_over or run.state in {ImportRun.State.WAITING, ImportRun.State.RUNNING}:
        raise Invalid("This import has been started already.")
    files.check_options(run.entity, options)
    inspection = files.inspect(content(run), run.entity, options, name=run.file_name)
    imports.check_mapping(inspection)
    run.options = plain_options(inspection.options(options))
    run.is_dry_run, run.is_partial, run.state = dry_run, partial, ImportRun.State.WAITING
    run.started_by, run.attempts = by, 0
    run.save()
    return run


def take_over(
    data: bytes,
    wished: Options,
    *,
    name: str,
    entity: str,
    dry_run: bool,
    partial: bool,
    by: User | None,
    now: datetime,
) -> ImportRun:
    """Upload and start in one step; the import with its result, or waiting for a worker where the file is large.

    Of columns that the mapping does not name, those that are recognised are read. Raises `Invalid` for a file that
    cannot be read so; then nothing is kept.
    """
    run, found = upload(data, name=name, entity=entity, by=by, now=now)
    taken = set(wished.mapping.values())
    known = {column: one for column, one in found.mapping.items() if one not in taken}
    mapping = {**known, **wished.mapping} if wished.mapping else {}
    try:
        options = replace(wished, mapping=mapping)
        start(run, options=options, dry_run=dry_run, partial=partial, by=by, now=now)
    except DomainError:
        discard(run)
        raise
    if run.rows <= AT_ONCE:
        work(run.pk, now=now)
        run.refresh_from_db()
    return run


def work_waiting(*, now: datetime) -> int:
    """Take over every import that waits, of every organisation; returns how many this caller did."""
    clock = clock_from(now)
    with all_tenants(reason="one worker imports for every organisation"):
        for run in ImportRun.objects.given_up(now=now):
            _stop(run, _GIVEN_UP, now=now)
        waiting = list(ImportRun.objects.ready(now=now).values_list("pk", "organization"))
    done = 0
    for pk, organization_id in waiting:
        with tenant_scope(organization_id):
            done += work(pk, now=clock())
    return done


def work(pk: UUID, *, now: datetime) -> bool:
    """Do one waiting import; false when another worker has it. A fault is recorded with it, and raised."""
    if not ImportRun.objects.claim(pk, now=now, lease_until=now + LEASE):
        return False
    run = ImportRun.objects.select_related("started_by").get(pk=pk)
    try:
        perform(run, content(run), by=run.started_by, now=now)
    except DomainError as error:
        _stop(run, error.message, now=now)
    except Exception:
        _stop(run, "The import was stopped by a fault of the system.", now=now)
        raise
    return True


def perform(run: ImportRun, data: bytes, *, by: User | None, now: datetime) -> imports.Result:
    """Import `data` as `run` says and record the result with its error file."""
    options, clock, run.rows = options_of(run), clock_from(now), 0

    def beat() -> None:
        """A living worker keeps its import and shows how far it is."""
        with tenant_scope(run.organization_id):
            mine = ImportRun.objects.filter(pk=run.pk, state=ImportRun.State.RUNNING)
            mine.update(lease_until=clock() + LEASE, rows=run.rows)

    # what is written as a whole is written with its result: nobody takes it for unfinished in between
    at_once = nullcontext() if run.is_partial else transaction.atomic()
    with heartbeat(beat, every=BEAT), at_once:
        result = imports.run(
            data,
            run.entity,
            options,
            dry_run=run.is_dry_run,
            partial=run.is_partial,
            by=by,
            now=now,
            progress=lambda rows: setattr(run, "rows", rows),
        )
        _keep(run, result, files.header_of(data, run.entity, options), by=by, now=now)
    return result


def clock_from(now: datetime) -> Callable[[], datetime]:
    """What the time is, to the second, as it was `now` at the call."""
    started = time.monotonic()
    return lambda: now + timedelta(seconds=int(time.monotonic() - started))


@transaction.atomic
def _keep(
    run: ImportRun, result: imports.Result, header: list[str], *, by: User | None, now: datetime
) -> None:
    run.rows = result.rows
    run.created, run.changed = result.counts[State.CREATED], result.counts[State.CHANGED]
    run.unchanged, run.rejected = result.counts[State.UNCHANGED], result.rejected
    run.state = _state(run, result)
    run.finished_at, run.lease_until = now, None
    run.first_problems = [
        [problem.row.line, problem.problem]
        for problem in sorted(result.problems, key=lambda problem: problem.row.line)
    ][:_SHOWN_PROBLEMS]
    if result.problems:
        errors = imports.error_file(header, result.problems)
        run.error_file.save("errors.csv", ContentFile(errors), save=False)
    else:
        run.error_file = ""
    if run.is_over:
        _forget(run)
    run.save()
    if not run.is_dry_run:
        counts = {state.value: count for state, count in result.counts.items()}
        facts = {"entity": run.entity, "file": run.file_name, **counts, "result": run.state}
        audit.record("import", run, by=by, now=now, changes=audit.changes({}, facts))


def _state(run: ImportRun, result: imports.Result) -> str:
    if run.is_dry_run:
        return ImportRun.State.CHECKED
    if result.rejected and not result.is_written:
        return ImportRun.State.REFUSED
    return ImportRun.State.PARTIAL if result.rejected else ImportRun.State.DONE


@transaction.atomic
def _stop(run: ImportRun, reason: str, *, now: datetime) -> None:
    _forget(run)
    run.state, run.finished_at, run.lease_until = ImportRun.State.FAILED, now, None
    run.first_problems = [[0, reason]]
    run.save()


def _forget(run: ImportRun) -> None:
    """Remove the uploaded file once it is not needed; it may hold personal data."""
    if run.file:
        storage, name = run.file.storage, str(run.file.name)
        run.file = ""
        transaction.on_commit(lambda: storage.delete(name))


def clean_up(*, now: datetime) -> int:
    """Remove files that were uploaded and never taken over; returns how many."""
    with all_tenants(reason="the clean-up serves every organisation"):
        rows = list(ImportRun.objects.forgotten(before=now - KEEP_UPLOADS)[:1000])
        for run in rows:
            with transaction.atomic():
                _forget(run)
                run.save(update_fields=["file", "updated_at"])
    return len(rows)


@transaction.atomic
def discard(run: ImportRun) -> None:
    """Forget an upload that was not taken over, with its files."""
    names = [str(file.name) for file in (run.file, run.error_file) if file]
    storage = run.file.storage
    run.delete()
    for name in names:
        transaction.on_commit(lambda name=name: storage.delete(name))  # type: ignore[misc]
