"""One import from the file to its result: all rows or none, the good ones only, or a try that writes nothing."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, require
from core.errors import Invalid
from core.rules.spreadsheets import safe_cell
from integrations.services.imports import files
from integrations.services.imports.bookings import take_bookings
from integrations.services.imports.logs import take_logs
from integrations.services.imports.lookups import Lookups
from integrations.services.imports.outcomes import Importer, Outcome, State, Work
from integrations.services.imports.resources import take_resources
from integrations.services.imports.schedules import take_schedules
from integrations.services.imports.source import Inspection, Options, Row
from integrations.services.imports.users import take_users
from integrations.services.imports.values import Reader
from integrations.services.imports.work_orders import take_work_orders

IMPORTERS: dict[str, Importer] = {
    "resources": take_resources,
    "schedules": take_schedules,
    "logs": take_logs,
    "work_orders": take_work_orders,
    "users": take_users,
    "bookings": take_bookings,
    files.CALENDAR: take_bookings,
}
#: What else a person must be allowed to do: an import does nothing that its owner could not do by hand.
_RIGHTS = {
    "resources": (Right.RESOURCE_ADD, Right.RESOURCE_CHANGE),
    "schedules": (Right.SCHEDULE_ADD, Right.SCHEDULE_CHANGE),
    "logs": (Right.LOG_ADD,),
    "work_orders": (Right.WORK_ORDER_ADD, Right.WORK_ORDER_TRIAGE),
    "users": (Right.USER_MANAGE,),
    "bookings": (Right.BOOKING_MANAGE,),
    files.CALENDAR: (Right.BOOKING_MANAGE,),
}
_BATCH = 500
BOM = "\ufeff"
Progress = Callable[[int], None]


@dataclass(slots=True)
class Result:
    """What became of the rows; `is_written` says whether anything was kept."""

    counts: dict[State, int] = field(default_factory=lambda: dict.fromkeys(State, 0))
    problems: list[Outcome] = field(default_factory=list)
    is_written: bool = False

    @property
    def rows(self) -> int:
        """How many rows were looked at."""
        return sum(self.counts.values())

    @property
    def rejected(self) -> int:
        """How many rows were refused."""
        return self.counts[State.REJECTED]


def check_rights(entity: str, by: User | None) -> None:
    """Refuse people who may not import this. Nobody (None) is the system and may."""
    if by is not None:
        for right in (Right.DATA_IMPORT, *_RIGHTS[entity]):
            require(by, right)


def check_mapping(inspection: Inspection) -> None:
    """Refuse a file whose columns do not give what is required."""
    if inspection.missing:
        wanted = ", ".join(field_.label for field_ in inspection.missing)
        raise Invalid(
            f"No column gives: {wanted}. Columns of the file: {', '.join(inspection.header)}.",
            field="mapping",
        )


def run(
    data: bytes,
    entity: str,
    options: Options,
    *,
    dry_run: bool,
    partial: bool,
    by: User | None,
    now: datetime,
    progress: Progress | None = None,
) -> Result:
    """Import the rows in the organisation in scope.

    With `partial` the good rows are kept, batch by batch. Otherwise one refused row keeps all others out as well.
    A dry run does everything and takes it back, so that it refuses exactly what the real one would.
    """
    check_rights(entity, by)
    work = Work(Reader(files.fields_of(entity), options), Lookups(), options, by, now)
    outcomes = IMPORTERS[entity](files.read_rows(data, entity, options, now=now), work)
    result = Result()
    if partial and not dry_run:
        while _collect(outcomes, result, progress):
            pass
        result.is_written = result.rows > result.rejected
        return result
    with transaction.atomic():
        while _collect(outcomes, result, progress):
            pass
        result.is_written = not dry_run and not result.rejected
        if not result.is_written:
            transaction.set_rollback(True)
    return result


@transaction.atomic
def _collect(outcomes: Iterator[Outcome], result: Result, progress: Progress | None) -> bool:
    """Take the next rows in one transaction; false when there were none."""
    batch = list(islice(outcomes, _BATCH))
    for outcome in batch:
        result.counts[outcome.state] += 1
        if outcome.state == State.REJECTED:
            result.problems.append(outcome)
    if batch and progress is not None:
        progress(result.rows)
    return bool(batch)


def error_file(header: list[str], problems: list[Outcome]) -> bytes:
    """The refused rows with line and reason, to be mended and imported again; safe to open in a spreadsheet."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(["line", "problem", *map(safe_cell, header)])
    for problem in sorted(problems, key=lambda outcome: outcome.row.line):
        cells = [problem.problem, *problem.row.original]
        writer.writerow([problem.row.line, *map(safe_cell, cells)])
    return (BOM + buffer.getvalue()).encode()


__all__ = ["Result", "Row", "check_mapping", "check_rights", "error_file", "run"]
