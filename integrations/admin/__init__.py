"""Lists and forms of the console about calendars in and out, and about webhooks."""

from integrations.admin import booking_feeds, calendar_feeds, webhooks

__all__ = ["booking_feeds", "calendar_feeds", "webhooks"]
