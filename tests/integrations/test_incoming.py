"""Events of other systems by HTTP: who may send, in which forms, and that each is taken once."""

from datetime import datetime
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organization, User
from accounts.rights import Role
from core import catalogue
from core.models import OutboxEvent
from core.tenancy import all_tenants, tenant_scope
from integrations.models import InboundEvent
from integrations.rules.consumed import CONSUMED
from integrations.rules.envelopes import source
from integrations.services import publication
from integrations.services.inbound import receiving
from scheduling.models import Booking, Resource
from tests import factories
from tests.api import Client
from tests.integrations.senders import LOW, STAY, TOWELS, cloud, send
from worklogs.models import WorkOrder

pytestmark = pytest.mark.django_db


def test_an_event_is_taken_once_however_often_it_comes(
    sender: Client, room: Resource, inside: None
) -> None:
    complaint = cloud(
        "guest.complaint_filed",
        {"description": "The shower drips. All night.", "room": "R-204", "guest_id": "g-551"},
    )
    first, second = send(sender, complaint)[0], send(sender, complaint)[0]
    assert (first["is_new"], second["is_new"]) == (True, False)
    assert second["led_to"] == first["led_to"]
    order = WorkOrder.objects.get()
    assert (order.title, order.status, order.category) == (
        "The shower drips",
        "reported",
        "plumbing",
    )
    assert (order.resource, order.guest_id) == (room, "g-551")


def test_an_event_that_stands_twice_in_a_list_is_taken_once(
    sender: Client, room: Resource, inside: None
) -> None:
    complaint = cloud("guest.complaint_filed", {"description": "Dark", "room": "R-204"})
    unknown = cloud("invoice.paid", {}, id="0")
    own = cloud("x.y", {}, source=source("", site=settings.SITE_URL))
    found = send(sender, complaint, own, unknown, complaint)
    assert [one["state"] for one in found] == ["applied", "ignored", "ignored", "applied"]
    assert [one["is_new"] for one in found] == [True, False, True, False]
    assert found[0]["led_to"] == found[3]["led_to"] is not None
    assert (WorkOrder.objects.count(), InboundEvent.objects.count()) == (1, 2)


def test_a_list_is_stored_at_once(sender: Client, room: Resource, inside: None) -> None:
    def asked(count: int) -> int:
        told = [cloud("x.y", {}, id=f"{count}-{number}") for number in range(count)]
        with CaptureQueriesContext(connection) as found:
            send(sender, *told)
        return len(found)

    assert asked(2) == asked(30)


def test_the_same_id_of_another_sender_is_another_event(
    sender: Client, room: Resource, inside: None
) -> None:
    data = {"description": "Dark", "room": "R-204"}
    send(
        sender,
        cloud("guest.complaint_filed", data),
        cloud("guest.complaint_filed", data) | {"source": "/x"},
    )
    assert WorkOrder.objects.count() == 2


def test_what_is_not_understood_is_ignored_with_a_note(sender: Client, inside: None) -> None:
    (found,) = send(sender, cloud("invoice.paid", {"amount": 3}))
    assert (found["state"], found["problem"]) == (
        "ignored",
        "Nothing is done here when invoice.paid is told.",
    )


def test_our_own_events_are_left_alone(
    sender: Client, room: Resource, admin: User, inside: None, now: datetime
) -> None:
    send(sender, cloud(LOW, TOWELS))
    publication.publish_waiting(now)
    told = Client(admin).get("events?type=inventory.low_stock").json()["results"][0]
    (found,) = send(sender, told)
    assert (found["state"], found["led_to"]) == ("ignored", None)
    assert WorkOrder.objects.count() == InboundEvent.objects.count() == 1


def test_the_plain_form_and_binary_mode_are_read(
    sender: Client, room: Resource, inside: None
) -> None:
    plain = {
        **{"event_type": "booking.created", "event_id": "77", "timestamp": "2026-03-01T10:00:00"},
        "data": STAY,
    }
    assert send(sender, plain)[0]["source"] == "booking"
    headers: Any = {
        **{"HTTP_CE_SPECVERSION": "1.0", "HTTP_CE_ID": "78", "HTTP_CE_SOURCE": "/services/booking"},
        **{"HTTP_CE_TYPE": "booking.checked_in", "HTTP_CE_TIME": "2026-03-04T15:00:00Z"},
    }
    answer = sender.post("events", {"booking_reference": "OP-1"}, **headers)
    assert answer.json()["results"][0]["state"] == "applied"
    assert Booking.objects.get().status == "checked_in"


@pytest.mark.parametrize("kind", ["cloudevents+json", "cloudevents-batch+json"])
def test_the_content_types_of_cloud_events_are_read(
    sender: Client, room: Resource, inside: None, kind: str
) -> None:
    import orjson

    event: Any = cloud("booking.created", STAY)
    body = orjson.dumps([event] if "batch" in kind else event)
    answer = sender.generic("POST", "events", body, f"application/{kind}")
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
    sender: Client, inside: None, event: Any, wrong: list[str]
) -> None:
    answer = sender.post("events", event)
    assert (answer.status_code, sorted(answer.json())) == (400, wrong)
    assert not InboundEvent.objects.exists()


def test_of_a_list_with_a_wrong_event_none_is_taken(
    sender: Client, room: Resource, inside: None
) -> None:
    answer = sender.post("events", [cloud("booking.created", STAY), {"specversion": "1.0"}])
    assert (answer.status_code, list(answer.json()["events"])) == (400, ["1"])
    assert sender.post("events", []).status_code == 400
    assert sender.post("events", [cloud("x.y", {})] * 501).status_code == 400
    assert not InboundEvent.objects.exists()


def test_a_clock_that_goes_ahead_is_not_right_for_ever(
    sender: Client, room: Resource, inside: None
) -> None:
    send(sender, cloud("booking.created", STAY, time="2199-01-01T00:00:00Z"))
    assert InboundEvent.objects.get().happened_at <= timezone.now() + receiving.MOST_AHEAD


def test_nobody_touches_anothers_organisation(
    sender: Client, room: Resource, stranger: Organization
) -> None:
    other = factories.user(stranger, role=Role.ADMIN)
    send(sender, cloud("booking.created", STAY))
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


def test_personal_data_are_sealed(sender: Client, room: Resource, inside: None) -> None:
    send(sender, cloud("booking.created", {**STAY, "guest_name": "Ada Lovelace"}))
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret_data FROM integrations_inboundevent")
        assert "Ada" not in cursor.fetchone()[0]
    assert InboundEvent.objects.get().data["guest_name"] == "Ada Lovelace"


def test_what_one_cause_led_to_bears_its_name(sender: Client, room: Resource, inside: None) -> None:
    with all_tenants(reason="test"):
        OutboxEvent.objects.all().delete()
    send(sender, cloud("booking.created", STAY, correlationid="trip-000000001"))
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
