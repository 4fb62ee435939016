"""Proof that the log of work is whole: every row and every link of an organisation's hash chain is checked."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from core.models import Attachment
from worklogs.models import Log, LogChain
from worklogs.rules import chain
from worklogs.services.chain import content
from worklogs.services.logs import TARGET

_BATCH = 1000


class Fault(StrEnum):
    """What is wrong at one place of the chain."""

    CHANGED = "changed"
    REMOVED = "removed"
    REORDERED = "reordered"
    INSERTED = "inserted"
    FILES_CHANGED = "files_changed"
    FILE_MISSING = "file_missing"
    FILE_EXCHANGED = "file_exchanged"
    CHAIN_END = "chain_end"


@dataclass(frozen=True, slots=True)
class Finding:
    """A place where the history is not what was written."""

    fault: Fault
    sequence: int
    log_id: UUID | None
    message: str


@dataclass(slots=True)
class Walk:
    """How far a verification has come: after the last row these are the figures of the whole chain."""

    rows: int = 0
    sequence: int = 0
    hash: str = ""


def verify(walk: Walk, *, stored_files: bool = False) -> Iterator[Finding]:
    """Check the organisation in scope from its first log to its last, with flat memory; updates `walk`.

    With `stored_files` every file is read and hashed too; otherwise the hashes of their rows are compared.
    Safe while others write: the stored end is read before the rows that must lie before it.
    """
    while True:
        end = LogChain.objects.first()
        rows = list(Log.objects.filter(sequence__gt=walk.sequence).order_by("sequence")[:_BATCH])
        if not rows:
            yield from _check_end(walk, end)
            return
        files = _files_of(rows)
        for log in rows:
            yield from _check_row(walk, log, files.get(log.pk, []))
            walk.rows, walk.sequence, walk.hash = walk.rows + 1, log.sequence, log.hash
        if stored_files:
            yield from _check_stored(rows)


def _files_of(rows: Sequence[Log]) -> dict[UUID, list[str]]:
    hashes: dict[UUID, list[str]] = defaultdict(list)
    files = Attachment.objects.filter(target_type=TARGET, target_id__in=[log.pk for log in rows])
    for target_id, sha256 in files.values_list("target_id", "sha256"):
        hashes[target_id].append(sha256)
    return hashes


def _check_stored(rows: Sequence[Log]) -> Iterator[Finding]:
    numbers = {log.pk: log.sequence for log in rows}
    for attachment in Attachment.objects.filter(target_type=TARGET, target_id__in=numbers):
        fault = _fault_of(attachment)
        if fault is not None:
            number = numbers[attachment.target_id]
            word = "is missing" if fault == Fault.FILE_MISSING else "is not the one that was kept"
            message = f"The stored file “{attachment.name}” of number {number} {word}."
            yield Finding(fault, number, attachment.target_id, message)


def _fault_of(attachment: Attachment) -> Fault | None:
    try:
        with attachment.file.open("rb") as file:
            digest = hashlib.sha256()
            for chunk in file.chunks():
                digest.update(chunk)
    except FileNotFoundError:
        return Fault.FILE_MISSING
    return None if digest.hexdigest() == attachment.sha256 else Fault.FILE_EXCHANGED


def _check_row(walk: Walk, log: Log, files: list[str]) -> Iterator[Finding]:
    missing = log.sequence - walk.sequence - 1
    if missing > 0:
        first, last = walk.sequence + 1, log.sequence - 1
        where = f"number {first}" if missing == 1 else f"numbers {first} to {last}"
        yield Finding(Fault.REMOVED, first, None, f"Removed: {where}.")
    elif log.previous_hash != walk.hash:
        yield Finding(
            Fault.REORDERED,
            log.sequence,
            log.pk,
            f"Number {log.sequence} does not follow number {log.sequence - 1}: exchanged, or one was rewritten.",
        )
    if chain.link(content(log), log.previous_hash) != log.hash:
        yield Finding(
            Fault.CHANGED,
            log.sequence,
            log.pk,
            f"Changed: the content of number {log.sequence} is not what was recorded.",
        )
    if sorted(files) != sorted(log.attachment_hashes):
        yield Finding(
            Fault.FILES_CHANGED,
            log.sequence,
            log.pk,
            f"The files of number {log.sequence} are not those that were recorded"
            f" ({len(files)} now, {len(log.attachment_hashes)} then).",
        )


def _check_end(walk: Walk, end: LogChain | None) -> Iterator[Finding]:
    stored = end.sequence if end else 0
    if stored > walk.sequence:
        first = walk.sequence + 1
        message = f"Removed at the end: {stored - walk.sequence} rows from number {first} on."
        yield Finding(Fault.REMOVED, first, None, message)
    elif stored < walk.sequence:
        message = f"Inserted: numbers after {stored}, the end of the chain."
        yield Finding(Fault.INSERTED, stored + 1, None, message)
    elif end is not None and end.hash != walk.hash:
        message = f"The last row, number {stored}, is not the one that was recorded last."
        yield Finding(Fault.CHAIN_END, stored, None, message)
