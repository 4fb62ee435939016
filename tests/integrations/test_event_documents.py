"""What is said about events for programs: the AsyncAPI document and the schemas."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker

from accounts.models import User
from accounts.rights import Role
from core import catalogue
from integrations.rules import asyncapi
from integrations.rules.consumed import CONSUMED
from integrations.rules.envelopes import envelope
from integrations.rules.incoming import read
from integrations.services import publication, reading
from integrations.services.webhooks import TEST
from tests import factories
from tests.api import Client
from tests.integrations.test_events import repair

#: The specification's own schema, in npm's package of the specification.
OFFICIAL = "node_modules/@asyncapi/specs/schemas/3.0.0.json"
PLACE = asyncapi.Place(
    site="https://mainstay.example",
    exchange="hospitality_platform",
    stream="hospitality_platform",
    rabbitmq="mq.example:5672",
    redis="redis.example:6379",
    is_live=True,
)
#: An installation that has nothing but its site.
ALONE = asyncapi.Place(site="https://mainstay.example", exchange="x", stream="x")


def made(place: asyncapi.Place) -> Any:
    types = catalogue.all_types()
    found = asyncapi.document(types, CONSUMED.values(), place=place, only_webhooks={TEST})
    return orjson.loads(orjson.dumps(found))


@pytest.fixture(scope="module")
def document() -> Any:
    return made(PLACE)


@pytest.mark.services
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # references inside the schema
def test_the_document_is_as_the_specification_wants_it(document: Any, clients: Path) -> None:
    official = orjson.loads((clients / OFFICIAL).read_bytes())
    problems = [
        f"{error.json_path}: {error.message}"
        for each in (document, made(ALONE))
        for error in Draft7Validator(official).iter_errors(each)
    ]
    assert problems == []
    broken = {**document, "channels": {"x": {"messages": {"y": 1}}}}
    assert not Draft7Validator(official).is_valid(broken)


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from (value for key, value in part.items() if key == "$ref")
    for value in (
        part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    ):
        yield from references(value)


def test_every_reference_leads_somewhere(document: Any) -> None:
    found = set(references(document))
    assert len(found) > 50
    for reference in found:
        part = document
        for step in reference.removeprefix("#/").split("/"):
            part = part[step]


def carried(document: Any, action: str, server: str) -> dict[str, set[str | None]]:
    """The messages that travel between the site and a server, each with its addresses there."""
    found: dict[str, set[str | None]] = {}
    for operation in document["operations"].values():
        channel = document["channels"][operation["channel"]["$ref"].rpartition("/")[2]]
        if operation["action"] == action and channel["servers"] == [
            {"$ref": f"#/servers/{server}"}
        ]:
            for message in operation["messages"]:
                name = message["$ref"].rpartition("/")[2].partition(".")[2]
                found.setdefault(name, set()).add(channel["address"])
    return found


def test_every_event_stands_in_it_by_every_way(document: Any) -> None:
    names = {one.name for one in catalogue.all_types()} - {TEST}
    assert carried(document, "send", "webhooks") == {name: {None} for name in {*names, TEST}}
    assert carried(document, "send", "api") == {name: {"/events"} for name in names}
    assert carried(document, "send", "rabbitmq") == {name: {name} for name in names}
    redis, sockets = carried(document, "send", "redis"), carried(document, "send", "sockets")
    assert set(redis) == set(sockets) == names
    assert redis["work-order.created"] == {"maintenance:work-order:created"}
    assert sockets["inventory.low_stock"] == {"inventory:low-stock"}
    for server, addresses in {
        "rabbitmq": set(),
        "api": {"/events"},
        "redis": {PLACE.stream},
    }.items():
        taken = carried(document, "receive", server)
        assert taken == {name: addresses or {name} for name in CONSUMED}


def test_servers_that_are_not_there_are_not_described() -> None:
    alone = made(ALONE)
    assert set(alone["servers"]) == {"api", "webhooks"}
    assert set(carried(alone, "send", "webhooks")) == {one.name for one in catalogue.all_types()}
    assert set(carried(alone, "receive", "api")) == set(CONSUMED)
    assert {reference for reference in references(alone) if "rabbitmq" in reference} == set()


def test_examples_are_whole_events_and_fit(document: Any) -> None:
    messages = document["components"]["messages"]
    assert len(messages) == len(catalogue.all_types()) + len(CONSUMED)
    for key, message in messages.items():
        checker = Draft202012Validator(message["payload"], format_checker=FormatChecker())
        (example,) = message["examples"]
        problems = [error.message for error in checker.iter_errors(example["payload"])]
        assert problems == [], key
        assert read(example["payload"]).type == message["name"]


def test_every_event_names_its_version(document: Any) -> None:
    for one in catalogue.all_types():
        shape = document["components"]["messages"][f"out.{one.name}"]["payload"]
        address = f"https://mainstay.example/api/v1/events/schemas/{one.name}/{one.version}"
        assert shape["properties"]["dataschema"] == {"const": address}
        assert "dataschema" in shape["required"]


@pytest.mark.django_db
def test_what_leaves_is_as_the_document_says(document: Any, admin: User, now: datetime) -> None:
    repair(admin, now)
    publication.publish_waiting(now)
    events = reading.events_after(0, limit=100)
    assert events
    for event in events:
        shape = document["components"]["messages"][f"out.{event.type}"]["payload"]
        checker = Draft202012Validator(shape, format_checker=FormatChecker())
        checker.validate(envelope(event, site=PLACE.site))


def test_what_the_document_says_of_an_event_holds(document: Any) -> None:
    for known in CONSUMED.values():
        shape = document["components"]["messages"][f"in.{known.name}"]["payload"]
        event: dict[str, Any] = {"specversion": "1.0", "id": "1", "source": "/x"}
        event |= {"type": known.name, "data": known.example}
        Draft202012Validator(shape, format_checker=FormatChecker()).validate(event)
        known.read(read(event).data)


def test_the_document_and_the_schemas_are_fetched(admin: User) -> None:
    client = Client(admin)
    fetched = client.get("events/asyncapi")
    assert (fetched.status_code, fetched.json()["asyncapi"]) == (200, "3.0.0")
    schema = client.get("events/schemas/room.ready/1").json()
    Draft202012Validator.check_schema(schema)
    assert schema["$id"].endswith("/api/v1/events/schemas/room.ready/1")
    assert client.get("events/schemas/room.ready/2").status_code == 404
    assert client.get("events/schemas/nothing.so/1").status_code == 404


def test_secrets_of_the_servers_are_left_out(admin: User, settings: Any) -> None:
    settings.RABBITMQ_URL = "amqp://somebody:secret@mq.example:5672/%2F"
    settings.REDIS_URL = "redis://:secret@redis.example/0"
    text = Client(admin).get("events/asyncapi").content.decode()
    assert "secret" not in text
    assert "mq.example:5672" in text


@pytest.mark.django_db
def test_only_who_sees_events_reads_the_document(admin: User) -> None:
    requester = factories.user(admin.organization, role=Role.REQUESTER)
    assert Client(requester).get("events/asyncapi").status_code == 403
    assert Client(requester).get("events/schemas/room.ready/1").status_code == 200
    assert Client().get("events/schemas/room.ready/1").status_code == 401
