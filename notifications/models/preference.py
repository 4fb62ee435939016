"""What people want to hear."""

from django.conf import settings
from django.db import models

from core.models import TenantModel
from notifications.models.notification import Channel, Kind


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
