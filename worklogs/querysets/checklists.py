"""Named queries over checklists and what was answered on them."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from core.querysets import TenantQuerySet
from worklogs.querysets.orders import OfOrderQuerySet

if TYPE_CHECKING:
    from worklogs.models import WorkOrder


class ChecklistQuerySet(TenantQuerySet[Any]):
    """Templates of the organisation in scope."""

    def in_use(self) -> "ChecklistQuerySet":
        """Published and not put away: what an order can take."""
        return self.filter(is_active=True, current__isnull=False)

    def offered(self, kept: UUID | None) -> "ChecklistQuerySet":
        """What an order can take, and what it has already."""
        return self.filter(Q(is_active=True, current__isnull=False) | Q(pk=kept))


class ChecklistAnswerQuerySet(OfOrderQuerySet):
    """Answers of orders."""

    def newest(self) -> "ChecklistAnswerQuerySet":
        """The last of each chain of corrections: what counts."""
        later = self.model.objects.filter(supersedes=OuterRef("pk"))
        return self.filter(~Exists(later))

    def of(self, order: "WorkOrder") -> "ChecklistAnswerQuerySet":
        """What counts on one order."""
        return self.filter(work_order=order).newest().select_related("answered_by")

    def of_orders(self, orders: Collection[UUID]) -> "ChecklistAnswerQuerySet":
        """What counts on several."""
        return self.filter(work_order__in=orders).newest()
