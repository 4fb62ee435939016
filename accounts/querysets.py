"""Named queries over people and keys."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Expression, F, Q

from core.querysets import TenantQuerySet

if TYPE_CHECKING:
    from accounts.models import User


class UserQuerySet(TenantQuerySet[Any]):
    """People of the organisation in scope."""

    def active(self) -> "UserQuerySet":
        """Who can sign in and be told."""
        return self.filter(is_active=True)

    def visible_to(self, user: "User") -> "UserQuerySet":
        """Colleagues may see each other's names; the right to the list itself is checked at the door."""
        return self.all()

    def get_by_natural_key(self, email: str) -> Any:
        """Sign-in name to user."""
        return self.get(email=email.lower())


class ApiKeyQuerySet(TenantQuerySet[Any]):
    """Keys of machines."""

    def usable(self, *, now: "datetime | Expression") -> "ApiKeyQuerySet":
        """Neither revoked nor expired, and of a person who has been active ever since the key was made."""
        stayed = Q(user__access_ended_at=None) | Q(user__access_ended_at__lt=F("created_at"))
        return self.filter(stayed, revoked_at=None, expires_at__gt=now, user__is_active=True)

    def visible_to(self, user: "User") -> "ApiKeyQuerySet":
        """Administrators see every key of their organisation."""
        return self.all()
