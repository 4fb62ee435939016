"""Working time of an organisation."""

from django.db import models
from django.db.models import F, Q

from core.models import TenantModel


class WorkingCalendar(TenantModel):
    """Named weekly working hours; exactly one per organisation is the default."""

    name = models.CharField(max_length=100)
    is_default = models.BooleanField(default=False)

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
