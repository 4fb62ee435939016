"""What is done about missed targets: an escalation is taken up, a violation is excused. Never is one removed."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from accounts import rights
from accounts.rights import Right
from core import audit, outbox
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
    """Say that one sees to it, at whichever level: nobody further up is told, and nobody is told again.

    However many do so at once, one gets through.
    """
    rights.require(by, Right.SLA_ACKNOWLEDGE)
    with transaction.atomic():
        raised = SlaEscalation.objects.filter(
            violation=escalation.violation_id, acknowledged_at=None
        )
        rows = list(raised.order_by("pk").select_for_update(no_key=True))
        if escalation not in rows:
            raise Conflict("Somebody is seeing to it already.", code="already_acknowledged")
        raised.update(acknowledged_at=now, acknowledged_by=by, next_at=None, updated_at=now)
        for row in rows:
            audit.record("acknowledge", row, by=by, now=now)
        outbox.publish(
            "worklogs.sla.acknowledged",
            {"violation_id": escalation.violation_id, "by_id": by.pk},
            organization_id=escalation.organization_id,
            now=now,
        )
    escalation.refresh_from_db()
    return escalation
