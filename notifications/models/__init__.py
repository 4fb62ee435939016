"""Messages, their deliveries and what people want to hear."""

from notifications.models.notification import Delivery, DeliveryItem, Notification, Preference

__all__ = ["Delivery", "DeliveryItem", "Notification", "Preference"]
