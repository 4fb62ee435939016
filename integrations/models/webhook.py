"""Receivers of public events over HTTP, and what was sent to them."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.fields import SealedCharField
from core.models import TenantModel
from core.querysets import TenantManager
from integrations.querysets import WebhookDeliveryQuerySet, WebhookQuerySet


class Webhook(TenantModel):
    """An address that public events are sent to, and how far it has come in them.

    It reads the organisation's events at its own pace: `position` is that of the last one taken, and the next leaves
    when that one was. `attempts`, `failing_since` and `problem` are of the one it stands at, which is tried again at
    `next_at`. Whoever sends holds `lease_until`. For a day after a rotation both secrets sign.
    """

    class Reason(models.TextChoices):
        PERSON = "person", "Switched off"
        REFUSED = "refused", "Took nothing for a day"
        GONE = "gone", "Said that it is gone"

    name = models.CharField(max_length=100)
    url = models.CharField("address", max_length=2000)
    event_types = models.JSONField(
        "events", default=list, blank=True, help_text="Names of events; none means all."
    )
    is_active = models.BooleanField("active", default=True)
    disabled_at = models.DateTimeField(null=True, editable=False)
    disabled_reason = models.CharField(max_length=10, choices=Reason, blank=True, editable=False)
    secret = SealedCharField(max_length=100, editable=False)
    previous_secret = SealedCharField(max_length=100, blank=True, editable=False)
    previous_secret_until = models.DateTimeField(null=True, editable=False)
    position = models.PositiveBigIntegerField(editable=False)
    attempts = models.PositiveIntegerField(default=0, editable=False)
    next_at = models.DateTimeField(editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    problem = models.CharField(max_length=500, blank=True, editable=False)
    succeeded_at = models.DateTimeField(null=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
    )

    worked_out = frozenset(
        {"position", "next_at", "attempts", "lease_until", "failing_since", "problem"}
    )
    objects = TenantManager.from_queryset(WebhookQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"], name="integrations_webhook_name"
            ),
            models.CheckConstraint(
                condition=Q(is_active=True, disabled_at=None, disabled_reason="")
                | Q(is_active=False, disabled_at__isnull=False)
                & Q(disabled_reason__in=["person", "refused", "gone"]),
                name="integrations_webhook_off",
            ),
            models.CheckConstraint(
                condition=Q(failing_since=None, attempts=0)
                | Q(failing_since__isnull=False, attempts__gt=0),
                name="integrations_webhook_failing",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def signing_secrets(self, now: datetime) -> tuple[str, ...]:
        """The secret and, for a day after a rotation, the one before."""
        until = self.previous_secret_until
        still = until is not None and until > now
        return (self.secret, self.previous_secret) if still else (self.secret,)


class WebhookDelivery(TenantModel):
    """One attempt to hand an event to a webhook, kept for 30 days.

    Those that a person `asked` for, a test or a repetition, wait here until a sender takes them; they are tried once
    and do not move the webhook. `position` is None for a test, which is no event of the organisation.
    """

    class Outcome(models.TextChoices):
        WAITING = "waiting", "Waits"
        TAKEN = "taken", "Taken"
        REFUSED = "refused", "Refused"
        UNREACHED = "unreached", "Not reached"

    created_at = None  # type: ignore[assignment]  # at says it
    updated_at = None  # type: ignore[assignment]
    webhook = models.ForeignKey(
        Webhook, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    event_id = models.UUIDField()
    event_type = models.CharField(max_length=100)
    position = models.PositiveBigIntegerField(null=True)
    asked = models.BooleanField(default=False)
    attempt = models.PositiveIntegerField(default=1)
    at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField(null=True)
    status_code = models.PositiveSmallIntegerField(null=True)
    response = models.CharField(max_length=500, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.WAITING)

    objects = TenantManager.from_queryset(WebhookDeliveryQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="waiting", asked=True, status_code=None)
                | Q(outcome__in=["taken", "refused"], status_code__isnull=False)
                | Q(outcome="unreached", status_code=None),
                name="integrations_webhook_delivery_outcome",
            ),
        ]
        indexes = [
            # the log of one webhook, newest first
            models.Index(fields=["webhook", "-at", "-id"], name="integrations_webhook_log"),
            # what went wrong stands far apart in it
            models.Index(
                fields=["webhook", "outcome", "-at", "-id"],
                condition=~Q(outcome="taken"),
                name="integrations_webhook_trouble",
            ),
            # the sender's
            models.Index(
                fields=["webhook"],
                condition=Q(outcome="waiting"),
                name="integrations_webhook_asked",
            ),
            # the clean-up
            models.Index(fields=["at"], name="integrations_webhook_log_age"),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.get_outcome_display().lower()}"
