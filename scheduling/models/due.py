"""What is due, per schedule and resource."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.models import TenantModel
from core.querysets import TenantManager
from core.rules.moments import day, wall_time
from scheduling import states
from scheduling.models.resource import Resource
from scheduling.models.schedule import Schedule
from scheduling.querysets import DueCheckRunQuerySet, DueStateQuerySet, OccurrenceQuerySet


class DueState(TenantModel):
    """Where one schedule stands on one resource. Only the due engine writes it, and can rebuild it.

    `position` is the key of the last date of the series that has a row; `baseline_on` the local date from which a
    floating schedule counts. `joined_at` is when the resource joined a running schedule, from which its dates count;
    none from the start of the series. `attention_at` is the next moment at which the due check has something to do
    here: the check asks for `attention_at <= now` and nothing else.
    """

    # the unique constraint begins with the schedule and serves as its index, here and below
    schedule = models.ForeignKey(
        Schedule, on_delete=models.CASCADE, related_name="due_states", db_index=False
    )
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="due_states")
    position = models.CharField(max_length=40, blank=True)
    baseline_on = models.DateField(null=True)
    last_done_at = models.DateTimeField(null=True)
    joined_at = models.DateTimeField(null=True)
    next_due_at = models.DateTimeField(null=True)
    next_due_key = models.CharField(max_length=40, blank=True)
    overdue_at = models.DateTimeField(null=True)
    attention_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(DueStateQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["schedule", "resource"], name="scheduling_due_state_once"
            )
        ]
        indexes = [
            # the due check
            models.Index(
                fields=["organization", "attention_at"],
                condition=Q(attention_at__isnull=False),
                name="scheduling_due_attention",
            ),
            # calendar, dashboard: what comes next, and which of it is still within its tolerance
            models.Index(
                fields=["organization", "next_due_at", "overdue_at"],
                condition=Q(next_due_at__isnull=False),
                name="scheduling_due_next",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.schedule} – {self.resource}"


class Occurrence(TenantModel):
    """One date of a schedule on a resource, from the moment it matters.

    `occurrence_key` is its nominal local wall time (`2024-01-31T08:00`; for a floating schedule with the date it
    counts from: `2024-01-31T08:00~2024-01-01`). `due_at` differs from it when somebody moved it. Overdue is never
    stored: it is `overdue_at <= now` while open. `is_compliant`: performed inside the tolerance.
    """

    class Status(models.TextChoices):
        PLANNED = states.PLANNED, "Planned"
        OPEN = states.OPEN, "Due"
        DONE = states.DONE, "Done"
        MISSED = states.MISSED, "Missed"
        SKIPPED = states.SKIPPED, "Skipped"
        SUPERSEDED = states.SUPERSEDED, "Superseded"
        COVERED = states.COVERED, "Covered"

    schedule = models.ForeignKey(
        Schedule, on_delete=models.CASCADE, related_name="occurrences", db_index=False
    )
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="occurrences")
    occurrence_key = models.CharField(max_length=40)
    due_at = models.DateTimeField()
    overdue_at = models.DateTimeField()
    status = models.CharField(max_length=12, choices=Status, default=Status.OPEN)
    opened_at = models.DateTimeField(null=True)
    due_told_at = models.DateTimeField(null=True)
    overdue_told_at = models.DateTimeField(null=True)
    performed_at = models.DateTimeField(null=True)
    is_compliant = models.BooleanField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        editable=False,
        db_index=False,
    )
    reason = models.CharField(max_length=300, blank=True)

    objects = TenantManager.from_queryset(OccurrenceQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["schedule", "resource", "occurrence_key"], name="scheduling_occurrence_once"
            ),
            models.CheckConstraint(
                condition=Q(status__in=[states.PLANNED, states.OPEN], closed_at=None)
                | Q(~Q(status__in=[states.PLANNED, states.OPEN]), closed_at__isnull=False),
                name="scheduling_occurrence_closed_stamp",
            ),
            models.CheckConstraint(
                condition=Q(status=states.DONE, performed_at__isnull=False)
                | Q(~Q(status=states.DONE), performed_at=None),
                name="scheduling_occurrence_performed_stamp",
            ),
        ]
        indexes = [
            # calendar month and compliance reports
            models.Index(fields=["organization", "due_at"], name="scheduling_occurrence_by_due"),
            # the due engine's open and planned ones
            models.Index(
                fields=["schedule", "resource"],
                condition=Q(status__in=[states.PLANNED, states.OPEN]),
                name="scheduling_occurrence_open",
            ),
            # the few moved by hand, wherever they lie now: calendars ask for them each time
            models.Index(
                fields=["schedule"],
                condition=Q(status=states.PLANNED),
                name="scheduling_occurrence_moved",
            ),
        ]

    @property
    def outcome(self) -> str:
        """What became of the date as people read it: “Due”, “Completed”, “Completed late”, “Missed”."""
        if self.status != states.DONE:
            return self.get_status_display()
        if self.is_compliant is not False or self.performed_at is None:
            return "Completed"
        return "Completed early" if self.performed_at < self.due_at else "Completed late"

    def __str__(self) -> str:
        nominal = wall_time(datetime.fromisoformat(self.occurrence_key.partition("~")[0]))
        return f"{self.schedule} – {self.resource}, {nominal}"


class DueCheckRun(TenantModel):
    """One run of the daily due check of an organisation, with its figures.

    `period` is the local date of a daily run, so that it exists once however many workers start it. A worker that
    dies leaves `finished_at` empty and an expired `lease_until`; the next sweep resumes it.
    """

    class Trigger(models.TextChoices):
        DAILY = "daily", "Daily"
        MANUAL = "manual", "On request"

    trigger = models.CharField(max_length=10, choices=Trigger)
    period = models.DateField()
    as_of = models.DateTimeField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField()
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    checked = models.PositiveIntegerField(default=0)
    opened = models.PositiveIntegerField(default=0)
    due_today = models.PositiveIntegerField(default=0)
    due_tomorrow = models.PositiveIntegerField(default=0)
    due_later = models.PositiveIntegerField(default=0)
    overdue = models.PositiveIntegerField(default=0)
    missed = models.PositiveIntegerField(default=0)
    sent = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    without_recipient = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0)

    objects = TenantManager.from_queryset(DueCheckRunQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name = "due check"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "period"],
                condition=Q(trigger="daily"),
                name="scheduling_run_daily_once",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-started_at"], name="scheduling_run_by_start"),
            models.Index(
                fields=["lease_until"],
                condition=Q(finished_at=None),
                name="scheduling_run_unfinished",
            ),
        ]

    def __str__(self) -> str:
        return f"Due check of {day(self.period)}"
