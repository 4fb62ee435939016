"""What came in and waits for a person: looked at, tried again and left alone by API."""

from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Organization, User
from core.models import OutboxEvent
from core.tenancy import tenant_scope
from integrations.models import DeadLetter
from integrations.services.inbound import letters
from scheduling.models import Resource
from tests import factories
from tests.api import Client
from tests.integrations.senders import LOW, TOWELS, cloud, send

pytestmark = pytest.mark.django_db


def listed(client: Client, path: str, **query: Any) -> list[dict[str, Any]]:
    answer = client.get(path, query)
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def test_incoming_events_are_found_and_shown(
    sender: Client, room: Resource, inside: None, admin: User
) -> None:
    send(sender, cloud(LOW, TOWELS), cloud(LOW, {**TOWELS, "room": "nowhere"}, id="2"))
    both = listed(sender, "incoming-events")
    assert {row["event_id"] for row in both} == {"1", "2"}
    (parked,) = listed(sender, "incoming-events", state="parked")
    assert parked["waits_for"] == "place:nowhere"
    assert parked["problem"].startswith("No resource has “nowhere”")
    (applied,) = listed(sender, "incoming-events", state="applied", type=LOW)
    one = sender.get(f"incoming-events/{applied['id']}").json()
    assert one == applied
    assert one["led_to"]["type"] == "work_order"
    assert one["data"] == TOWELS
    assert one["sent_by"] == str(admin.pk)


def test_what_is_parked_is_tried_again_or_left_alone(
    sender: Client, inside: None, now: datetime
) -> None:
    send(sender, cloud(LOW, TOWELS), cloud(LOW, TOWELS, id="2"))
    first, second = (
        listed(sender, "incoming-events", event_id=name)[0]["id"] for name in ("1", "2")
    )
    again = sender.post(f"incoming-events/{first}/retry", {})
    assert (again.status_code, again.json()["state"]) == (200, "parked")
    factories.resource(external_id="room-204")
    again = sender.post(f"incoming-events/{first}/retry", {}).json()
    assert (again["state"], again["led_to"]["type"]) == ("applied", "work_order")
    assert sender.post(f"incoming-events/{first}/retry", {}).status_code == 409
    alone = sender.post(f"incoming-events/{second}/ignore", {})
    assert (alone.status_code, alone.json()["state"]) == (200, "ignored")
    assert sender.post(f"incoming-events/{second}/ignore", {}).status_code == 409


def test_dead_letters_are_read_again_and_settled(
    sender: Client, organization: Organization
) -> None:
    headers = {"organization": organization.slug}
    letters.take_message(b"no json", headers, via="redis", now=timezone.now())
    (letter,) = listed(sender, "dead-letters", settled="false")
    assert (letter["text"], letter["size"], letter["is_whole"]) == ("no json", 7, True)
    assert letter["problem"].startswith("It is not JSON")
    refused = sender.post(f"dead-letters/{letter['id']}/retry", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "unreadable")
    settled = sender.post(f"dead-letters/{letter['id']}/settle", {}).json()
    assert settled["settled_at"]
    assert listed(sender, "dead-letters", settled="false") == []
    assert sender.post(f"dead-letters/{letter['id']}/settle", {}).status_code == 409


def test_a_letter_of_nobody_is_the_operators_alone(
    sender: Client, organization: Organization
) -> None:
    with tenant_scope(organization.pk):
        letters.take_message(b"no json", {}, via="redis", now=timezone.now())
    letter = DeadLetter.objects.get()
    assert listed(sender, "dead-letters") == []
    assert sender.post(f"dead-letters/{letter.pk}/settle", {}).status_code == 404


def test_what_could_not_be_told_is_tried_again(
    sender: Client, room: Resource, inside: None
) -> None:
    event = OutboxEvent.objects.order_by("pk")[0]
    OutboxEvent.objects.filter(pk=event.pk).update(
        publication_error="KeyError: 'x'", awaits_publication=False
    )
    (untold,) = sender.get("events/untold").json()["results"]
    assert (untold["name"], untold["problem"]) == (event.name, "KeyError: 'x'")
    assert sender.post("events/untold", {}).json() == {"retried": 1}
    assert sender.get("events/untold").json()["results"] == []
