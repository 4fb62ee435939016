"""Imports that were made or are under way, and calendars in and out."""

from integrations.models.booking_feed import BookingFeed
from integrations.models.calendar_feed import CalendarFeed
from integrations.models.import_run import ImportRun

__all__ = ["BookingFeed", "CalendarFeed", "ImportRun"]
