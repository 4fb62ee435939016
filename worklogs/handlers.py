"""Reactions to events of other apps."""

from django.utils import timezone

from core.models import OutboxEvent
from core.outbox import handles
from worklogs.services import generation, sla_policies, sla_sweep


@handles("scheduling.occurrence.completed", id="worklogs.cancel_done")
@handles("scheduling.occurrence.skipped", id="worklogs.cancel_skipped")
def cancel_closed(event: OutboxEvent) -> None:
    """An order that nobody has begun ends with its date."""
    generation.cancel_closed(now=timezone.now(), occurrence_id=event.payload["occurrence_id"])


@handles("accounts.organization.created", id="worklogs.first_policies")
def promise(event: OutboxEvent) -> None:
    """A new organisation promises what most do."""
    sla_policies.create_defaults(now=event.occurred_at)


@handles("worklogs.sla_policy.changed", id="worklogs.policy_changed")
@handles("accounts.calendar.changed", id="worklogs.calendar_changed")
@handles("accounts.organization.changed", id="worklogs.zone_changed")
def reckon_anew(event: OutboxEvent) -> None:
    """What is promised, or the time in which it is measured, has changed: open orders follow."""
    changed = event.payload.get("changed")
    if changed is None or "time_zone" in changed:
        sla_sweep.look_again(now=event.occurred_at)
