"""Named queries over the log of work."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from accounts.rights import Role
from core.querysets import TenantQuerySet

if TYPE_CHECKING:
    from accounts.models import User


class LogQuerySet(TenantQuerySet[Any]):
    """Logs of the organisation in scope."""

    def visible_to(self, user: "User") -> "LogQuerySet":
        """Logs on resources that the person may see; staff also their own."""
        if Role(user.role) in {Role.SUPER_ADMIN, Role.EXECUTIVE_ADMIN, Role.ADMIN}:
            return self.all()
        resources = self.model._meta.get_field("resource").related_model
        return self.filter(resource__in=resources.objects.visible_to(user))

    def effective(self) -> "LogQuerySet":
        """Neither corrected by a later log nor void: what counts."""
        return self.filter(superseded_by=None, is_void=False)

    def performed_in(self, start: datetime, end: datetime) -> "LogQuerySet":
        """Performed in `[start, end)`."""
        return self.filter(performed_at__gte=start, performed_at__lt=end)
