"""Events of other systems are applied like a person's click: to bookings, cleaning, complaints, stock."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from integrations.models import PublishedEvent
from integrations.services import publication
from scheduling.models import Booking, Resource
from tests.api import Client
from tests.integrations.senders import CRITICAL, LOW, STAY, TOWELS, cloud, send, settle
from worklogs.models import CleaningPlan, WorkOrder
from worklogs.services import orders

pytestmark = pytest.mark.django_db


def test_a_booking_appears_moves_and_is_cancelled(
    sender: Client, room: Resource, inside: None
) -> None:
    made = send(sender, cloud("booking.created", {**STAY, "people": 2, "guest_name": "Ada"}))[0]
    booking = Booking.objects.get()
    assert (made["state"], made["is_new"], made["problem"]) == ("applied", True, "")
    assert made["led_to"] == {"type": "booking", "id": str(booking.pk)}
    assert (booking.source, booking.reference, booking.resource) == ("opera", "OP-1", room)
    assert (booking.status, booking.people, booking.contact_name) == ("confirmed", 2, "Ada")
    later = {"booking_reference": "OP-1", "ends_at": "2026-03-07T10:00:00+01:00"}
    send(sender, cloud("booking.updated", later, id="2", time="2026-03-01T11:00:00Z"))
    send(
        sender,
        cloud("booking.checked_in", {"reference": "OP-1"}, id="3", time="2026-03-04T15:00:00Z"),
    )
    booking.refresh_from_db()
    assert booking.ends_at.isoformat() == "2026-03-07T09:00:00+00:00"
    assert (booking.status, booking.people) == ("checked_in", 2)
    send(
        sender,
        cloud("booking.cancelled", {"booking_id": "OP-1"}, id="4", time="2026-03-05T15:00:00Z"),
    )
    booking.refresh_from_db()
    assert booking.status == "cancelled"


def test_safety_is_said_and_the_room_follows_from_the_booking(
    sender: Client, room: Resource, inside: None
) -> None:
    send(sender, cloud("booking.created", STAY))
    send(
        sender,
        cloud(
            "guest.complaint_filed",
            {"description": "Smoke!", "category": "Safety", "booking_reference": "OP-1"},
            id="2",
        ),
    )
    order = WorkOrder.objects.get()
    assert (order.resource, order.category, order.safety_concern) == (room, "safety", True)
    assert (order.priority, order.booking_reference) == ("critical", "OP-1")


def cleaned(room: Resource) -> CleaningPlan:
    plan: CleaningPlan = CleaningPlan.objects.create(
        title="Checkout cleaning",
        resource=room,
        task_type="checkout_cleaning",
        on_event=CleaningPlan.OnEvent.COMPLETED,
        allowed_minutes=60,
        is_planned_ahead=False,
    )
    return plan


def test_checkout_makes_the_cleaning_and_a_cancelled_booking_withdraws_it(
    sender: Client, room: Resource, admin: User, inside: None
) -> None:
    now = timezone.now()
    cleaned(room)
    stay = {
        "venue_id": "room-204",
        "starts_at": (now - timedelta(days=1)).isoformat(),
        "ends_at": (now + timedelta(hours=2)).isoformat(),
    }
    for number in (1, 2):
        send(
            sender,
            cloud(
                "booking.created",
                {**stay, "booking_reference": f"OP-{number}"},
                id=f"a{number}",
                time=(now - timedelta(days=2)).isoformat(),
            ),
        )
    settle()
    send(
        sender,
        cloud("booking.completed", {"booking_reference": "OP-1"}, id="b", time=now.isoformat()),
    )
    settle()
    task = WorkOrder.objects.get(booking_reference="OP-1", status="scheduled")
    assert (task.task_type, task.resource) == ("checkout_cleaning", room)
    send(
        sender,
        cloud("booking.completed", {"booking_reference": "OP-1"}, id="b", time=now.isoformat()),
    )
    send(
        sender,
        cloud("booking.completed", {"booking_reference": "OP-1"}, id="c", time=now.isoformat()),
    )
    settle()
    assert WorkOrder.objects.filter(booking_reference="OP-1").count() == 1

    send(
        sender,
        cloud("booking.completed", {"booking_reference": "OP-2"}, id="d", time=now.isoformat()),
    )
    settle()
    begun = WorkOrder.objects.get(booking_reference="OP-2")
    cancelled = {"id": "e", "time": (now + timedelta(minutes=1)).isoformat()}
    send(sender, cloud("booking.cancelled", {"booking_reference": "OP-2"}, **cancelled))
    settle()
    begun.refresh_from_db()
    assert (begun.status, begun.close_reason) == ("cancelled", "The booking was cancelled.")


def test_what_has_begun_goes_on_when_the_booking_is_cancelled(
    sender: Client, room: Resource, admin: User, inside: None
) -> None:
    now = timezone.now()
    cleaned(room)
    stay = {
        **{"venue_id": "room-204", "booking_reference": "OP-1"},
        **{"starts_at": (now - timedelta(days=1)).isoformat(), "ends_at": now.isoformat()},
    }
    send(sender, cloud("booking.created", stay, time=(now - timedelta(days=2)).isoformat()))
    send(
        sender,
        cloud("booking.completed", {"booking_reference": "OP-1"}, id="2", time=now.isoformat()),
    )
    settle()
    task = WorkOrder.objects.get()
    orders.give(task, "assign", {"assigned_to": admin}, by=admin, now=now)
    orders.give(task, "start", {}, by=admin, now=now)
    again = {"id": "3", "time": (now + timedelta(minutes=1)).isoformat()}
    send(sender, cloud("booking.cancelled", {"booking_reference": "OP-1"}, **again))
    settle()
    task.refresh_from_db()
    assert (Booking.objects.get().status, task.status) == ("cancelled", "in_progress")


def test_stock_that_runs_low_is_restocked_once(
    sender: Client, room: Resource, admin: User, inside: None, now: datetime
) -> None:
    first, second = send(
        sender, cloud(LOW, {**TOWELS, "threshold": 40}), cloud(LOW, TOWELS, id="2")
    )
    order = WorkOrder.objects.get()
    assert (order.title, order.task_type, order.kind) == (
        "Restock Towels",
        "restocking",
        "restocking",
    )
    assert (order.status, order.priority_source) == ("scheduled", "computed")
    assert order.description == "12 left, 40 wanted at least. Item T, told by opera."
    assert second["led_to"] == first["led_to"]
    assert second["problem"] == "A task for it is open already."

    send(sender, cloud(CRITICAL, TOWELS, id="3"), cloud(CRITICAL, TOWELS, id="4"))
    order.refresh_from_db()
    assert (order.priority, order.priority_source) == ("critical", "event")
    send(sender, cloud(LOW, {**TOWELS, "item_id": "S", "item_name": "Soap"}, id="5"))
    assert WorkOrder.objects.count() == 2

    publication.publish_waiting(now)
    told = PublishedEvent.objects.filter(type="inventory.low_stock").order_by("position")
    assert [(row.data["item_id"], row.data["is_critical"]) for row in told] == [
        *(("T", False), ("T", True), ("S", False)),
    ]
    orders.give(order, "assign", {"assigned_to": admin}, by=admin, now=now)
    orders.give(order, "start", {}, by=admin, now=now)
    orders.give(order, "complete", {}, by=admin, now=now)
    late, again = send(
        sender,
        cloud(LOW, TOWELS, id="6", time=(now - timedelta(hours=1)).isoformat()),
        cloud(CRITICAL, TOWELS, id="7", time=(now + timedelta(minutes=1)).isoformat()),
    )
    assert late["led_to"] == first["led_to"]
    assert late["problem"] == "The task for it ended after this was noticed."
    assert again["led_to"] != first["led_to"]
    made = WorkOrder.objects.exclude(pk=order.pk).get(title="Restock Towels")
    assert (made.priority, made.priority_source) == ("critical", "event")


def test_a_person_lowers_an_urgent_task_and_is_not_overruled(
    sender: Client, room: Resource, admin: User, inside: None, now: datetime
) -> None:
    send(sender, cloud(CRITICAL, TOWELS))
    order = WorkOrder.objects.get()
    orders.change_order(order, {"priority": "low"}, by=admin, now=now)
    send(sender, cloud(CRITICAL, TOWELS, id="2"))
    order.refresh_from_db()
    assert (order.priority, order.priority_source) == ("low", "person")
