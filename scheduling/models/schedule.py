"""The definition of preventive maintenance."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from core.models import TenantModel, both_or_neither
from core.querysets import TenantManager
from scheduling.models.resource import Resource, ResourceType
from scheduling.querysets import ScheduleQuerySet


class Schedule(TenantModel):
    """What must be done on a resource, or on every resource of a type, and when.

    `start_at` is the anchor of the series and keeps its local wall time in the resource's zone. `exdates` are local
    wall times or dates (ISO text) that the series leaves out. `next_due_at` and `overdue_at` repeat the earliest of
    its due states, so that a list of schedules needs no join; only the due engine writes them.
    """

    class MaintenanceType(models.TextChoices):
        PREVENTIVE = "preventive", "Preventive"
        CORRECTIVE = "corrective", "Corrective"
        SCHEDULED = "scheduled", "Scheduled"
        EMERGENCY = "emergency", "Emergency"
        INSPECTION = "inspection", "Inspection"
        CLEANING = "cleaning", "Cleaning"

    class Priority(models.TextChoices):
        LOW = "low", "Low"
        MEDIUM = "medium", "Medium"
        HIGH = "high", "High"
        CRITICAL = "critical", "Critical"

    class Trigger(models.TextChoices):
        TIME = "time", "Time"

    class Frequency(models.TextChoices):
        DAILY = "daily", "Daily"
        WEEKLY = "weekly", "Weekly"
        BIWEEKLY = "biweekly", "Every two weeks"
        MONTHLY = "monthly", "Monthly"
        QUARTERLY = "quarterly", "Quarterly"
        SEMIANNUAL = "semiannual", "Every six months"
        ANNUAL = "annual", "Yearly"
        CUSTOM = "custom", "Custom"

    class IntervalUnit(models.TextChoices):
        DAY = "day", "days"
        WEEK = "week", "weeks"
        MONTH = "month", "months"
        YEAR = "year", "years"

    class Basis(models.TextChoices):
        FIXED = "fixed", "Fixed: a late completion never shifts the series"
        FLOATING = "floating", "Floating: counted from the last completion"

    class Overflow(models.TextChoices):
        CLAMP = "clamp", "Last day of the month"
        SKIP = "skip", "Leave that month out"
        NEXT_DAY = "next_day", "First day of the next month"

    class Backlog(models.TextChoices):
        ONE_OPEN = "one_open", "One open at a time, later ones are recorded as missed"
        SUPERSEDE = "supersede", "The newer one replaces the older"
        STACK = "stack", "Every one stays open"

    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    maintenance_type = models.CharField(
        max_length=20, choices=MaintenanceType, default=MaintenanceType.PREVENTIVE
    )
    priority = models.CharField(max_length=10, choices=Priority, default=Priority.MEDIUM)
    resource = models.ForeignKey(
        Resource, on_delete=models.PROTECT, related_name="schedules", null=True, blank=True
    )
    resource_type = models.ForeignKey(
        ResourceType, on_delete=models.PROTECT, related_name="schedules", null=True, blank=True
    )
    external_id = models.CharField("number in another system", max_length=100, blank=True)

    trigger = models.CharField(max_length=10, choices=Trigger, default=Trigger.TIME)
    frequency = models.CharField(max_length=12, choices=Frequency, default=Frequency.MONTHLY)
    interval = models.PositiveIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(3650)]
    )
    interval_unit = models.CharField(
        max_length=5, choices=IntervalUnit, default=IntervalUnit.DAY, blank=True
    )
    rrule = models.CharField(max_length=500, blank=True)
    exdates = models.JSONField(default=list, blank=True)
    basis = models.CharField(max_length=10, choices=Basis, default=Basis.FIXED)
    overflow = models.CharField(max_length=10, choices=Overflow, default=Overflow.CLAMP)
    start_at = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    tolerance_days = models.PositiveSmallIntegerField(
        default=0, validators=[MaxValueValidator(3650)]
    )
    tolerance_percent = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(50)]
    )
    backlog = models.CharField(max_length=10, choices=Backlog, default=Backlog.ONE_OPEN)
    lead_days = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(3650)])
    advance_notice_days = models.PositiveSmallIntegerField(
        default=1, validators=[MaxValueValidator(365)]
    )

    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="assigned_schedules",
        null=True,
        blank=True,
    )
    estimated_duration_minutes = models.PositiveIntegerField(null=True, blank=True)
    estimated_cost = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )

    is_active = models.BooleanField(default=True)
    paused_at = models.DateTimeField(null=True, blank=True, editable=False)
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
    )
    pause_reason = models.CharField(max_length=300, blank=True, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
    )
    next_due_at = models.DateTimeField(null=True, editable=False)
    overdue_at = models.DateTimeField(null=True, editable=False)

    objects = TenantManager.from_queryset(ScheduleQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(resource=None) ^ Q(resource_type=None),
                name="scheduling_schedule_one_target",
                violation_error_message="Choose either one resource or a resource type.",
            ),
            models.CheckConstraint(
                condition=Q(interval__gte=1), name="scheduling_schedule_interval"
            ),
            models.CheckConstraint(
                condition=Q(is_active=True, paused_at=None)
                | Q(is_active=False, paused_at__isnull=False),
                name="scheduling_schedule_paused_stamp",
            ),
            both_or_neither("deleted_at", "deleted_by", label="scheduling_schedule_deleted_pair"),
            models.UniqueConstraint(
                fields=["organization", "external_id"],
                condition=~Q(external_id=""),
                name="scheduling_schedule_external_id",
            ),
        ]
        indexes = [
            # the list of schedules, soonest first, page by page
            models.Index(
                fields=["organization", "next_due_at", "id"],
                condition=Q(deleted_at=None),
                name="scheduling_schedule_by_due",
            ),
            # what is overdue now
            models.Index(
                fields=["organization", "overdue_at"],
                condition=Q(deleted_at=None, overdue_at__isnull=False),
                name="scheduling_schedule_overdue",
            ),
            models.Index(
                fields=["organization", "title", "id"], name="scheduling_schedule_by_title"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class ScheduleException(TenantModel):
    """A resource that a type-wide schedule leaves out, and why."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="exceptions")
    resource = models.ForeignKey(
        Resource, on_delete=models.CASCADE, related_name="schedule_exceptions"
    )
    reason = models.CharField(max_length=300, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["schedule", "resource"], name="scheduling_exception_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.schedule} without {self.resource}"
