from django.db import models

from core.models.tenant import TenantModel
from core.querysets import TenantManager
from core.querysets.audit import AuditQuerySet


class AuditEntry(TenantModel):
    """Who did what to which object, when and from where. Rows are never changed or removed.

    Actor and object are kept by id and by their label at the time, so that the entry still reads
    well when they are gone. `organization` is empty only where nobody can be named: a refused
    sign-in with an unknown e-mail.
    """

    organization = models.ForeignKey(  # type: ignore[assignment]
        "accounts.Organization",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        editable=False,
    )
    created_at = None  # type: ignore[assignment]
    updated_at = None  # type: ignore[assignment]
    at = models.DateTimeField()
    actor_id = models.UUIDField(null=True, blank=True)
    actor_label = models.CharField(
        max_length=200, blank=True, help_text="Empty when the system acted."
    )
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=100, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    object_label = models.CharField(max_length=200, blank=True)
    changes = models.JSONField(default=dict, help_text="Field name to [old value, new value].")
    correlation_id = models.CharField(max_length=64, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)

    objects = TenantManager.from_queryset(AuditQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name_plural = "audit trail"
        indexes = (
            # the organisation's trail, newest first
            models.Index(fields=["organization", "-at", "-id"], name="core_audit_trail"),
            # the history of one object, newest first
            models.Index(fields=["object_type", "object_id", "-at"], name="core_audit_object"),
            # everything one request did
            models.Index(fields=["correlation_id"], name="core_audit_correlation"),
        )

    def __str__(self) -> str:
        return f"{self.action.replace('_', ' ').capitalize()} {self.object_label}".strip()
