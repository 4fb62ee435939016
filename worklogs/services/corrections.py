"""Corrections: a log is never changed, a new one takes its place."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from accounts import rights
from accounts.rights import Right
from core.errors import Conflict, Invalid, NotAllowed
from core.ids import new_id
from core.models import Attachment
from core.services import attachments as files
from scheduling.services import occurrences
from worklogs.models import Log
from worklogs.services import chain, recording, told

if TYPE_CHECKING:
    from accounts.models import User

#: What a correction may say differently. Another schedule or resource is another piece of work.
CORRECTABLE = frozenset(
    {"performed_at", "performed_by", "notes", "issues_found", "duration_minutes"}
)


@transaction.atomic
def correct_log(
    *,
    log: Log,
    changes: Mapping[str, Any],
    reason: str,
    is_void: bool = False,
    attachments: Collection[UUID] | None = None,
    by: "User | None",
    now: datetime,
) -> Log:
    """Record a new log in place of `log`; with `is_void` the work was not done at all and its date is open again.

    `changes` holds new values of `CORRECTABLE`. `attachments` are the files of the new log: ids of files of the old
    one, which are kept, or of new uploads; None keeps all. A changed time of performance moves the due dates.
    Raises `Conflict` unless `log` is the newest of its chain and not void, `Invalid` without a reason.
    """
    _check(log, changes, reason, by)
    # before due dates and the chain, as completing does
    order = told.hold_order(log) if "notes" in changes and not is_void else None
    old = Log.objects.shown().select_for_update(of=("self",)).get(pk=log.pk)
    if old.is_void:
        raise Conflict(
            "This log was declared void. Record the work anew if it was done.", code="already_void"
        )
    newer = Log.objects.filter(supersedes=old).first()
    if newer is not None:
        raise Conflict(
            "This log has been corrected already. Correct the newest version.",
            code="already_corrected",
            conflicts=[{"type": "log", "id": str(newer.pk)}],
        )
    new = _successor(old, {} if is_void else changes, reason=reason, by=by, now=now)
    if is_void:
        _void(old, new, by=by, now=now)
    elif new.performed_at != old.performed_at:
        recording.check_moment(new.performed_at, now=now)
        _move_completion(new, by=by, now=now)
    kept, uploads = _files(old, attachments)
    new.attachment_hashes = sorted(
        [*(file.sha256 for file in kept), *(recording.hashes_of(uploads, by=by) if uploads else [])]
    )
    recording.check_columns(new)
    chain.append([new], organization_id=old.organization_id)
    _link(new, kept, uploads, by=by, now=now)
    if order is not None and new.notes != old.notes:
        told.add(order, new.notes)
    recording.tell("corrected", [new], by=by, now=now)
    return new


def _check(log: Log, changes: Mapping[str, Any], reason: str, by: "User | None") -> None:
    unknown = set(changes) - CORRECTABLE
    if unknown:
        raise Invalid(
            "A correction cannot change this. Declare the log void and record the work anew.",
            field=min(unknown),
        )
    if not reason.strip():
        raise Invalid("Say why the log is corrected.", field="correction_reason")
    if by is None:
        return
    rights.require(by, Right.LOG_CORRECT)
    if not Log.objects.visible_to(by).filter(pk=log.pk).exists():
        raise NotAllowed("You cannot see this log.")


def _successor(
    old: Log, changes: Mapping[str, Any], *, reason: str, by: "User | None", now: datetime
) -> Log:
    new = Log(
        schedule=old.schedule,
        resource=old.resource,
        occurrence=old.occurrence,
        performed_by=old.performed_by,
        performed_at=old.performed_at,
        duration_minutes=old.duration_minutes,
        notes=old.notes,
        issues_found=old.issues_found,
        effect=old.effect,
        supersedes=old,
        correction_reason=reason.strip(),
        recorded_by=by,
        recorded_at=now.astimezone(UTC),
    )
    for name, value in changes.items():
        setattr(new, name, value)
    if new.performed_at.tzinfo is not None:
        new.performed_at = new.performed_at.astimezone(UTC)
    return new


def _void(old: Log, new: Log, *, by: "User | None", now: datetime) -> None:
    new.is_void, new.effect = True, Log.Effect.VOID
    if old.occurrence_id is not None and old.effect == Log.Effect.SATISFIED:
        occurrences.reopen(occurrence_id=old.occurrence_id, by=by, now=now)


def _move_completion(new: Log, *, by: "User | None", now: datetime) -> None:
    """Carry the new time over to the date that the work satisfied; work that satisfied none is looked at afresh.

    Extra work then counts only if it turns out to lie inside a tolerance: early work was judged when it was logged.
    """
    if new.occurrence_id is not None:
        new.occurrence = occurrences.correct_completion(
            occurrence_id=new.occurrence_id, performed_at=new.performed_at, by=by, now=now
        )
    elif new.schedule is not None and new.schedule.deleted_at is None:
        recording.settle(new, by=by, now=now, counts=False)


def _files(old: Log, attachments: Collection[UUID] | None) -> tuple[list[Attachment], set[UUID]]:
    """The files of the old log that stay, and the ids that must be new uploads."""
    present = list(Attachment.objects.filter(target_type=recording.TARGET, target_id=old.pk))
    if attachments is None:
        return present, set()
    kept = [file for file in present if file.pk in set(attachments)]
    return kept, set(attachments) - {file.pk for file in kept}


def _link(
    new: Log, kept: list[Attachment], uploads: set[UUID], *, by: "User | None", now: datetime
) -> None:
    """Both logs show the files that stay: the row is repeated, the stored file is the same."""
    copies = []
    for file in kept:
        copies.append(
            Attachment(
                id=new_id(),
                organization_id=file.organization_id,
                file=file.file.name,
                thumbnail=file.thumbnail.name,
                name=file.name,
                kind=file.kind,
                content_type=file.content_type,
                size=file.size,
                sha256=file.sha256,
                uploaded_by_id=file.uploaded_by_id,
                target_type=recording.TARGET,
                target_id=new.pk,
            )
        )
    if copies:
        Attachment.objects.bulk_create(copies)
    if uploads:
        files.attach(uploads, target_type=recording.TARGET, target_id=new.pk, by=by, now=now)
