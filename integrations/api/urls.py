"""Addresses of imports, calendars and booking feeds below /api/v1/."""

from typing import Any

from integrations.api.feeds import BookingFeedViewSet, CalendarFeedViewSet
from integrations.api.imports import ImportViewSet

router_entries = [
    ("calendar-feeds", CalendarFeedViewSet, "calendar-feed"),
    ("imports", ImportViewSet, "import"),
    ("booking-feeds", BookingFeedViewSet, "booking-feed"),
]
urlpatterns: list[Any] = []
