"""Lists and forms of the console about calendars in and out."""

from integrations.admin import calendar_feeds

__all__ = ["calendar_feeds"]
