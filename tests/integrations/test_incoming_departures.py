"""Guests leave, says another system: the room is cleaned, without anybody having planned it, or a note says why not."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organization, User
from core.tenancy import tenant_scope
from integrations.models import InboundEvent
from scheduling.models import Resource
from tests import factories
from tests.api import Client
from tests.console import signed_in
from tests.integrations.senders import cloud, send, settle
from worklogs.models import CleaningPlan, WorkOrder
from worklogs.services import cleaning_plans

pytestmark = pytest.mark.django_db


def leave(sender: Client, room: Resource, number: int = 1) -> dict[str, Any]:
    """A stay that ends now, as the booking system tells of it."""
    now, reference = timezone.now(), f"OP-{number}"
    stay = {
        **{"venue_id": room.code, "booking_reference": reference},
        "starts_at": (now - timedelta(days=1)).isoformat(),
        "ends_at": (now + timedelta(hours=1)).isoformat(),
    }
    made = cloud("booking.created", stay, id=f"a{number}", time=stay["starts_at"])
    left = cloud(
        "booking.completed",
        {"booking_reference": reference},
        id=f"b{number}",
        time=now.isoformat(),
    )
    _, told = send(sender, made, left)
    settle()
    return told


@pytest.fixture
def guest_room(organization: Organization) -> Resource:
    with tenant_scope(organization.pk):
        kind = factories.resource_type(kind="room")
        return factories.resource(name="Room 204", type=kind)


def test_a_house_that_has_planned_nothing_cleans_when_guests_leave(
    sender: Client, guest_room: Resource, inside: None
) -> None:
    other = factories.resource(name="Hall", kind="venue")
    sibling = factories.resource(name="Room 205", type=guest_room.type)
    for number, place in enumerate((guest_room, other, sibling)):
        assert leave(sender, place, number)["problem"] == ""
        task = WorkOrder.objects.get(booking_reference=f"OP-{number}")
        assert (task.resource, task.task_type) == (place, "checkout_cleaning")
    plans = CleaningPlan.objects.order_by("pk")
    assert [(plan.resource_type, plan.resource) for plan in plans] == [
        (guest_room.type, None),
        (None, other),
    ]


def test_what_is_no_room_is_not_cleaned_unasked_and_the_note_says_so(
    sender: Client, admin: User, inside: None
) -> None:
    van = factories.resource(name="Van 3", kind="vehicle")
    told = leave(sender, van)
    assert told["state"] == "applied"
    assert told["problem"] == "No cleaning plan covers Van 3, so no task was made."
    assert not WorkOrder.objects.exists()
    page = signed_in(admin).get(reverse("admin:incoming_events")).content.decode()
    assert "No cleaning plan covers Van 3" in page


def test_a_plan_that_somebody_removed_does_not_come_back(
    sender: Client, guest_room: Resource, admin: User, inside: None
) -> None:
    leave(sender, guest_room)
    plan = CleaningPlan.objects.get()
    cleaning_plans.delete_plan(plan, by=admin, now=timezone.now())
    told = leave(sender, guest_room, 2)
    assert told["problem"] == "No cleaning plan covers Room 204, so no task was made."
    event = InboundEvent.objects.get(event_id="b2")
    page = signed_in(admin).get(reverse("admin:incoming_event", args=[event.pk]))
    assert reverse("admin:worklogs_cleaningplan_add") in page.content.decode()


def stay_of_long_ago(sender: Client, room: Resource, *, days: int = 3) -> list[dict[str, Any]]:
    """Told only now: guests who came, moved in and left so many days ago."""
    left_at, reference = timezone.now() - timedelta(days=days), f"OP-{days}"
    stay = {
        **{"venue_id": room.code, "booking_reference": reference},
        "starts_at": (left_at - timedelta(days=2)).isoformat(),
        "ends_at": left_at.isoformat(),
    }
    named = {"booking_reference": reference}
    events = [
        cloud("booking.created", stay, id=f"c{days}", time=stay["starts_at"]),
        cloud("booking.completed", named, id=f"d{days}", time=left_at.isoformat()),
    ]
    told = send(sender, *events)
    settle()
    return told


def test_a_departure_that_is_told_days_late_is_cleaned_after_all(
    sender: Client, guest_room: Resource, inside: None
) -> None:
    asked = timezone.now()
    *_, told = stay_of_long_ago(sender, guest_room)
    assert told["problem"] == ""
    task = WorkOrder.objects.get()
    assert (task.resource, task.task_type) == (guest_room, "checkout_cleaning")
    assert task.due_at is not None
    assert task.due_at > asked
    assert task.booking_task.begins_at >= asked
    *_, told = stay_of_long_ago(sender, guest_room, days=2)
    assert "its cleaning is open already" in told["problem"]
    assert WorkOrder.objects.count() == 1
    *_, told = stay_of_long_ago(sender, guest_room, days=40)
    assert told["problem"].startswith("Told more than a day late: that is too long ago")
    settle()
    assert WorkOrder.objects.count() == 1


def test_a_late_departure_from_a_room_that_others_have_is_noted(
    sender: Client, guest_room: Resource, inside: None
) -> None:
    now = timezone.now()
    factories.booking(
        now - timedelta(days=1), now + timedelta(days=1), resource=guest_room, status="checked_in"
    )
    *_, told = stay_of_long_ago(sender, guest_room)
    assert told["problem"] == (
        "Told more than a day late: others have moved in since, so no task was made."
    )
    assert not WorkOrder.objects.exists()
