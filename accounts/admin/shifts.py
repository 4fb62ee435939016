"""Certificates, shifts and absences in the console."""

from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin.teams import StaffAdmin
from accounts.models import Certificate, Shift, ShiftException, WorkingHours
from accounts.rules.shifts import ALL_WEEK, days_of, mask_of
from accounts.services import certificates
from accounts.zones import home_zone_name
from core.admin.wall_times import WallTimeField
from core.rules import moments

#: The organisation's zone, for the form and the list of this request.
_zone: ContextVar[str] = ContextVar("zone of shifts")


class WeekdaysField(forms.TypedMultipleChoiceField):
    """Days of the week as boxes; kept as a set of bits."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        for name in ("max_value", "min_value"):
            kwargs.pop(name, None)
        super().__init__(coerce=int, choices=WorkingHours.Weekday.choices, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return days_of(value) if isinstance(value, int) else value

    def clean(self, value: Any) -> int:
        return mask_of(super().clean(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        chosen = {int(day) for day in data or () if str(day).isdigit()}
        return mask_of(chosen) & ALL_WEEK != (initial or 0)


@admin.register(Certificate)
class CertificateAdmin(StaffAdmin):
    """Proofs of skills, what ends soonest first."""

    list_display = ("user", "skill", "state", "expires_on", "issued_on", "number")
    more_columns = ("issuer",)
    list_filter = ("skill",)
    search_fields = ("number", "user__name", "skill__name")
    ordering = ("expires_on", "pk")
    fields = ("user", "skill", "number", "issuer", ("issued_on", "expires_on"))
    autocomplete_fields = ("user", "skill")
    empty_list = {
        "icon": "verified",
        "title": "No certificate yet",
        "text": "Where a skill needs a certificate, work goes only to people whose certificate is valid on that day."
        " Before it ends, they and the coordinators are told.",
        "action": "New certificate",
    }

    def get_queryset(self, request: HttpRequest) -> Any:
        _zone.set(home_zone_name(request.user))
        return super().get_queryset(request)

    @admin.display(description="state", ordering="expires_on")
    def state(self, row: Certificate) -> SafeString:
        today = timezone.now().astimezone(ZoneInfo(_zone.get())).date()
        tone, icon, text = _state(row, today)
        return format_html(
            '<span class="chip {}"><span class="material-symbols-outlined" aria-hidden="true">{}</span>{}</span>',
            *(tone, icon, text),
        )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by: Any = request.user
        if not change:
            certificates.add_certificate(obj, by=by, now=timezone.now())
            return
        changes = {name: getattr(obj, name) for name in form.changed_data}
        certificates.change_certificate(obj, changes, by=by, now=timezone.now())


def _state(row: Certificate, today: date) -> tuple[str, str, str]:
    if row.issued_on > today:
        return "info", "schedule", "Not valid yet"
    if row.expires_on is None:
        return "success", "check_circle", "Valid"
    if row.expires_on < today:
        return "danger", "error", "Expired"
    if row.expires_on <= today + timedelta(days=row.skill.warn_days):
        return "warning", "warning", "Ends soon"
    return "success", "check_circle", "Valid"


class ShiftForm(forms.ModelForm):  # type: ignore[type-arg]
    """Of one person, or of a team."""

    class Meta:
        model = Shift
        fields = ()
        help_texts = {
            "user": "A person's own shifts take the place of those of their teams.",
            "team": "Instead of a person: holds for everybody in the team.",
            "ends_at": "At or before the begin: on the next day.",
        }


@admin.register(Shift)
class ShiftAdmin(StaffAdmin):
    """Weekly patterns."""

    list_display = ("name", "whose", "in_words", "break_minutes", "valid_from", "valid_until")
    list_filter = ("team",)
    search_fields = ("name", "user__name", "team__name")
    ordering = ("name", "pk")
    form = ShiftForm
    fieldsets = (
        (None, {"fields": ("name", ("user", "team"))}),
        (
            "Every week",
            {"fields": ("weekdays", ("starts_at", "ends_at"), "break_minutes")},
        ),
        ("For a time only", {"fields": (("valid_from", "valid_until"),)}),
    )
    autocomplete_fields = ("user", "team")
    empty_list = {
        "icon": "schedule",
        "title": "No shift yet",
        "text": "A shift says when a person or a whole team works, week by week. Work is planned into shifts, and"
        " whoever is not there is given nothing.",
        "action": "New shift",
    }

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "weekdays":
            return WeekdaysField(label="Days", initial=0b11111)
        if isinstance(db_field, models.TimeField):
            kwargs["widget"] = forms.TimeInput(
                attrs={"type": "time", "class": "time-box"}, format="%H:%M"
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description="who")
    def whose(self, row: Shift) -> str:
        return str(row.user or row.team)

    @admin.display(description="when")
    def in_words(self, row: Shift) -> str:
        return row.in_words


class ShiftExceptionForm(forms.ModelForm):  # type: ignore[type-arg]
    """Times are those of the organisation's clock."""

    class Meta:
        model = ShiftException
        fields = ()
        help_texts = {
            "starts_at": "On the organisation's clock.",
            "reason": "Seen by the person and by those who plan. Say no more than needed.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            for name in ("starts_at", "ends_at"):
                moment = getattr(self.instance, name).astimezone(ZoneInfo(_zone.get()))
                self.initial[name] = moment.replace(tzinfo=None)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("starts_at", "ends_at"):
            if isinstance(values.get(name), datetime):
                values[name] = values[name].replace(tzinfo=ZoneInfo(_zone.get())).astimezone(UTC)
        return values


@admin.register(ShiftException)
class ShiftExceptionAdmin(StaffAdmin):
    """Who is away, and who comes beside their shifts."""

    list_display = ("user", "kind", "when", "reason")
    list_filter = ("kind",)
    search_fields = ("user__name", "reason")
    ordering = ("-starts_at", "pk")
    form = ShiftExceptionForm
    fields = ("user", "kind", "starts_at", "ends_at", "reason")
    autocomplete_fields = ("user",)
    empty_list = {
        "icon": "event_busy",
        "title": "Nobody is away",
        "text": "Enter holidays, illness and training, and extra shifts. Whoever is away is given no work.",
        "action": "New absence or extra shift",
    }

    def get_queryset(self, request: HttpRequest) -> Any:
        _zone.set(home_zone_name(request.user))
        return super().get_queryset(request)

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        _zone.set(home_zone_name(request.user))
        return super().add_view(request, *args, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, models.DateTimeField):
            kwargs["form_class"] = WallTimeField
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description="when", ordering="starts_at")
    def when(self, row: ShiftException) -> str:
        """Whole days without the midnights around them."""
        zone = ZoneInfo(_zone.get())
        start, end = row.starts_at.astimezone(zone), row.ends_at.astimezone(zone)
        if start.time() == end.time() == time():
            first, last = moments.day(start), moments.day(end - timedelta(days=1))
            return first if first == last else f"{first} to {last}"
        return f"{moments.wall_time(start)} to {moments.wall_time(end)}"
