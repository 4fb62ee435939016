"""The console's lists about messages."""

from notifications.admin import chat_rooms, deliveries

__all__ = ["chat_rooms", "deliveries"]
