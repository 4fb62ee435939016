"""What the demo's hotel promises: the usual targets, times to finish, and the holidays of Portugal."""

from datetime import datetime

from accounts.models import WorkingCalendar
from accounts.services import calendars
from integrations.services.demo.plans import World
from worklogs.models import SlaPolicy, SlaViolation
from worklogs.services import sla_policies, sla_sweep, sla_violations


def promise(world: World, *, now: datetime) -> None:
    """Policies from the first day on."""
    usual = WorkingCalendar.objects.get(is_default=True)
    calendars.change_calendar(usual, {"country": "PT"}, by=world.by, now=now)
    sla_policies.create_defaults(now=now)
    whole_day = SlaPolicy(
        name="Urgent work",
        position=5,
        priority="high",
        response_minutes=60,
        resolution_business_days=1,
    )
    sla_policies.create_policy(whole_day, by=world.by, now=now)
    maintenance = SlaPolicy.objects.get(name="Maintenance")
    changes = {"resolution_business_days": 2}
    sla_policies.change_policy(maintenance, changes, by=world.by, now=now)


def look(world: World, *, now: datetime) -> None:
    """What was missed is on record by now, and one of it is excused."""
    sla_sweep.sweep(now=now)
    first = SlaViolation.objects.order_by("breached_at", "pk").first()
    if first is not None:
        reason = "The spare part came a day later than the maker had promised."
        sla_violations.excuse(first, reason, by=world.by, now=now)
