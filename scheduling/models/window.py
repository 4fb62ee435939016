"""Maintenance windows: when a resource is taken from its users."""

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q

from core.models import TenantModel, both_or_neither
from core.querysets import TenantManager
from scheduling import states
from scheduling.models.booking import Booking
from scheduling.models.due import Occurrence
from scheduling.models.resource import Resource
from scheduling.querysets import WindowBlockQuerySet, WindowQuerySet

_MOST_BUFFER = MaxValueValidator(7 * 24 * 60)


class WindowSeries(TenantModel):
    """A recurring window: its dates follow `rrule` from the local `start_at` of its first one, in the resource's zone.

    Dates become windows up to a horizon (`generated_to`), so that each is guarded like a single one.
    """

    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="+")
    rrule = models.CharField(max_length=500)
    start_at = models.DateTimeField()
    duration_minutes = models.PositiveIntegerField()
    generated_to = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return str(self.resource)


class Window(TenantModel):
    """A maintenance window on a resource and everything below it, for `[starts_at, ends_at)`.

    `blocked_from` and `blocked_to` add the set-up and clean-up buffers. `out_of_order` keeps bookings away,
    `out_of_service` leaves the resource usable. An emergency may displace bookings; it then says why and keeps their
    list (`overridden`). `sequence` counts the changes that people have been told (iCalendar's SEQUENCE).
    """

    worked_out = frozenset({"blocked_from", "blocked_to", "is_apart", "sequence"})

    class Kind(models.TextChoices):
        PLANNED = "planned", "Planned"
        EMERGENCY = "emergency", "Emergency"

    class Effect(models.TextChoices):
        OUT_OF_ORDER = "out_of_order", "Out of order: cannot be booked or used"
        OUT_OF_SERVICE = "out_of_service", "Out of service: stays usable"

    class Status(models.TextChoices):
        DRAFT = states.DRAFT, "Draft"
        SCHEDULED = states.SCHEDULED, "Scheduled"
        IN_PROGRESS = states.IN_PROGRESS, "In progress"
        COMPLETED = states.COMPLETED, "Completed"
        CANCELLED = states.CANCELLED, "Cancelled"

    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="windows")
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PLANNED)
    effect = models.CharField(max_length=15, choices=Effect, default=Effect.OUT_OF_ORDER)
    status = models.CharField(max_length=12, choices=Status, default=Status.SCHEDULED)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    setup_minutes = models.PositiveIntegerField(default=0, validators=[_MOST_BUFFER])
    cleanup_minutes = models.PositiveIntegerField(default=0, validators=[_MOST_BUFFER])
    blocked_from = models.DateTimeField(editable=False)
    blocked_to = models.DateTimeField(editable=False)
    override_reason = models.CharField(max_length=300, blank=True)
    occurrence = models.ForeignKey(
        Occurrence, on_delete=models.SET_NULL, related_name="windows", null=True, blank=True
    )
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="assigned_windows",
        null=True,
        blank=True,
    )
    series = models.ForeignKey(
        WindowSeries, on_delete=models.PROTECT, related_name="windows", null=True, editable=False
    )
    series_key = models.CharField(max_length=16, blank=True, editable=False)
    is_apart = models.BooleanField(default=False, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
    )
    approved_at = models.DateTimeField(null=True, editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
    )
    started_at = models.DateTimeField(null=True, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
    )
    cancel_reason = models.CharField(max_length=300, blank=True, editable=False)
    former_status = models.CharField(max_length=20, blank=True, editable=False)
    sequence = models.PositiveIntegerField(default=0, editable=False)
    overridden = models.ManyToManyField(Booking, through="WindowOverride", related_name="+")

    objects = TenantManager.from_queryset(WindowQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_at__lt=F("ends_at")),
                name="scheduling_window_order",
                violation_error_message="The end must be after the start.",
            ),
            models.CheckConstraint(
                condition=Q(blocked_from__lte=F("starts_at"), blocked_to__gte=F("ends_at")),
                name="scheduling_window_buffers",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=[states.COMPLETED, states.CANCELLED], closed_at__isnull=False
                )
                | Q(~Q(status__in=[states.COMPLETED, states.CANCELLED]), closed_at=None),
                name="scheduling_window_closed_stamp",
            ),
            both_or_neither("approved_at", "approved_by", label="scheduling_window_approved_pair"),
            models.UniqueConstraint(
                fields=["series", "series_key"],
                condition=Q(series__isnull=False),
                name="scheduling_window_series_once",
            ),
        ]
        indexes = [
            # calendar and list
            models.Index(
                fields=["organization", "starts_at", "id"], name="scheduling_window_by_start"
            ),
            # what starts or ends now
            models.Index(
                fields=["organization", "starts_at"],
                condition=Q(status=states.SCHEDULED),
                name="scheduling_window_coming",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class WindowBlock(TenantModel):
    """What a standing window takes of one resource: its own and each below it, buffers included.

    The database refuses two exclusive ones that share a moment on a resource, by an exclusion constraint on
    PostgreSQL and a trigger on SQLite; so windows cannot overlap, neither on a resource nor up and down the tree.
    Emergencies are not exclusive: they may come on top.
    """

    window = models.ForeignKey(Window, on_delete=models.CASCADE, related_name="blocks")
    resource = models.ForeignKey(
        Resource, on_delete=models.CASCADE, related_name="blocks", db_index=False
    )
    blocked_from = models.DateTimeField()
    blocked_to = models.DateTimeField()
    is_exclusive = models.BooleanField(default=True)

    objects = TenantManager.from_queryset(WindowBlockQuerySet)()

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(fields=["resource", "blocked_to"], name="scheduling_block_on"),
        ]

    def __str__(self) -> str:
        return f"{self.resource}, {self.blocked_from:%Y-%m-%d %H:%M} UTC"


class WindowOverride(TenantModel):
    """A booking that an emergency displaced, as it stood then."""

    window = models.ForeignKey(Window, on_delete=models.CASCADE, related_name="overrides")
    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="overrides")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["window", "booking"], name="scheduling_window_override_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.booking} displaced by {self.window}"
