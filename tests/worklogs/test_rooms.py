"""When a room is ready, and how rooms stand."""

from datetime import datetime
from typing import Any

import pytest
import time_machine

from accounts.models import User
from core.models import OutboxEvent
from scheduling.models import Booking, Resource
from tests import factories
from tests.api import Client
from tests.events import relay_all
from tests.worklogs.housekeeping import DAY, HOUR, NOW, change, follow, only, plan, stay
from worklogs.models import WorkOrder
from worklogs.services import orders, readiness, rooms


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
            readiness.note_done(order.pk, now=NOW + HOUR)
        seen.append(len(ready_events()))
    assert seen == [0, 0, 0 if asks else 1, 1]
    told = ready_events()[0]
    assert (told["resource_id"], told["next_booking_id"]) == (str(room.pk), str(coming.pk))
    orders.give(order, "reopen", {"reason": "Hair in the bath"}, by=None, now=NOW + HOUR)
    for name in ("start", "complete", "verify"):
        orders.give(order, name, {}, by=None, now=NOW + 2 * HOUR)
        readiness.note_done(order.pk, now=NOW + 2 * HOUR)
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
        readiness.note_done(order.pk, now=NOW)
        counts.append(len(ready_events()))
    assert counts == [0, 1]


def tell(now: datetime) -> None:
    with time_machine.travel(now, tick=False):
        relay_all(now)


def done(order: WorkOrder, technician: User, now: datetime) -> None:
    for name in ("assign", "start", "complete"):
        orders.give(order, name, {"assigned_to": technician}, by=None, now=now)
    tell(now)


def two(room: Resource) -> list[WorkOrder]:
    """A checkout cleaning and a deep cleaning of today."""
    return [
        orders.create_task(
            WorkOrder(resource=room, task_type=kind, due_at=NOW + 2 * HOUR), by=None, now=NOW
        )
        for kind in ("checkout_cleaning", "deep_cleaning")
    ]


@pytest.mark.parametrize("how", ["cancel", "later", "elsewhere", "duplicate"])
@time_machine.travel(NOW + HOUR, tick=False)
def test_a_room_is_ready_once_what_it_waited_for_is_out_of_the_way(
    room: Resource, admin: User, technician: User, how: str
) -> None:
    cleaned, waiting = two(room)
    if how == "duplicate":
        orders.give(waiting, "cancel", {"reason": "Told anew"}, by=None, now=NOW)
        waiting = factories.work_order(now=NOW, resource=room, task_type="deep_cleaning")
    done(cleaned, technician, NOW)
    assert ready_events() == []
    client = Client(admin)
    address = f"work-orders/{waiting.pk}"
    if how == "cancel":
        assert client.post(f"{address}/cancel", {"reason": "Not needed"}).status_code == 200
    elif how == "later":
        assert client.patch(address, {"due_at": (NOW + 5 * DAY).isoformat()}).status_code == 200
    elif how == "elsewhere":
        other = factories.resource()
        assert client.patch(address, {"resource": str(other.pk)}).status_code == 200
    else:
        given = {"duplicate_of": str(cleaned.pk)}
        address = f"work-orders/{waiting.pk}/duplicate"
        assert client.post(address, given).status_code == 200
    for _ in range(2):
        tell(NOW + HOUR)
    (told,) = ready_events()
    assert (told["resource_id"], told["work_order_id"]) == (str(room.pk), str(cleaned.pk))
    (found,) = rooms.today(admin, now=NOW + HOUR, only=[room.pk])
    assert found.state == "ready"


def test_ready_again_after_more_was_wanted_and_given_up(
    room: Resource, admin: User, technician: User
) -> None:
    cleaned, waiting = two(room)
    orders.give(waiting, "cancel", {"reason": "Not needed"}, by=admin, now=NOW)
    tell(NOW)
    assert ready_events() == []  # the other is still to be done
    done(cleaned, technician, NOW + HOUR)
    assert len(ready_events()) == 1
    later = WorkOrder(resource=room, task_type="deep_cleaning", due_at=NOW + 3 * HOUR)
    orders.create_task(later, by=admin, now=NOW + 2 * HOUR)
    orders.change_order(later, {"due_at": NOW + 2 * DAY}, by=admin, now=NOW + 2.5 * HOUR)
    tell(NOW + 2.5 * HOUR)
    assert len(ready_events()) == 2
    orders.change_order(later, {"due_at": NOW + 3 * DAY}, by=admin, now=NOW + 3 * HOUR)
    orders.give(later, "cancel", {"reason": "Not needed"}, by=admin, now=NOW + 3 * HOUR)
    orders.give(cleaned, "reopen", {"reason": "Hair"}, by=admin, now=NOW + 4 * HOUR)
    tell(NOW + 4 * HOUR)
    assert len(ready_events()) == 2
    orders.give(cleaned, "cancel", {"reason": "It is clean"}, by=admin, now=NOW + 5 * HOUR)
    tell(NOW + 5 * HOUR)
    assert len(ready_events()) == 3


def test_a_longer_stay_makes_no_room_ready(room: Resource) -> None:
    """The prepared task goes, but the guests are in."""
    plan(resource=room)
    follow(booking := stay(room, NOW - DAY, NOW + HOUR))
    change(booking, ends_at=NOW + DAY)
    tell(NOW)
    assert WorkOrder.objects.open().count() == 0
    assert ready_events() == []


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
