"""Guests who move in mid-stay: the room that they used is cleaned, and the new one when they leave."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from scheduling.models import Resource
from tests import factories
from tests.api import Client
from tests.events import relay_all
from tests.worklogs.housekeeping import plan, stay
from worklogs.models import WorkOrder

pytestmark = pytest.mark.usefixtures("scope")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def moved(admin: User, status: str) -> tuple[Resource, Resource]:
    """From where to where the guests of a booking moved, who were to leave in an hour."""
    now = timezone.now()
    room, other = factories.resource(), factories.resource()
    for place in (room, other):
        plan(resource=place, needs_inspection=True)
    booking = stay(room, now - DAY, now + HOUR, status=status)
    relay_all(now + HOUR)
    address = f"bookings/{booking.pk}"
    assert Client(admin).patch(address, {"resource": str(other.pk)}).status_code == 200
    for _ in range(2):
        relay_all(now + HOUR)
    Client(admin).patch(address, {"status": "completed"})
    relay_all(now + HOUR)
    return room, other


@pytest.mark.parametrize(("status", "is_used"), [("checked_in", True), ("confirmed", False)])
def test_the_room_that_was_used_is_cleaned(admin: User, status: str, is_used: bool) -> None:
    room, other = moved(admin, status)
    found = WorkOrder.objects.open().filter(task_type="checkout_cleaning").order_by("number")
    assert {order.resource for order in found} == ({room, other} if is_used else {other})
    assert len(found) == 1 + is_used
    for order in found:
        assert order.booking_task.needs_inspection
        assert order.due_at is not None
