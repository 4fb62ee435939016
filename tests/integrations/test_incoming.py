"""Events of other systems by HTTP: taken once, applied like a person's click, parked until what they name is there."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Organization, User
from accounts.rights import Role
from core import catalogue
from core.models import OutboxEvent
from core.tenancy import all_tenants, tenant_scope
from integrations.models import InboundEvent, PublishedEvent
from integrations.rules.consumed import CONSUMED
from integrations.services import publication
from integrations.services.inbound import receiving
from scheduling.models import Booking, Resource
from scheduling.services import resources
from tests import factories
from tests.api import Client
from tests.events import relay_all
from worklogs.models import CleaningPlan, WorkOrder
from worklogs.services import orders

pytestmark = pytest.mark.django_db
STAY = {
    "booking_reference": "OP-1",
    "venue_id": "room-204",
    "starts_at": "2026-03-04T15:00:00Z",
    "ends_at": "2026-03-06T10:00:00Z",
    "guest_id": "g-551",
}


def cloud(
    type: str, data: Any, *, id: str = "1", time: str = "2026-03-01T10:00:00Z", **more: Any
) -> dict[str, Any]:
    event = {
        "specversion": "1.0",
        "id": id,
        "source": "/services/opera",
        "type": type,
        "time": time,
    }
    return {**event, "data": data, **more}


@pytest.fixture
def room(organization: Organization) -> Resource:
    with tenant_scope(organization.pk):
        return factories.resource(code="R-204", name="Room 204", external_id="room-204")


@pytest.fixture
def client(admin: User) -> Client:
    return Client(admin)


@pytest.fixture
def inside(organization: Organization) -> Iterator[None]:
    with tenant_scope(organization.pk):
        yield


def send(client: Client, *events: Any) -> list[dict[str, Any]]:
    answer = client.post("events", list(events) if len(events) > 1 else events[0])
    assert answer.status_code == 202, answer.data
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_booking_appears_moves_and_is_cancelled(
    client: Client, room: Resource, inside: None
) -> None:
    made = send(client, cloud("booking.created", {**STAY, "people": 2, "guest_name": "Ada"}))[0]
    booking = Booking.objects.get()
    assert (made["state"], made["is_new"], made["problem"]) == ("applied", True, "")
    assert made["led_to"] == {"type": "booking", "id": str(booking.pk)}
    assert (booking.source, booking.reference, booking.resource) == ("opera", "OP-1", room)
    assert (booking.status, booking.people, booking.contact_name) == ("confirmed", 2, "Ada")
    later = {"booking_reference": "OP-1", "ends_at": "2026-03-07T10:00:00+01:00"}
    send(client, cloud("booking.updated", later, id="2", time="2026-03-01T11:00:00Z"))
    send(
        client,
        cloud("booking.checked_in", {"reference": "OP-1"}, id="3", time="2026-03-04T15:00:00Z"),
    )
    booking.refresh_from_db()
    assert booking.ends_at.isoformat() == "2026-03-07T09:00:00+00:00"
    assert (booking.status, booking.people) == ("checked_in", 2)
    send(
        client,
        cloud("booking.cancelled", {"booking_id": "OP-1"}, id="4", time="2026-03-05T15:00:00Z"),
    )
    booking.refresh_from_db()
    assert booking.status == "cancelled"


def test_an_event_is_taken_once_however_often_it_comes(
    client: Client, room: Resource, inside: None
) -> None:
    complaint = cloud(
        "guest.complaint_filed",
        {"description": "The shower drips. All night.", "room": "R-204", "guest_id": "g-551"},
    )
    first, second = send(client, complaint)[0], send(client, complaint)[0]
    assert (first["is_new"], second["is_new"]) == (True, False)
    assert second["led_to"] == first["led_to"]
    order = WorkOrder.objects.get()
    assert (order.title, order.status, order.category) == (
        "The shower drips",
        "reported",
        "plumbing",
    )
    assert (order.resource, order.guest_id) == (room, "g-551")


def test_the_same_id_of_another_sender_is_another_event(
    client: Client, room: Resource, inside: None
) -> None:
    data = {"description": "Dark", "room": "R-204"}
    send(
        client,
        cloud("guest.complaint_filed", data),
        cloud("guest.complaint_filed", data) | {"source": "/x"},
    )
    assert WorkOrder.objects.count() == 2


def test_safety_is_said_and_the_room_follows_from_the_booking(
    client: Client, room: Resource, inside: None
) -> None:
    send(client, cloud("booking.created", STAY))
    send(
        client,
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
    client: Client, room: Resource, admin: User, inside: None
) -> None:
    from django.utils import timezone

    now = timezone.now()
    cleaned(room)
    stay = {
        "venue_id": "room-204",
        "starts_at": (now - timedelta(days=1)).isoformat(),
        "ends_at": (now + timedelta(hours=2)).isoformat(),
    }
    for number in (1, 2):
        send(
            client,
            cloud(
                "booking.created",
                {**stay, "booking_reference": f"OP-{number}"},
                id=f"a{number}",
                time=(now - timedelta(days=2)).isoformat(),
            ),
        )
    settle()
    send(
        client,
        cloud("booking.completed", {"booking_reference": "OP-1"}, id="b", time=now.isoformat()),
    )
    settle()
    task = WorkOrder.objects.get(booking_reference="OP-1", status="scheduled")
    assert (task.task_type, task.resource) == ("checkout_cleaning", room)
    send(
        client,
        cloud("booking.completed", {"booking_reference": "OP-1"}, id="b", time=now.isoformat()),
    )
    send(
        client,
        cloud("booking.completed", {"booking_reference": "OP-1"}, id="c", time=now.isoformat()),
    )
    settle()
    assert WorkOrder.objects.filter(booking_reference="OP-1").count() == 1

    send(
        client,
        cloud("booking.completed", {"booking_reference": "OP-2"}, id="d", time=now.isoformat()),
    )
    settle()
    begun = WorkOrder.objects.get(booking_reference="OP-2")
    cancelled = {"id": "e", "time": (now + timedelta(minutes=1)).isoformat()}
    send(client, cloud("booking.cancelled", {"booking_reference": "OP-2"}, **cancelled))
    settle()
    begun.refresh_from_db()
    assert (begun.status, begun.close_reason) == ("cancelled", "The booking was cancelled.")


def test_what_has_begun_goes_on_when_the_booking_is_cancelled(
    client: Client, room: Resource, admin: User, inside: None
) -> None:
    from django.utils import timezone

    now = timezone.now()
    cleaned(room)
    stay = {
        **{"venue_id": "room-204", "booking_reference": "OP-1"},
        **{"starts_at": (now - timedelta(days=1)).isoformat(), "ends_at": now.isoformat()},
    }
    send(client, cloud("booking.created", stay, time=(now - timedelta(days=2)).isoformat()))
    send(
        client,
        cloud("booking.completed", {"booking_reference": "OP-1"}, id="2", time=now.isoformat()),
    )
    settle()
    task = WorkOrder.objects.get()
    orders.give(task, "assign", {"assigned_to": admin}, by=admin, now=now)
    orders.give(task, "start", {}, by=admin, now=now)
    again = {"id": "3", "time": (now + timedelta(minutes=1)).isoformat()}
    send(client, cloud("booking.cancelled", {"booking_reference": "OP-1"}, **again))
    settle()
    task.refresh_from_db()
    assert (Booking.objects.get().status, task.status) == ("cancelled", "in_progress")


LOW, CRITICAL = "inventory.low_stock", "inventory.critical_stock"
TOWELS = {"item_id": "T", "item_name": "Towels", "venue_id": "room-204", "quantity": 12}


def test_stock_that_runs_low_is_restocked_once(
    client: Client, room: Resource, admin: User, inside: None, now: datetime
) -> None:
    first, second = send(
        client, cloud(LOW, {**TOWELS, "threshold": 40}), cloud(LOW, TOWELS, id="2")
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

    send(client, cloud(CRITICAL, TOWELS, id="3"), cloud(CRITICAL, TOWELS, id="4"))
    order.refresh_from_db()
    assert (order.priority, order.priority_source) == ("critical", "event")
    send(client, cloud(LOW, {**TOWELS, "item_id": "S", "item_name": "Soap"}, id="5"))
    assert WorkOrder.objects.count() == 2

    publication.publish_waiting(now)
    told = PublishedEvent.objects.filter(type="inventory.low_stock").order_by("position")
    assert [(row.data["item_id"], row.data["is_critical"]) for row in told] == [
        *(("T", False), ("T", True), ("S", False)),
    ]
    orders.give(order, "assign", {"assigned_to": admin}, by=admin, now=now)
    orders.give(order, "start", {}, by=admin, now=now)
    orders.give(order, "complete", {}, by=admin, now=now)
    send(client, cloud(CRITICAL, TOWELS, id="6"))
    again = WorkOrder.objects.exclude(pk=order.pk).get(title="Restock Towels")
    assert (again.priority, again.priority_source) == ("critical", "event")


def test_a_person_lowers_an_urgent_task_and_is_not_overruled(
    client: Client, room: Resource, admin: User, inside: None, now: datetime
) -> None:
    send(client, cloud(CRITICAL, TOWELS))
    order = WorkOrder.objects.get()
    orders.change_order(order, {"priority": "low"}, by=admin, now=now)
    send(client, cloud(CRITICAL, TOWELS, id="2"))
    order.refresh_from_db()
    assert (order.priority, order.priority_source) == ("low", "person")


def test_what_names_an_unknown_room_waits_for_it(
    client: Client, admin: User, inside: None, now: datetime
) -> None:
    made = cloud("booking.created", STAY, time="2026-03-01T10:00:00Z")
    come = cloud("booking.checked_in", STAY | {"venue_id": ""}, id="2", time="2026-03-04T15:00:00Z")
    low = cloud(LOW, TOWELS | {"room": "R-204"}, id="3")
    states = [
        one["state"] for one in send(client, come | {"data": {"reference": "OP-1"}}, made, low)
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


def settle() -> None:
    """What happens within seconds, by the workers."""
    from django.utils import timezone

    while True:
        relay_all(timezone.now())
        if not receiving.apply_due(now=timezone.now()):
            return


def test_a_complaint_waits_for_its_booking(client: Client, room: Resource, inside: None) -> None:
    complaint = {"description": "Cold", "booking_reference": "OP-1"}
    assert send(client, cloud("guest.complaint_filed", complaint))[0]["state"] == "parked"
    factories.booking(at(STAY["starts_at"]), at(STAY["ends_at"]), resource=room, reference="OP-1")
    settle()
    assert WorkOrder.objects.get().resource == room


def test_what_is_not_understood_is_ignored_with_a_note(client: Client, inside: None) -> None:
    (found,) = send(client, cloud("invoice.paid", {"amount": 3}))
    assert (found["state"], found["problem"]) == (
        "ignored",
        "Nothing is done here when invoice.paid is told.",
    )


def test_our_own_events_are_left_alone(
    client: Client, room: Resource, inside: None, now: datetime, settings: Any
) -> None:
    send(client, cloud(LOW, TOWELS))
    publication.publish_waiting(now)
    told = Client(client_user(client)).get("events?type=inventory.low_stock").json()["results"][0]
    (found,) = send(client, told)
    assert (found["state"], found["led_to"]) == ("ignored", None)
    assert WorkOrder.objects.count() == InboundEvent.objects.count() == 1


def client_user(client: Client) -> User:
    found: User = User.objects.get(role=Role.ADMIN)
    return found


def test_the_plain_form_and_binary_mode_are_read(
    client: Client, room: Resource, inside: None
) -> None:
    plain = {
        **{"event_type": "booking.created", "event_id": "77", "timestamp": "2026-03-01T10:00:00"},
        "data": STAY,
    }
    assert send(client, plain)[0]["source"] == "booking"
    headers: Any = {
        **{"HTTP_CE_SPECVERSION": "1.0", "HTTP_CE_ID": "78", "HTTP_CE_SOURCE": "/services/booking"},
        **{"HTTP_CE_TYPE": "booking.checked_in", "HTTP_CE_TIME": "2026-03-04T15:00:00Z"},
    }
    answer = client.post("events", {"booking_reference": "OP-1"}, **headers)
    assert answer.json()["results"][0]["state"] == "applied"
    assert Booking.objects.get().status == "checked_in"


@pytest.mark.parametrize("kind", ["cloudevents+json", "cloudevents-batch+json"])
def test_the_content_types_of_cloud_events_are_read(
    client: Client, room: Resource, inside: None, kind: str
) -> None:
    import orjson

    event: Any = cloud("booking.created", STAY)
    body = orjson.dumps([event] if "batch" in kind else event)
    answer = client.generic("POST", "events", body, f"application/{kind}")
    assert answer.status_code == 202
    assert Booking.objects.count() == 1


@pytest.mark.parametrize(
    ("event", "wrong"),
    [
        ({}, ["specversion"]),
        ({"specversion": "0.3", "id": "1"}, ["specversion"]),
        ({"specversion": "1.0"}, ["id", "source", "type"]),
        (cloud("x.y", {}, time="yesterday"), ["time"]),
        (cloud("x.y", []), ["data"]),
        (cloud("x.y", {}, id="x" * 201), ["id"]),
        (cloud("x.y", {}, organization="stranger"), ["organization"]),
        (
            cloud("booking.created", {}),
            ["data.booking_reference", "data.ends_at", "data.starts_at", "data.venue_id"],
        ),
        (cloud("booking.updated", {**STAY, "status": "eaten"}), ["data.status"]),
        (cloud("booking.updated", {**STAY, "people": -1}), ["data.people"]),
        (cloud("booking.updated", {**STAY, "ends_at": STAY["starts_at"]}), ["data.ends_at"]),
        (cloud("booking.updated", {**STAY, "guest_email": "nobody"}), ["data.contact_email"]),
        (cloud(LOW, {}), ["data.item_id", "data.venue_id"]),
        (cloud("guest.complaint_filed", {}), ["data.description"]),
        (
            cloud("guest.complaint_filed", {"description": {"a": []}, "room": [1]}),
            ["data.description", "data.room"],
        ),
        ({"event_type": "booking.created"}, ["id"]),
        ("text", ["non_field_errors"]),
    ],
)
def test_what_is_wrong_is_said_in_words(
    client: Client, inside: None, event: Any, wrong: list[str]
) -> None:
    answer = client.post("events", event)
    assert (answer.status_code, sorted(answer.json())) == (400, wrong)
    assert not InboundEvent.objects.exists()


def test_of_a_list_with_a_wrong_event_none_is_taken(
    client: Client, room: Resource, inside: None
) -> None:
    answer = client.post("events", [cloud("booking.created", STAY), {"specversion": "1.0"}])
    assert (answer.status_code, list(answer.json()["events"])) == (400, ["1"])
    assert client.post("events", []).status_code == 400
    assert client.post("events", [cloud("x.y", {})] * 501).status_code == 400
    assert not InboundEvent.objects.exists()


def test_a_clock_that_goes_ahead_is_not_right_for_ever(
    client: Client, room: Resource, inside: None
) -> None:
    send(client, cloud("booking.created", STAY, time="2199-01-01T00:00:00Z"))
    from django.utils import timezone

    assert InboundEvent.objects.get().happened_at <= timezone.now() + receiving.MOST_AHEAD


def test_nobody_touches_anothers_organisation(
    client: Client, room: Resource, stranger: Organization
) -> None:
    other = factories.user(stranger, role=Role.ADMIN)
    send(client, cloud("booking.created", STAY))
    assert (
        send(Client(other), cloud("booking.updated", {**STAY, "people": 9}))[0]["state"] == "parked"
    )
    with tenant_scope(room.organization_id):
        assert Booking.objects.get().people == 1
    with tenant_scope(stranger.pk):
        assert InboundEvent.objects.get().waits_for == "place:room-204"
        assert not Booking.objects.exists()


def test_only_who_may_send_sends(organization: Organization) -> None:
    for role in Role:
        person = factories.user(organization, role=role)
        allowed = role in {Role.ADMIN, Role.EXECUTIVE_ADMIN, Role.SUPER_ADMIN}
        answer = Client(person).post("events", cloud("x.y", {}))
        assert answer.status_code == (202 if allowed else 403), role


def test_a_failure_is_tried_again_and_then_waits_for_a_person(
    client: Client, room: Resource, admin: User, inside: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scheduling.services import bookings

    upsert = bookings.upsert_booking

    def breaks(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(bookings, "upsert_booking", breaks)
    (found,) = send(client, cloud("booking.created", STAY))
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
    client: Client, room: Resource, inside: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.services.inbound.effects._publish_stock", lambda *_: 1 / 0)
    send(client, cloud(LOW, TOWELS))
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
    client: Client, room: Resource, inside: None, now: datetime
) -> None:
    send(client, cloud("booking.created", STAY), cloud("x.y", {}, id="2"))
    received = InboundEvent.objects.newest_first()[0].received_at
    assert receiving.clean_up(received + receiving.KEEP) <= 1
    assert InboundEvent.objects.count() >= 1
    receiving.clean_up(received + receiving.KEEP + timedelta(seconds=1))
    assert not InboundEvent.objects.exists()
    assert Booking.objects.count() == 1


def test_personal_data_are_sealed(client: Client, room: Resource, inside: None) -> None:
    from django.db import connection

    send(client, cloud("booking.created", {**STAY, "guest_name": "Ada Lovelace"}))
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret_data FROM integrations_inboundevent")
        assert "Ada" not in cursor.fetchone()[0]
    assert InboundEvent.objects.get().data["guest_name"] == "Ada Lovelace"


def test_what_one_cause_led_to_bears_its_name(client: Client, room: Resource, inside: None) -> None:
    with all_tenants(reason="test"):
        OutboxEvent.objects.all().delete()
    send(client, cloud("booking.created", STAY, correlationid="trip-000000001"))
    assert (
        OutboxEvent.objects.get(name="scheduling.booking.created").correlation_id
        == "trip-000000001"
    )


@pytest.mark.parametrize("name", sorted(CONSUMED))
def test_examples_are_read_and_fit_their_schemas(name: str) -> None:
    from jsonschema import Draft202012Validator, FormatChecker

    known = CONSUMED[name]
    Draft202012Validator.check_schema(dict(known.data))
    checker = Draft202012Validator(dict(known.data), format_checker=FormatChecker())
    assert [error.message for error in checker.iter_errors(known.example)] == []
    known.read(known.example)


def test_the_socket_name_is_the_one_that_others_know() -> None:
    from integrations.rules.envelopes import live_name

    assert catalogue.get("inventory.low_stock") is not None
    assert live_name("inventory.low_stock") == "inventory:low-stock"
    assert live_name("work-order.created") == "work-order:created"
