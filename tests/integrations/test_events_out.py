"""Events on real servers, heard by clients that know nothing of the site's code."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from uuid import uuid4

import orjson
import pika
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from cloudevents.core.formats.json import JSONFormat
from django.conf import settings

from accounts.models import User
from core.tenancy import all_tenants
from integrations.models import Outlet, PublishedEvent
from integrations.outlets.rabbitmq import RabbitMQ
from integrations.outlets.redis_channels import RedisChannels
from integrations.services import outlets, publication, reading
from tests.integrations import buses
from tests.integrations.test_events import published, repair

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def bus(exchange: str) -> Iterator[RabbitMQ]:
    """The site's own side of it."""
    with closing(RabbitMQ(settings.RABBITMQ_URL, exchange)) as made:
        yield made


@pytest.fixture
def exchange() -> Iterator[str]:
    """An exchange of the test's own, on which nobody else speaks."""
    name = f"test-{uuid4().hex}"
    yield name
    connection = pika.BlockingConnection(pika.URLParameters(settings.RABBITMQ_URL))
    connection.channel().exchange_delete(name)
    connection.close()


def test_rabbitmq_hands_events_to_whoever_asked_for_them(
    admin: User, now: datetime, exchange: str, bus: RabbitMQ
) -> None:
    outlets.carry_on("rabbitmq", bus.send, clock=lambda: now)
    with buses.queue(exchange, "#") as everything, buses.queue(exchange, "task.*") as tasks:
        repair(admin, now, kind="cleaning", task_type="checkout_cleaning")
        publication.publish_waiting(now)
        rows = published()
        assert outlets.carry_on("rabbitmq", bus.send, clock=lambda: now) == len(rows)
        heard = everything.take(len(rows))
        assert [(key, body["id"]) for key, _, body in heard] == [
            (row.type, str(row.pk)) for row in rows
        ]
        assert [key for key, _, _ in tasks.take(2)] == ["task.created", "task.completed"]
    _, properties, body = heard[0]
    assert properties.content_type == "application/cloudevents+json"
    assert (properties.message_id, properties.delivery_mode) == (body["id"], 2)
    assert properties.headers == {"organization": admin.organization.slug}


def test_what_leaves_is_a_cloud_event_to_another_library(
    admin: User, now: datetime, exchange: str, bus: RabbitMQ
) -> None:
    with buses.queue(exchange) as heard:
        repair(admin, now)
        publication.publish_waiting(now)
        events = reading.events_after(0, limit=10)
        bus.send(events)
        for event, (_, properties, body) in zip(events, heard.take(len(events)), strict=True):
            message = HTTPMessage({"content-type": properties.content_type}, orjson.dumps(body))
            read = from_structured_event(message, JSONFormat())
            assert (read.get_id(), read.get_type()) == (str(event.id), event.type)


def test_a_broker_that_is_away_loses_nothing(
    admin: User, now: datetime, exchange: str, bus: RabbitMQ
) -> None:
    away = RabbitMQ("amqp://guest:guest@127.0.0.1:1/%2F", exchange)
    outlets.carry_on("rabbitmq", away.send, clock=lambda: now)
    with buses.queue(exchange) as heard:
        repair(admin, now)
        publication.publish_waiting(now)
        assert outlets.carry_on("rabbitmq", away.send, clock=lambda: now) == 0
        outlet = Outlet.objects.get(pk="rabbitmq")
        assert "refused" in outlet.problem.lower()
        outlets.carry_on("rabbitmq", bus.send, clock=lambda: outlet.next_at)
        assert len(heard.take(len(published()))) == len(published())


def test_a_connection_that_was_cut_is_made_anew(
    admin: User, now: datetime, exchange: str, bus: RabbitMQ
) -> None:
    repair(admin, now)
    publication.publish_waiting(now)
    events = reading.events_after(0, limit=10)
    with buses.queue(exchange) as heard:
        assert bus.send(events[:1]) == 1
        bus._connection.connection.transport.sock.close()
        with pytest.raises(outlets.NotSent):
            bus.send(events)
        assert bus.send(events) == len(events)
        assert len(heard.take(1 + len(events))) == 1 + len(events)


def test_redis_channels_carry_the_names_of_the_source_system(admin: User, now: datetime) -> None:
    with (
        closing(RedisChannels(settings.REDIS_URL)) as bus,
        buses.channels("maintenance:*") as take,
    ):
        outlets.carry_on("redis", bus.send, clock=lambda: now)
        repair(admin, now)
        publication.publish_waiting(now)
        with all_tenants(reason="test"):
            count = PublishedEvent.objects.count()
        assert outlets.carry_on("redis", bus.send, clock=lambda: now) == count
        mine = [line for line in take(count) if line[1]["organization"] == admin.organization.slug]
    assert [name for name, _ in mine if name.startswith("maintenance:work-order:")] == [
        "maintenance:work-order:created",
        "maintenance:work-order:updated",
        "maintenance:work-order:updated",
        "maintenance:work-order:completed",
    ]
