"""Lists and forms of the console about calendars in and out."""

from integrations.admin import booking_feeds, calendar_feeds

__all__ = ["booking_feeds", "calendar_feeds"]
