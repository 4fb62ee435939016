"""What a person may see of a resource, for whoever keeps things about it."""

from typing import TYPE_CHECKING
from uuid import UUID

from scheduling.models import Resource

if TYPE_CHECKING:
    from accounts.models import User


def may_see_resource(user: "User", resource_id: UUID) -> bool:
    """Photos of a resource are for those who may see it."""
    return bool(Resource.objects.visible_to(user).filter(pk=resource_id).exists())
