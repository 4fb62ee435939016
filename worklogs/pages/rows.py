"""Logs as the console shows them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.zones import zone_name_of as zone_of
from core.models import Attachment
from core.rules.moments import day_and_time, relative
from worklogs.models import Log
from worklogs.pages import words
from worklogs.services.logs import TARGET

_TONES = {"none": "success", "minor": "warning", "major": "danger"}
_ICONS = {"none": "check_circle", "minor": "info", "major": "warning"}


@dataclass(slots=True)
class Row:
    """One log with everything a template prints."""

    log: Log
    performed: str
    ago: str
    recorded: str
    effect: str
    duration: str
    tone: str
    icon: str
    state: str
    files: list[Attachment] = field(default_factory=list)

    @property
    def photos(self) -> list[Attachment]:
        """The pictures among the files."""
        return [file for file in self.files if file.is_photo]

    @property
    def documents(self) -> list[Attachment]:
        """Files that are no pictures."""
        return [file for file in self.files if not file.is_photo]


def rows_of(logs: Sequence[Log], *, user: Any, now: datetime) -> list[Row]:
    """The rows of a page; one query for all their files."""
    files = _files(log.pk for log in logs if log.attachment_hashes)
    zone = zone_of(user)
    return [_row(log, files.get(log.pk, []), zone=zone, now=now) for log in logs]


def _files(ids: Iterable[UUID]) -> dict[UUID, list[Attachment]]:
    found: dict[UUID, list[Attachment]] = defaultdict(list)
    wanted = list(ids)
    if wanted:
        rows = Attachment.objects.filter(target_type=TARGET, target_id__in=wanted)
        for file in rows.order_by("created_at", "pk"):
            if file.target_id is not None:
                found[file.target_id].append(file)
    return found


def _row(log: Log, files: list[Attachment], *, zone: str, now: datetime) -> Row:
    issues = str(log.issues_found)
    return Row(
        log=log,
        performed=day_and_time(log.performed_at, zone),
        ago=relative(log.performed_at, now=now, zone=zone),
        recorded=day_and_time(log.recorded_at, zone),
        effect=words.effect(log, zone),
        duration=words.duration(log.duration_minutes),
        tone=_TONES[issues],
        icon=_ICONS[issues],
        state=_state(log),
        files=files,
    )


def _state(log: Log) -> str:
    """What people must know before they rely on the log: void, corrected, or itself a correction."""
    if log.is_void:
        return "Void"
    if successor_of(log) is not None:
        return "Corrected since"
    return "Correction" if log.supersedes_id else ""


def successor_of(log: Log) -> Log | None:
    """The log that took this one's place."""
    try:
        newer: Log | None = log.superseded_by
    except Log.DoesNotExist:
        return None
    return newer
