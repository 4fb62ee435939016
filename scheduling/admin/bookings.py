"""Bookings in the console: who has which resource, and when."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.rights import Right, has_right
from core.rules.moments import day_and_time
from scheduling import states
from scheduling.admin import shown
from scheduling.admin.schedule_form import home
from scheduling.admin.use import UseAdmin
from scheduling.admin.use_filters import BookingTimeFilter, PlaceFilter
from scheduling.models import Booking
from scheduling.rules import zones
from scheduling.services import bookings

TONES = {
    states.TENTATIVE: ("warning", "help"),
    states.CONFIRMED: ("info", "event_available"),
    states.CHECKED_IN: ("success", "login"),
    states.COMPLETED: ("", "check_circle"),
    states.CANCELLED: ("", "cancel"),
}
_CONTACT = ("contact_name", "contact_email")


class BookingForm(forms.ModelForm):  # type: ignore[type-arg]
    """Times are wall times where the resource stands."""

    class Meta:
        model = Booking
        fields = ()
        labels = {
            "starts_at": "From",
            "ends_at": "Until",
            "reference": "Reference",
            "source": "Booking system",
            "guest_id": "Guest number",
        }
        help_texts = {
            "reference": "What the guest or the booking system calls it.",
            "source": "Empty for a booking entered here. A booking system's word stands, even over a window.",
            "starts_at": "Local time where the resource stands.",
            "contact_name": "Personal data: kept sealed, shown to those with the right only.",
            "contact_email": "Is told when maintenance touches the booking.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            zone = self.instance.resource.effective_time_zone
            for name in ("starts_at", "ends_at"):
                self.initial[name] = zones.to_local(getattr(self.instance, name), zone)
        if "contact_email" in self.fields:
            self.fields["contact_email"].validators.append(forms.EmailField().run_validators)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        resource = values.get("resource")
        zone = resource.effective_time_zone if resource is not None else home()
        for name in ("starts_at", "ends_at"):
            if isinstance(values.get(name), datetime):
                try:
                    values[name] = zones.to_utc(values[name], zone)
                except OverflowError:
                    self.add_error(name, "Choose a year from 1900 to 2200.")
        return values


@admin.register(Booking)
class BookingAdmin(UseAdmin):
    """The mirror of the booking systems, and what is booked here."""

    needs_scheduling = True
    view_right = Right.BOOKING_VIEW
    add_right = change_right = delete_right = Right.BOOKING_MANAGE
    form = BookingForm
    list_display = ("booking", "on", "when", "state", "people")
    more_columns = ("source", "guest_id")
    list_display_links = None
    list_filter = (BookingTimeFilter, "status", PlaceFilter)
    list_filter_sheet = False
    list_select_related = ("resource",)
    search_fields = ("reference", "resource__name", "resource__code")
    search_help_text = "Reference or resource"
    ordering = ("ends_at", "pk")
    autocomplete_fields = ("resource",)
    actions = ("export",)
    quick_filters = (
        ("Current and coming", ""),
        ("Today", "time=today"),
        ("Next 7 days", "time=week"),
        ("In the house", "status__exact=checked_in&time=today"),
        ("Options", "status__exact=tentative&time=month"),
        ("Booked twice", "time=double"),
        ("Past", "time=past"),
    )
    live = "booking"
    empty_list = {
        "icon": "hotel",
        "title": "No booking yet",
        "text": "Bookings come from your booking system by API, by import or by its calendar feed. "
        "Maintenance windows are then kept out of their way.",
        "action": "New booking",
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer(*_CONTACT)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The contact shows to those who may see it."""
        what = (("resource", "status"), "starts_at", "ends_at", ("reference", "people"))
        fieldsets: list[Any] = [("Booking", {"fields": what})]
        if has_right(request.user, Right.BOOKING_CONTACT_VIEW):  # type: ignore[arg-type]
            fieldsets.append(("Contact", {"fields": (_CONTACT, "guest_id")}))
        fieldsets.append(("Where it comes from", {"fields": ("source",)}))
        return fieldsets

    @admin.display(description="booking", ordering="reference")
    def booking(self, row: Booking) -> SafeString:
        """Its reference, and the system that it comes from."""
        address = shown.viewer.get().address("admin:scheduling_booking_change", row.pk)
        return shown.titled(address, row.reference or "Booking", row.source)

    @admin.display(description="status", ordering="status")
    def state(self, row: Booking) -> SafeString:
        """By colour, icon and word."""
        return shown.chip(row.get_status_display(), *TONES[row.status])

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        user: Any = request.user
        now = timezone.now()
        if not change:
            bookings.create_booking(obj, by=user, now=now)
            return
        changes = {name: getattr(obj, name) for name in form.changed_data}
        stored = Booking.objects.select_related("resource").get(pk=obj.pk)
        bookings.update_booking(stored, changes, by=user, now=now)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        bookings.delete_booking(obj, by=request.user, now=timezone.now())  # type: ignore[arg-type]

    def get_actions(self, request: HttpRequest) -> Any:
        """Bookings are cancelled one by one, not deleted in bulk."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def exported(self, rows: Iterable[Booking]) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        """Without the contacts: a file leaves the house."""
        zone = shown.viewer.get().zone
        heads = ["Reference", "Resource", "Code", "From", "Until", "Status", "People", "System"]
        return heads, (
            [
                *(row.reference, row.resource.name, row.resource.code),
                *(day_and_time(row.starts_at, zone), day_and_time(row.ends_at, zone)),
                *(row.get_status_display(), row.people, row.source),
            ]
            for row in rows
        )
