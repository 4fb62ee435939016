"""Chats of the organisation in the console."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.rights import Right
from core.admin.base import ModelAdmin
from notifications.models import ChatRoom, Delivery
from notifications.rules import service_addresses
from notifications.rules.error_words import in_words
from notifications.services import rooms


class ChatRoomForm(forms.ModelForm):  # type: ignore[type-arg]
    """Where the chat is, and what it hears of."""

    class Meta:
        model = ChatRoom
        fields = ()
        help_texts = {
            "name": "As people call it, such as “Maintenance, Slack”.",
            "secret_address": "Paste it from "
            + service_addresses.listed(service_addresses.CHAT)
            + ". Whoever knows it can write there: it is kept sealed.",
            "least_priority": "It hears once of everything that somebody is told with this priority or more.",
        }


@admin.register(ChatRoom)
class ChatRoomAdmin(ModelAdmin):
    """Which chats hear what happens, and whether it arrives there."""

    view_right = Right.ORGANIZATION_VIEW
    add_right = change_right = delete_right = Right.ORGANIZATION_MANAGE
    list_display = ("name", "service", "least_priority", "is_active", "latest")
    search_fields = ("name",)
    ordering = ("name", "pk")
    form = ChatRoomForm
    fields = ("name", "secret_address", "least_priority", "is_active")
    actions = ("send_one",)
    empty_list = {
        "icon": "forum",
        "title": "No chat room yet",
        "text": "Let a chat of your team hear what is urgent: in Slack, Teams, Mattermost and others.",
        "action": "New chat room",
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        shown: QuerySet[Any] = rooms.with_latest(super().get_queryset(request))
        return shown

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by: Any = request.user
        now = timezone.now()
        if change:
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            rooms.change(obj, changes, by=by, now=now)
        else:
            rooms.create(obj, by=by, now=now)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What was sent to a chat goes with it, though nobody may delete a delivery by itself."""
        shown, counts, _, protected = super().get_deleted_objects(objs, request)
        return shown, counts, set(), protected

    @admin.display(description="service")
    def service(self, room: ChatRoom) -> str:
        """Its name: the address itself holds secrets."""
        return service_addresses.name_of(room.secret_address, service_addresses.CHAT)

    @admin.display(description="last message")
    def latest(self, room: Any) -> str:
        """Whether it arrived, in words."""
        if not room.latest_state:
            return "–"
        return in_words(room.latest_error) or str(Delivery.State(room.latest_state).label)

    @admin.action(description="Send a test message", permissions=["change"])
    def send_one(self, request: HttpRequest, queryset: Any) -> None:
        now = timezone.now()
        done = self.each(request, queryset, lambda room: rooms.send_one(room, now=now))
        text = f"On their way: {done}. The list shows in a moment whether they arrived."
        self.message_user(request, text, messages.SUCCESS)
