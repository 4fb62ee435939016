"""Addresses below /api/v1/."""

from typing import Any

from django.urls import path

from notifications.api.rooms import ChatRoomViewSet
from notifications.api.trials import TrialsView
from notifications.api.views import NotificationViewSet, PreferencesView

router_entries: list[tuple[str, Any, str]] = [
    ("notifications", NotificationViewSet, "notification"),
    ("chat-rooms", ChatRoomViewSet, "chat-room"),
]
urlpatterns = [
    path("notification-preferences", PreferencesView.as_view(), name="notification-preferences"),
    path("notification-preferences/test", TrialsView.as_view(), name="notification-test"),
]
