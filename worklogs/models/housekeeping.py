"""Cleaning: plans by time and by event, the tasks that bookings asked for, and rooms that became ready."""

from datetime import time

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from accounts.models import Team
from core.models import TenantModel
from core.querysets import TenantManager
from scheduling.models import Booking, Resource, ResourceType, Schedule
from worklogs.models.checklist import Checklist
from worklogs.models.order import WorkOrder
from worklogs.querysets.housekeeping import BookingTaskQuerySet, CleaningPlanQuerySet
from worklogs.rules import cleaning

_DAY = 24 * 60


class CleaningPlan(TenantModel):
    """What is to be cleaned when: by the dates of `schedule`, or whenever `on_event` happens to a booking.

    A plan by event is for `resource`, with everything below it where `with_below` says so, or for every resource of a
    type. Where several plans ask for the same task the nearest to the resource counts. A plan that is not active makes
    nothing new; what it made still follows its booking.
    """

    class OnEvent(models.TextChoices):
        CHECKED_IN = "booking.checked_in", "When guests check in"
        COMPLETED = "booking.completed", "When guests leave"

    class Rhythm(models.TextChoices):
        ONCE = cleaning.ONCE, "Once, on arrival"
        EACH_DAY = cleaning.EACH_DAY, "Every day between arrival and departure"
        EACH_EVENING = cleaning.EACH_EVENING, "Every evening of the stay"

    title = models.CharField(max_length=200)
    task_type = models.CharField(
        max_length=20, choices=WorkOrder.TaskType, default=WorkOrder.TaskType.CHECKOUT_CLEANING
    )
    on_event = models.CharField("when", max_length=20, choices=OnEvent, blank=True)
    rhythm = models.CharField(
        "how often",
        max_length=12,
        choices=Rhythm,
        default=Rhythm.ONCE,
        help_text="For plans on check-in.",
    )
    schedule = models.OneToOneField(
        Schedule,
        on_delete=models.CASCADE,
        related_name="cleaning_plan",
        null=True,
        blank=True,
        help_text="By time: the schedule whose dates become tasks. Leave “when” and the place empty.",
    )
    resource = models.ForeignKey(
        Resource, on_delete=models.CASCADE, related_name="+", null=True, blank=True
    )
    with_below = models.BooleanField("with everything below", default=False)
    resource_type = models.ForeignKey(
        ResourceType, on_delete=models.CASCADE, related_name="+", null=True, blank=True
    )
    is_planned_ahead = models.BooleanField(
        "prepared on the day of departure",
        default=True,
        help_text="The task is there in the morning, before the guests have left.",
    )
    allowed_minutes = models.PositiveIntegerField(
        "minutes until it is due",
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(14 * _DAY)],
        help_text="After the guests have left or arrived; earlier where the next guests arrive before.",
    )
    setup_minutes = models.PositiveIntegerField(
        "ready before the next arrival, in minutes", default=0, validators=[MaxValueValidator(_DAY)]
    )
    due_time = models.TimeField(
        "due at", default=time(16), help_text="Local time, for plans of every day or evening."
    )
    estimated_duration_minutes = models.PositiveIntegerField(
        "minutes of work",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(_DAY)],
    )
    checklist = models.ForeignKey(
        Checklist, on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )
    priority = models.CharField(max_length=10, choices=Schedule.Priority, blank=True)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        blank=True,
    )
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    needs_inspection = models.BooleanField("somebody looks before the room is ready", default=False)
    is_active = models.BooleanField("active", default=True)

    objects = TenantManager.from_queryset(CleaningPlanQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(on_event="", schedule__isnull=False)
                | (~Q(on_event="") & Q(schedule=None)),
                name="worklogs_cleaning_one_trigger",
                violation_error_message="Choose either a schedule or an event of bookings.",
            ),
            models.CheckConstraint(
                condition=Q(schedule__isnull=False, resource=None, resource_type=None)
                | Q(schedule=None, resource__isnull=False, resource_type=None)
                | Q(schedule=None, resource=None, resource_type__isnull=False),
                name="worklogs_cleaning_one_target",
                violation_error_message="Choose either one resource or a resource type; a schedule has its own.",
            ),
        ]

    @property
    def is_at_work(self) -> bool:
        """Whether it makes tasks. By time that is for its schedule to say, wherever it was paused or resumed."""
        return self.is_active if self.schedule is None else self.schedule.is_active

    def __str__(self) -> str:
        return self.title


class BookingTask(TenantModel):
    """The task that one plan asked for because of one booking: there is never a second.

    `part` is the local day for plans of every day, else empty. `due_at` is what was worked out last: an order whose
    due date differs was changed by a person and keeps it. `left_at` is when the guests were seen to have left.
    `is_withdrawn`: the booking no longer asked for it, so that the order was cancelled; it may ask again.
    """

    plan = models.ForeignKey(
        CleaningPlan, on_delete=models.SET_NULL, related_name="tasks", null=True
    )
    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="cleaning_tasks")
    part = models.CharField(max_length=10, blank=True)
    work_order = models.OneToOneField(
        WorkOrder, on_delete=models.PROTECT, related_name="booking_task"
    )
    begins_at = models.DateTimeField()
    due_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    next_booking = models.ForeignKey(
        Booking, on_delete=models.SET_NULL, related_name="turnovers", null=True
    )
    needs_inspection = models.BooleanField(default=False)
    is_withdrawn = models.BooleanField(default=False)

    objects = TenantManager.from_queryset(BookingTaskQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "booking", "part"], name="worklogs_booking_task_once"
            )
        ]

    def __str__(self) -> str:
        return str(self.work_order)


class RoomReady(TenantModel):
    """A resource became ready through an order; once for each time that the order was completed (`turn`)."""

    work_order = models.ForeignKey(
        WorkOrder, on_delete=models.PROTECT, related_name="made_ready", db_index=False
    )
    turn = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["work_order", "turn"], name="worklogs_room_ready_once")
        ]

    def __str__(self) -> str:
        return f"{self.work_order} made it ready"
