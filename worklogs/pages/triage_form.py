"""What is decided about a report, as the triage inbox asks for it."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from accounts.models import User
from accounts.zones import zone_name_of
from core.admin.forms import themed
from core.errors import Invalid
from scheduling.models import Schedule
from worklogs.models import WorkOrder
from worklogs.pages.forms import LocalMoment
from worklogs.pages.lists import identity

#: How many days a report may wait when nobody says otherwise, by its priority.
_DAYS = {"critical": 0, "high": 1, "medium": 3, "low": 7}
_EVENING = time(17)
_FIELDS = {
    "triage": ("title", "category", "priority", "due_at"),
    "schedule": ("priority", "due_at", "scheduled_start_at"),
    "assign": ("assigned_to", "due_at"),
    "duplicate": ("duplicate_of", "number"),
    "reject": ("reason",),
}


class DecisionForm(forms.Form):
    """One decision with the values that it takes; what is missing is for the service to say."""

    title = forms.CharField(max_length=200, required=False)
    category = forms.ChoiceField(choices=WorkOrder.Category, required=False)
    priority = forms.ChoiceField(
        choices=[("", "As computed"), *Schedule.Priority.choices], required=False
    )
    assigned_to = forms.ModelChoiceField(
        User.objects, label="Who does it?", required=False, empty_label="Choose"
    )
    due_at = LocalMoment(label="Done by", required=False)
    scheduled_start_at = LocalMoment(label="Starts", required=False)
    duplicate_of = forms.CharField(required=False)
    number = forms.IntegerField(
        label="Or the number of another work order",
        required=False,
        min_value=1,
        max_value=2_000_000_000,
    )
    reason = forms.CharField(
        label="Why? Whoever reported it reads this.", max_length=300, required=False
    )

    def __init__(
        self, what: str, order: WorkOrder, data: Any = None, *, user: User, now: datetime
    ) -> None:
        zone = zone_name_of(user)
        initial = {
            "title": order.title,
            "category": order.category,
            "due_at": order.due_at or (None if what == "triage" else _evening(order, zone, now)),
        }
        super().__init__(data, initial=initial, auto_id=f"{what}-%s", prefix=None)
        self.what, self.order, self.user = what, order, user
        for name in set(self.fields) - set(_FIELDS[what]):
            del self.fields[name]
        for field in self.fields.values():
            if isinstance(field, LocalMoment):
                field.zone = zone
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = User.objects.workers().order_by("name", "pk")
        themed(self)

    def given(self) -> dict[str, Any]:
        """The values for the service. Raises `Invalid` for an order that is not there."""
        data = self.cleaned_data
        found = {
            name: data[name]
            for name in self.fields
            if name not in {"duplicate_of", "number"} and data[name] not in ("", None)
        }
        if self.what == "duplicate":
            found["duplicate_of"] = self._original()
        return found

    def _original(self) -> WorkOrder:
        data, key = self.cleaned_data, identity(self.cleaned_data["duplicate_of"])
        rows = WorkOrder.objects.visible_to(self.user).exclude(pk=self.order.pk)
        row: WorkOrder | None = None
        if data["number"]:
            row = rows.filter(number=data["number"]).first()
        elif key:
            row = rows.filter(pk=key).first()
        if row is None:
            message = "Choose the order that it repeats, or enter its number."
            raise Invalid(message, field="number")
        return row


def _evening(order: WorkOrder, zone: str, now: datetime) -> datetime:
    """The end of the working day by which it should be done; today only while that is ahead."""
    place = ZoneInfo(zone)
    day = now.astimezone(place).date() + timedelta(days=_DAYS[order.priority])
    moment = datetime.combine(day, _EVENING, place)
    return moment if moment > now else moment + timedelta(days=1)
