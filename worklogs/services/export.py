"""The log of work as CSV, made while it is sent."""

import csv
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from core.rules.spreadsheets import safe_cell
from worklogs.models import Log
from worklogs.querysets import LogQuerySet

BOM = "\ufeff"
_BATCH = 1000

HEADER = (
    "number",
    "performed_at",
    "resource_code",
    "resource",
    "schedule",
    "maintenance_type",
    "due_at",
    "in_time",
    "performed_by",
    "issues_found",
    "notes",
    "duration_minutes",
    "effect",
    "files",
    "corrects_number",
    "correction_reason",
    "recorded_by",
    "recorded_at",
    "external_id",
    "hash",
)


class _Line:
    """A file for the csv module that hands each line straight on."""

    def write(self, text: str) -> str:
        return text


def lines(rows: LogQuerySet, *, zone: str, with_bom: bool = False) -> Iterator[str]:
    """CSV lines of `rows`, newest first, times in `zone` with their offset. Memory stays flat."""
    writer: Any = csv.writer(_Line())
    yield (BOM if with_bom else "") + writer.writerow(HEADER)
    place = ZoneInfo(zone)
    last: Log | None = None
    while True:
        batch = rows.all() if last is None else rows.before(last.performed_at, last.pk)
        logs = list(
            batch.select_related(
                "resource", "schedule", "occurrence", "performed_by", "recorded_by", "supersedes"
            ).newest_first()[:_BATCH]
        )
        for log in logs:
            yield writer.writerow(_cells(log, place))
        if len(logs) < _BATCH:
            return
        last = logs[-1]


def _cells(log: Log, place: ZoneInfo) -> list[str]:
    schedule, occurrence = log.schedule, log.occurrence
    values = [
        log.sequence,
        _shown(log.performed_at, place),
        log.resource.code,
        log.resource.name,
        schedule.title if schedule else "",
        schedule.maintenance_type if schedule else "",
        _shown(occurrence.due_at, place) if occurrence else "",
        {True: "yes", False: "no", None: ""}[occurrence.is_compliant if occurrence else None],
        log.performed_by or "",
        log.issues_found,
        log.notes,
        log.duration_minutes,
        log.effect,
        len(log.attachment_hashes),
        log.supersedes.sequence if log.supersedes else "",
        log.correction_reason,
        log.recorded_by or "",
        _shown(log.recorded_at, place),
        log.external_id,
        log.hash,
    ]
    return [safe_cell(value) for value in values]


def _shown(moment: datetime, place: ZoneInfo) -> str:
    return moment.astimezone(place).isoformat(timespec="seconds")
