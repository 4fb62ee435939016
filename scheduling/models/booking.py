"""The mirror of the booking systems: who has which resource, and when."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q

from core.fields import SealedCharField
from core.models import TenantModel
from core.querysets import TenantManager
from scheduling import states
from scheduling.models.resource import Resource
from scheduling.querysets import BookingQuerySet


class Booking(TenantModel):
    """Somebody has a resource for `[starts_at, ends_at)`.

    `source` names the booking system it comes from, which is right about it; empty: entered here. There it is known
    as `reference`, and `source_at` is the moment of the newest of its events that was applied, so that an older one
    never overwrites a newer. Name and address of the contact are personal data and kept sealed.
    """

    class Status(models.TextChoices):
        TENTATIVE = states.TENTATIVE, "Tentative"
        CONFIRMED = states.CONFIRMED, "Confirmed"
        CHECKED_IN = states.CHECKED_IN, "Checked in"
        COMPLETED = states.COMPLETED, "Completed"
        CANCELLED = states.CANCELLED, "Cancelled"

    resource = models.ForeignKey(
        Resource, on_delete=models.PROTECT, related_name="bookings", db_index=False
    )
    source = models.CharField(max_length=50, blank=True)
    reference = models.CharField(max_length=100, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    status = models.CharField(max_length=12, choices=Status, default=Status.CONFIRMED)
    people = models.PositiveIntegerField(default=1, validators=[MaxValueValidator(100_000)])
    contact_name = SealedCharField(max_length=200, blank=True)
    contact_email = SealedCharField(max_length=254, blank=True)
    guest_id = models.CharField(max_length=100, blank=True)
    source_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = TenantManager.from_queryset(BookingQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_at__lt=F("ends_at")),
                name="scheduling_booking_order",
                violation_error_message="The end must be after the start.",
            ),
            models.UniqueConstraint(
                fields=["organization", "source", "reference"],
                condition=~Q(reference=""),
                name="scheduling_booking_once",
                violation_error_message="There is a booking with this reference already.",
            ),
        ]
        indexes = [
            # what is booked on a resource; PostgreSQL's range index beside it answers "and when"
            models.Index(
                fields=["organization", "resource", "ends_at", "starts_at"],
                name="scheduling_booking_on",
            ),
            # the calendar and the list
            models.Index(
                fields=["organization", "starts_at", "id"], name="scheduling_booking_by_start"
            ),
            # the console's list of what is not over
            models.Index(
                fields=["organization", "ends_at", "id"], name="scheduling_booking_by_end"
            ),
            # where a guest stays
            models.Index(
                fields=["organization", "guest_id"],
                condition=~models.Q(guest_id=""),
                name="scheduling_booking_of_guest",
            ),
        ]

    def __str__(self) -> str:
        return self.reference or f"Booking of {self.resource}"
