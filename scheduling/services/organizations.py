"""What follows in scheduling when an organisation changes its settings."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import Organization
from scheduling.models import DueState, Resource
from scheduling.rules.clock import next_check
from scheduling.services import due_states, resources

_BATCH = 1000


@transaction.atomic
def follow_settings(organization_id: UUID, changed: Collection[str], *, now: datetime) -> None:
    """Move the daily check to its new hour, and resources without a zone of their own to the new zone."""
    if "time_zone" in changed:
        resources.lock_tree(organization_id)
    organization = Organization.objects.get(pk=organization_id)
    if {"time_zone", "check_hour", "maintenance_scheduling_enabled"} & set(changed):
        plan_check(organization, now=now)
    if "time_zone" in changed:
        _follow_zone(organization.time_zone, now=now)


def plan_check(organization: Organization, *, now: datetime) -> None:
    """Set when the daily check runs next."""
    moment = next_check(now, zone=organization.time_zone, hour=organization.check_hour)
    Organization.objects.filter(pk=organization.pk).update(next_check_at=moment)


def _follow_zone(zone: str, *, now: datetime) -> None:
    """Resources whose zone comes from the organisation get the new one, and their due dates with it."""
    inheriting: set[UUID] = set()
    moved: list[UUID] = []
    rows = Resource.objects.order_by("path").values_list(
        "pk", "parent", "time_zone", "effective_time_zone"
    )
    for pk, parent, own, effective in rows.iterator():
        if not own and (parent is None or parent in inheriting):
            inheriting.add(pk)
            if effective != zone:
                moved.append(pk)
    for start in range(0, len(moved), _BATCH):
        batch = Resource.objects.filter(pk__in=moved[start : start + _BATCH])
        batch.update(effective_time_zone=zone, updated_at=now)
        due_states.restand(
            DueState.objects.filter(resource__in=moved[start : start + _BATCH]), by=None, now=now
        )
