from django.conf import settings
from django.db import models
from django.db.models import Q

from core.models.tenant import TenantModel


class IdempotencyKey(TenantModel):
    """A POST that a client may repeat: the same key and body get the first answer again.

    `response_status` is empty while the first request is still running.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    endpoint = models.CharField(
        max_length=300, help_text="Method and path, such as POST /api/v1/logs."
    )
    body_hash = models.CharField(max_length=64)
    response_status = models.PositiveSmallIntegerField(null=True, blank=True)
    response_headers = models.JSONField(default=dict, blank=True)
    response_body = models.TextField(blank=True, help_text="JSON, byte for byte.")

    class Meta(TenantModel.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "user", "key"], name="core_idempotency_key_once"
            ),
            models.CheckConstraint(
                condition=Q(response_status__isnull=True) | Q(response_status__range=(200, 599)),
                name="core_idempotency_status",
            ),
        )
        # the clean-up sweep
        indexes = (models.Index(fields=["created_at"], name="core_idempotency_age"),)

    def __str__(self) -> str:
        return f"{self.endpoint} {self.key}"
