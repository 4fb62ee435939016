"""Reading one's messages, and clearing away old ones."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from core.tenancy import all_tenants
from notifications.models import Delivery, Notification

KEEP_DELIVERIES = timedelta(days=90)
#: The bell says "99+" beyond this, so that counting stays cheap.
MOST_COUNTED = 99
_STEP = 2000


def unread_count(user: User) -> int:
    """How many messages the person has not read, counted up to `MOST_COUNTED` + 1."""
    return int(Notification.objects.visible_to(user).unread()[: MOST_COUNTED + 1].count())


def read(user: User, pk: UUID, *, now: datetime) -> Notification:
    """Mark one message as read and return it. Raises Notification.DoesNotExist when it is not the person's."""
    mine = Notification.objects.visible_to(user)
    mine.filter(pk=pk).mark_read(now=now)
    message: Notification = mine.get(pk=pk)
    return message


def read_all(user: User, *, now: datetime) -> int:
    """Mark every message as read; returns how many were not."""
    return int(Notification.objects.visible_to(user).mark_read(now=now))


def clean_up(now: datetime) -> dict[str, int]:
    """Remove expired messages and finished deliveries older than `KEEP_DELIVERIES`, of every organisation."""
    with all_tenants(reason="the clean-up serves every organisation"):
        return {
            "deliveries": _remove(Delivery.objects.finished_before(now - KEEP_DELIVERIES)),
            "messages": _remove(Notification.objects.expired(now=now)),
        }


def _remove(old: Any) -> int:
    """In steps, so that neither memory nor the length of a transaction depends on how much there is."""
    removed = 0
    while ids := list(old.values_list("pk", flat=True)[:_STEP]):
        with transaction.atomic():
            removed += old.filter(pk__in=ids).delete()[1].get(old.model._meta.label, 0)
    return removed
