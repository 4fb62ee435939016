"""The form of a work order: wall times where the resource stands, priority computed unless a person sets it."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.http import HttpRequest

from accounts.models import User
from core.admin.forms import dress
from scheduling.admin.filters import is_id
from scheduling.admin.schedule_form import home
from scheduling.models import Resource, Schedule
from scheduling.rules import zones
from worklogs import states
from worklogs.models import Checklist, ChecklistAnswer, WorkOrder, WorkOrderResource
from worklogs.services.routes import MOST_STOPS

MOMENTS = ("due_at", "scheduled_start_at", "scheduled_end_at")
_BEGINS = [
    (states.SCHEDULED, "Planned: ready to be assigned"),
    (states.TRIAGED, "Triaged: to be planned"),
    (states.REPORTED, "Reported: to be looked at first"),
]
_OWN = ("begins", "assignee", "list_of_steps", "priority")


def takes_checklist(order: WorkOrder | None) -> bool:
    """Whether one may still be chosen: nothing is answered, and the work is not done."""
    if order is None or order._state.adding:
        return True
    is_answered = ChecklistAnswer.objects.filter(work_order=order).exists()
    return order.status in states.OPEN and not is_answered


class OrderForm(forms.ModelForm):  # type: ignore[type-arg]
    """Times are wall times where the resource stands. An empty priority is computed."""

    begins = forms.ChoiceField(choices=_BEGINS, required=False, label="Begins as")
    assignee = forms.ModelChoiceField(
        User.objects,
        required=False,
        label="Assign to",
        empty_label="Nobody yet",
        help_text="Only planned work can be assigned at once.",
    )
    route = forms.ModelMultipleChoiceField(
        Resource.objects,
        required=False,
        label="Further resources",
        help_text="For a round: in the order of the way; new ones come last. Completing it logs the work on each.",
        widget=AutocompleteSelectMultiple(
            WorkOrderResource._meta.get_field("resource"), admin.site
        ),
    )
    list_of_steps = forms.ModelChoiceField(
        Checklist.objects,
        required=False,
        label="Checklist",
        empty_label="None of its own",
        help_text="A new order without one takes that of its housekeeping task or kind.",
    )
    priority = forms.ChoiceField(
        choices=[("", "Computed"), *Schedule.Priority.choices], required=False
    )

    class Meta:
        model = WorkOrder
        fields = ()
        labels = {
            "due_at": "Due",
            "scheduled_start_at": "Planned start",
            "scheduled_end_at": "Planned end",
            "estimated_duration_minutes": "Expected minutes of work",
            "estimated_cost": "Expected cost",
            "warranty_months": "Warranty on this work, in months",
            "warranty_until": "Or until",
            "warranty_distance": "Or up to this distance",
            "odometer": "Meter reading",
            "task_type": "Housekeeping task",
        }
        help_texts = {
            "due_at": "Local time where the resource stands.",
            "safety_concern": "Somebody could be harmed. It becomes critical.",
            "kind": "Checklists, priority and promised times go by it.",
            "task_type": "Only for housekeeping.",
            "warranty_months": "From the day of completion.",
            "odometer": "Kilometres, hours or cycles, as the resource counts them; the distance counts from there.",
            "vendor": "The company that does it, if not your own people.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            zone = self.instance.resource.effective_time_zone
            for name in MOMENTS:
                if (moment := getattr(self.instance, name)) is not None:
                    self.initial[name] = zones.to_local(moment, zone)
            if self.instance.priority_source == WorkOrder.PrioritySource.COMPUTED:
                self.initial["priority"] = ""
            if self.instance.status in states.OPEN:
                stops = self.instance.stops.order_by("position")
                self.initial["route"] = list(stops.values_list("resource", flat=True))
        self._offer_checklists()
        for name in _OWN:
            if name in self.fields:
                dress(self.fields[name])
        if "assignee" in self.fields:
            people: Any = self.fields["assignee"]
            people.queryset = User.objects.workers().order_by("name", "pk")

    def _offer_checklists(self) -> None:
        """Those in use, and the one that the order has."""
        if not takes_checklist(self.instance):
            del self.fields["list_of_steps"]
            return
        kept = self.instance.checklist.checklist_id if self.instance.checklist else None
        offered: Any = self.fields["list_of_steps"]
        offered.queryset = Checklist.objects.offered(kept).order_by("name", "pk")
        self.initial["list_of_steps"] = kept

    def clean_route(self) -> list[Resource]:
        """The former stops in their order, then the others as they were chosen."""
        typed = self.data.getlist(self.add_prefix("route"))  # type: ignore[attr-defined]
        former = [str(key) for key in self.initial.get("route") or ()]
        ways = {key: place for place, key in enumerate(dict.fromkeys([*former, *typed]))}
        chosen: Any = self.cleaned_data["route"]
        return sorted(chosen, key=lambda stop: ways.get(str(stop.pk), len(ways)))

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        resource = values.get("resource") or (
            None if self.instance._state.adding else self.instance.resource
        )
        zone = resource.effective_time_zone if resource is not None else home()
        for name in MOMENTS:
            if isinstance(values.get(name), datetime):
                values[name] = self._moment(name, values[name], zone)
        if values.get("assignee") and values.get("begins") not in ("", states.SCHEDULED):
            self.add_error("assignee", "Only planned work can be assigned: choose “Planned”.")
        if len(values.get("route") or ()) > MOST_STOPS:
            self.add_error("route", f"A round has at most {MOST_STOPS} further resources.")
        return values

    def _moment(self, name: str, local: datetime, zone: str) -> datetime | None:
        try:
            return zones.to_utc(local, zone)
        except OverflowError:
            self.add_error(name, "Choose a year from 1900 to 2200.")
            return None


def prefilled(request: HttpRequest) -> dict[str, Any]:
    """What the address says of the order: `resource`, `title`, or the order that it follows up."""
    asked: dict[str, Any] = {
        name: request.GET[name]
        for name in ("title", "description", "kind", "category", "resource")
        if request.GET.get(name)
    }
    if not is_id(asked.get("resource", "")):
        asked.pop("resource", None)
    former = followed(request)
    if former is not None:
        asked = {
            "resource": former.resource_id,
            "category": former.category,
            "title": f"Follow-up: {former.title}"[:200],
            **asked,
        }
    return asked


def followed(request: HttpRequest) -> WorkOrder | None:
    """The order that the new one follows up, where the address names one that the person may plan."""
    text = request.GET.get("follow_up_of", "")
    rows = WorkOrder.objects.changeable_by(request.user)  # type: ignore[arg-type]
    found: WorkOrder | None = rows.filter(pk=text).first() if is_id(text) else None
    return found
