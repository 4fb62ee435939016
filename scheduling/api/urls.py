"""Addresses of scheduling below /api/v1/."""

from django.urls import path

from scheduling.api.bookings import BookingViewSet
from scheduling.api.calendar import CalendarView
from scheduling.api.checks import DueCheckRunViewSet, GenerateAlertsView
from scheduling.api.resources import ResourceTypeViewSet, ResourceViewSet
from scheduling.api.schedules import ScheduleViewSet
from scheduling.api.timeline import TimelineView
from scheduling.api.windows import WindowViewSet

router_entries = [
    ("resource-types", ResourceTypeViewSet, "resource-type"),
    ("resources", ResourceViewSet, "resource"),
    ("schedules", ScheduleViewSet, "schedule"),
    ("bookings", BookingViewSet, "booking"),
    ("windows", WindowViewSet, "window"),
    ("due-checks", DueCheckRunViewSet, "due-check"),
]
urlpatterns = [
    path("calendar", CalendarView.as_view(), name="calendar"),
    path("timeline", TimelineView.as_view(), name="timeline"),
    path("alerts/generate", GenerateAlertsView.as_view(), name="alerts-generate"),
]
