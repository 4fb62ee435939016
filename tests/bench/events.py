"""Events: how many a second leave, and how soon after the commit they arrive."""

import os
import threading
import time
from collections.abc import Sequence
from datetime import datetime
from http.server import ThreadingHTTPServer
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from accounts.models import Organization, User
from core import outbox
from core.tenancy import tenant_scope
from integrations.models import Outlet, Publication, Webhook
from integrations.outlets.rabbitmq import RabbitMQ
from integrations.outlets.redis_channels import RedisChannels
from integrations.outlets.sockets import Sockets
from integrations.services import outlets, publication
from integrations.services.webhook_sending import Sender
from tests.bench import arrival
from tests.bench.listeners import Hook
from tests.bench.meter import Meter
from worklogs.models import WorkOrder
from worklogs.services import moving
from worklogs.services.moving import Move

_EVENTS, _TO_WEBHOOK = 10_000, 2_000


def measure(organization: Organization, now: datetime) -> dict[str, Any]:
    """Throughput in this process, then latency with everything running."""
    with tenant_scope(organization.pk):
        reader = User.objects.get(email="benchmark-admin@example.org")
        orders = list(WorkOrder.objects.open().select_related("resource")[:200])
    while publication.publish_waiting(now):
        pass
    return {
        "outbox": _throughput(orders, reader, organization, now),
        "latency": arrival.measure(reader, organization),
    }


def _throughput(
    orders: Sequence[WorkOrder], by: User, organization: Organization, now: datetime
) -> dict[str, Any]:
    """Events per second through each step, 10,000 in a row."""
    exchange = f"bench-{uuid4().hex}"
    readers = {
        "rabbitmq": RabbitMQ(os.environ["BENCH_RABBITMQ_URL"], exchange).send,
        "redis": RedisChannels(os.environ["BENCH_REDIS_URL"]).send,
        "sockets": Sockets(os.environ["BENCH_REDIS_URL"]).send,
    }
    for name, send in readers.items():
        outlets.carry_on(f"bench {name}", send, clock=timezone.now)
    _happen(orders, by, organization, _EVENTS, now)
    figures: dict[str, Any] = {}
    with Meter() as publishing:
        while publication.publish_waiting(timezone.now()):
            pass
    figures["published"] = _per_second(publishing)
    for name, send in readers.items():
        with Meter() as sending:
            while outlets.carry_on(f"bench {name}", send, clock=timezone.now):
                pass
        figures[name] = _per_second(sending)
    Outlet.objects.filter(name__startswith="bench").delete()
    return figures | {"webhook": _to_one_webhook(orders, by, organization, now)}


def _to_one_webhook(
    orders: Sequence[WorkOrder], by: User, organization: Organization, now: datetime
) -> dict[str, Any]:
    """One receiver takes one event after the other, in this process, too."""
    receiver = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    hook = arrival.subscribe(organization, by, f"http://127.0.0.1:{receiver.server_port}/")
    _happen(orders, by, organization, _TO_WEBHOOK, now)
    while publication.publish_waiting(timezone.now()):
        pass
    sender, head = Sender(), Publication.objects.head()
    with Meter() as sending, tenant_scope(organization.pk):
        while Webhook.objects.filter(pk=hook.pk, position__lt=head).exists():
            if not sender.send(timezone.now):
                time.sleep(0.001)
        sender.finish(timezone.now)
        hook.delete()
    receiver.shutdown()
    return _per_second(sending, _TO_WEBHOOK)


def _per_second(meter: Meter, count: int = _EVENTS) -> dict[str, Any]:
    return {"events_per_second": round(count / meter.wall_seconds), **meter.figures()}


def _happen(
    orders: Sequence[WorkOrder], by: User, organization: Organization, count: int, now: datetime
) -> None:
    """So many changes, as their services publish them."""
    with tenant_scope(organization.pk), transaction.atomic():
        line = Move("delay", "scheduled", "Measured.")
        payloads = [moving.told(orders[i % len(orders)], line, by=by) for i in range(count)]
        outbox.publish_many(
            "worklogs.work_order.delayed", payloads, organization_id=organization.pk, now=now
        )
