"""Named queries over messages and deliveries."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from core.querysets import TenantQuerySet

if TYPE_CHECKING:
    from accounts.models import User

_WAITING = ["collecting", "pending"]


class NotificationQuerySet(TenantQuerySet[Any]):
    """Messages of the organisation in scope."""

    def visible_to(self, user: "User") -> "NotificationQuerySet":
        """Only the recipient reads a message."""
        return self.filter(recipient=user, in_app=True)

    def unread(self) -> "NotificationQuerySet":
        """Not read yet."""
        return self.filter(read_at=None)

    def expired(self, *, now: datetime) -> "NotificationQuerySet":
        """Old enough to be cleaned up."""
        return self.filter(expires_at__lte=now)


class DeliveryQuerySet(TenantQuerySet[Any]):
    """Deliveries of the organisation in scope."""

    def visible_to(self, user: "User") -> "DeliveryQuerySet":
        """Whoever may see deliveries sees those of the organisation."""
        return self.all()

    def due(self, *, now: datetime) -> "DeliveryQuerySet":
        """Waiting, their time has come, and no live worker holds them."""
        return self.filter(state__in=_WAITING, available_at__lte=now)

    def failed(self) -> "DeliveryQuerySet":
        """Given up."""
        return self.filter(state="failed")
