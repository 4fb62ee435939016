"""What is done about missed targets: an escalation is taken up, a violation is excused. Never is one removed."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from accounts import rights
from accounts.rights import Right
from core import audit
from core.errors import Conflict, Invalid
from worklogs.models import SlaEscalation, SlaExcuse, SlaViolation

if TYPE_CHECKING:
    from accounts.models import User

_LONGEST_REASON = 300


def excuse(violation: SlaViolation, reason: str, *, by: "User", now: datetime) -> SlaExcuse:
    """Say why it is not held against anybody; the violation stays on record. Once, for good.

    Raises Invalid without a reason and Conflict when it is excused already.
    """
    rights.require(by, Right.SLA_EXCUSE)
    said = reason.strip()
    if not said:
        raise Invalid("Say why.", field="reason")
    if len(said) > _LONGEST_REASON:
        raise Invalid(f"Use {_LONGEST_REASON} characters at most.", field="reason")
    try:
        with transaction.atomic():
            made: SlaExcuse = SlaExcuse.objects.create(
                violation=violation, reason=said, by=by, at=now
            )
            found = {"reason": ["", said]}
            audit.record("excuse", violation, by=by, now=now, changes=found)
    except IntegrityError as error:
        message = "This violation is excused already; an excuse is given once."
        raise Conflict(message, code="already_excused") from error
    return made


def acknowledge(escalation: SlaEscalation, *, by: "User", now: datetime) -> SlaEscalation:
    """Say that one sees to it: nobody further up is told. However many do so at once, one gets through."""
    rights.require(by, Right.SLA_ACKNOWLEDGE)
    with transaction.atomic():
        waiting = SlaEscalation.objects.filter(pk=escalation.pk, acknowledged_at=None)
        if not waiting.update(
            acknowledged_at=now, acknowledged_by=by, next_at=None, updated_at=now
        ):
            raise Conflict("Somebody is seeing to it already.", code="already_acknowledged")
        audit.record("acknowledge", escalation, by=by, now=now)
    escalation.refresh_from_db()
    return escalation
