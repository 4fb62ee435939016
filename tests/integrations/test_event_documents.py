"""What is said about events for programs: the AsyncAPI document and the schemas."""

from collections.abc import Iterator
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
from integrations.rules.incoming import read
from tests import factories
from tests.api import Client

#: The specification's own schema, in npm's package of the specification.
OFFICIAL = "node_modules/@asyncapi/specs/schemas/3.0.0.json"
PLACE = asyncapi.Place(
    site="https://mainstay.example",
    exchange="hospitality_platform",
    stream="hospitality_platform",
    rabbitmq="mq.example:5672",
    redis="redis.example:6379",
)


@pytest.fixture(scope="module")
def document() -> Any:
    return orjson.loads(
        orjson.dumps(asyncapi.document(catalogue.all_types(), CONSUMED.values(), place=PLACE))
    )


@pytest.mark.services
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # references inside the schema
def test_the_document_is_as_the_specification_wants_it(document: Any, clients: Path) -> None:
    official = orjson.loads((clients / OFFICIAL).read_bytes())
    problems = [
        f"{error.json_path}: {error.message}"
        for error in Draft7Validator(official).iter_errors(document)
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


def test_every_event_stands_in_it_both_ways(document: Any) -> None:
    sent = {name for name, one in document["operations"].items() if one["action"] == "send"}
    taken = {name for name, one in document["operations"].items() if one["action"] == "receive"}
    assert sent == {f"send.{one.name}" for one in catalogue.all_types()}
    assert taken == {f"receive.{name}" for name in CONSUMED}
    for name in ("task.completed", "room.ready", "maintenance.resolved", "booking.completed"):
        assert document["channels"][name]["address"] == name


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
