"""What people fill in about work; checked for form here, for sense by the services."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from accounts.models import User
from accounts.rights import Right, has_right
from core.errors import DomainError, Invalid
from scheduling.rules import zones
from worklogs.models import Log

_LOCAL = "%Y-%m-%dT%H:%M"
_PATTERNS = (_LOCAL, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M")


class LocalMoment(forms.DateTimeField):
    """Date and time on the person's own clock, handed over in UTC. Set `zone` before use."""

    zone = "UTC"
    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "60"}, format=_LOCAL)

    def __init__(self, **options: Any) -> None:
        super().__init__(input_formats=_PATTERNS, **options)

    def to_python(self, value: Any) -> datetime | None:
        """The instant; a time that the clocks skip or repeat is read as the rules of recurrence read it."""
        if value in self.empty_values or isinstance(value, datetime):
            return super().to_python(value) if value in self.empty_values else value
        for pattern in _PATTERNS:
            try:
                # naive on purpose: a wall time, whose zone follows
                local = datetime.strptime(str(value).strip(), pattern)  # noqa: DTZ007
                return zones.to_utc(local, self.zone)
            except (ValueError, OverflowError):
                continue
        raise forms.ValidationError("Enter a date and a time such as 2026-03-04 08:00.")

    def prepare_value(self, value: Any) -> Any:
        """Shown on the person's clock."""
        if isinstance(value, datetime) and value.tzinfo is not None:
            return value.astimezone(ZoneInfo(self.zone)).strftime(_LOCAL)
        return value


class WorkForm(forms.Form):
    """When, by whom, what was found."""

    performed_at = LocalMoment(label="When")
    performed_by = forms.ModelChoiceField(User.objects, label="By", required=False)
    issues_found = forms.ChoiceField(
        label="Issues found", choices=Log.Issues.choices, initial=Log.Issues.NONE
    )
    notes = forms.CharField(
        label="Notes",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(
            attrs={"rows": 3, "placeholder": "What was done, what was seen, what is left to do"}
        ),
    )
    duration_minutes = forms.IntegerField(
        label="Minutes of work", required=False, min_value=1, max_value=100_000
    )

    def __init__(self, *args: Any, user: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        moment: Any = self.fields["performed_at"]
        moment.zone = zone
        person: Any = self.fields["performed_by"]
        if has_right(user, Right.LOG_CORRECT):
            person.queryset = User.objects.visible_to(user).order_by("name", "pk")
            person.empty_label = "Somebody outside the organisation"
        else:
            del self.fields["performed_by"]

    def refuse(self, error: DomainError) -> None:
        """Show why a service refused, at the field where it is one of the form's."""
        errors: Iterable[tuple[str | None, Iterable[str]]] = (
            error.errors.items() if isinstance(error, Invalid) else [(error.field, [error.message])]
        )
        for name, texts in errors:
            for text in texts:
                self.add_error(name if name in self.fields else None, text)


class CompletionForm(WorkForm):
    """Work that is logged for the first time; `counts` answers whether early work counts."""

    counts = forms.ChoiceField(
        choices=[("", ""), ("yes", "Yes"), ("no", "No")], required=False, widget=forms.RadioSelect
    )


class CorrectionForm(WorkForm):
    """What is different now, and why."""

    reason = forms.CharField(label="Why is it corrected?", max_length=300)
