"""Messages on their way."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.models import TenantModel
from core.querysets import TenantManager
from notifications.models.notification import Channel, Notification
from notifications.models.room import ChatRoom
from notifications.querysets import DeliveryQuerySet
from scheduling.models import Booking, Window
from worklogs.models import WorkOrderFollower


class Delivery(TenantModel):
    """One message on its way through one channel: a digest of notifications, a letter that another app writes, or a
    letter to somebody who is no user: the contact of a booking, or whoever reported a problem; or to a chat.

    A digest is `collecting` until a worker takes it, so that 40 due items are one mail; from then on it is pending.
    Its `pace` says why it leaves when it leaves; a person has one open digest per channel and pace.
    `message_id` is stable over retries, so that the far side can recognise the one that may arrive twice.
    A worker takes it by `lease_until`; a dead worker's lease simply expires.
    A letter to somebody who is no user keeps no address: it is read from the booking or the report when the letter
    leaves. `fact_key` names what it tells, so that each is told once.
    """

    class State(models.TextChoices):
        COLLECTING = "collecting", "Collecting"
        PENDING = "pending", "Waiting"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"
        DROPPED = "dropped", "Not needed any more"

    class Pace(models.TextChoices):
        PROMPT = "prompt", "At once"
        URGENT = "urgent", "Urgent: passes quiet hours"
        HELD = "held", "Held for quiet hours or a digest"
        STORM = "storm", "Folded, because too many came at once"

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="deliveries", null=True
    )
    booking = models.ForeignKey(
        Booking, on_delete=models.CASCADE, related_name="deliveries", null=True
    )
    follower = models.ForeignKey(
        WorkOrderFollower, on_delete=models.CASCADE, related_name="deliveries", null=True
    )
    room = models.ForeignKey(
        ChatRoom, on_delete=models.CASCADE, related_name="deliveries", null=True
    )
    fact_key = models.CharField(max_length=160, blank=True)
    channel = models.CharField(max_length=10, choices=Channel)
    state = models.CharField(max_length=12, choices=State, default=State.PENDING)
    pace = models.CharField(
        max_length=8, choices=Pace, default=Pace.PROMPT, db_default=Pace.PROMPT.value
    )
    subject = models.CharField(max_length=200, blank=True, help_text="Empty for a digest.")
    letter = models.CharField(
        max_length=20,
        blank=True,
        help_text="Which letter; its text is written when it is sent, for it opens an account. Empty for a digest.",
    )
    address = models.CharField(max_length=254, blank=True)
    message_id = models.CharField(max_length=200, unique=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    available_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    provider_id = models.CharField(max_length=200, blank=True)
    last_error = models.CharField(max_length=500, blank=True)
    correlation_id = models.CharField(
        max_length=64,
        blank=True,
        help_text="Of the request, check or command that caused it; a digest has that of its first message.",
    )

    notifications = models.ManyToManyField(
        Notification, through="DeliveryItem", related_name="deliveries"
    )
    windows = models.ManyToManyField(Window, through="DeliveryWindow", related_name="deliveries")

    objects = TenantManager.from_queryset(DeliveryQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name_plural = "deliveries"
        constraints = [
            # the open digest of a person, channel and pace: one, so that 40 due items are one mail
            models.UniqueConstraint(
                fields=["recipient", "channel", "pace"],
                condition=Q(state="collecting"),
                name="notifications_delivery_one_digest",
            ),
            models.UniqueConstraint(
                fields=["room"],
                condition=Q(state="collecting"),
                name="notifications_delivery_one_room",
            ),
            models.UniqueConstraint(
                fields=["booking", "fact_key"],
                condition=Q(booking__isnull=False),
                name="notifications_delivery_contact_once",
            ),
            models.UniqueConstraint(
                fields=["follower", "fact_key"],
                condition=Q(follower__isnull=False),
                name="notifications_delivery_follower_once",
            ),
            # to a user, or to the contact of a booking or of a report, or to a chat, and then without an address
            models.CheckConstraint(
                condition=Q(recipient__isnull=False, booking=None, follower=None, room=None)
                | Q(
                    Q(booking__isnull=False, follower=None, room=None)
                    | Q(booking=None, follower__isnull=False, room=None)
                    | Q(booking=None, follower=None, room__isnull=False),
                    recipient=None,
                    address="",
                ),
                name="notifications_delivery_one_recipient",
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False)
                | Q(~Q(state="sent"), sent_at=None),
                name="notifications_delivery_sent_stamp",
            ),
        ]
        indexes = [
            # DeliveryQuerySet.claim
            models.Index(
                fields=["available_at"],
                condition=Q(state__in=["collecting", "pending"]),
                name="notifications_delivery_due",
            ),
            models.Index(
                fields=["organization", "-created_at"], name="notifications_delivery_list"
            ),
            # DeliveryQuerySet.sent_lately
            models.Index(
                fields=["recipient", "sent_at"],
                condition=Q(state="sent"),
                name="notifications_delivery_lately",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} to {self.told}"

    @property
    def told(self) -> str:
        """Who it goes to; who is no user has no name here."""
        if self.follower:
            return "whoever reported a problem"
        if self.room:
            return str(self.room)
        return str(self.recipient) if self.recipient else f"contact of {self.booking}"


class DeliveryItem(TenantModel):
    """A notification that a delivery carries."""

    organization = models.ForeignKey(
        "accounts.Organization",
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        db_index=False,
    )
    delivery = models.ForeignKey(
        Delivery, on_delete=models.CASCADE, related_name="items", db_index=False
    )
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


class DeliveryWindow(TenantModel):
    """A maintenance window that a letter to a booking's contact tells about."""

    delivery = models.ForeignKey(
        Delivery, on_delete=models.CASCADE, related_name="window_items", db_index=False
    )
    window = models.ForeignKey(Window, on_delete=models.CASCADE, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["delivery", "window"], name="notifications_delivery_window_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.window}"
