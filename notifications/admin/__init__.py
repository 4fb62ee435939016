"""The console's lists about messages."""

from notifications.admin import deliveries

__all__ = ["deliveries"]
