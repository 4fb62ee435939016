"""Addresses below /api/v1/."""

from typing import Any

from django.urls import path

from notifications.api.views import NotificationViewSet, PreferencesView

router_entries: list[tuple[str, Any, str]] = [
    ("notifications", NotificationViewSet, "notification"),
]
urlpatterns = [
    path("notification-preferences", PreferencesView.as_view(), name="notification-preferences"),
]
