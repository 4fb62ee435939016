"""SLA policies: made, changed and removed; the ones that a new organisation begins with (REQUIREMENTS C10)."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from accounts.models import WorkingCalendar
from accounts.services import calendars
from core import outbox
from core.errors import Conflict
from core.services import records
from worklogs.models import SlaPolicy, WorkOrder
from worklogs.services.sla_book import ROUND_THE_CLOCK

if TYPE_CHECKING:
    from accounts.models import User

_CRITICAL, _CORRECTIVE = "critical", WorkOrder.Kind.CORRECTIVE
_CLEANING = WorkOrder.TaskType.CHECKOUT_CLEANING


def create_policy(policy: SlaPolicy, *, by: "User | None", now: datetime) -> SlaPolicy:
    """Promise something from now on, also to whoever waits already."""
    with transaction.atomic():
        records.create(policy, by=by, now=now)
        _publish(policy, now=now)
    return policy


def change_policy(
    policy: SlaPolicy, changes: Mapping[str, Any], *, by: "User | None", now: datetime
) -> SlaPolicy:
    """Promise something else. Open orders follow within a minute; what has ended keeps its deadline."""
    with transaction.atomic():
        records.update(policy, changes, by=by, now=now)
        _publish(policy, now=now)
    return policy


def delete_policy(policy: SlaPolicy, *, by: "User | None", now: datetime) -> None:
    """Remove a policy by which nothing was ever measured; the others are switched off."""
    with transaction.atomic():
        is_used = WorkOrder.objects.filter(sla_policy=policy).exists()
        if is_used or policy.violations.exists():
            message = f"Orders were measured by “{policy}”. Switch it off instead."
            raise Conflict(message, code="still_used")
        _publish(policy, now=now)
        records.delete(policy, by=by, now=now)


def create_defaults(*, now: datetime) -> list[SlaPolicy]:
    """What a new organisation promises: a room cleaned within an hour of check-out, an answer to whoever reports a
    fault within two hours, and within half an hour where it is critical. None where it has policies already.
    """
    if SlaPolicy.objects.exists():
        return []
    always = _always(now=now)
    defaults = (
        ("Checkout cleaning", {"task_type": _CLEANING, "resolution_minutes": 60}, always),
        (
            "Critical maintenance",
            {"kind": _CORRECTIVE, "priority": _CRITICAL, "response_minutes": 30},
            always,
        ),
        ("Emergency", {"kind": WorkOrder.Kind.EMERGENCY, "response_minutes": 30}, always),
        ("Maintenance", {"kind": _CORRECTIVE, "response_minutes": 120}, None),
    )
    return [
        create_policy(
            SlaPolicy(name=name, position=10 * number, calendar=calendar, **values),
            by=None,
            now=now,
        )
        for number, (name, values, calendar) in enumerate(defaults, start=1)
    ]


def _always(*, now: datetime) -> WorkingCalendar:
    """The calendar in which every hour counts."""
    found = WorkingCalendar.objects.filter(is_round_the_clock=True).order_by("pk").first()
    if found is not None:
        return found  # type: ignore[no-any-return]
    made = WorkingCalendar(name=ROUND_THE_CLOCK, is_round_the_clock=True)
    return calendars.create_calendar(made, [], by=None, now=now)


def _publish(policy: SlaPolicy, *, now: datetime) -> None:
    """Whoever reckons with policies hears of `worklogs.sla_policy.changed`."""
    outbox.publish(
        "worklogs.sla_policy.changed",
        {"policy_id": policy.pk},
        organization_id=policy.organization_id,
        now=now,
    )
