"""Calendars for subscription in the console."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.rights import Right, has_right
from core.admin.base import ModelAdmin
from integrations.models import CalendarFeed
from integrations.services import calendar_feeds
from notifications.services import links


class CalendarFeedForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a calendar program is to show."""

    class Meta:
        model = CalendarFeed
        fields = ()
        labels = {"kind": "Shows", "with_bookings": "Bookings too", "with_contacts": "With names"}
        help_texts = {
            "name": "What your calendar program calls it.",
            "resource": "For the calendar of a resource: it brings everything below it.",
            "with_bookings": "Windows and due maintenance are always shown.",
            "with_contacts": "Names and addresses of those who booked are personal data: whoever has the address of "
            "this calendar can read them.",
        }


@admin.register(CalendarFeed)
class CalendarFeedAdmin(ModelAdmin):
    """Make a calendar and read its address once; revoke it when it leaked or is not needed."""

    needs_scheduling = True
    view_right = add_right = Right.WINDOW_VIEW
    list_display = ("name", "shows", "user", "extent", "last_used_at", "state")
    list_filter = ("kind",)
    list_select_related = ("resource", "user")
    search_fields = ("name", "resource__name", "user__name")
    ordering = ("-created_at",)
    form = CalendarFeedForm
    fields = ("name", "kind", "resource", "with_bookings", "with_contacts")
    autocomplete_fields = ("resource",)
    actions = ("revoke",)
    empty_list = {
        "icon": "calendar_add_on",
        "title": "No calendar yet",
        "text": "Read windows and due maintenance in the calendar program of your phone or computer: make an address "
        "here and subscribe to it there.",
        "action": "New calendar",
    }

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "name": "Maintenance",
            "kind": "person",
            **super().get_changeform_initial_data(request),
        }

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Nobody is asked for what they may not see."""
        rights = {"with_bookings": Right.BOOKING_VIEW, "with_contacts": Right.BOOKING_CONTACT_VIEW}
        user: Any = request.user
        return [name for name in self.fields if has_right(user, rights.get(name, self.view_right))]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by: Any = request.user
        _, token = calendar_feeds.create_feed(obj, by=by, now=timezone.now())
        address = links.absolute(reverse("calendar_feed", args=[token]))
        self.message_user(
            request, f"Copy the address now, it is not shown again: {address}", messages.WARNING
        )

    @admin.display(description="Shows")
    def shows(self, feed: CalendarFeed) -> str:
        return str(feed.resource) if feed.resource is not None else feed.get_kind_display()

    @admin.display(description="With")
    def extent(self, feed: CalendarFeed) -> str:
        if feed.with_contacts:
            return "Bookings and their contacts"
        return "Bookings" if feed.with_bookings else "Maintenance only"

    @admin.display(description="State")
    def state(self, feed: CalendarFeed) -> str:
        if feed.revoked_at:
            return "Revoked"
        if not feed.user.is_active:
            return "Ended with the access of its person"
        return "In use" if feed.last_used_at else "Not read yet"

    @admin.action(description="Revoke", permissions=["add"])
    def revoke(self, request: HttpRequest, queryset: Any) -> None:
        by: Any = request.user
        now = timezone.now()
        done = self.each(
            request, queryset, lambda feed: calendar_feeds.revoke_feed(feed, by=by, now=now)
        )
        self.message_user(request, f"Calendars revoked: {done}.", messages.SUCCESS)
