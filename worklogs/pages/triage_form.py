"""What is decided about a report, as the triage inbox asks for it: the forms of the commands, with a date proposed."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from accounts.models import User
from core.errors import Invalid
from worklogs.models import WorkOrder
from worklogs.pages.forms import LocalMoment
from worklogs.pages.lists import identity
from worklogs.pages.order_forms import (
    AssignForm,
    CommandForm,
    ReasonForm,
    ScheduleForm,
    TriageForm,
    priority_field,
)

#: How many days a report may wait when nobody says otherwise, by its priority.
_DAYS = {"critical": 0, "high": 1, "medium": 3, "low": 7}
_EVENING = time(17)


class ScheduleDecision(ScheduleForm):
    field_order = ("due_at", "scheduled_start_at", "scheduled_end_at", "priority")
    priority = priority_field()


class AssignDecision(AssignForm):
    field_order = ("assigned_to", "due_at", "scheduled_start_at")
    due_at = LocalMoment(label="Due", required=False)


class DuplicateDecision(CommandForm):
    """One of the orders that are proposed, or any by its number."""

    duplicate_of = forms.CharField(required=False)
    number = forms.IntegerField(
        label="Number of another work order",
        required=False,
        min_value=1,
        max_value=2_000_000_000,
    )

    def given(self) -> dict[str, Any]:
        """Raises `Invalid` for an order that is not there."""
        number, key = self.cleaned_data["number"], identity(self.cleaned_data["duplicate_of"])
        named = {"number": number} if number else {"pk": key}
        rows = WorkOrder.objects.visible_to(self.user).exclude(pk=self.order.pk)
        row = rows.filter(**named).first()
        if row is None:
            message = "Choose the order that it repeats, or enter its number."
            raise Invalid(message, field="number")
        return {"duplicate_of": row}


class RejectDecision(ReasonForm):
    def prepare(self) -> None:
        self.fields["reason"].label = "Why? Whoever reported it reads this."


_FORMS: dict[str, type[CommandForm]] = {
    "triage": TriageForm,
    "schedule": ScheduleDecision,
    "assign": AssignDecision,
    "duplicate": DuplicateDecision,
    "reject": RejectDecision,
}


def decision_form(
    what: str, order: WorkOrder, data: Any = None, *, user: User, now: datetime
) -> CommandForm:
    """The form of one decision; what is missing is for the service to say."""
    initial = {"due_at": order.due_at or _evening(order, now)} if what != "triage" else {}
    return _FORMS[what](data, order=order, user=user, initial=initial, auto_id=f"{what}-%s")


def _evening(order: WorkOrder, now: datetime) -> datetime:
    """The end of the working day by which it should be done; today only while that is ahead."""
    place = ZoneInfo(order.resource.effective_time_zone)
    day = now.astimezone(place).date() + timedelta(days=_DAYS[order.priority])
    moment = datetime.combine(day, _EVENING, place)
    return moment if moment > now else moment + timedelta(days=1)
