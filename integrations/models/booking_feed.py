"""Subscriptions to the calendars of booking systems."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from core.fields import SealedCharField
from core.models import TenantModel
from core.querysets import TenantManager
from integrations.querysets import BookingFeedQuerySet
from scheduling.models import Resource


class BookingFeed(TenantModel):
    """A booking system's .ics address for one resource, asked again every `every_minutes`.

    Such addresses need no sign-in, so the address itself is a secret and kept sealed. `etag`, `modified` and `digest`
    are those of the last content that was taken over. `next_at` is when a worker asks next; the one that does holds
    `lease_until`.
    """

    class State(models.TextChoices):
        NEW = "new", "Not read yet"
        FINE = "fine", "Up to date"
        FAILED = "failed", "Cannot be read"

    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="booking_feeds")
    source = models.CharField("booking system", max_length=50)
    secret_url = SealedCharField("address of the calendar", max_length=2000)
    every_minutes = models.PositiveIntegerField(
        "read every (minutes)",
        default=30,
        validators=[MinValueValidator(5), MaxValueValidator(7 * 24 * 60)],
    )
    is_active = models.BooleanField("active", default=True)
    next_at = models.DateTimeField(editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    etag = models.CharField(max_length=300, blank=True, editable=False)
    modified = models.CharField(max_length=100, blank=True, editable=False)
    digest = models.CharField(max_length=64, blank=True, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.NEW, editable=False)
    problem = models.CharField(max_length=500, blank=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    checked_at = models.DateTimeField(null=True, editable=False)
    succeeded_at = models.DateTimeField(null=True, editable=False)
    bookings = models.PositiveIntegerField(default=0, editable=False)
    refused = models.PositiveIntegerField(default=0, editable=False)

    objects = TenantManager.from_queryset(BookingFeedQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "resource", "source"],
                name="integrations_booking_feed_once",
                violation_error_message="This resource has a feed of this booking system already.",
            ),
            models.CheckConstraint(
                condition=~models.Q(source=""), name="integrations_booking_feed_source"
            ),
        ]
        indexes = [
            # the worker's
            models.Index(
                fields=["next_at"],
                condition=models.Q(is_active=True),
                name="integrations_booking_feed_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source}, {self.resource}"
