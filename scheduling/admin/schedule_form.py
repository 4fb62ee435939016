"""The form of a schedule: one target, a rule that is easy to say, and the rest folded away."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from accounts.models import Organization
from core.tenancy import current_organization_id
from scheduling.models import Schedule
from scheduling.rules import zones
from scheduling.services.plans import home_zone

_MOMENTS = ("start_at", "until")
_USUAL_START = time(8)
#: Short enough for a list of choices; the help text says what they mean.
COUNTED_FROM = [
    (Schedule.Basis.FIXED.value, "The calendar"),
    (Schedule.Basis.FLOATING.value, "The last completion"),
]


class ScheduleForm(forms.ModelForm):  # type: ignore[type-arg]
    """Times are wall times where the resource stands."""

    class Meta:
        model = Schedule
        fields = ()
        labels = {
            "maintenance_type": "Kind of maintenance",
            "resource": "One resource",
            "resource_type": "Or every resource of a type",
            "frequency": "How often",
            "interval": "Every",
            "interval_unit": "Unit",
            "rrule": "Or a rule",
            "exdates": "Dates left out",
            "basis": "Counted from",
            "start_at": "First due",
            "until": "Last possible date",
            "overflow": "In months that are too short",
            "tolerance_days": "Tolerance in days",
            "tolerance_percent": "Or in percent of the interval",
            "backlog": "When a new date comes while one is open",
            "lead_days": "Open this many days ahead",
            "advance_notice_days": "Tell people this many days ahead",
            "estimated_duration_minutes": "Expected minutes of work",
            "estimated_cost": "Expected cost",
        }
        help_texts = {
            "rrule": "RFC 5545, for example FREQ=MONTHLY;BYDAY=1MO (first Monday), "
            "FREQ=WEEKLY;BYDAY=TU,FR or FREQ=YEARLY;BYMONTH=4,10;BYMONTHDAY=1. "
            "When filled, it takes the place of “every”.",
            "exdates": "One per line: 2026-12-24 for a whole day, 2026-12-24T08:00 for one time.",
            "basis": "Calendar: a late completion never shifts the series. "
            "Last completion: the time starts anew when the work is done.",
            "start_at": "Local time where the resource stands. The series is counted from here.",
            "until": "Leave empty for a series without end.",
            "tolerance_days": "Done this many days early or late is still on time.",
            "assigned_to": "Is told when it comes due. Without one, the owner of the resource is told.",
            "advance_notice_days": "At the latest on the day before.",
            "resource_type": "Also those that are added later.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in _MOMENTS:
            moment = getattr(self.instance, name, None)
            if moment is not None:
                self.initial[name] = zones.to_local(moment, home_zone(self.instance))
        if self.instance.start_at is None and "start_at" in self.fields:
            tomorrow = zones.local_date(timezone.now(), home()) + timedelta(days=1)
            self.initial.setdefault("start_at", datetime.combine(tomorrow, _USUAL_START))
        if "interval_unit" in self.fields:
            self.fields["interval_unit"].required = False
        if "basis" in self.fields:
            self.fields["basis"].choices = COUNTED_FROM  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        resource = values.get("resource")
        zone = resource.effective_time_zone if resource else home()
        for name in _MOMENTS:
            if isinstance(values.get(name), datetime):
                values[name] = self._moment(name, values[name], zone)
        if values.get("frequency") not in (None, Schedule.Frequency.CUSTOM):
            values["rrule"] = ""
        values["rrule"] = (values.get("rrule") or "").strip()
        values["interval_unit"] = values.get("interval_unit") or Schedule.IntervalUnit.DAY
        return values

    def _moment(self, name: str, local: datetime, zone: str) -> datetime | None:
        try:
            return zones.to_utc(local, zone)
        except OverflowError:
            self.add_error(name, "Choose a year from 1900 to 2200.")
            return None


def home() -> str:
    """The organisation's zone: where something stands of which nothing is known yet."""
    return str(
        Organization.objects.values_list("time_zone", flat=True).get(
            pk=current_organization_id()  # type: ignore[misc]
        )
    )
