"""Messages, their deliveries and what people want to hear."""

from notifications.models.delivery import Delivery, DeliveryItem
from notifications.models.notification import Channel, Kind, Notification
from notifications.models.preference import Preference

__all__ = ["Channel", "Delivery", "DeliveryItem", "Kind", "Notification", "Preference"]
