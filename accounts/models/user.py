"""The people."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower

from accounts.models.organization import validate_time_zone
from accounts.querysets import UserQuerySet
from accounts.rights import Role
from core.models import TenantModel
from core.querysets import ReachableManager, TenantManager


class User(AbstractBaseUser, TenantModel):
    """A person who signs in by e-mail, in exactly one organisation, with one role.

    E-mail addresses are stored in lower case and are unique over the whole installation.
    """

    EMAIL_ADVICE: Any = {"invalid": "Enter an e-mail address such as name@example.org."}
    email = models.EmailField("e-mail address", unique=True, error_messages=EMAIL_ADVICE)
    name = models.CharField(max_length=150)
    ROLES = [(role.value, role.replace("_", " ").capitalize()) for role in Role]
    role = models.CharField(max_length=30, choices=ROLES)
    is_active = models.BooleanField("active", default=True)
    access_ended_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When access ended last. Sessions, links and keys from before stay shut for good.",
    )
    time_zone = models.CharField(max_length=64, blank=True, validators=[validate_time_zone])
    phone = models.CharField(
        max_length=40,
        blank=True,
        validators=[
            RegexValidator(
                r"^\+?[0-9 ()./-]*[0-9](?: ?(?:x|ext\.?) ?[0-9]+)?\Z",
                "Enter a phone number such as +49 30 1234567 or 030 1234567 ext. 12.",
            )
        ],
    )
    external_id = models.CharField("number in another system", max_length=100, blank=True)

    objects = TenantManager.from_queryset(UserQuerySet)()
    # Follows foreign keys: what the installation's operator did elsewhere names the operator there.
    reachable = ReachableManager.from_queryset(UserQuerySet)()
    shared_rows = models.Q(role=Role.SUPER_ADMIN.value)

    #: What acts under this person's name, such as an API key; not stored, the audit trail tells it.
    acting_through: str = ""

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta(TenantModel.Meta):
        base_manager_name = "reachable"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="accounts_user_email_lower"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=[role.value for role in Role]),
                name="accounts_user_role",
            ),
            models.UniqueConstraint(
                fields=["organization", "external_id"],
                condition=~models.Q(external_id=""),
                name="accounts_user_external_id",
            ),
        ]
        indexes = [models.Index(fields=["organization", "name"], name="accounts_user_by_name")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Keep addresses comparable."""
        self.email = self.email.lower()

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Sessions end with the password and with the access; what is open is not reopened by a new access."""
        return f"{super()._get_session_auth_hash(secret)}{self.access_ended_at or ''}"  # type: ignore[misc]

    @property
    def is_staff(self) -> bool:
        """Django's admin asks; the console is open to every active user."""
        return self.is_active

    @property
    def is_superuser(self) -> bool:
        """Platform operator."""
        return self.is_active and self.role == Role.SUPER_ADMIN

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Django's permissions are not used: the table of rights decides. Only the platform operator has all."""
        return self.is_superuser

    def has_module_perms(self, app_label: str) -> bool:
        """See `has_perm`; admin classes answer by rights."""
        return self.is_superuser

    def get_full_name(self) -> str:
        """The name as people write it."""
        return self.name

    def get_short_name(self) -> str:
        """The first word of the name."""
        return self.name.split(" ")[0]
