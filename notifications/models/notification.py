"""What one person is told."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.models import TenantModel
from core.querysets import TenantManager
from notifications.querysets import NotificationQuerySet


class Kind(models.TextChoices):
    """What a message is about; preferences are per kind."""

    MAINTENANCE_DUE = "maintenance_due", "Maintenance due"
    MAINTENANCE_OVERDUE = "maintenance_overdue", "Maintenance overdue"
    ISSUE_FOUND = "issue_found", "Issue found during maintenance"
    SCHEDULE_ASSIGNED = "schedule_assigned", "Schedule assigned to you"
    WINDOW_SCHEDULED = "window_scheduled", "Maintenance window scheduled"
    WINDOW_CHANGED = "window_changed", "Maintenance window changed or cancelled"
    WINDOW_REMINDER = "window_reminder", "Maintenance window about to begin, or still open"
    WINDOW_WORK = "window_work", "Work in a maintenance window began or ended"
    WINDOW_ANSWER = "window_answer", "Answers to your questions about a maintenance window"
    REPORT_NEWS = "report_news", "News of what you reported"
    REPORT_RECEIVED = "report_received", "New report"
    SAFETY_REPORT = "safety_report", "New report about somebody's safety"
    ORDER_ASSIGNED = "order_assigned", "Work given to you, taken from you or cancelled"
    ORDER_ESCALATED = "order_escalated", "Work escalated"
    ORDER_DELAYED = "order_delayed", "Work that will be late"
    ORDER_COMMENT = "order_comment", "Comments on work, and where you are mentioned"
    ORDER_TO_VERIFY = "order_to_verify", "Work done and to be verified"
    CERTIFICATE_EXPIRING = "certificate_expiring", "Certificates that end soon"
    SLA_WARNING = "sla_warning", "A deadline of a work order comes near"
    SLA_BREACH = "sla_breach", "A deadline of a work order was missed"
    SLA_ESCALATION = "sla_escalation", "Nobody sees to a missed deadline"
    WEBHOOK_DISABLED = "webhook_disabled", "A webhook was switched off"
    UNACKNOWLEDGED = "unacknowledged", "Urgent messages that nobody took up"
    SYSTEM = "system", "System message"


class Channel(models.TextChoices):
    """How a message travels."""

    IN_APP = "in_app", "In the console"
    EMAIL = "email", "E-mail"
    SMS = "sms", "SMS"
    PUSH = "push", "Push to a phone"
    CHAT = "chat", "Chat"
    BROWSER = "browser", "Browser"


class Notification(TenantModel):
    """One fact told to one person.

    `fact_key` is `kind:object:period`; with the recipient it is unique, so that a person is told once however
    often the fact is found. The row itself is the in-app message (`in_app`); other channels have deliveries.
    Somebody may take it up (`acknowledged_at`) or put it off until a moment. At `follow_up_at` it is looked at again:
    told anew when it was put off, and when it is urgent told louder; `follow_ups` counts how often it was.
    """

    class Priority(models.TextChoices):
        LOW = "low", "Low"
        NORMAL = "normal", "Normal"
        HIGH = "high", "High"
        URGENT = "urgent", "Urgent"

    # the rows of one recipient are found by the indexes below; more would only slow the due check down
    organization = models.ForeignKey(
        "accounts.Organization",
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        db_index=False,
    )
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="notifications",
        db_index=False,
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
    correlation_id = models.CharField(max_length=64, blank=True)
    in_app = models.BooleanField(default=True)
    read_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        db_index=False,
    )
    snoozed_until = models.DateTimeField(null=True)
    follow_up_at = models.DateTimeField(null=True)
    follow_ups = models.PositiveSmallIntegerField(db_default=0, default=0)
    expires_at = models.DateTimeField()

    objects = TenantManager.from_queryset(NotificationQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "fact_key"], name="notifications_notification_once"
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_by=None) | Q(acknowledged_at__isnull=False),
                name="notifications_acknowledged_stamp",
            ),
            models.CheckConstraint(
                condition=Q(snoozed_until=None) | Q(acknowledged_at=None),
                name="notifications_snoozed_or_taken",
            ),
        ]
        indexes = [
            models.Index(
                fields=["recipient", "-created_at", "-id"], name="notifications_by_recipient"
            ),
            models.Index(
                fields=["recipient"],
                condition=Q(read_at=None, snoozed_until=None, in_app=True),
                name="notifications_unread",
            ),
            # NotificationQuerySet.to_follow_up
            models.Index(
                fields=["follow_up_at"],
                condition=Q(follow_up_at__isnull=False),
                name="notifications_follow_up",
            ),
            models.Index(fields=["expires_at"], name="notifications_expiry"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def waits_for_somebody(self) -> bool:
        """Urgent, and nobody has taken it up yet."""
        return self.priority == self.Priority.URGENT and self.acknowledged_at is None

    @property
    def action_label(self) -> str:
        """What the button says that leads to `action_url`."""
        labels = {
            "occurrence": "Log completion",
            "log": "See the log",
            "window": "See the window",
            "certificate": "See the certificate",
            "work_order": "See the work order",
            "report": "See the report",
            "webhook": "See the webhook",
        }
        return labels.get(self.object_type, "Open")
