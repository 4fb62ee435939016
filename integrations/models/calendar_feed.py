"""Calendars that people subscribe to from outside."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.models import TenantModel, both_or_neither
from core.querysets import TenantManager
from integrations.querysets import CalendarFeedQuerySet
from scheduling.models import Resource


class CalendarFeed(TenantModel):
    """A secret address under which a calendar program reads what `user` may see; only its SHA-256 is kept.

    It shows what concerns the person, a resource with everything below it, or the whole organisation, and never more
    than the person may see at present.
    """

    class Kind(models.TextChoices):
        PERSON = "person", "What is assigned to me"
        RESOURCE = "resource", "A resource and everything below it"
        ORGANIZATION = "organization", "The whole organisation"

    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=12, choices=Kind)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="calendar_feeds"
    )
    resource = models.ForeignKey(
        Resource, on_delete=models.CASCADE, related_name="calendar_feeds", null=True, blank=True
    )
    with_bookings = models.BooleanField(default=False)
    with_contacts = models.BooleanField(default=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
    )

    objects = TenantManager.from_queryset(CalendarFeedQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="resource", resource__isnull=False)
                | Q(~Q(kind="resource"), resource=None),
                name="integrations_calendar_feed_resource",
            ),
            models.CheckConstraint(
                condition=Q(with_contacts=False) | Q(with_bookings=True),
                name="integrations_calendar_feed_contacts",
            ),
            both_or_neither(
                "revoked_at", "revoked_by", label="integrations_calendar_feed_revoked_pair"
            ),
        ]
        indexes = [
            # a person's own, a resource's, the organisation's
            models.Index(fields=["organization", "-created_at"], name="integrations_feed_list"),
        ]

    def __str__(self) -> str:
        return self.name
