"""Forms of the pages about one's own sign-in and the organisation."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils import timezone

from accounts.models import Organization, User
from accounts.services import sign_in
from accounts.services.organizations import may_give_plan
from accounts.zones import zone_names
from core.admin.forms import themed
from core.errors import DomainError


def zone_choices(empty: str | None) -> list[tuple[str, str]]:
    chosen = [(name, name.replace("_", " ")) for name in zone_names()]
    return chosen if empty is None else [("", empty), *chosen]


def _password_field(label: str, purpose: str, help_text: str = "") -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": purpose})
    return forms.CharField(label=label, strip=False, widget=widget, help_text=help_text)


class SignInForm(AuthenticationForm):
    """E-mail and password; the same service as the API decides, counts and records."""

    def __init__(self, request: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"] = forms.EmailField(
            label="E-mail address",
            error_messages=User.EMAIL_ADVICE,
            widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
        )
        themed(self)

    def clean(self) -> dict[str, Any]:
        email = self.cleaned_data.get("username")
        password = self.cleaned_data.get("password")
        if email and password:
            try:
                self.user_cache = sign_in.sign_in(
                    email=email, password=password, now=timezone.now(), request=self.request
                )
            except DomainError as error:
                raise forms.ValidationError(error.message, code=error.code) from error
        return self.cleaned_data


class ResetRequestForm(forms.Form):
    """Where to send the link."""

    email = forms.EmailField(
        label="E-mail address",
        error_messages=User.EMAIL_ADVICE,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class NewPasswordForm(forms.Form):
    """A password, typed twice."""

    password = _password_field(
        "New password", "new-password", "At least 10 characters, nothing that is easily guessed."
    )
    again = _password_field("New password again", "new-password")

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if again != self.cleaned_data.get("password"):
            raise forms.ValidationError("The two passwords differ.")
        return again


class PasswordChangeForm(NewPasswordForm):
    """The old one proves who asks."""

    current = _password_field("Current password", "current-password")
    field_order = ["current", "password", "again"]


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """What people say about themselves."""

    time_zone = forms.ChoiceField(
        required=False,
        choices=lambda: zone_choices("The organisation's"),
        help_text="All dates and times are shown in this zone.",
    )

    class Meta:
        model = User
        fields = ["name", "phone", "time_zone"]

    def _post_clean(self) -> None:
        """The service validates; the instance is only shown here."""


class SettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    """How the organisation works."""

    time_zone = forms.ChoiceField(
        choices=lambda: zone_choices(None),
        help_text="Resources without a zone of their own follow it, and so do their due dates.",
    )
    check_hour = forms.TypedChoiceField(
        coerce=int,
        choices=[(hour, f"{hour:02}:00") for hour in range(24)],
        help_text="Local time at which the daily due check runs.",
    )
    currency = forms.CharField(max_length=3, help_text="Three letters, such as EUR.")

    class Meta:
        model = Organization
        fields = [
            *("name", "time_zone", "currency", "check_hour", "window_reminder_hours"),
            *("windows_need_approval", "portal_enabled", "maintenance_scheduling_enabled", "plan"),
        ]
        labels = {
            "maintenance_scheduling_enabled": "Maintenance scheduling",
            "windows_need_approval": "Maintenance windows need approval",
            "window_reminder_hours": "Reminder ahead of a window",
            "portal_enabled": "Reports without sign-in",
        }
        help_texts = {
            "maintenance_scheduling_enabled": "Schedules, windows, calendar and the daily due check. "
            "Switched off, nothing is lost.",
            "windows_need_approval": "Planned windows of people who may not approve wait as drafts. "
            "Emergencies never wait.",
            "portal_enabled": "Whoever scans the code on a resource's label may report a problem. Switched off, the "
            "code asks to sign in first.",
            "window_reminder_hours": "Hours before the start; 0 for none, 336 (two weeks) at most.",
        }

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_give_plan(by):
            del self.fields["plan"]

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()

    def _post_clean(self) -> None:
        """The service validates; the instance is only shown here."""
