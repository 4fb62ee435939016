"""The only writer of the log: rows are numbered and chained in the order in which they are committed."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from core.errors import Conflict
from worklogs.models import Log, LogChain
from worklogs.rules import chain

#: Columns that a row's hash covers besides the hash before it.
COVERED = (
    "id",
    "organization_id",
    "sequence",
    "schedule_id",
    "resource_id",
    "occurrence_id",
    "performed_by_id",
    "performed_at",
    "duration_minutes",
    "notes",
    "issues_found",
    "effect",
    "attachment_hashes",
    "supersedes_id",
    "is_void",
    "correction_reason",
    "external_id",
    "recorded_by_id",
    "recorded_at",
)


def content(log: Log) -> dict[str, Any]:
    """What the hash of `log` covers."""
    return {name: getattr(log, name) for name in COVERED}


@transaction.atomic
def append(logs: Sequence[Log], *, organization_id: UUID) -> None:
    """Number, chain and insert `logs`. Writers of one organisation queue here, so call it late in a transaction."""
    end = _locked_end(organization_id)
    sequence, previous = end.sequence, end.hash
    for log in logs:
        sequence += 1
        log.organization_id = organization_id
        log.sequence, log.previous_hash = sequence, previous
        log.hash = previous = chain.link(content(log), previous)
    Log.objects.bulk_create(logs, batch_size=500)
    if not LogChain.objects.advance(end.pk, source=end.sequence, sequence=sequence, hash=previous):
        raise Conflict("The log was written to at the same moment. Try again.", code="log_busy")


def _locked_end(organization_id: UUID) -> LogChain:
    """The end of the chain, locked; made when the organisation logs for the first time."""
    rows = LogChain.objects.filter(organization=organization_id).select_for_update()
    end: LogChain | None = rows.first()
    if end is None:
        LogChain.objects.bulk_create(
            [LogChain(organization_id=organization_id)],
            ignore_conflicts=True,
            check_foreign_keys=False,
        )
        end = rows.get()
    return end
