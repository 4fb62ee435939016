"""How soon after the commit an event is on the bus, at a webhook and on 500 sockets, a change on pages in a browser.

The programs are those of production: a web node, one for sockets, both behind one address, a relay. Receivers run in
processes of their own.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from itertools import count, islice
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import uuid4

from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.api import tokens
from accounts.models import Organization, User
from accounts.rights import Role
from core import correlation
from core.tenancy import tenant_scope
from integrations.models import Outlet, Webhook
from integrations.services import webhooks
from maintenance_site import services
from tests import chromium, factories
from worklogs import states
from worklogs.models import WorkOrder
from worklogs.services import orders

ROOT = Path(__file__).resolve().parents[2]
SOCKETS = 500
#: How changes follow each other: how many, and the seconds between them.
_PACES = {"one_by_one": (20, 1.5), "five_a_second": (100, 0.2)}
_SITE = (
    "-m",
    "granian",
    "--interface",
    "wsgi",
    "--no-ws",
    "--workers",
    "2",
    "--blocking-threads",
    "1",
)
_SOCKETS = (
    *("-m", "uvicorn", "--ws", "wsproto", "--ws-per-message-deflate", "false", "--no-access-log"),
    *("--log-level", "warning", "maintenance_site.sockets:application"),
)


class Commit(NamedTuple):
    """A change: its number, how it is known outside, and when it was committed."""

    number: int
    key: str
    at: float


def measure(by: User, organization: Organization) -> dict[str, Any]:
    """Milliseconds; of sockets, each of 500 counts. The browser comes last: it would take its time from the others."""
    order = _watched(organization)
    exchange = f"bench-{uuid4().hex}"
    variables = _variables(exchange)
    with ExitStack() as programs:
        port, sockets = _serve(programs, variables)
        listeners = _run(programs, ["-m", "tests.bench.listeners", sockets, exchange], variables)
        _write(listeners, {"tokens": _tokens(organization)})
        hook = subscribe(organization, by, _read(listeners)["webhook"])
        _run(programs, ["manage.py", "relay_events"], variables)
        while Outlet.objects.filter(name__in=["rabbitmq", "sockets"]).count() < 2:
            time.sleep(0.1)
        changes = _changes(order, by, organization)
        told = _commit(changes, "five_a_second")
        browser = _browser(programs, port, variables, order, by)
        shown = {pace: _commit(changes, pace) for pace in _PACES} if browser else {}
        heard, seen = _ended(listeners), _ended(browser) if browser else None
    with tenant_scope(organization.pk):
        hook.delete()
    Outlet.objects.all().delete()
    return {"sockets": SOCKETS} | _heard(heard, told) | {"browser": _seen(seen, shown)}


def _serve(programs: ExitStack, variables: dict[str, str]) -> tuple[str, str]:
    """Site and sockets as production runs them; the port at which both are, and that of the sockets alone."""
    port, site, sockets = services.free_ports(3)
    command = [*_SITE, "--port", site, "maintenance_site.wsgi:application"]
    _run(programs, command, variables)
    _run(programs, [*_SOCKETS, "--port", sockets], variables)
    _run(programs, ["-m", "tests.bench.front", port, site, sockets], variables)
    for one in (site, sockets, port):
        _wait_for(int(one))
    return port, sockets


def _variables(exchange: str) -> dict[str, str]:
    return {
        **os.environ,
        **{"DATABASE_URL": _address(), "LOG_LEVEL": "ERROR", "LIVE_PAGES": "true"},
        **{"REDIS_URL": os.environ["BENCH_REDIS_URL"], "CELERY_BROKER_URL": ""},
        **{"RABBITMQ_URL": os.environ["BENCH_RABBITMQ_URL"], "RABBITMQ_EXCHANGE": exchange},
    }


def _watched(organization: Organization) -> WorkOrder:
    """An order that stands on the board without a click: the one due first of its column."""
    with tenant_scope(organization.pk):
        rows = WorkOrder.objects.filter(status=states.SCHEDULED).select_related("resource")
        first: WorkOrder = rows.order_by("due_at", "pk")[0]
        return first


def _browser(
    programs: ExitStack, port: str, variables: dict[str, str], order: WorkOrder, by: User
) -> Any:
    """The board and the order's page, connected; None without a browser."""
    if chromium.is_missing():
        return None
    client = Client()
    client.force_login(by)
    found = _run(programs, ["-m", "tests.bench.browsers", port], variables)
    pages = {
        "board": ["/admin/worklogs/workorder/board/", f'[data-card="{order.pk}"] .card-title'],
        "order": [f"/admin/worklogs/workorder/{order.pk}/", "#order-page h1"],
    }
    _write(found, {"session": client.cookies["sessionid"].value, "pages": pages})
    _read(found)
    return found


def _changes(order: WorkOrder, by: User, organization: Organization) -> Iterator[Commit]:
    """One change of the title after the other, each known by its correlation id."""
    for number in count(1):
        with correlation.correlated() as key, tenant_scope(organization.pk):
            title = {"title": f"Change {number}"}
            order = orders.change_order(order, title, by=by, now=timezone.now())
            made = Commit(number, key, time.time())
        yield made


def _commit(changes: Iterator[Commit], pace: str) -> list[Commit]:
    """Some more of them, and the time that the slowest takes to arrive."""
    many, pause = _PACES[pace]
    made = []
    for one in islice(changes, many):
        made.append(one)
        time.sleep(pause)
    time.sleep(3)
    return made


def _heard(
    heard: Mapping[str, Sequence[tuple[str, float]]], made: Sequence[Commit]
) -> dict[str, Any]:
    """By kind of receiver."""
    committed = {one.key: one.at for one in made}
    return {
        name: _spread([(at - committed[key]) * 1000 for key, at in lines if key in committed])
        for name, lines in heard.items()
    }


def _seen(
    seen: Mapping[str, Sequence[tuple[int, float]]] | None,
    commits: Mapping[str, Sequence[Commit]],
) -> Any:
    """By page and pace, until the change, or one that came after it, stands there."""
    if seen is None:
        return f"not measured: no Chromium at {chromium.CHROMIUM} (install it, or set CHROMIUM)"
    return {
        page: {pace: _spread(list(_delays(lines, made))) for pace, made in commits.items()}
        for page, lines in seen.items()
    }


def _delays(lines: Sequence[tuple[int, float]], made: Sequence[Commit]) -> Iterator[float]:
    for one in made:
        shown = next((at for number, at in lines if number >= one.number), None)
        if shown is not None:
            yield (shown - one.at) * 1000


def _spread(values: list[float]) -> dict[str, Any]:
    if len(values) < 2:
        return {"arrived": len(values)}
    ranks = statistics.quantiles(values, n=100, method="inclusive")
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


def _ended(process: Any) -> dict[str, Any]:
    _write(process, {"stop": True})
    return _read(process)


def subscribe(organization: Organization, by: User, address: str) -> Webhook:
    """A receiver of everything."""
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
