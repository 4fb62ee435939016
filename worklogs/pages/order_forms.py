"""What each command of the table asks for; what is missing is judged by the service, after the state."""

from typing import Any

from django import forms

from accounts.models import User
from core.admin.forms import add_refusal, themed
from core.errors import DomainError
from scheduling.models import Schedule
from worklogs.models import Log, WorkOrder
from worklogs.pages.forms import LocalMoment
from worklogs.services import effects, stops


class CommandForm(forms.Form):
    """Nothing is asked for. Times are wall times where the resource stands."""

    def __init__(self, *args: Any, order: WorkOrder, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order, self.user = order, user
        for field in self.fields.values():
            if isinstance(field, LocalMoment):
                field.zone = order.resource.effective_time_zone
        self.prepare()
        themed(self)

    def prepare(self) -> None:
        """Fill in what is known of the order."""

    def given(self) -> dict[str, Any]:
        """What was filled in, for the service; what was left empty is not given."""
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}

    def refuse(self, error: DomainError) -> None:
        """Show why the service refused."""
        add_refusal(self, error)

    def in_one_line(self) -> str:
        """Why it was refused."""
        return " ".join(
            f"{self.fields[name].label}: {text}" if name in self.fields else str(text)
            for name, texts in self.errors.items()
            for text in texts
        )


class ReasonForm(CommandForm):
    reason = forms.CharField(label="Why?", max_length=300)


class GiveBackForm(CommandForm):
    reason = forms.CharField(label="Why, if you like", max_length=300, required=False)


class HoldForm(ReasonForm):
    field_order = ("hold_kind", "reason")
    hold_kind = forms.ChoiceField(
        label="What is it waiting for?", choices=WorkOrder.HoldKind.choices
    )


class DelayForm(ReasonForm):
    scheduled_end_at = LocalMoment(label="Done by, if known", required=False)


def priority_field() -> forms.ChoiceField:
    """A level, or none: then it follows from the facts."""
    levels = [("", "Computed"), *Schedule.Priority.choices]
    return forms.ChoiceField(label="Priority", choices=levels, required=False)


class TriageForm(CommandForm):
    """`effects.TRIAGED`; what is left empty stays as it is."""

    title = forms.CharField(label="Title", max_length=200, required=False)
    kind = forms.ChoiceField(label="Kind", choices=WorkOrder.Kind.choices, required=False)
    category = forms.ChoiceField(
        label="Category", choices=WorkOrder.Category.choices, required=False
    )
    safety_concern = forms.BooleanField(label="Somebody could be harmed", required=False)
    priority = priority_field()
    due_at = LocalMoment(label="Due", required=False)
    estimated_duration_minutes = forms.IntegerField(
        label="Expected minutes of work", required=False, min_value=1, max_value=1_000_000
    )

    def prepare(self) -> None:
        for name in effects.TRIAGED:
            self.initial.setdefault(name, getattr(self.order, name))
        if self.order.priority_source == WorkOrder.PrioritySource.COMPUTED:
            self.initial["priority"] = ""


class ScheduleForm(CommandForm):
    due_at = LocalMoment(label="Due", required=False)
    scheduled_start_at = LocalMoment(label="Planned start", required=False)
    scheduled_end_at = LocalMoment(label="Planned end", required=False)

    def prepare(self) -> None:
        for name in ("due_at", "scheduled_start_at", "scheduled_end_at"):
            if name in self.fields:
                self.initial.setdefault(name, getattr(self.order, name))


class AssignForm(CommandForm):
    assigned_to = forms.ModelChoiceField(
        User.objects, label="Who does it?", empty_label="Choose a person"
    )
    scheduled_start_at = LocalMoment(label="Planned start", required=False)

    def prepare(self) -> None:
        people: Any = self.fields["assigned_to"]
        people.queryset = workers().exclude(pk=self.order.assigned_to_id)
        self.initial.setdefault("scheduled_start_at", self.order.scheduled_start_at)


class CompleteForm(CommandForm):
    notes = forms.CharField(
        label="What was done?",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    issues_found = forms.ChoiceField(
        label="Issues found", choices=Log.Issues.choices, initial=Log.Issues.NONE
    )
    duration_minutes = forms.IntegerField(
        label="Minutes of work",
        required=False,
        min_value=1,
        max_value=100_000,
        help_text="Counts as labour of whoever has the work, unless they kept time on this order already.",
    )
    odometer = forms.IntegerField(
        label="Meter reading",
        required=False,
        min_value=0,
        max_value=2_147_483_647,
        help_text="Kilometres, hours or cycles, as the resource counts them.",
    )
    failure_mode = forms.CharField(label="What failed", required=False, max_length=200)
    cause = forms.CharField(label="Why it failed", required=False, max_length=200)
    remedy = forms.CharField(label="What helped", required=False, max_length=200)
    all_done = forms.BooleanField(required=False)

    def prepare(self) -> None:
        for name in ("failure_mode", "cause", "remedy"):
            self.initial.setdefault(name, getattr(self.order, name))


class AskingCompleteForm(CompleteForm):
    """Asks about the places of a round of which nothing was said, though it was of others."""

    def prepare(self) -> None:
        super().prepare()
        left = stops.left_of(stops.places_of(self.order))
        if left:
            self.fields["all_done"].label = f"Done, too: {stops.in_words(left)}"
        else:
            del self.fields["all_done"]


class DuplicateForm(CommandForm):
    """By the number that people read."""

    number = forms.IntegerField(label="Number of the order that it repeats", min_value=1)
    reason = forms.CharField(label="Anything to add?", max_length=300, required=False)

    def clean_number(self) -> int:
        number: int = self.cleaned_data["number"]
        rows = WorkOrder.objects.visible_to(self.user)
        self.original = rows.filter(number=min(number, 2_000_000_000)).first()
        if self.original is None:
            raise forms.ValidationError("There is no order of this number.")
        return number

    def given(self) -> dict[str, Any]:
        values = super().given()
        values.pop("number", None)
        return {**values, "duplicate_of": self.original}


FORMS: dict[str, type[CommandForm]] = {
    "triage": TriageForm,
    "reject": ReasonForm,
    "duplicate": DuplicateForm,
    "schedule": ScheduleForm,
    "assign": AssignForm,
    "reassign": AssignForm,
    "give_back": GiveBackForm,
    "hold": HoldForm,
    "complete": AskingCompleteForm,
    "reopen": ReasonForm,
    "cancel": ReasonForm,
    "delay": DelayForm,
    "escalate": ReasonForm,
}


def workers() -> Any:
    """Who can be given work."""
    return User.objects.workers().order_by("name", "pk")
