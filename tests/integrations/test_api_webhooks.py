"""Webhooks by the API: made, looked after, and never telling their secret twice."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import Organization, User
from accounts.rights import Role
from core.models import AuditEntry
from core.tenancy import tenant_scope
from integrations.models import Webhook, WebhookDelivery
from integrations.services import publication
from tests import factories
from tests.api import Client
from tests.integrations.receivers import Receiver, drain, happen, receiving

pytestmark = pytest.mark.django_db
ADDRESS = "https://receiver.example/events"


@pytest.fixture(autouse=True)
def _own_network(settings: Any) -> None:
    settings.WEBHOOKS_PRIVATE = True


@pytest.fixture
def client(admin: User) -> Client:
    return Client(admin)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def make(client: Client, **values: Any) -> dict[str, Any]:
    answer = client.post("webhooks", {"name": "Bookings", "url": ADDRESS, **values})
    assert answer.status_code == 201, answer.data
    return dict(answer.data)


def test_the_secret_is_shown_once(client: Client, organization: Organization) -> None:
    made = make(client)
    assert made["secret"].startswith("whsec_")
    assert made["is_active"] is True
    assert made["event_types"] == []
    assert "secret" not in client.get(f"webhooks/{made['id']}").data
    assert made["secret"] not in client.get("webhooks").content.decode()

    rotated = client.post(f"webhooks/{made['id']}/rotate-secret")
    assert rotated["Cache-Control"] == "no-store"
    assert rotated.data["secret"] not in {None, made["secret"]}
    assert rotated.data["previous_secret_until"] is not None
    with tenant_scope(organization.pk):
        trail = str(list(AuditEntry.objects.values()))
    assert made["secret"] not in trail
    assert rotated.data["secret"] not in trail


def test_a_repeated_post_makes_one_and_shows_no_secret(client: Client) -> None:
    body = {"name": "Bookings", "url": ADDRESS}
    first, second = (
        client.post("webhooks", body, headers={"Idempotency-Key": "one"}) for _ in range(2)
    )
    assert first.data["secret"]
    assert second.json() == {**first.json(), "secret": None}
    key = {"Idempotency-Key": "two"}
    address = f"webhooks/{first.data['id']}/rotate-secret"
    assert client.post(address, headers=key).data["secret"]
    assert client.post(address, headers=key).json()["secret"] is None


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({"url": "receiver.example"}, "url", "must begin with https://"),
        ({"url": "ftp://receiver.example"}, "url", "must begin with https://"),
        ({"url": "https://me:secret@receiver.example"}, "url", "password"),
        ({"url": "https://receiver.example/a b"}, "url", "not a web address"),
        ({"url": "https://["}, "url", "not a web address"),
        ({"url": ""}, "url", "blank"),
        ({"url": "https://x.example/" + "x" * 2_000}, "url", "2000"),
        ({"name": ""}, "name", "blank"),
        ({"event_types": ["task.unheard_of"]}, "event_types", "There is no event"),
        ({"event_types": ["webhook.test"]}, "event_types", "There is no event"),
        ({"event_types": "task.created"}, "event_types", "list"),
        ({"event_types": None}, "event_types", "null"),
        ({"event_types": [{}]}, "event_types", "string"),
    ],
)
def test_wrong_input_is_answered_in_words(
    client: Client, values: dict[str, Any], field: str, said: str
) -> None:
    answer = client.post("webhooks", {"name": "Bookings", "url": ADDRESS, **values})
    assert answer.status_code == 400
    assert list(answer.data) == [field]
    assert said in str(answer.data[field])
    made = make(client)
    changed = client.patch(f"webhooks/{made['id']}", values)
    assert (changed.status_code, list(changed.data)) == (400, [field])


def test_http_is_for_the_own_network(client: Client, settings: Any) -> None:
    settings.WEBHOOKS_PRIVATE, settings.PRODUCTION = False, True
    answer = client.post("webhooks", {"name": "Bookings", "url": "http://receiver.example"})
    assert answer.data == {"url": ["The address must begin with https://."]}


@pytest.mark.parametrize(
    "host",
    [
        *("10.0.0.1", "[::1]", "169.254.169.254", "localhost", "127.1", "0x7f000001", "2130706433"),
        *("[fec0::1]", "[64:ff9b:1::1]", "[::127.0.0.1]"),
    ],
)
def test_private_addresses_are_refused_at_once(client: Client, settings: Any, host: str) -> None:
    """However they are written; unless the operator allows them."""
    settings.WEBHOOKS_PRIVATE, values = False, {"name": "Bookings", "url": f"http://{host}/events"}
    answer = client.post("webhooks", values)
    assert answer.status_code == 400
    assert "private network" in str(answer.data["url"][0])
    made = make(client)
    assert client.patch(f"webhooks/{made['id']}", {"url": values["url"]}).status_code == 400
    settings.WEBHOOKS_PRIVATE = True
    assert client.patch(f"webhooks/{made['id']}", {"url": values["url"]}).status_code == 200


def test_names_are_unique(client: Client) -> None:
    make(client)
    answer = client.post("webhooks", {"name": "Bookings", "url": ADDRESS})
    assert answer.status_code == 400
    assert list(answer.data) == ["name"]


def test_it_is_switched_off_and_on(
    client: Client, organization: Organization, receiver: Receiver
) -> None:
    address = f"webhooks/{make(client, url=receiver.address)['id']}"
    off = client.patch(address, {"is_active": False}).data
    assert (off["is_active"], off["disabled_reason"]) == (False, "person")
    assert client.post(f"{address}/retry").status_code == 409
    missed = happen(organization, timezone.now(), "task.created")
    on = client.post(f"{address}/enable")
    assert (on.data["is_active"], on.data["disabled_at"]) == (True, None)
    drain(timezone.now())
    assert receiver.taken == missed

    client.patch(address, {"is_active": False})
    happen(organization, timezone.now(), "task.created")
    client.post(f"{address}/enable", {"start": "now"})
    drain(timezone.now())
    assert receiver.taken == missed
    assert client.post(f"{address}/enable", {"start": "never"}).status_code == 400


def test_a_new_name_forgives_nothing(
    client: Client, organization: Organization, receiver: Receiver
) -> None:
    """Only another address begins anew; else the day that a receiver is given would never end."""
    address = f"webhooks/{make(client, url=receiver.address)['id']}"
    happen(organization, timezone.now(), "task.created")
    receiver.status = 500
    drain(timezone.now())
    failing = client.get(address).data
    assert (failing["attempts"], failing["problem"][:26]) == (1, "The receiver answered 500 ")
    assert client.patch(address, {"name": "Other"}).data["attempts"] == 1
    retried = client.post(f"{address}/retry").data
    assert retried["next_at"] < failing["next_at"]
    assert client.patch(address, {"url": ADDRESS}).data["attempts"] == 0


def test_deliveries_are_listed_and_sent_again(
    client: Client, organization: Organization, receiver: Receiver
) -> None:
    address = f"webhooks/{make(client, url=receiver.address)['id']}"
    ids = happen(organization, timezone.now(), "task.created", "room.ready", "task.completed")
    receiver.statuses = [200, 500]
    drain(timezone.now())
    drain(timezone.now() + timedelta(minutes=1))
    first = client.get(f"{address}/deliveries?page_size=3").data
    second = client.get(first["next"]).data
    rows = [*first["results"], *second["results"]]
    assert second["next"] is None
    assert [row["event_id"] for row in reversed(rows)] == [ids[0], ids[1], ids[1], ids[2]]
    refused = client.get(f"{address}/deliveries?outcome=refused").data["results"]
    assert [(row["status_code"], row["attempt"]) for row in refused] == [(500, 1)]
    assert client.get(f"{address}/deliveries?outcome=lost").data == {
        "outcome": ["One of: waiting, taken, refused, unreached."]
    }

    again = client.post(f"{address}/deliveries/{refused[0]['id']}/redeliver")
    assert (again.status_code, again.data["outcome"], again.data["asked"]) == (202, "waiting", True)
    drain(timezone.now())
    assert receiver.ids[-1] == ids[1]

    publication.clean_up(timezone.now() + publication.KEEP + timedelta(hours=1))
    gone = client.post(f"{address}/deliveries/{refused[0]['id']}/redeliver")
    assert gone.status_code == 409
    for wrong in (uuid4(), "nonsense"):
        assert client.post(f"{address}/deliveries/{wrong}/redeliver").status_code == 404


def test_a_test_is_sent(client: Client, receiver: Receiver) -> None:
    address = f"webhooks/{make(client, url=receiver.address)['id']}"
    assert client.post(f"{address}/test").status_code == 202
    drain(timezone.now())
    assert [event["type"] for event in receiver.events] == ["webhook.test"]
    assert [row["outcome"] for row in client.get(f"{address}/deliveries").data["results"]] == [
        "taken"
    ]


def test_a_webhook_goes_with_its_deliveries(
    client: Client, organization: Organization, receiver: Receiver
) -> None:
    address = f"webhooks/{make(client, url=receiver.address)['id']}"
    happen(organization, timezone.now(), "task.created")
    drain(timezone.now())
    assert client.delete(address).status_code == 204
    with tenant_scope(organization.pk):
        assert not WebhookDelivery.objects.exists()
        assert not Webhook.objects.exists()


def test_others_have_none_of_it(
    client: Client,
    stranger: Organization,
    user_with: Callable[[Role], User],
    organization: Organization,
    receiver: Receiver,
) -> None:
    address = f"webhooks/{make(client, url=receiver.address)['id']}"
    happen(organization, timezone.now(), "task.created")
    drain(timezone.now())
    row = client.get(f"{address}/deliveries").data["results"][0]["id"]
    other = Client(factories.user(stranger, role=Role.ADMIN))
    assert other.get("webhooks").data["results"] == []
    for method, path in (
        *(("get", ""), ("patch", ""), ("delete", ""), ("get", "/deliveries"), ("post", "/test")),
        *(("post", "/enable"), ("post", "/rotate-secret"), ("post", "/retry")),
        ("post", f"/deliveries/{row}/redeliver"),
    ):
        assert getattr(other, method)(f"{address}{path}").status_code == 404
    for role in (Role.TECHNICIAN, Role.REQUESTER, Role.MAINTENANCE_COORDINATOR, Role.VENUE_ADMIN):
        assert Client(user_with(role)).get("webhooks").status_code == 403


def test_a_delivery_of_another_webhook_is_not_found(
    client: Client, organization: Organization, receiver: Receiver
) -> None:
    one = f"webhooks/{make(client, url=receiver.address)['id']}"
    other = f"webhooks/{make(client, name='Other', url=receiver.address)['id']}"
    happen(organization, timezone.now(), "task.created")
    drain(timezone.now())
    row = client.get(f"{one}/deliveries").data["results"][0]["id"]
    assert client.post(f"{other}/deliveries/{row}/redeliver").status_code == 404
