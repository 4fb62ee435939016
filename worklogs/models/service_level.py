"""What is promised to whoever reports, and what became of it (DOMAIN, "SLA clocks")."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from accounts.models import WorkingCalendar
from core.models import TenantModel
from core.querysets import TenantManager
from scheduling.models import ResourceType, Schedule
from worklogs.models.columns import person
from worklogs.models.order import WorkOrder
from worklogs.querysets import (
    EscalationQuerySet,
    ExcuseQuerySet,
    OfOrderQuerySet,
    SlaPolicyQuerySet,
    ViolationQuerySet,
)

#: A year of minutes, and of working days: nobody promises anything later.
LONGEST_MINUTES = 525_600
LONGEST_DAYS = 365


class SlaClock(models.TextChoices):
    """What is measured: until somebody who can act has answered, or until the work is done."""

    RESPONSE = "response", "Response"
    RESOLUTION = "resolution", "Resolution"


def _minutes() -> "models.PositiveIntegerField[int | None, int | None]":
    checks = [MinValueValidator(1), MaxValueValidator(LONGEST_MINUTES)]
    return models.PositiveIntegerField(null=True, blank=True, validators=checks)


def _days() -> "models.PositiveSmallIntegerField[int | None, int | None]":
    checks = [MinValueValidator(1), MaxValueValidator(LONGEST_DAYS)]
    return models.PositiveSmallIntegerField(null=True, blank=True, validators=checks)


class SlaPolicy(TenantModel):
    """Targets for the orders that it fits: an empty condition fits all.

    A target is a number of minutes of working time, or of working days: then the same time of day, so many of them
    later. Without a calendar the organisation's default one counts; for what concerns safety every hour of every day.
    Of several that fit, the one with most conditions holds, then the lowest position (`rules/service_levels.py`).
    """

    name = models.CharField(max_length=100)
    position = models.PositiveSmallIntegerField(default=100)
    is_active = models.BooleanField("active", default=True)
    kind = models.CharField(max_length=12, choices=WorkOrder.Kind, blank=True)
    task_type = models.CharField(max_length=20, choices=WorkOrder.TaskType, blank=True)
    category = models.CharField(max_length=12, choices=WorkOrder.Category, blank=True)
    priority = models.CharField(max_length=10, choices=Schedule.Priority, blank=True)
    resource_type = models.ForeignKey(
        ResourceType, on_delete=models.PROTECT, related_name="sla_policies", null=True, blank=True
    )
    calendar = models.ForeignKey(
        WorkingCalendar,
        on_delete=models.PROTECT,
        related_name="sla_policies",
        null=True,
        blank=True,
    )
    response_minutes = _minutes()
    response_business_days = _days()
    resolution_minutes = _minutes()
    resolution_business_days = _days()
    escalate_after_minutes = models.PositiveIntegerField(
        null=True,
        blank=True,
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_MINUTES)],
    )

    objects = TenantManager.from_queryset(SlaPolicyQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name = "SLA policy"
        verbose_name_plural = "SLA policies"
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="worklogs_policy_name"),
            models.CheckConstraint(
                condition=Q(response_minutes=None) | Q(response_business_days=None),
                name="worklogs_policy_one_response",
                violation_error_message="Give the response in minutes or in working days, not both.",
            ),
            models.CheckConstraint(
                condition=Q(resolution_minutes=None) | Q(resolution_business_days=None),
                name="worklogs_policy_one_resolution",
                violation_error_message="Give the resolution in minutes or in working days, not both.",
            ),
            models.CheckConstraint(
                condition=Q(response_minutes__isnull=False)
                | Q(response_business_days__isnull=False)
                | Q(resolution_minutes__isnull=False)
                | Q(resolution_business_days__isnull=False),
                name="worklogs_policy_some_target",
                violation_error_message="Give at least one target: for the response or the resolution.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SlaWarning(TenantModel):
    """Somebody was warned that so many per cent of a target are used up; once for each. Rows are only ever added."""

    work_order = models.ForeignKey(
        WorkOrder, on_delete=models.PROTECT, related_name="sla_warnings", db_index=False
    )
    clock = models.CharField(max_length=10, choices=SlaClock)
    percent = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField()
    at = models.DateTimeField()
    # `at` says it
    created_at = None  # type: ignore[assignment]
    updated_at = None  # type: ignore[assignment]

    objects = TenantManager.from_queryset(OfOrderQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["work_order", "clock", "percent"], name="worklogs_warning_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.work_order}: {self.percent} % of {self.clock}"


class SlaViolation(TenantModel):
    """A target was missed: a fact. Database triggers refuse UPDATE and DELETE; it can be excused (`SlaExcuse`).

    `breached_at` is the deadline that went by, `found_at` when the system noticed.
    """

    work_order = models.ForeignKey(
        WorkOrder, on_delete=models.PROTECT, related_name="sla_violations", db_index=False
    )
    clock = models.CharField(max_length=10, choices=SlaClock)
    policy = models.ForeignKey(
        SlaPolicy, on_delete=models.PROTECT, related_name="violations", null=True
    )
    breached_at = models.DateTimeField()
    found_at = models.DateTimeField()
    created_at = None  # type: ignore[assignment]
    updated_at = None  # type: ignore[assignment]

    objects = TenantManager.from_queryset(ViolationQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["work_order", "clock"], name="worklogs_violation_once")
        ]
        indexes = [
            # the list, newest first, and the figures of a period
            models.Index(
                fields=["organization", "-breached_at", "-id"], name="worklogs_violation_by_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.work_order}: {self.get_clock_display().lower()} too late"


class SlaExcuse(TenantModel):
    """Why a violation is not held against anybody; once, for good. Append-only like the violation."""

    violation = models.OneToOneField(SlaViolation, on_delete=models.PROTECT, related_name="excuse")
    reason = models.CharField(max_length=300)
    by = person()
    at = models.DateTimeField()
    created_at = None  # type: ignore[assignment]
    updated_at = None  # type: ignore[assignment]

    objects = TenantManager.from_queryset(ExcuseQuerySet)()

    class Meta(TenantModel.Meta):
        pass

    def __str__(self) -> str:
        return self.reason


class SlaEscalation(TenantModel):
    """Somebody further up was told of a violation: level 1 coordinators, level 2 who leads the organisation.

    At `next_at` the next level hears of it, unless somebody has said before that they see to it.
    """

    class Level(models.IntegerChoices):
        COORDINATORS = 1, "Coordinators"
        EXECUTIVES = 2, "Executives"

    violation = models.ForeignKey(
        SlaViolation, on_delete=models.PROTECT, related_name="escalations", db_index=False
    )
    level = models.PositiveSmallIntegerField(choices=Level)
    raised_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = person()

    objects = TenantManager.from_queryset(EscalationQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["violation", "level"], name="worklogs_escalation_once"),
            models.CheckConstraint(
                condition=Q(acknowledged_by=None) | Q(acknowledged_at__isnull=False),
                name="worklogs_escalation_stamp",
            ),
        ]
        indexes = [
            # which go up next
            models.Index(
                fields=["next_at"],
                condition=Q(next_at__isnull=False),
                name="worklogs_escalation_next",
            ),
            # which nobody has taken up
            models.Index(
                fields=["organization", "-raised_at"],
                condition=Q(acknowledged_at=None),
                name="worklogs_escalation_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.violation}: {self.get_level_display().lower()}"
