"""Named queries over what is promised and what became of it."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from core.querysets import TenantQuerySet
from worklogs import states
from worklogs.querysets.orders import OfOrderQuerySet, seen_by

if TYPE_CHECKING:
    from accounts.models import User


class SlaPolicyQuerySet(TenantQuerySet[Any]):
    """Policies of the organisation in scope."""

    def active(self) -> "SlaPolicyQuerySet":
        """Those that hold."""
        return self.filter(is_active=True)

    def listed(self) -> "SlaPolicyQuerySet":
        """In the order in which people read them."""
        return self.order_by("position", "name", "pk")


class ViolationQuerySet(OfOrderQuerySet):
    """Targets that were missed."""

    def excused(self) -> "ViolationQuerySet":
        """Not held against anybody."""
        return self.filter(excuse__isnull=False)

    def unexcused(self) -> "ViolationQuerySet":
        """The others."""
        return self.filter(excuse=None)

    def between(self, start: datetime, end: datetime) -> "ViolationQuerySet":
        """Whose deadline lay in `[start, end)`."""
        return self.filter(breached_at__gte=start, breached_at__lt=end)

    def shown(self) -> "ViolationQuerySet":
        """With everything that a row shows, the latest first."""
        related = ("work_order__resource", "work_order__assigned_to", "policy", "excuse__by")
        return self.select_related(*related).order_by("-breached_at", "-pk")


class ExcuseQuerySet(TenantQuerySet[Any]):
    """Reasons why violations are not held against anybody."""

    def visible_to(self, user: "User") -> "ExcuseQuerySet":
        """As the order."""
        condition = seen_by(user, "violation__work_order__")
        return self.all() if condition is None else self.filter(condition)


class EscalationQuerySet(TenantQuerySet[Any]):
    """Who was told further up."""

    def visible_to(self, user: "User") -> "EscalationQuerySet":
        """As the order."""
        condition = seen_by(user, "violation__work_order__")
        return self.all() if condition is None else self.filter(condition)

    def waiting(self) -> "EscalationQuerySet":
        """Nobody has said that they see to it, and the order is still open."""
        return self.filter(acknowledged_at=None, violation__work_order__status__in=states.OPEN)

    def to_raise(self, *, now: datetime) -> "EscalationQuerySet":
        """Whose time to answer is over."""
        return self.filter(next_at__lte=now)

    def shown(self) -> "EscalationQuerySet":
        """With everything that a row shows, the highest and latest first."""
        related = ("violation__work_order__resource", "violation__work_order__assigned_to")
        return self.select_related(*related).order_by("-level", "-raised_at", "-pk")
