"""Chats of an organisation that hear what happens in it."""

from django.db import models

from core.fields import SealedCharField
from core.models import TenantModel
from notifications.models.notification import Notification


class ChatRoom(TenantModel):
    """A chat of the organisation: it hears once of every fact from a priority on, whoever is told.

    `secret_address` is that of a service that Apprise knows, such as slack://…; whoever knows it can write there.
    """

    name = models.CharField(max_length=100)
    secret_address = SealedCharField("address", max_length=500)
    least_priority = models.CharField(
        "from priority",
        max_length=10,
        choices=Notification.Priority,
        default=Notification.Priority.HIGH,
    )
    is_active = models.BooleanField("active", default=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"], name="notifications_chat_room_name"
            )
        ]

    def __str__(self) -> str:
        return self.name
