"""What was published, in one order, and how far each reader has come."""

from django.db import models

from core.ids import new_id
from core.models import TenantModel
from core.querysets import TenantManager
from integrations.querysets import OutletQuerySet, PublicationQuerySet, PublishedEventQuerySet


class Publication(models.Model):
    """One row: the position of the newest public event. Its lock lets one node publish at a time, so that positions
    follow commits and no reader ever passes one that comes later.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    position = models.PositiveBigIntegerField(default=0)

    objects = PublicationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="integrations_publication_one")
        ]

    def __str__(self) -> str:
        return str(self.position)


class PublishedEvent(TenantModel):
    """A public event (`core/catalogue.py`), never changed. `position` is its place in the order of all organisations;
    `cause_id` is the outbox event it tells of. Its id is what receivers know it by, however often it arrives.
    """

    created_at = None  # type: ignore[assignment]  # occurred_at and published_at say it
    updated_at = None  # type: ignore[assignment]
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    position = models.PositiveBigIntegerField(unique=True)
    type = models.CharField(max_length=100)
    version = models.PositiveSmallIntegerField()
    subject = models.CharField(max_length=200)
    data = models.JSONField()
    cause_id = models.UUIDField()
    correlation_id = models.CharField(max_length=64, blank=True)
    occurred_at = models.DateTimeField()
    published_at = models.DateTimeField()

    objects = TenantManager.from_queryset(PublishedEventQuerySet)()

    class Meta(TenantModel.Meta):
        indexes = [
            # replay, and webhooks
            models.Index(fields=["organization", "position"], name="integrations_event_replay"),
            # the clean-up
            models.Index(fields=["published_at"], name="integrations_event_age"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.position}"


class Outlet(models.Model):
    """A reader of every organisation's events, such as the message bus, and how far it has come.

    One node reads at a time, by a lease. After a failure it waits until `next_at` and goes on where it stood.
    """

    name = models.CharField(max_length=30, primary_key=True)
    position = models.PositiveBigIntegerField()
    lease_until = models.DateTimeField(null=True)
    next_at = models.DateTimeField()
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    problem = models.CharField(max_length=500, blank=True)
    succeeded_at = models.DateTimeField(null=True)

    objects = OutletQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
