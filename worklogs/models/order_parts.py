"""What belongs to a work order: its other resources, links, comments, time and money."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from core.models import TenantModel
from core.querysets import TenantManager
from core.rules.moments import day
from scheduling.models import Resource
from worklogs.models.columns import money, person
from worklogs.models.order import WorkOrder
from worklogs.querysets import LaborEntryQuerySet, LinkQuerySet, OfOrderQuerySet


class WorkOrderResource(TenantModel):
    """A further resource of an order, such as the next extinguisher of a round, in the order of the way."""

    work_order = models.ForeignKey(
        WorkOrder, on_delete=models.CASCADE, related_name="stops", db_index=False
    )
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="order_stops")
    position = models.PositiveSmallIntegerField()

    objects = TenantManager.from_queryset(OfOrderQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["work_order", "resource"],
                name="worklogs_stop_once",
                violation_error_message="This resource is part of the order already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.resource}"


class StopMark(TenantModel):
    """What became of one place of a round, its own resource or a further one: done, or not and why; by whom and when.

    Without a row the place is open. `step` is that of the order when it was said: what is done after a reopening is
    said in a later step than the log of before.
    """

    class Outcome(models.TextChoices):
        DONE = "done", "Done"
        NOT_DONE = "not_done", "Not done"

    work_order = models.ForeignKey(
        WorkOrder, on_delete=models.CASCADE, related_name="stop_marks", db_index=False
    )
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=8, choices=Outcome)
    reason = models.CharField(max_length=300, blank=True)
    by = person(editable=False)
    at = models.DateTimeField(editable=False)
    step = models.PositiveIntegerField(editable=False)

    objects = TenantManager.from_queryset(OfOrderQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["work_order", "resource"], name="worklogs_mark_once"),
            models.CheckConstraint(
                condition=Q(outcome="done", reason="") | Q(Q(outcome="not_done"), ~Q(reason="")),
                name="worklogs_mark_reason",
                violation_error_message="Say why it was not done.",
            ),
        ]

    def __str__(self) -> str:
        said = self.get_outcome_display().lower()
        return f"{said}: {self.reason}" if self.reason else said


class WorkOrderLink(TenantModel):
    """`work_order` blocks, is followed up by, or has to do with `other`. Duplicates stand on the order itself."""

    class Kind(models.TextChoices):
        BLOCKS = "blocks", "Blocks"
        FOLLOW_UP = "follow_up", "Is followed up by"
        RELATED = "related", "Has to do with"

    work_order = models.ForeignKey(
        WorkOrder, on_delete=models.CASCADE, related_name="links", db_index=False
    )
    other = models.ForeignKey(WorkOrder, on_delete=models.CASCADE, related_name="linked_from")
    kind = models.CharField(max_length=10, choices=Kind)
    created_by = person(editable=False)

    objects = TenantManager.from_queryset(LinkQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["work_order", "other", "kind"],
                name="worklogs_link_once",
                violation_error_message="This link is there already.",
            ),
            models.CheckConstraint(
                condition=~Q(work_order=F("other")),
                name="worklogs_link_not_itself",
                violation_error_message="An order cannot be linked to itself.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.work_order} {self.get_kind_display().lower()} {self.other}"


class WorkOrderComment(TenantModel):
    """What somebody said about an order; those mentioned are told."""

    work_order = models.ForeignKey(
        WorkOrder, on_delete=models.CASCADE, related_name="comments", db_index=False
    )
    author = person(editable=False)
    follower = models.ForeignKey(
        "worklogs.WorkOrderFollower",
        on_delete=models.SET_NULL,
        related_name="comments",
        null=True,
        editable=False,
        help_text="Who said it without being a user: whoever reported through the portal.",
    )
    text = models.TextField(max_length=10_000)
    mentioned = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="WorkOrderMention", related_name="+"
    )

    objects = TenantManager.from_queryset(OfOrderQuerySet)()

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(fields=["work_order", "created_at", "id"], name="worklogs_comment_by_made")
        ]

    def __str__(self) -> str:
        return self.text[:60]


class WorkOrderMention(TenantModel):
    """A person whom a comment addresses."""

    comment = models.ForeignKey(WorkOrderComment, on_delete=models.CASCADE, related_name="mentions")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["comment", "user"], name="worklogs_mention_once")
        ]

    def __str__(self) -> str:
        return str(self.user)


class LaborRate(TenantModel):
    """What an hour of a person's work costs from a day on; without a person, of everybody who has no own rate."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="labor_rates",
        null=True,
        blank=True,
    )
    hourly_rate = money()
    valid_from = models.DateField()

    class Meta(TenantModel.Meta):
        verbose_name = "labour rate"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "valid_from"], name="worklogs_rate_of_person_once"
            ),
            models.UniqueConstraint(
                fields=["organization", "valid_from"],
                condition=Q(person=None),
                name="worklogs_rate_of_all_once",
            ),
            models.CheckConstraint(
                condition=Q(hourly_rate__gte=0), name="worklogs_rate_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person or 'Everybody'}: {self.hourly_rate} from {day(self.valid_from)}"


class LaborEntry(TenantModel):
    """Time that a person spent on an order; without an end the timer runs. The rate is that of the day of its start."""

    work_order = models.ForeignKey(WorkOrder, on_delete=models.PROTECT, related_name="labor")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="labor",
        db_index=False,
    )
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    hourly_rate = money(editable=False, default=Decimal(0))
    cost = money(editable=False, default=Decimal(0))
    note = models.CharField(max_length=300, blank=True)

    objects = TenantManager.from_queryset(LaborEntryQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name_plural = "labor entries"
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gt=F("started_at")),
                name="worklogs_labor_order",
                violation_error_message="The end must be after the start.",
            ),
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(ended_at=None),
                name="worklogs_labor_one_timer",
                violation_error_message="This person's timer is running already.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "-started_at", "-id"], name="worklogs_labor_by_start"
            ),
            models.Index(fields=["person", "-started_at"], name="worklogs_labor_by_person"),
        ]

    def __str__(self) -> str:
        return f"{self.person} on {self.work_order}"


class CostEntry(TenantModel):
    """Money spent on an order besides labour, such as a vendor's invoice; a credit note is less than nothing."""

    class Kind(models.TextChoices):
        PARTS = "parts", "Parts"
        OTHER = "other", "Other"

    work_order = models.ForeignKey(WorkOrder, on_delete=models.PROTECT, related_name="costs")
    kind = models.CharField(max_length=5, choices=Kind, default=Kind.OTHER)
    amount = money(validators=[])
    description = models.CharField(max_length=200)
    created_by = person(editable=False)

    objects = TenantManager.from_queryset(OfOrderQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name_plural = "cost entries"
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gte=0) | Q(kind="other"),
                name="worklogs_cost_not_negative",
                violation_error_message="Enter a credit note as other money.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.description}: {self.amount}"
