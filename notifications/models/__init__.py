"""Messages, their deliveries and what people want to hear."""

from notifications.models.delivery import Delivery, DeliveryItem, DeliveryWindow
from notifications.models.notification import Channel, Kind, Notification
from notifications.models.preference import Preference

__all__ = [
    "Channel",
    "Delivery",
    "DeliveryItem",
    "DeliveryWindow",
    "Kind",
    "Notification",
    "Preference",
]
