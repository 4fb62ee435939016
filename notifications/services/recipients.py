"""Who can be told."""

from collections.abc import Collection
from uuid import UUID

from accounts.models import Organization, User
from accounts.rights import Role
from notifications.channels.base import Recipient

_ADMINISTRATORS = [Role.ADMIN, Role.EXECUTIVE_ADMIN]
_FIELDS = ("pk", "name", "email", "phone", "time_zone")


def load(ids: Collection[UUID], *, organization_id: UUID) -> dict[UUID, Recipient]:
    """Those of `ids` who are active, each with the own time zone or the organisation's; two queries."""
    zone = Organization.objects.values_list("time_zone", flat=True).get(pk=organization_id)
    rows = User.objects.active().filter(pk__among=ids).values_list(*_FIELDS)
    return {
        pk: Recipient(pk=pk, name=name, email=email, phone=phone, time_zone=own_zone or zone)
        for pk, name, email, phone, own_zone in rows
    }


def administrators() -> list[UUID]:
    """Who looks after the organisation in scope."""
    return _of_roles(_ADMINISTRATORS)


def coordinators() -> list[UUID]:
    """Who plans the work of the organisation in scope; where nobody does, its administrators."""
    return _of_roles([Role.MAINTENANCE_COORDINATOR]) or administrators()


def executives() -> list[UUID]:
    """Who leads the organisation in scope; where nobody does, its administrators."""
    return _of_roles([Role.EXECUTIVE_ADMIN]) or administrators()


def _of_roles(roles: list[Role]) -> list[UUID]:
    rows = User.objects.active().filter(role__in=roles).order_by("pk")
    return list(rows.values_list("pk", flat=True))
