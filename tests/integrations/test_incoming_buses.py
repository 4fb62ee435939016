"""Events from real servers, sent by clients that know nothing of the site's code: pika and redis-py."""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import orjson
import pika
import pytest
import redis
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone

import tests.flush  # noqa: F401
from accounts.models import Organization
from core import lanes
from core.tenancy import tenant_scope
from integrations.inlets import rabbitmq, redis_streams
from integrations.models import DeadLetter, InboundEvent
from integrations.services.inbound import letters
from scheduling.models import Booking
from tests import factories
from worklogs.models import WorkOrder

pytestmark = [pytest.mark.services, pytest.mark.django_db]
STAY = {
    **{"booking_reference": "OP-1", "venue_id": "room-204"},
    **{"starts_at": "2026-03-04T15:00:00Z", "ends_at": "2026-03-06T10:00:00Z"},
}


def cloud(type: str, data: Any, **more: Any) -> bytes:
    event = {"specversion": "1.0", "id": uuid4().hex, "source": "/services/opera", "type": type}
    return orjson.dumps({**event, "time": "2026-03-01T10:00:00Z", "data": data, **more})


class Broker:
    """An independent client of RabbitMQ, with an exchange and queues of its own."""

    def __init__(self) -> None:
        self.exchange, self.queue, self.dead = (f"test-{uuid4().hex}" for _ in range(3))
        self.connection = pika.BlockingConnection(pika.URLParameters(settings.RABBITMQ_URL))
        self.channel = self.connection.channel()
        self.channel.exchange_declare(self.exchange, "topic", durable=True)
        self.channel.confirm_delivery()

    def inlet(self) -> rabbitmq.Inlet:
        return rabbitmq.Inlet(
            settings.RABBITMQ_URL, self.exchange, queue=self.queue, dead=self.dead
        )

    def send(self, key: str, body: bytes, **properties: Any) -> None:
        self.channel.basic_publish(
            self.exchange, key, body, pika.BasicProperties(delivery_mode=2, **properties)
        )

    def waiting(self, queue: str) -> int:
        found: int = self.channel.queue_declare(queue, passive=True).method.message_count
        return found

    def close(self) -> None:
        for queue in (self.queue, self.dead):
            self.channel.queue_delete(queue)
        for exchange in (self.exchange, self.dead):
            self.channel.exchange_delete(exchange)
        self.connection.close()


@pytest.fixture
def broker() -> Iterator[Broker]:
    made = Broker()
    yield made
    made.close()


@pytest.fixture
def room(organization: Organization) -> None:
    with tenant_scope(organization.pk):
        factories.resource(code="R-204", external_id="room-204")


def until(done: Callable[[], Any], work: Callable[[], Any]) -> None:
    """Rounds of work until it is done."""
    end = time.monotonic() + 20
    while not done():
        assert time.monotonic() < end, "It took too long."
        work()


def count(model: Any, organization: Organization, **values: Any) -> int:
    with tenant_scope(organization.pk):
        return int(model.objects.filter(**values).count())


def test_a_message_becomes_a_booking(
    organization: Organization, room: None, broker: Broker
) -> None:
    inlet = broker.inlet()
    inlet.work(timezone.now)  # binds
    broker.send("booking.created", cloud("booking.created", STAY), correlation_id="trip-00001")
    broker.send("room.ready", cloud("room.ready", {}))  # not asked for
    until(lambda: count(Booking, organization), lambda: inlet.work(timezone.now))
    with tenant_scope(organization.pk):
        event = InboundEvent.objects.get()
    assert (event.via, event.state, event.correlation_id) == ("rabbitmq", "applied", "trip-00001")
    inlet.close()
    assert broker.waiting(broker.queue) == broker.waiting(broker.dead) == 0


def test_messages_in_binary_mode_and_of_named_organisations(
    organization: Organization, stranger: Organization, room: None, broker: Broker
) -> None:
    inlet = broker.inlet()
    inlet.work(timezone.now)
    headers = {
        **{"cloudEvents:specversion": "1.0", "cloudEvents:id": "1", "cloudEvents:source": "/x"},
        **{"cloudEvents:type": "guest.complaint_filed", "organization": organization.slug},
    }
    data = {"description": "Cold", "room": "R-204"}
    broker.send("guest.complaint_filed", orjson.dumps(data), headers=headers)
    plain = {"event_type": "guest.complaint_filed", "event_id": "2", "data": data}
    broker.send("guest.complaint_filed", orjson.dumps(plain), headers={"organization": "stranger"})
    until(lambda: count(WorkOrder, organization), lambda: inlet.work(timezone.now))
    until(lambda: count(InboundEvent, stranger), lambda: inlet.work(timezone.now))
    assert count(InboundEvent, stranger, state="parked") == 1
    assert (count(WorkOrder, organization), count(WorkOrder, stranger)) == (1, 0)
    inlet.close()


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"\x00\xffno json", "It is not JSON"),
        (b'{"specversion": "1.0"}', "id: It is missing."),
        (b"[1]", "An event is a JSON object."),
        (b'"' + b"x" * 300_000 + b'"', "It has 300,002 bytes"),
        (cloud("booking.created", STAY, organization="nobody"), "no organisation “nobody”"),
    ],
)
def test_poison_is_put_aside_and_holds_up_nothing(
    organization: Organization, room: None, broker: Broker, body: bytes, problem: str
) -> None:
    inlet = broker.inlet()
    inlet.work(timezone.now)
    broker.send("booking.created", body)
    broker.send("booking.created", cloud("booking.created", STAY))
    until(lambda: count(Booking, organization), lambda: inlet.work(timezone.now))
    letter = DeadLetter.objects.get()
    assert problem in letter.problem
    assert letter.raw == body[: 64 * 1024]
    assert (letter.size, letter.is_whole) == (len(body), len(body) <= 64 * 1024)
    until(lambda: broker.waiting(broker.dead) == 1, lambda: inlet.work(timezone.now))
    inlet.close()


def test_what_no_commit_followed_comes_again(
    organization: Organization,
    room: None,
    broker: Broker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inlet = broker.inlet()
    inlet.work(timezone.now)
    broker.send("booking.created", cloud("booking.created", STAY))
    take, failures = letters.take_message, list[int]()

    def away_once(*args: Any, **values: Any) -> Any:
        if not failures:
            failures.append(1)
            raise OperationalError("The database is away.")
        return take(*args, **values)

    monkeypatch.setattr(letters, "take_message", away_once)
    with pytest.raises(OperationalError):
        until(lambda: failures, lambda: inlet.work(timezone.now))
    until(lambda: count(Booking, organization), lambda: inlet.work(timezone.now))
    inlet.close()
    assert broker.waiting(broker.queue) == 0


def test_a_broker_that_goes_away_is_found_again(
    organization: Organization, room: None, broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    inlet = broker.inlet()
    inlet.work(timezone.now)
    inlet._connection.connection.transport.sock.shutdown(socket.SHUT_RDWR)  # the line is cut
    broker.send("booking.created", cloud("booking.created", STAY))
    with caplog.at_level(logging.INFO):
        until(lambda: count(Booking, organization), lambda: inlet.work(timezone.now))
    said = [record.message for record in caplog.records if "by RabbitMQ" in record.message]
    assert len(said) == 1
    inlet.close()


def test_a_server_that_is_not_there_is_mentioned_once(caplog: pytest.LogCaptureFixture) -> None:
    bus = rabbitmq.Inlet("amqp://guest:guest@127.0.0.1:9/%2F", "test")
    stream = redis_streams.Inlet("redis://127.0.0.1:9/0", "test")
    for inlet in (bus, stream):
        for _ in range(3):
            inlet._again_at = 0.0
            assert inlet.work(timezone.now) == 0
    assert len([one for one in caplog.records if one.levelno == logging.WARNING]) == 2


class Stream:
    """An independent client of Redis, with a stream of its own."""

    def __init__(self) -> None:
        self.client = redis.Redis.from_url(settings.REDIS_URL)
        self.name = f"test-{uuid4().hex}"

    def inlet(self, left_behind: int = 60_000) -> redis_streams.Inlet:
        return redis_streams.Inlet(settings.REDIS_URL, self.name, left_behind=left_behind)

    def unfinished(self) -> int:
        found: Any = self.client.xpending(self.name, redis_streams.GROUP)
        return int(found["pending"])


@pytest.fixture
def stream() -> Iterator[Stream]:
    made = Stream()
    yield made
    made.client.delete(made.name, f"{made.name}:dead")


def test_an_entry_becomes_a_booking(organization: Organization, room: None, stream: Stream) -> None:
    stream.client.xadd(stream.name, {"event": cloud("booking.created", STAY)})
    came = {"booking_reference": "OP-1"}
    fields = {
        **{"event_type": "booking.checked_in", "event_id": "2", "source": "opera"},
        **{"timestamp": "2026-03-04T15:00:00Z", "data": orjson.dumps(came)},
    }
    stream.client.xadd(stream.name, fields)  # type: ignore[arg-type]
    stream.client.xadd(stream.name, {"event": b"no json"})
    inlet = stream.inlet()
    until(lambda: DeadLetter.objects.count(), lambda: inlet.work(timezone.now))
    with tenant_scope(organization.pk):
        assert Booking.objects.get().status == "checked_in"
        assert set(InboundEvent.objects.values_list("via", flat=True)) == {"redis"}
    assert stream.unfinished() == 0
    assert stream.client.xlen(f"{stream.name}:dead") == 1


def test_what_a_dead_node_left_is_taken_over(
    organization: Organization, room: None, stream: Stream
) -> None:
    inlet = stream.inlet(left_behind=1)
    inlet.work(timezone.now)
    stream.client.xadd(stream.name, {"event": cloud("booking.created", STAY)})
    stream.client.xreadgroup(redis_streams.GROUP, "dead-node", {stream.name: ">"})
    until(lambda: count(Booking, organization), lambda: inlet.work(timezone.now))
    assert stream.unfinished() == 0


def test_a_stream_that_was_deleted_is_begun_anew(
    organization: Organization, room: None, stream: Stream
) -> None:
    inlet = stream.inlet()
    inlet.work(timezone.now)
    stream.client.delete(stream.name)
    stream.client.xadd(stream.name, {"event": cloud("booking.created", STAY)})
    inlet.work(timezone.now)
    inlet._again_at = 0.0
    until(lambda: count(Booking, organization), lambda: inlet.work(timezone.now))


@pytest.mark.django_db(transaction=True)
def test_lanes_take_what_comes_and_end_when_they_are_told(
    organization: Organization, room: None, broker: Broker, stream: Stream
) -> None:
    bus = broker.inlet()
    works = {"a": bus.work, "b": stream.inlet().work}
    made = [lanes.Lane(name, lanes.Group.CONSUME, 0.05, work) for name, work in works.items()]
    stop = threading.Event()
    thread = threading.Thread(target=lanes.run, args=(made, timezone.now, stop))
    thread.start()
    try:
        stream.client.xadd(stream.name, {"event": cloud("booking.created", STAY)})
        until(lambda: count(Booking, organization), lambda: time.sleep(0.05))
        broker.send("booking.cancelled", cloud("booking.cancelled", {"reference": "OP-1"}))
        cancelled = {"status": "cancelled"}
        until(lambda: count(Booking, organization, **cancelled), lambda: time.sleep(0.05))
    finally:
        stop.set()
        told = time.monotonic()
        thread.join(10)
    assert time.monotonic() - told < 2.5
    bus.close()
