"""What happened to work orders: append-only rows, and the row that numbers are drawn from."""

from django.db import models

from core.models import TenantModel
from core.querysets import TenantManager
from worklogs.models.columns import person
from worklogs.models.log import Log
from worklogs.models.order import WorkOrder
from worklogs.querysets import OfOrderQuerySet


class WorkOrderTransition(TenantModel):
    """One move of an order: the command, where it led from and to, by whom, why.

    Rows are only ever added: database triggers refuse UPDATE and DELETE. `step` numbers the moves of an order from 1;
    the first has no source.
    """

    work_order = models.ForeignKey(
        WorkOrder, on_delete=models.PROTECT, related_name="transitions", db_index=False
    )
    step = models.PositiveIntegerField()
    command = models.CharField(max_length=12)
    source = models.CharField(max_length=12, choices=WorkOrder.Status, blank=True)
    target = models.CharField(max_length=12, choices=WorkOrder.Status)
    reason = models.CharField(max_length=300, blank=True)
    pauses_clock = models.BooleanField(default=False)
    assigned_to = person()
    by = person()
    at = models.DateTimeField()
    # `at` says it
    created_at = None  # type: ignore[assignment]
    updated_at = None  # type: ignore[assignment]

    objects = TenantManager.from_queryset(OfOrderQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["work_order", "step"], name="worklogs_transition_once")
        ]

    def __str__(self) -> str:
        return f"{self.command} {self.work_order}"


class WorkOrderLog(TenantModel):
    """The log that a completion wrote, one for each resource of the order. Append-only like both."""

    work_order = models.ForeignKey(WorkOrder, on_delete=models.PROTECT, related_name="order_logs")
    log = models.OneToOneField(Log, on_delete=models.PROTECT, related_name="order_link")
    step = models.PositiveIntegerField()
    created_at = None  # type: ignore[assignment]
    updated_at = None  # type: ignore[assignment]

    objects = TenantManager.from_queryset(OfOrderQuerySet)()

    class Meta(TenantModel.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.work_order}: {self.log}"


class WorkOrderNumber(TenantModel):
    """The last number that an organisation gave to an order; writers queue on this row."""

    last = models.PositiveIntegerField(default=0)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization"], name="worklogs_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.last}"
