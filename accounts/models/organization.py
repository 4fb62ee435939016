"""The tenant."""

import uuid
from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models

from core.ids import new_id

#: The most hours ahead of a window at which people are reminded: two weeks.
LONGEST_REMINDER = 336


def validate_time_zone(name: str) -> None:
    """Refuse a name that the IANA time zone database does not know."""
    if name not in available_timezones():
        raise ValidationError(
            f"“{name}” is not a time zone. Use an IANA name such as Europe/Berlin."
        )


class Organization(models.Model):
    """One customer. Every other row of the product belongs to exactly one."""

    class Plan(models.TextChoices):
        STANDARD = "standard", "Standard"
        PREMIUM = "premium", "Premium"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=80, unique=True)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    currency = models.CharField(
        max_length=3,
        default="EUR",
        validators=[RegexValidator(r"^[A-Z]{3}$", "Use an ISO 4217 code such as EUR.")],
    )
    check_hour = models.PositiveSmallIntegerField(
        default=6,
        validators=[MaxValueValidator(23)],
        help_text="Hour of the local day, 0 to 23, at which the daily due check runs.",
    )
    plan = models.CharField(max_length=20, choices=Plan, default=Plan.STANDARD)
    maintenance_scheduling_enabled = models.BooleanField(
        default=False,
        help_text="Off: schedules, calendar and due check answer “not enabled”; nothing is lost.",
    )
    windows_need_approval = models.BooleanField(
        default=False,
        help_text="Planned windows of people who may not approve them wait as drafts.",
    )
    window_reminder_hours = models.PositiveSmallIntegerField(
        default=24,
        validators=[MaxValueValidator(LONGEST_REMINDER)],
        help_text="Hours ahead of a maintenance window at which people are reminded, 0 to 336; 0: never.",
    )
    portal_enabled = models.BooleanField(
        default=False,
        help_text="Whoever scans a resource's code may report a problem without signing in.",
    )
    next_check_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(check_hour__lte=23), name="accounts_organization_check_hour"
            ),
            models.CheckConstraint(
                condition=models.Q(window_reminder_hours__lte=LONGEST_REMINDER),
                name="accounts_organization_reminder_hours",
            ),
        ]
        indexes = [models.Index(fields=["next_check_at"], name="accounts_organization_check")]

    def __str__(self) -> str:
        return self.name

    def unique_error_message(self, model_class: Any, unique_check: Any) -> ValidationError:
        """The only text that nobody else may have is the short name."""
        text = "Another organisation has this short name. Choose another one."
        return ValidationError(text, code="unique")

    @property
    def organization_id(self) -> uuid.UUID:
        """An organisation belongs to itself, so that audit and tenancy treat it like any row."""
        return self.id
