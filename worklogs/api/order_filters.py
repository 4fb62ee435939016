"""By what lists of orders are narrowed down."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import django_filters
from django.utils import timezone
from rest_framework.exceptions import NotFound

from accounts.zones import zone_name_of
from core.api.filters import MomentFilter, MomentRangeFilter, RelatedFilter, TenantFilterSet
from scheduling.models import Resource
from scheduling.rules.zones import start_of_day
from worklogs.models import WorkOrder
from worklogs.rules import standing


class _AtFilter(RelatedFilter):
    """On the resource, or on a route that comes there."""

    def filter(self, qs: Any, value: Any) -> Any:
        super().filter(qs, value)  # refuses what the caller cannot see
        return qs.at(value) if value else qs


class WorkOrderFilter(TenantFilterSet):
    """`open`, `is_overdue`, `is_delayed`, `unassigned`: true or false. `due_at_after`, `due_at_before`.

    `open_at` is a moment: what was reported by then and neither done nor given up. `upcoming`: open and due within so
    many days from now. `resource`: there; `under`: there or below. Both know routes that come by.
    """

    resource = _AtFilter()
    under = RelatedFilter(field_name="resource", method="filter_under")
    schedule = RelatedFilter()
    assigned_to = RelatedFilter()
    reported_by = RelatedFilter()
    team = RelatedFilter()
    vendor = RelatedFilter()
    due_at = MomentRangeFilter()
    created_at = MomentRangeFilter()
    reported_at = MomentRangeFilter()
    completed_at = MomentRangeFilter()
    open_at = MomentFilter(method="filter_open_at")
    upcoming = django_filters.NumberFilter(method="filter_upcoming", min_value=0, max_value=3650)
    open = django_filters.BooleanFilter(method="filter_open")
    is_overdue = django_filters.BooleanFilter(method="filter_overdue")
    is_delayed = django_filters.BooleanFilter(method="filter_delayed")
    unassigned = django_filters.BooleanFilter(field_name="assigned_to", lookup_expr="isnull")

    class Meta:
        model = WorkOrder
        fields = [
            *("status", "kind", "task_type", "category", "priority", "safety_concern", "number"),
            *("external_id", "order_type", "booking_reference", "guest_id"),
        ]

    def filter_under(self, rows: Any, name: str, value: UUID) -> Any:
        seen = Resource.objects.visible_to(self.request.user).filter(pk=value).first()
        if seen is None:
            raise NotFound("under: there is no such row.")
        return rows.subtree(seen.path)

    def filter_upcoming(self, rows: Any, name: str, value: Decimal) -> Any:
        now = timezone.now()
        return rows.due_within(now, now + timedelta(days=float(value)))

    def filter_open(self, rows: Any, name: str, value: bool) -> Any:
        return rows.open() if value else rows.ended()

    def filter_open_at(self, rows: Any, name: str, value: datetime) -> Any:
        return rows.open_at(value)

    def filter_overdue(self, rows: Any, name: str, value: bool) -> Any:
        now = timezone.now()
        return rows.overdue(now=now) if value else rows.not_overdue(now=now)

    def filter_delayed(self, rows: Any, name: str, value: bool) -> Any:
        now = timezone.now()
        return rows.delayed(now=now) if value else rows.not_delayed(now=now)


class TaskFilter(WorkOrderFilter):
    """`task_state`; `day`: due on this day of the caller's zone."""

    task_state = django_filters.ChoiceFilter(
        choices=[(name, name) for name in standing.TASK_STATES], method="filter_task_state"
    )
    day = django_filters.DateFilter(method="filter_day")

    def filter_task_state(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(status__in=standing.statuses_of(value))

    def filter_day(self, rows: Any, name: str, value: date) -> Any:
        zone = zone_name_of(self.request.user)
        start, end = (start_of_day(day, zone) for day in (value, value + timedelta(days=1)))
        return rows.filter(due_at__gte=start, due_at__lt=end)
