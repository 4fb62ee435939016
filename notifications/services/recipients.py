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
    rows = User.objects.active().filter(role__in=_ADMINISTRATORS).order_by("pk")
    return list(rows.values_list("pk", flat=True))
