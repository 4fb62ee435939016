"""Events: how many a second leave, and how soon after the commit they arrive on the bus, at a webhook and in browsers.

The programs are those of production: a web node for sockets, a relay. Receivers run in one process of their own.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from datetime import datetime
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from django.db import connection, transaction
from django.utils import timezone

from accounts.api import tokens
from accounts.models import Organization, User
from accounts.rights import Role
from core import correlation, outbox
from core.tenancy import tenant_scope
from integrations.models import Outlet, Publication, Webhook
from integrations.outlets.rabbitmq import RabbitMQ
from integrations.outlets.redis_channels import RedisChannels
from integrations.outlets.sockets import Sockets
from integrations.services import outlets, publication, webhooks
from integrations.services.webhook_sending import Sender
from maintenance_site import services
from tests import factories
from tests.bench.listeners import Hook
from tests.bench.meter import Meter
from worklogs.models import WorkOrder
from worklogs.services import moving
from worklogs.services.moving import Move

ROOT = Path(__file__).resolve().parents[2]
SOCKETS = 500
_EVENTS, _TO_WEBHOOK = 10_000, 2_000
_RATE, _SECONDS = 5, 20


def measure(organization: Organization, now: datetime) -> dict[str, Any]:
    """Throughput in this process, then latency with everything running."""
    with tenant_scope(organization.pk):
        reader = User.objects.get(email="benchmark-admin@example.org")
        orders = list(WorkOrder.objects.open().select_related("resource")[:200])
    while publication.publish_waiting(now):
        pass
    return {
        "outbox": _throughput(orders, reader, organization, now),
        "latency": _latency(orders, reader, organization),
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
    hook = _subscribe(organization, by, f"http://127.0.0.1:{receiver.server_port}/")
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


def _latency(orders: Sequence[WorkOrder], by: User, organization: Organization) -> dict[str, Any]:
    """Milliseconds from the commit until each kind of receiver has the event; of sockets, each of 500 counts."""
    exchange, port = f"bench-{uuid4().hex}", services.free_ports(1)[0]
    variables = {
        **os.environ,
        **{"DATABASE_URL": _address(), "LOG_LEVEL": "ERROR"},
        **{"REDIS_URL": os.environ["BENCH_REDIS_URL"], "CELERY_BROKER_URL": ""},
        **{"RABBITMQ_URL": os.environ["BENCH_RABBITMQ_URL"], "RABBITMQ_EXCHANGE": exchange},
    }
    with ExitStack() as programs:
        site = [
            "-m",
            "uvicorn",
            "--port",
            port,
            "--no-access-log",
            "--log-level",
            "warning",
            "maintenance_site.asgi:application",
        ]
        _run(programs, site, variables)
        _wait_for(int(port))
        listeners = _run(programs, ["-m", "tests.bench.listeners", port, exchange], variables)
        _write(listeners, {"tokens": _tokens(organization)})
        hook = _subscribe(organization, by, _read(listeners)["webhook"])
        _run(programs, ["manage.py", "relay_events"], variables)
        while Outlet.objects.filter(name__in=["rabbitmq", "sockets"]).count() < 2:
            time.sleep(0.1)
        commits = _steadily(orders, by, organization)
        time.sleep(3)
        _write(listeners, {"stop": True})
        heard = _read(listeners)
    with tenant_scope(organization.pk):
        hook.delete()
    Outlet.objects.all().delete()
    return {"sockets": SOCKETS, "per_second": _RATE} | {
        name: _spread([(at - commits[key]) * 1000 for key, at in lines if key in commits])
        for name, lines in heard.items()
    }


def _steadily(
    orders: Sequence[WorkOrder], by: User, organization: Organization
) -> dict[str, float]:
    """One change after the other, each known by its correlation id; when each was committed."""
    commits = {}
    for _ in range(_RATE * _SECONDS):
        with correlation.correlated() as key:
            _happen(orders, by, organization, 1, timezone.now())
            commits[key] = time.time()
        time.sleep(1 / _RATE)
    return commits


def _spread(values: list[float]) -> dict[str, Any]:
    ranks = statistics.quantiles(values, n=100)
    return {
        "arrived": len(values),
        **{f"p{rank}_ms": round(ranks[rank - 1], 1) for rank in (50, 95, 99)},
    }


def _tokens(organization: Organization) -> list[str]:
    """Of as many people as the sockets need, twenty for each."""
    people = [
        factories.user(organization, role=Role.ADMIN, email=f"listener{number}@example.org")
        for number in range(SOCKETS // 20)
    ]
    return [tokens.issue(person).access for person in people]


def _subscribe(organization: Organization, by: User, address: str) -> Webhook:
    with tenant_scope(organization.pk):
        hook = Webhook(name="Bench", url=address)
        return webhooks.create_webhook(hook, by=by, now=timezone.now())


def _run(programs: ExitStack, command: list[str], variables: dict[str, str]) -> Any:
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    programs.callback(process.wait)
    programs.callback(process.terminate)
    return process


def _write(process: Any, told: dict[str, Any]) -> None:
    process.stdin.write(f"{json.dumps(told)}\n")
    process.stdin.flush()


def _read(process: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(process.stdout.readline())
    return found


def _wait_for(port: int) -> None:
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)


def _address() -> str:
    given = connection.settings_dict
    login = f"{quote(given['USER'])}:{quote(given['PASSWORD'])}"
    return f"postgresql://{login}@{given['HOST']}:{given['PORT']}/{given['NAME']}"
