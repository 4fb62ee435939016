"""What was answered on the checklist of an order: append-only rows, and the orders that failed steps led to."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from core.models import TenantModel
from core.querysets import TenantManager
from worklogs.models.columns import person
from worklogs.models.order import WorkOrder
from worklogs.querysets import ChecklistAnswerQuerySet, OfOrderQuerySet
from worklogs.rules.checklists import Given


class ChecklistAnswer(TenantModel):
    """What a person answered to one step of an order, when.

    Rows are only ever added: database triggers refuse UPDATE and DELETE. A correction is a new row with `supersedes`.
    `text` is the choice, yes or no, what was written, or who signed; numbers and meter readings stand in `number`.
    """

    work_order = models.ForeignKey(
        WorkOrder, on_delete=models.PROTECT, related_name="answers", db_index=False
    )
    step = models.CharField(max_length=40)
    text = models.TextField(blank=True)
    number = models.DecimalField(max_digits=19, decimal_places=6, null=True)
    attachment_hashes = models.JSONField(default=list)
    is_failed = models.BooleanField(default=False)
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, related_name="superseded_by", null=True
    )
    answered_by = person()
    answered_at = models.DateTimeField()
    # when it reached us: a phone without connection sends later
    updated_at = None  # type: ignore[assignment]

    objects = TenantManager.from_queryset(ChecklistAnswerQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["work_order", "step"],
                condition=Q(supersedes=None),
                name="worklogs_answer_once",
            ),
            models.CheckConstraint(
                condition=Q(supersedes=None) | ~Q(supersedes=F("id")),
                name="worklogs_answer_not_itself",
            ),
        ]
        indexes = [
            models.Index(fields=["work_order", "step"], name="worklogs_answer_by_order"),
        ]

    @property
    def given(self) -> Given:
        """The answer for the rules."""
        number = None if self.number is None else Decimal(self.number)
        return Given(text=self.text, number=number, files=len(self.attachment_hashes))

    def __str__(self) -> str:
        return f"{self.work_order}: {self.step}"


class ChecklistFollowUp(TenantModel):
    """The order that a failed step led to; one for each step of an order, however often somebody asks."""

    work_order = models.ForeignKey(
        WorkOrder, on_delete=models.PROTECT, related_name="step_follow_ups", db_index=False
    )
    step = models.CharField(max_length=40)
    order = models.OneToOneField(WorkOrder, on_delete=models.PROTECT, related_name="follows_step")
    updated_at = None  # type: ignore[assignment]

    objects = TenantManager.from_queryset(OfOrderQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["work_order", "step"], name="worklogs_step_follow_up_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.work_order} → {self.order}"
