"""Keys for machines."""

from django.db import models

from accounts.models.user import User
from accounts.querysets import ApiKeyQuerySet
from core.models import TenantModel, both_or_neither
from core.querysets import TenantManager


class ApiKey(TenantModel):
    """A secret that lets a machine act as `user`, within `scope`. Only its SHA-256 is kept.

    It may what its person may at present, but never more than `role`: who knows the secret does not rise with them.
    """

    class Scope(models.TextChoices):
        READ = "read", "Read only"
        WRITE = "write", "Read and write"

    name = models.CharField(max_length=100)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="api_keys")
    scope = models.CharField(max_length=10, choices=Scope, default=Scope.READ)
    role = models.CharField(
        max_length=30,
        choices=User.ROLES,
        editable=False,
        help_text="What the person was when the key was made.",
    )
    prefix = models.CharField(max_length=12, unique=True, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, editable=False)
    revoked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )

    objects = TenantManager.from_queryset(ApiKeyQuerySet)()

    class Meta(TenantModel.Meta):
        verbose_name = "API key"
        constraints = [
            both_or_neither("revoked_at", "revoked_by", label="accounts_api_key_revoked_pair")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
