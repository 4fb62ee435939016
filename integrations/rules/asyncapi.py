"""The AsyncAPI 3.0 document: every event that leaves and every one that is understood, with the ways they travel."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from core.catalogue import EventType
from integrations.rules.consumed import Consumed
from integrations.rules.envelopes import (
    CONTENT_TYPE,
    Event,
    envelope,
    live_name,
    redis_channel,
    schema_address,
)

_ATTRIBUTES: Mapping[str, Any] = {
    "specversion": {"type": "string", "const": "1.0"},
    "id": {"type": "string", "minLength": 1},
    "source": {"type": "string", "format": "uri-reference"},
    "subject": {"type": "string"},
    "time": {"type": "string", "format": "date-time"},
    "datacontenttype": {"type": "string", "const": "application/json"},
    "dataschema": {"type": "string", "format": "uri"},
    "organization": {"type": "string", "description": "The short name of the organisation."},
    "correlationid": {"type": "string", "description": "Ties together what one cause led to."},
    "traceparent": {"type": "string", "description": "The trace of the cause, on buses only."},
}
_SEQUENCE = {"sequence": {"type": "string", "description": "Sorts in the order of all events."}}
_NEEDED = ("specversion", "id", "source", "type", "data")
_ALWAYS_TOLD = ("subject", "time", "datacontenttype", "dataschema", "organization", "sequence")
_KEY = UUID("01939d2e-7c4c-7a31-9d2b-5f8f5a1c0e11")
_MOMENT = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Place:
    """Where this installation can be reached, and under which names; `is_live` says whether it serves sockets."""

    site: str
    exchange: str
    stream: str
    rabbitmq: str = ""
    redis: str = ""
    is_live: bool = False


@dataclass(frozen=True, slots=True)
class _Way:
    """Messages that travel on one channel in one direction; without an address it is the receiver's own."""

    action: str
    name: str
    server: str
    address: str | None
    messages: Collection[str]
    summary: str
    channel_bindings: Mapping[str, Any] = field(default_factory=dict)
    bindings: Mapping[str, Any] = field(default_factory=dict)


def document(
    out: Iterable[EventType],
    known: Iterable[Consumed],
    *,
    place: Place,
    only_webhooks: Collection[str] = (),
) -> dict[str, Any]:
    """The whole, from the installation's point of view: it sends `out` and receives `known`. Events of
    `only_webhooks` travel no other way.
    """
    sent, taken = list(out), list(known)
    everywhere = [one for one in sent if one.name not in only_webhooks]
    ways = [*_ways_out(sent, everywhere, place), *_ways_in(taken, place)]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Mainstay events",
            "version": "1.0.0",
            "description": "Every event is a CloudEvent 1.0 in JSON. It arrives at least once: its id tells whether "
            "it is known already. Events about one object come in the order in which they happened.",
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": _servers(place),
        "channels": _channels(ways),
        "operations": {f"{way.action}.{way.name}": _operation(way) for way in ways},
        "components": {
            "messages": {
                **{f"out.{one.name}": _message_out(one, place.site) for one in sent},
                **{f"in.{one.name}": _message_in(one) for one in taken},
            }
        },
    }


def _servers(place: Place) -> dict[str, Any]:
    scheme, _, host = place.site.partition("://")
    found: dict[str, Any] = {
        "api": {
            **{"host": host, "protocol": scheme or "http", "pathname": "/api/v1"},
            "description": "POST /events takes events in; GET /events?after= gives them again.",
        },
        "webhooks": {
            **{"host": "{receiver}", "protocol": "https"},
            "description": "Receivers that people enter; signed as Standard Webhooks asks.",
            "variables": {
                "receiver": {"default": "receiver.example", "description": "The webhook's address."}
            },
        },
    }
    if place.is_live:
        found["sockets"] = {
            **{"host": host, "protocol": "wss" if scheme == "https" else "ws"},
            **{"pathname": "/socket.io/", "protocolVersion": "5"},
            "description": "Socket.IO. Whoever does not see everything joins single objects: join, "
            '{"subject": "work-order/<id>"}.',
        }
    if place.rabbitmq:
        found["rabbitmq"] = {
            **{"host": place.rabbitmq, "protocol": "amqp", "protocolVersion": "0.9.1"},
            "description": f"Topic exchange {place.exchange}; the routing key is the type.",
        }
    if place.redis:
        found["redis"] = {
            **{"host": place.redis, "protocol": "redis"},
            "description": "Out: pub/sub, maintenance:<thing>:<what>. "
            f"In: the stream {place.stream}, whose entries hold the event in the field event.",
        }
    return found


def _ways_out(sent: list[EventType], everywhere: list[EventType], place: Place) -> Iterator[_Way]:
    """What leaves: to every webhook that asked for it, by replay, and by each bus that this installation has."""
    names = [f"out.{one.name}" for one in sent]
    post = {"http": {"method": "POST", "bindingVersion": "0.3.0"}}
    get = {"http": {"method": "GET", "bindingVersion": "0.3.0"}}
    again = [f"out.{one.name}" for one in everywhere]
    yield _Way(
        *("send", "webhooks", "webhooks", None, names),
        *("One event per request, in order; the next after an answer of 2xx.", {}, post),
    )
    yield _Way(
        *("send", "replay", "api", "/events", again),
        *("Pages of the events of the last 30 days, after the one the caller knows.", {}, get),
    )
    for one in everywhere:
        message = [f"out.{one.name}"]
        if place.rabbitmq:
            yield _on_the_bus("send", one.name, message, one.summary, place)
        if place.redis:
            address = redis_channel(one.name)
            yield _Way("send", f"redis.{one.name}", "redis", address, message, one.summary)
        if place.is_live:
            address = live_name(one.name)
            yield _Way("send", f"sockets.{one.name}", "sockets", address, message, one.summary)


def _ways_in(taken: list[Consumed], place: Place) -> Iterator[_Way]:
    names = [f"in.{one.name}" for one in taken]
    post = {"http": {"method": "POST", "bindingVersion": "0.3.0"}}
    yield _Way(
        *("receive", "api", "api", "/events", names),
        *("One event, or a list of up to 500.", {}, post),
    )
    if place.redis:
        said = "Entries of a Redis stream."
        yield _Way("receive", "stream", "redis", place.stream, names, said)
    if place.rabbitmq:
        for one in taken:
            yield _on_the_bus("receive", one.name, [f"in.{one.name}"], one.summary, place)


def _on_the_bus(
    action: str, name: str, messages: Collection[str], summary: str, place: Place
) -> _Way:
    binding = {
        "amqp": {
            **{"is": "routingKey", "bindingVersion": "0.3.0"},
            "exchange": {"name": place.exchange, "type": "topic", "durable": True},
        }
    }
    return _Way(action, f"rabbitmq.{name}", "rabbitmq", name, messages, summary, binding)


def _channels(ways: Iterable[_Way]) -> dict[str, Any]:
    """A routing key of the bus serves both directions; by HTTP they are two requests."""
    found: dict[str, Any] = {}
    for way in ways:
        channel = found.setdefault(
            way.name,
            {
                "address": way.address,
                "servers": [{"$ref": f"#/servers/{way.server}"}],
                "messages": {},
                **({"bindings": dict(way.channel_bindings)} if way.channel_bindings else {}),
            },
        )
        for name in way.messages:
            channel["messages"][name] = {"$ref": f"#/components/messages/{name}"}
    return found


def _operation(way: _Way) -> dict[str, Any]:
    channel = f"#/channels/{way.name}"
    return {
        "action": way.action,
        "summary": way.summary,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{name}"} for name in way.messages],
        **({"bindings": dict(way.bindings)} if way.bindings else {}),
    }


def _message_out(one: EventType, site: str) -> dict[str, Any]:
    address = schema_address(one.name, one.version, site=site)
    fields = {**_ATTRIBUTES, **_SEQUENCE, "dataschema": {"const": address}}
    example = Event(
        id=_KEY,
        position=4711,
        type=one.name,
        version=one.version,
        subject=f"{one.thing}/{_KEY}",
        organization="hotel-nord",
        organization_id=_KEY,
        occurred_at=_MOMENT,
        correlation_id="order-desk-4711",
        data=one.example,
    )
    return _message(one, fields, (*_NEEDED, *_ALWAYS_TOLD), envelope(example, site=site))


def _message_in(one: Consumed) -> dict[str, Any]:
    """One that others send needs to say no more than CloudEvents ask."""
    example = {
        **{"specversion": "1.0", "id": "4711", "source": "/services/opera", "type": one.name},
        **{"time": "2026-11-22T10:30:00Z", "data": dict(one.example)},
    }
    return _message(one, _ATTRIBUTES, _NEEDED, example)


def _message(
    one: EventType | Consumed,
    fields: Mapping[str, Any],
    needed: Collection[str],
    example: Mapping[str, Any],
) -> dict[str, Any]:
    return {
        "name": one.name,
        "title": one.summary,
        "contentType": CONTENT_TYPE,
        "payload": {
            "type": "object",
            "properties": {**fields, "type": {"const": one.name}, "data": schema(one)},
            "required": list(needed),
        },
        "examples": [{"name": "example", "payload": dict(example)}],
    }


def schema(one: EventType | Consumed) -> dict[str, Any]:
    """The JSON Schema of an event's data."""
    return dict(one.data)
