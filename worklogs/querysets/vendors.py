"""Named queries over vendors."""

from typing import Any

from django.db.models import Avg, Count, DecimalField, DurationField, ExpressionWrapper, F, Q

from core.querysets import TenantQuerySet
from worklogs import states

_DONE = Q(work_orders__status__in=(states.COMPLETED, states.VERIFIED))
_COST: Any = (
    F("work_orders__labor_cost") + F("work_orders__parts_cost") + F("work_orders__other_cost")
)
_TIME: Any = F("work_orders__completed_at") - F("work_orders__reported_at")


class VendorQuerySet(TenantQuerySet[Any]):
    """Vendors of the organisation in scope."""

    def active(self) -> "VendorQuerySet":
        """Those that work is given to."""
        return self.filter(is_active=True)

    def with_figures(self) -> "VendorQuerySet":
        """How many orders they had and completed; of the completed what they cost on average, and how long it took
        from the report on.
        """
        cost = ExpressionWrapper(_COST, output_field=DecimalField())
        time = ExpressionWrapper(_TIME, output_field=DurationField())
        rows: VendorQuerySet = self.annotate(
            total_jobs=Count("work_orders"),
            completed_jobs=Count("work_orders", filter=_DONE),
            average_cost=Avg(cost, filter=_DONE),
            average_time=Avg(time, filter=_DONE),
        )
        return rows
