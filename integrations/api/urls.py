"""Addresses of calendars and booking feeds below /api/v1/."""

from typing import Any

from integrations.api.feeds import BookingFeedViewSet, CalendarFeedViewSet

router_entries = [
    ("calendar-feeds", CalendarFeedViewSet, "calendar-feed"),
    ("booking-feeds", BookingFeedViewSet, "booking-feed"),
]
urlpatterns: list[Any] = []
