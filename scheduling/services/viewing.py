"""How moments are shown to a person: in their own zone, with a hint how far away they are."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from accounts.zones import zone_name_of as zone_of
from scheduling.models import Resource
from scheduling.rules import zones

if TYPE_CHECKING:
    from accounts.models import User

__all__ = ["away", "day_and_time", "may_see_resource", "overdue_by", "zone_of"]


def may_see_resource(user: "User", resource_id: UUID) -> bool:
    """Photos of a resource are for those who may see it."""
    return bool(Resource.objects.visible_to(user).filter(pk=resource_id).exists())


def day_and_time(moment: datetime, zone: str) -> str:
    """For example “Wed 4 Mar 2026, 08:00”."""
    local = zones.to_local(moment, zone)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"


def away(moment: datetime, *, now: datetime, zone: str) -> str:
    """How many calendar days of the zone lie between: “today”, “in 3 days”, “5 days ago”."""
    days = (zones.local_date(moment, zone) - zones.local_date(now, zone)).days
    if abs(days) <= 1:
        return {0: "today", 1: "tomorrow", -1: "yesterday"}[days]
    return f"in {days} days" if days > 0 else f"{-days} days ago"


def overdue_by(due_at: datetime, *, now: datetime, zone: str) -> str:
    """“5 days overdue”, counted from the due day; “overdue” on the day itself."""
    days = (zones.local_date(now, zone) - zones.local_date(due_at, zone)).days
    return f"{days} day{'s' * (days != 1)} overdue" if days > 0 else "overdue"
