"""How and when one person is reached."""

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q

from core.fields import SealedCharField
from core.models import TenantModel, both_or_neither


class Reaching(TenantModel):
    """How and when one person is reached; no row means: at once, at any hour, in the console and by e-mail.

    `quiet_from` and `quiet_until` are wall times of the person's zone; the span may go over midnight. What is not
    urgent waits for its end, and for the next digest where `rhythm` asks for one. The addresses are those of services
    that Apprise knows, such as slack://… and ntfys://…; they hold secrets.
    """

    class Rhythm(models.TextChoices):
        AT_ONCE = "at_once", "At once"
        HOURLY = "hourly", "Once an hour"
        DAILY = "daily", "Once a day"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reaching"
    )
    rhythm = models.CharField(max_length=8, choices=Rhythm, default=Rhythm.AT_ONCE)
    digest_hour = models.PositiveSmallIntegerField(default=7, validators=[MaxValueValidator(23)])
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    chat_address = SealedCharField(max_length=500, blank=True)
    push_address = SealedCharField(max_length=500, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(digest_hour__lte=23), name="notifications_reaching_hour"
            ),
            both_or_neither("quiet_from", "quiet_until", label="notifications_reaching_quiet_pair"),
            models.CheckConstraint(
                condition=Q(quiet_from=None) | ~Q(quiet_from=models.F("quiet_until")),
                name="notifications_reaching_quiet_span",
            ),
        ]

    def __str__(self) -> str:
        return f"How {self.user} is reached"


class BrowserSubscription(TenantModel):
    """A browser that shows messages of one person, also while the console is closed (Web Push, RFC 8030).

    The address at the browser's push service is a secret; it is found by its SHA-256.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="browser_subscriptions"
    )
    endpoint = SealedCharField(max_length=1000)
    endpoint_hash = models.CharField(max_length=64, unique=True)
    public_key = models.CharField(max_length=100)
    secret = SealedCharField(max_length=50)
    label = models.CharField(max_length=80)

    def __str__(self) -> str:
        return self.label
