"""Messages, their deliveries and what people want to hear."""

from notifications.models.delivery import Delivery, DeliveryItem, DeliveryWindow
from notifications.models.notification import Channel, Kind, Notification
from notifications.models.preference import Preference
from notifications.models.reaching import BrowserSubscription, Reaching
from notifications.models.room import ChatRoom

__all__ = [
    "BrowserSubscription",
    "Channel",
    "ChatRoom",
    "Delivery",
    "DeliveryItem",
    "DeliveryWindow",
    "Kind",
    "Notification",
    "Preference",
    "Reaching",
]
