"""When a room is ready, and how rooms stand."""

from typing import Any

import pytest

from accounts.models import User
from core.models import OutboxEvent
from scheduling.models import Booking, Resource
from tests.worklogs.housekeeping import DAY, HOUR, NOW, follow, only, plan, stay
from worklogs.models import WorkOrder
from worklogs.services import orders, rooms


def ready_events() -> list[dict[str, Any]]:
    rows = OutboxEvent.objects.filter(name="worklogs.room.ready").order_by("pk")
    return [row.payload for row in rows]


@pytest.mark.parametrize("asks", [False, True])
def test_a_room_is_ready_once(room: Resource, technician: User, asks: bool) -> None:
    plan(resource=room, needs_inspection=asks)
    follow(stay(room, NOW - DAY, NOW + HOUR))
    coming = stay(room, NOW + 5 * HOUR, NOW + DAY, status="confirmed")
    order = only()
    seen = []
    for name in ("assign", "start", "complete", "verify"):
        orders.give(order, name, {"assigned_to": technician}, by=None, now=NOW + HOUR)
        for _ in range(2):
            rooms.note_ready(order.pk, now=NOW + HOUR)
        seen.append(len(ready_events()))
    assert seen == [0, 0, 0 if asks else 1, 1]
    told = ready_events()[0]
    assert (told["resource_id"], told["next_booking_id"]) == (str(room.pk), str(coming.pk))
    orders.give(order, "reopen", {"reason": "Hair in the bath"}, by=None, now=NOW + HOUR)
    for name in ("start", "complete", "verify"):
        orders.give(order, name, {}, by=None, now=NOW + 2 * HOUR)
        rooms.note_ready(order.pk, now=NOW + 2 * HOUR)
    assert len(ready_events()) == 2


def test_a_room_with_more_cleaning_to_come_is_not_ready(room: Resource, technician: User) -> None:
    first, second = (
        orders.create_task(
            WorkOrder(resource=room, task_type=kind, due_at=NOW + HOUR), by=None, now=NOW
        )
        for kind in ("checkout_cleaning", "deep_cleaning")
    )
    counts = []
    for order in (first, second):
        for name in ("assign", "start", "complete"):
            orders.give(order, name, {"assigned_to": technician}, by=None, now=NOW)
        rooms.note_ready(order.pk, now=NOW)
        counts.append(len(ready_events()))
    assert counts == [0, 1]


def test_the_state_of_rooms(room: Resource, admin: User, technician: User) -> None:
    plan(resource=room, needs_inspection=True, estimated_duration_minutes=45)
    follow(stay(room, NOW - DAY, NOW + HOUR))
    stay(room, NOW + 1.5 * HOUR, NOW + DAY, status="confirmed")
    follow(Booking.objects.earliest("starts_at"))
    order = only()
    seen = []
    for name in ("assign", "start", "complete", "verify"):
        found = rooms.today(admin, now=NOW + HOUR)
        seen.append(found[0].state)
        orders.give(order, name, {"assigned_to": technician}, by=None, now=NOW + HOUR)
    seen.append(rooms.today(admin, now=NOW + HOUR)[0].state)
    assert seen == [
        *("to_be_cleaned", "to_be_cleaned", "being_cleaned", "to_be_inspected"),
        "ready",
    ]
    assert found[0].leaving is not None
    assert found[0].arriving is not None


def test_a_tight_turn_over_says_so(room: Resource, admin: User) -> None:
    plan(resource=room, estimated_duration_minutes=45)
    booking = stay(room, NOW - DAY, NOW + HOUR)
    stay(room, NOW + 1.5 * HOUR, NOW + DAY, status="confirmed")
    follow(booking)
    task = rooms.today(admin, now=NOW)[0].tasks[0]
    assert task.tight == "Tight: 30 min until the next guests, the work takes 45 min."
