"""The form of a maintenance window: wall times where the resource stands, and a rule that is easy to say."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.zones import home_zone_name
from core.admin.forms import dress
from scheduling.admin.filters import is_id
from scheduling.admin.schedule_form import home
from scheduling.models import DueState, Occurrence, Resource, Window
from scheduling.rules import zones
from scheduling.services import window_plans
from scheduling.services.window_series import Scope

_MOMENTS = ("starts_at", "ends_at")
#: Fields that are no columns, which the theme leaves bare.
_OWN = ("repeat", "rrule", "repeat_until", "leave_out", "scope", "as_draft", "back_dated")
_USUAL_START, _USUAL_LENGTH = time(8), timedelta(hours=2)
_REPEATS = [
    ("", "Does not repeat"),
    ("FREQ=DAILY", "Every day"),
    ("FREQ=WEEKLY", "Every week"),
    ("FREQ=WEEKLY;INTERVAL=2", "Every two weeks"),
    ("FREQ=MONTHLY", "Every month"),
    ("FREQ=MONTHLY;INTERVAL=3", "Every three months"),
    ("FREQ=YEARLY", "Every year"),
    ("custom", "By a rule"),
]
_SCOPES = [
    (Scope.ONE, "Only this window"),
    (Scope.FOLLOWING, "This and the following ones"),
    (Scope.ALL, "All that are still to come"),
]


@dataclass(frozen=True, slots=True)
class Prefilled:
    """What is known of a window before anybody types: from the calendar, a free slot or a due date."""

    initial: dict[str, Any] = field(default_factory=dict)
    occurrence: Occurrence | None = None


class WindowForm(forms.ModelForm):  # type: ignore[type-arg]
    """Times are wall times where the resource stands."""

    #: The due date that the window is for; set by the page.
    occurrence_of: Occurrence | None = None

    repeat = forms.ChoiceField(choices=_REPEATS, required=False, label="Repeats")
    rrule = forms.CharField(
        max_length=500,
        required=False,
        label="Rule",
        help_text="RFC 5545, for example FREQ=MONTHLY;BYDAY=1MO (first Monday) or FREQ=WEEKLY;BYDAY=TU,FR.",
    )
    repeat_until = forms.DateField(
        required=False,
        label="Last day",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Leave empty for windows without end.",
    )
    leave_out = forms.BooleanField(
        required=False,
        label="Leave out dates that collide",
        help_text="Otherwise one collision refuses them all.",
    )
    scope = forms.ChoiceField(choices=_SCOPES, required=False, label="What you change")
    as_draft = forms.BooleanField(
        required=False,
        label="Keep as a draft",
        help_text="A draft takes nothing and tells nobody.",
    )
    back_dated = forms.BooleanField(
        required=False,
        label="Lies in the past on purpose",
        help_text="To record a window that nobody entered in time.",
    )

    class Meta:
        model = Window
        fields = ()
        labels = {
            "starts_at": "Start",
            "ends_at": "End",
            "setup_minutes": "Set-up minutes before",
            "cleanup_minutes": "Clean-up minutes after",
            "override_reason": "Why does it have to be now?",
        }
        help_texts = {
            "resource": "Everything below it is taken as well.",
            "kind": "An emergency may displace bookings; it has to say why.",
            "starts_at": "Local time where the resource stands.",
            "setup_minutes": "Blocked as well, like the clean-up after the end.",
            "override_reason": "Those whose bookings are displaced will read it.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            zone = self.instance.resource.effective_time_zone
            for name in _MOMENTS:
                self.initial[name] = zones.to_local(getattr(self.instance, name), zone)
        for name in ("override_reason", "description"):
            if name in self.fields:
                self.fields[name].required = False
        for name in _OWN:
            if name in self.fields:
                dress(self.fields[name])

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        resource = values.get("resource") or (
            None if self.instance._state.adding else self.instance.resource
        )
        zone = resource.effective_time_zone if resource is not None else home()
        for name in _MOMENTS:
            if isinstance(values.get(name), datetime):
                values[name] = self._moment(name, values[name], zone)
        start, end = values.get("starts_at"), values.get("ends_at")
        if start and end and end <= start:
            self.add_error("ends_at", "The end must be after the start.")
        if "repeat" in self.fields:
            values["rrule"] = self._rule(values)
        return values

    def _moment(self, name: str, local: datetime, zone: str) -> datetime | None:
        try:
            return zones.to_utc(local, zone)
        except OverflowError:
            self.add_error(name, "Choose a year from 1900 to 2200.")
            return None

    def _rule(self, values: dict[str, Any]) -> str:
        """The recurrence as one RFC 5545 rule; nothing for a single window."""
        chosen = values.get("repeat") or ""
        rule = (values.get("rrule") or "").strip() if chosen == "custom" else chosen
        if chosen == "custom" and not rule:
            self.add_error("rrule", "Write the rule, or choose one of the others.")
        last: date | None = values.get("repeat_until")
        return f"{rule};UNTIL={last:%Y%m%d}" if rule and last else rule


def prefilled(request: HttpRequest) -> Prefilled:
    """What the address says of the window: `resource`, `starts_at`, `ends_at`, `title`, or the `schedule` it is for."""
    known: Prefilled | None = getattr(request, "prefilled_window", None)
    if known is None:
        known = _from_address(request)
        request.prefilled_window = known  # type: ignore[attr-defined]
    return known


def _from_address(request: HttpRequest) -> Prefilled:
    asked, user = request.GET, request.user
    initial: dict[str, Any] = {
        name: asked[name]
        for name in ("title", "description", "kind", "effect", "setup_minutes", "cleanup_minutes")
        if asked.get(name)
    }
    resource = _named(Resource.objects.visible_to(user), asked.get("resource"))  # type: ignore[arg-type]
    now, zone = timezone.now(), home_zone_name(user)
    if resource is not None:
        initial["resource"] = resource.pk
        zone = resource.effective_time_zone
    tomorrow = zones.local_date(now, zone) + timedelta(days=1)
    times = zones.to_utc(datetime.combine(tomorrow, _USUAL_START), zone), _USUAL_LENGTH
    start, end = times[0], times[0] + times[1]
    occurrence = None
    if state := resource and _due_state(request, resource):
        plan = window_plans.for_due_date(state, now=now)
        initial = {"title": state.schedule.title, **initial}
        initial["assigned_to"] = state.schedule.assigned_to_id
        start, end, occurrence = plan.starts_at, plan.ends_at, plan.occurrence
    asked_start = _moment(asked.get("starts_at"))
    if asked_start is not None:
        start, end = asked_start, asked_start + (end - start)
    end = _moment(asked.get("ends_at")) or end
    initial |= {"starts_at": zones.to_local(start, zone), "ends_at": zones.to_local(end, zone)}
    return Prefilled(initial, occurrence)


def _due_state(request: HttpRequest, resource: Resource) -> DueState | None:
    """Where the schedule of the address stands on the resource."""
    rows = DueState.objects.visible_to(request.user).filter(  # type: ignore[arg-type]
        resource=resource, schedule__deleted_at=None
    )
    text = request.GET.get("schedule")
    if not text or not is_id(text):
        return None
    found: DueState | None = (
        rows.filter(schedule=text).select_related("schedule", "resource").first()
    )
    return found


def _named(rows: Any, text: str | None) -> Any:
    return rows.filter(pk=text).first() if text and is_id(text) else None


def _moment(text: str | None) -> datetime | None:
    """A moment with its offset; nothing for anything else."""
    try:
        found = parse_datetime((text or "").replace(" ", "+"))
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
