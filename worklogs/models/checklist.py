"""Checklists: templates in versions, of which a published one never changes, and what they are for."""

from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property

from core.models import TenantModel
from core.querysets import TenantManager
from scheduling.models import Schedule
from worklogs.models.columns import person
from worklogs.models.order import WorkOrder
from worklogs.querysets import ChecklistQuerySet
from worklogs.rules.checklist_steps import Step, parse


class Checklist(TenantModel):
    """A template of questions. `current` is the version that new orders take; without one it is a draft still."""

    name = models.CharField(max_length=120)
    description = models.TextField(blank=True, max_length=2000)
    is_active = models.BooleanField("in use", default=True)
    current = models.ForeignKey(
        "ChecklistVersion",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
        db_index=False,
    )

    objects = TenantManager.from_queryset(ChecklistQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"], name="worklogs_checklist_name_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ChecklistVersion(TenantModel):
    """The steps of a checklist at one time, in the form of `rules/checklist_steps.py`.

    Without `published_at` it is the draft, one per checklist. Database triggers refuse UPDATE and DELETE of what is
    published.
    """

    checklist = models.ForeignKey(Checklist, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(editable=False)
    steps = models.JSONField(default=list)
    published_at = models.DateTimeField(null=True, editable=False)
    published_by = person(editable=False)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["checklist", "number"], name="worklogs_checklist_number_once"
            ),
            models.UniqueConstraint(
                fields=["checklist"],
                condition=Q(published_at=None),
                name="worklogs_checklist_one_draft",
                violation_error_message="This checklist has a draft already.",
            ),
        ]

    @cached_property
    def parsed(self) -> list[Step]:
        """The steps, typed."""
        return parse(self.steps)

    def __str__(self) -> str:
        return f"{self.checklist}, version {self.number}"


class ChecklistUse(TenantModel):
    """What a checklist is for: one schedule, or all orders of a task type or of a kind."""

    checklist = models.ForeignKey(Checklist, on_delete=models.CASCADE, related_name="uses")
    schedule = models.OneToOneField(
        Schedule, on_delete=models.CASCADE, related_name="checklist_use", null=True, blank=True
    )
    task_type = models.CharField(max_length=20, choices=WorkOrder.TaskType, blank=True)
    kind = models.CharField(max_length=12, choices=WorkOrder.Kind, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(schedule__isnull=False, task_type="", kind="")
                | (Q(schedule=None, kind="") & ~Q(task_type=""))
                | (Q(schedule=None, task_type="") & ~Q(kind="")),
                name="worklogs_checklist_use_of_one",
            ),
            models.UniqueConstraint(
                fields=["organization", "task_type"],
                condition=~Q(task_type=""),
                name="worklogs_checklist_of_task_type",
            ),
            models.UniqueConstraint(
                fields=["organization", "kind"],
                condition=~Q(kind=""),
                name="worklogs_checklist_of_kind",
            ),
        ]

    def __str__(self) -> str:
        what = self.schedule or self.get_task_type_display() or self.get_kind_display()
        return f"{self.checklist} for {what}"
