"""Events of other systems wait for what they name, are tried again when applying them fails, and go when old."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Organization, User
from integrations.models import InboundEvent
from integrations.services.inbound import receiving
from scheduling.models import Booking, Resource
from scheduling.services import resources
from tests import factories
from tests.api import Client
from tests.integrations.senders import LOW, STAY, TOWELS, at, cloud, send, settle
from worklogs.models import WorkOrder

pytestmark = pytest.mark.django_db


def test_what_names_an_unknown_room_waits_for_it(
    sender: Client, admin: User, inside: None, now: datetime
) -> None:
    made = cloud("booking.created", STAY, time="2026-03-01T10:00:00Z")
    come = cloud("booking.checked_in", STAY | {"venue_id": ""}, id="2", time="2026-03-04T15:00:00Z")
    low = cloud(LOW, TOWELS | {"room": "R-204"}, id="3")
    states = [
        one["state"] for one in send(sender, come | {"data": {"reference": "OP-1"}}, made, low)
    ]
    assert states == ["parked"] * 3
    assert not Booking.objects.exists()
    resource = factories.resource(code="Other", name="Room 204")
    settle()
    assert {row.state for row in InboundEvent.objects.all()} == {"parked"}
    resources.update_resource(
        resource, {"external_id": "room-204", "code": "R-204"}, by=admin, now=now
    )
    settle()
    assert {row.state for row in InboundEvent.objects.all()} == {"applied"}
    assert Booking.objects.get().status == "checked_in"
    assert WorkOrder.objects.get().resource == resource


def test_a_complaint_waits_for_its_booking(sender: Client, room: Resource, inside: None) -> None:
    complaint = {"description": "Cold", "booking_reference": "OP-1"}
    assert send(sender, cloud("guest.complaint_filed", complaint))[0]["state"] == "parked"
    factories.booking(at(STAY["starts_at"]), at(STAY["ends_at"]), resource=room, reference="OP-1")
    settle()
    assert WorkOrder.objects.get().resource == room


def test_a_complaint_of_a_guest_finds_their_stay(
    sender: Client, room: Resource, inside: None
) -> None:
    complaint = {"description": "Cold", "guest_id": "g-551"}
    told = cloud("guest.complaint_filed", complaint, time="2026-03-05T10:00:00Z")
    parked = send(sender, told)[0]
    assert (parked["state"], parked["problem"]) == (
        "parked",
        "No stay of guest g-551 is known yet, and this does not name the room.",
    )
    elsewhere = factories.resource()
    stays = (
        ("2026-02-01", "2026-02-04", "completed", elsewhere),
        ("2026-03-04", "2026-03-06", "checked_in", room),
        ("2026-03-08", "2026-03-09", "confirmed", elsewhere),
    )
    for number, (start, end, status, place) in enumerate(stays):
        values = {"status": status, "resource": place, "reference": f"OP-{number}"}
        factories.booking(at(f"{start}T15:00Z"), at(f"{end}T10:00Z"), guest_id="g-551", **values)
    settle()
    order = WorkOrder.objects.get()
    assert (order.resource, order.booking_reference, order.guest_id) == (room, "OP-1", "g-551")


@pytest.mark.parametrize(
    ("moment", "reference"),
    [
        ("2026-01-01T10:00:00Z", "OP-0"),
        ("2026-02-02T10:00:00Z", "OP-0"),
        ("2026-02-20T10:00:00Z", "OP-0"),
        ("2026-03-08T20:00:00Z", "OP-1"),
    ],
)
def test_without_a_stay_of_now_the_last_one_counts_and_else_the_next(
    sender: Client, room: Resource, inside: None, moment: str, reference: str
) -> None:
    for number, (start, end) in enumerate(
        (("2026-02-01", "2026-02-04"), ("2026-03-08", "2026-03-09"))
    ):
        factories.booking(
            at(f"{start}T15:00Z"),
            at(f"{end}T10:00Z"),
            **{"resource": room, "reference": f"OP-{number}", "guest_id": "g-551"},
        )
    complaint = {"description": "Cold", "guest_id": "g-551"}
    send(sender, cloud("guest.complaint_filed", complaint, time=moment))
    assert WorkOrder.objects.get().booking_reference == reference


def test_a_failure_is_tried_again_and_then_waits_for_a_person(
    sender: Client, room: Resource, admin: User, inside: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scheduling.services import bookings

    upsert = bookings.upsert_booking

    def breaks(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(bookings, "upsert_booking", breaks)
    (found,) = send(sender, cloud("booking.created", STAY))
    assert (found["state"], found["problem"]) == (
        "waiting",
        "A fault of ours, which is in the log: RuntimeError.",
    )
    event = InboundEvent.objects.get()
    moment = event.received_at
    assert receiving.apply_due(now=moment) == 0
    for pause in receiving.WAITS:
        moment += pause
        assert receiving.apply_due(now=moment) == 1
    event.refresh_from_db()
    assert (event.state, event.attempts, event.next_at) == ("failed", 3, None)
    monkeypatch.setattr(bookings, "upsert_booking", upsert)
    assert receiving.apply_due(now=moment + timedelta(days=1)) == 0
    assert receiving.retry(event, by=admin, now=moment).state == "applied"
    assert Booking.objects.get().source == "opera"


def test_a_failed_effect_leaves_nothing_behind(
    sender: Client, room: Resource, inside: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.services.inbound.effects._publish_stock", lambda *_: 1 / 0)
    send(sender, cloud(LOW, TOWELS))
    assert not WorkOrder.objects.exists()
    assert InboundEvent.objects.get().state == "waiting"


def test_a_door_that_died_is_succeeded_by_the_worker(
    organization: Organization, room: Resource, inside: None, now: datetime
) -> None:
    from integrations.rules import incoming

    came = incoming.read(cloud("booking.created", STAY))
    receiving.receive(came, via="rabbitmq", by=None, now=now)  # and dies
    assert receiving.apply_due(now=now) == 0
    assert receiving.apply_due(now=now + receiving.GRACE) == 1
    assert Booking.objects.count() == 1


def test_old_events_are_removed(
    sender: Client, room: Resource, inside: None, now: datetime
) -> None:
    send(sender, cloud("booking.created", STAY), cloud("x.y", {}, id="2"))
    received = InboundEvent.objects.newest_first()[0].received_at
    assert receiving.clean_up(received + receiving.KEEP) <= 1
    assert InboundEvent.objects.count() >= 1
    receiving.clean_up(received + receiving.KEEP + timedelta(seconds=1))
    assert not InboundEvent.objects.exists()
    assert Booking.objects.count() == 1


def test_what_waits_for_a_person_is_kept_until_they_decide(
    sender: Client, inside: None, admin: User
) -> None:
    taken = send(sender, cloud(LOW, {**TOWELS, "room": "nowhere"}), cloud(LOW, TOWELS, id="2"))
    assert {one["state"] for one in taken} == {"parked"}
    InboundEvent.objects.filter(event_id="2").update(
        state="failed", problem="It failed.", waits_for="", next_at=None
    )
    parked, failed = InboundEvent.objects.order_by("event_id")
    long_ago = parked.received_at + 4 * receiving.KEEP
    assert receiving.clean_up(long_ago) == 0
    for event in (parked, failed):
        receiving.ignore(event, by=admin, now=long_ago)
    assert receiving.clean_up(long_ago) == 2
