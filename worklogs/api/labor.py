"""`labor-entries`: time that people spend on work orders."""

from typing import Any, ClassVar

import django_filters
from django.utils import timezone

from accounts.rights import Right
from core.api.filters import MomentRangeFilter, RelatedFilter, TenantFilterSet
from core.api.viewsets import CrudViewSet
from worklogs.api.part_serializers import (
    LABOR_COLUMNS,
    LaborChange,
    LaborInput,
    LaborRead,
    priced_for,
)
from worklogs.models import LaborEntry
from worklogs.services import labor

Rows = list[dict[str, Any]]  # inside the viewset `list` is the action


class LaborFilter(TenantFilterSet):
    """`running=true`: timers. `started_at_after`, `started_at_before`."""

    work_order = RelatedFilter()
    person = RelatedFilter()
    started_at = MomentRangeFilter()
    running = django_filters.BooleanFilter(field_name="ended_at", lookup_expr="isnull")

    class Meta:
        model = LaborEntry
        fields: ClassVar[Any] = []


class LaborEntryViewSet(CrudViewSet):
    """Time spent. POST without an end starts a timer, PATCH with `ended_at` stops it."""

    model = LaborEntry
    serializer_class = LaborRead
    input_serializer_class = LaborInput
    action_serializers: ClassVar[Any] = {"update": LaborChange, "partial_update": LaborChange}
    filterset_class = LaborFilter
    ordering_fields: ClassVar[Any] = {"started_at": "started_at"}
    ordering = "-started_at"
    list_values: ClassVar[Any] = {name: name for name in LABOR_COLUMNS}
    rights: ClassVar[Any] = dict.fromkeys(
        ("list", "retrieve", "create", "update", "partial_update", "destroy"),
        Right.WORK_ORDER_WORK,
    )

    def finish_list(self, rows: Rows) -> Rows:
        """As one row is shown."""
        return [priced_for(self.by, row, row["person"]) for row in rows]

    def create_row(self, values: dict[str, Any]) -> LaborEntry:
        now = timezone.now()
        defaults = {"person": self.by, "started_at": now}
        return labor.add_labor(LaborEntry(**{**defaults, **values}), by=self.by, now=now)

    def update_row(self, row: LaborEntry, values: dict[str, Any]) -> LaborEntry:
        return labor.change_labor(row, values, by=self.by, now=timezone.now())

    def delete_row(self, row: LaborEntry) -> None:
        labor.remove_labor(row, by=self.by, now=timezone.now())

    def shown(self, row: LaborEntry) -> LaborEntry:
        """As the database has it: with the scale of its amounts."""
        entry: LaborEntry = LaborEntry.objects.get(pk=row.pk)
        return entry
