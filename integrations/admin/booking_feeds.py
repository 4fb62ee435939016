"""Subscriptions to booking systems in the console."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone

from accounts.rights import Right
from core.admin.base import ModelAdmin
from integrations.models import BookingFeed
from integrations.services import booking_feeds


class BookingFeedForm(forms.ModelForm):  # type: ignore[type-arg]
    """Where a booking system tells of its bookings."""

    class Meta:
        model = BookingFeed
        fields = ()
        help_texts = {
            "resource": "The calendar holds the bookings of this resource.",
            "source": "Its name, such as Opera. Its bookings are known by it.",
            "secret_url": "Begins with https:// and mostly ends with .ics. Whoever knows it can read it: it is kept "
            "sealed.",
            "every_minutes": "From 5 minutes to a week.",
        }


@admin.register(BookingFeed)
class BookingFeedAdmin(ModelAdmin):
    """Where bookings come from by themselves, and whether they do."""

    needs_scheduling = True
    view_right = add_right = change_right = delete_right = Right.BOOKING_MANAGE
    list_display = ("source", "resource", "shown_state", "bookings", "every_minutes", "checked_at")
    list_filter = ("state", "is_active")
    search_fields = ("source", "resource__name", "resource__code")
    ordering = ("source", "pk")
    form = BookingFeedForm
    fields = ("resource", "source", "secret_url", "every_minutes", "is_active")
    autocomplete_fields = ("resource",)
    actions = ("read_now",)
    empty_list = {
        "icon": "sync",
        "title": "No booking feed yet",
        "text": "Most booking systems offer a calendar address (.ics) for each room or vehicle. Enter it here, and the "
        "bookings come by themselves.",
        "action": "New booking feed",
    }

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by: Any = request.user
        now = timezone.now()
        if change:
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            booking_feeds.change_feed(obj, changes, by=by, now=now)
        else:
            booking_feeds.create_feed(obj, by=by, now=now)

    @admin.display(description="State", ordering="state")
    def shown_state(self, feed: BookingFeed) -> str:
        if not feed.is_active:
            return "Switched off"
        return (
            f"{feed.get_state_display()}: {feed.problem}"
            if feed.problem
            else feed.get_state_display()
        )

    @admin.action(description="Read now", permissions=["change"])
    def read_now(self, request: HttpRequest, queryset: Any) -> None:
        by: Any = request.user
        now = timezone.now()
        done = self.each(
            request, queryset, lambda feed: booking_feeds.ask_now(feed, by=by, now=now)
        )
        self.message_user(
            request, f"A worker reads them within a minute: {done}.", messages.SUCCESS
        )
