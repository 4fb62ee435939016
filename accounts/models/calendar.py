"""Working time of an organisation."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from accounts.models.organization import validate_time_zone
from accounts.rules import public_holidays
from core.models import TenantModel


class WorkingCalendar(TenantModel):
    """Named weekly working hours; exactly one per organisation is the default.

    On public holidays of `country` (ISO 3166-1) and `subdivision`, and on its closed days, nobody works. A calendar
    that is round the clock has neither hours nor holidays. Without a zone of its own it keeps the organisation's.
    """

    name = models.CharField(max_length=100)
    is_default = models.BooleanField(default=False)
    is_round_the_clock = models.BooleanField(default=False)
    time_zone = models.CharField(max_length=64, blank=True, validators=[validate_time_zone])
    country = models.CharField(max_length=2, blank=True)
    subdivision = models.CharField(max_length=10, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="accounts_calendar_name"),
            models.UniqueConstraint(
                fields=["organization"],
                condition=Q(is_default=True),
                name="accounts_calendar_one_default",
                violation_error_message="Another calendar is the default already.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Country and subdivision are those whose holidays are known."""
        known = public_holidays.countries() if self.country else {}
        if self.country and self.country not in known:
            text = "The holidays of this country are not known. Use two letters, such as DE or US."
            raise ValidationError({"country": text})
        if self.subdivision and self.subdivision not in known.get(self.country, ()):
            parts = ", ".join(known.get(self.country, ())) or "none"
            text = f"The country has no such part whose holidays are known. Possible: {parts}."
            raise ValidationError({"subdivision": text})


class WorkingHours(TenantModel):
    """One stretch `[opens_at, closes_at)` of local time on one weekday (Monday is 0)."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0, "Monday"
        TUESDAY = 1, "Tuesday"
        WEDNESDAY = 2, "Wednesday"
        THURSDAY = 3, "Thursday"
        FRIDAY = 4, "Friday"
        SATURDAY = 5, "Saturday"
        SUNDAY = 6, "Sunday"

    calendar = models.ForeignKey(WorkingCalendar, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField(choices=Weekday)
    opens_at = models.TimeField()
    closes_at = models.TimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(opens_at__lt=F("closes_at")),
                name="accounts_hours_order",
                violation_error_message="Closing time must be after opening time.",
            ),
            models.UniqueConstraint(
                fields=["calendar", "weekday", "opens_at"], name="accounts_hours_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens_at:%H:%M}–{self.closes_at:%H:%M}"


class ClosedDay(TenantModel):
    """A local date on which this calendar is closed besides the public holidays."""

    calendar = models.ForeignKey(
        WorkingCalendar, on_delete=models.CASCADE, related_name="closed_days"
    )
    day = models.DateField()
    name = models.CharField(max_length=100, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["calendar", "day"], name="accounts_closed_day_once")
        ]

    def __str__(self) -> str:
        return f"{self.day:%d %b %Y} {self.name}".strip()
