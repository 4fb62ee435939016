"""Messages, their deliveries and what people want to hear."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.models import TenantModel
from core.querysets import TenantManager
from notifications.querysets import DeliveryQuerySet, NotificationQuerySet


class Kind(models.TextChoices):
    """What a message is about; preferences are per kind."""

    MAINTENANCE_DUE = "maintenance_due", "Maintenance due"
    MAINTENANCE_OVERDUE = "maintenance_overdue", "Maintenance overdue"
    ISSUE_FOUND = "issue_found", "Issue found during maintenance"
    SCHEDULE_ASSIGNED = "schedule_assigned", "Schedule assigned to you"
    SYSTEM = "system", "System message"


class Channel(models.TextChoices):
    """How a message travels."""

    IN_APP = "in_app", "In the console"
    EMAIL = "email", "E-mail"


class Notification(TenantModel):
    """One fact told to one person.

    `fact_key` is `kind:object:period`; with the recipient it is unique, so that a person is told once however
    often the fact is found. The row itself is the in-app message (`in_app`); other channels have deliveries.
    """

    class Priority(models.TextChoices):
        LOW = "low", "Low"
        NORMAL = "normal", "Normal"
        HIGH = "high", "High"
        URGENT = "urgent", "Urgent"

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications"
    )
    kind = models.CharField(max_length=30, choices=Kind)
    priority = models.CharField(max_length=10, choices=Priority, default=Priority.NORMAL)
    fact_key = models.CharField(max_length=160)
    title = models.CharField(max_length=200)
    message = models.TextField(blank=True)
    why = models.CharField(max_length=300, blank=True)
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.UUIDField(null=True)
    action_url = models.CharField(max_length=300, blank=True)
    run_id = models.UUIDField(null=True)
    in_app = models.BooleanField(default=True)
    read_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()

    objects = TenantManager.from_queryset(NotificationQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "fact_key"], name="notifications_notification_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["recipient", "-created_at", "-id"], name="notifications_by_recipient"
            ),
            models.Index(
                fields=["recipient"],
                condition=Q(read_at=None, in_app=True),
                name="notifications_unread",
            ),
            models.Index(fields=["expires_at"], name="notifications_expiry"),
        ]

    def __str__(self) -> str:
        return self.title


class Delivery(TenantModel):
    """One message on its way through one channel: a single notification, or a digest of several.

    `message_id` is stable over retries, so that the far side can recognise the one that may arrive twice.
    A worker takes it by `lease_until`; a dead worker's lease simply expires.
    """

    class State(models.TextChoices):
        COLLECTING = "collecting", "Collecting"
        PENDING = "pending", "Waiting"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="deliveries"
    )
    channel = models.CharField(max_length=10, choices=Channel)
    state = models.CharField(max_length=12, choices=State, default=State.PENDING)
    address = models.CharField(max_length=254, blank=True)
    message_id = models.CharField(max_length=200, unique=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    available_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    provider_id = models.CharField(max_length=200, blank=True)
    last_error = models.CharField(max_length=500, blank=True)

    notifications = models.ManyToManyField(
        Notification, through="DeliveryItem", related_name="deliveries"
    )

    objects = TenantManager.from_queryset(DeliveryQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            # the open digest of a person and channel: one, so that 40 due items are one mail
            models.UniqueConstraint(
                fields=["recipient", "channel"],
                condition=Q(state="collecting"),
                name="notifications_delivery_one_digest",
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False)
                | Q(~Q(state="sent"), sent_at=None),
                name="notifications_delivery_sent_stamp",
            ),
        ]
        indexes = [
            models.Index(
                fields=["available_at"],
                condition=Q(state__in=["collecting", "pending"]),
                name="notifications_delivery_due",
            ),
            models.Index(
                fields=["organization", "-created_at"], name="notifications_delivery_list"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} to {self.recipient}"


class DeliveryItem(TenantModel):
    """A notification that a delivery carries."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="items")
    notification = models.ForeignKey(
        Notification, on_delete=models.CASCADE, related_name="delivery_items"
    )

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["delivery", "notification"], name="notifications_item_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.notification}"


class Preference(TenantModel):
    """What one person wants to hear, per kind and channel; no row means the default."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preferences"
    )
    kind = models.CharField(max_length=30, choices=Kind)
    channel = models.CharField(max_length=10, choices=Channel)
    enabled = models.BooleanField(default=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "channel"], name="notifications_preference_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_kind_display()} by {self.get_channel_display()}"
