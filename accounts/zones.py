"""On whose clock times are read and typed."""

from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from accounts.models import Organization
from core.tenancy import current_organization_id


def home_zone_name(user: Any) -> str:
    """The zone of the organisation in reach, which for the installation's operator may be another than their own."""
    reached = current_organization_id()
    if reached in (None, user.organization_id):
        own: str = user.organization.time_zone
        return own
    return str(Organization.objects.values_list("time_zone", flat=True).get(pk=reached))


def zone_name_of(user: Any) -> str:
    """The zone in which a person reads times: their own, else that of the organisation in reach."""
    return user.time_zone or home_zone_name(user)


def zone_of(user: Any) -> ZoneInfo:
    """The same, to reckon with."""
    return ZoneInfo(zone_name_of(user))


def zone_names() -> list[str]:
    """The zones that people choose from, by name."""
    return sorted(name for name in available_timezones() if "/" in name or name == "UTC")
