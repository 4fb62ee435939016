"""Sockets in several processes, which Redis joins: npm's own client and python-socketio hear the same."""

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from django.utils import timezone

import tests.flush  # noqa: F401
from accounts.api import tokens
from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from integrations.models import Outlet, Publication
from integrations.outlets import sockets
from integrations.services import outlets, publication
from maintenance_site import bootstrap
from tests import factories
from tests.live import Listener, listeners
from tests.maintenance_site.site_processes import environment, running, until
from worklogs.models import WorkOrder
from worklogs.services import orders

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
CLIENT = Path(__file__).with_name("live_client.mjs")
PACKAGE = bootstrap.BROWSER_FILES / "socket.io-client" / "dist" / "socket.io.esm.min.js"


@pytest.fixture
def addresses(transactional_db: None, tmp_path: Path) -> Iterator[list[str]]:
    """Two processes that serve sockets only, on the test's database."""
    with ExitStack() as stack:
        found = []
        for name in ("one", "other"):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = str(probe.getsockname()[1])
            command = ["-m", "uvicorn", "maintenance_site.sockets:application", "--port", port]
            variables = environment(
                tmp_path / name, REDIS_URL=settings.REDIS_URL, SECRET_KEY=settings.SECRET_KEY
            )
            log = tmp_path / f"{name}.log"
            stack.enter_context(
                running([*command, "--ws", "wsproto"], variables, log, ready="Uvicorn running")
            )
            found.append(f"http://127.0.0.1:{port}")
        yield found


class NodeClient:
    """`live_client.mjs` in a process of its own; `heard` reads what it has said so far."""

    def __init__(self, stack: ExitStack, log: Path, *arguments: str) -> None:
        self._log = log
        output = stack.enter_context(log.open("wb"))
        command = [
            *bootstrap.node(),
            "--experimental-websocket",
            str(CLIENT),
            PACKAGE.as_uri(),
            *arguments,
        ]
        self._process = subprocess.Popen(command, stdout=output, stderr=output)
        stack.callback(self._process.wait)
        stack.callback(self._process.kill)

    def heard(self) -> list[tuple[str, Any]]:
        """Name and data of each event."""
        return [tuple(json.loads(line)) for line in self._log.read_text().splitlines()]


def carry_on() -> None:
    """What the relay does."""
    publication.publish_waiting(timezone.now())
    outlets.carry_on("sockets", sockets.outlet().send, clock=timezone.now)


def report(by: User) -> WorkOrder:
    with tenant_scope(by.organization_id):
        order = WorkOrder(resource=factories.resource(), title="Tap drips", kind="corrective")
        orders.create_order(order, by=by, now=timezone.now())
    carry_on()
    return order


def test_two_processes_tell_their_own_the_same(
    addresses: list[str],
    organization: Organization,
    stranger: Organization,
    admin: User,
    tmp_path: Path,
) -> None:
    other = factories.user(stranger, role=Role.ADMIN)
    carry_on()  # from now on
    with ExitStack() as stack:
        make = stack.enter_context(listeners())
        token, foreign = tokens.issue(admin).access, tokens.issue(other).access
        ways = [(url, way) for url in addresses for way in ("websocket", "polling")]
        inside = [
            NodeClient(stack, tmp_path / f"in-{number}.log", *way, token)
            for number, way in enumerate(ways)
        ]
        outside = [
            NodeClient(stack, tmp_path / f"out-{number}.log", *way, foreign)
            for number, way in enumerate(ways)
        ]
        refused = NodeClient(stack, tmp_path / "none.log", *ways[0], "nonsense")
        python = [make().connect(url, transport=way, auth={"token": token}) for url, way in ways]
        for client, (_, way) in zip([*inside, *outside], ways * 2, strict=True):
            until(client.heard)
            assert client.heard()[0] == ("connect", way)
        until(refused.heard)
        assert refused.heard()[0] == ("refused", "Sign in first.")

        orders_made = [report(admin) for _ in range(3)]

        expected = [f"work-order/{order.pk}" for order in orders_made]
        everybody: list[NodeClient | Listener] = [*inside, *python]
        for one in everybody:
            until(partial(_has_heard, one, len(expected)))
            assert _subjects(one) == expected
        ids = [[one["id"] for name, one in client.heard() if ":" in name] for client in inside]
        assert all(one == ids[0] for one in ids)
        anew = ("changed", {"topics": ["*"]})  # when its process began to hear
        assert all(one == anew for client in outside for one in client.heard()[1:])


def test_the_outlet_goes_on_when_redis_is_back(admin: User) -> None:
    """Nothing is lost but the moment: what waits is handed over by the next round."""
    carry_on()
    lost = sockets.Sockets("redis://127.0.0.1:1/0")
    publication.publish_waiting(timezone.now())
    with tenant_scope(admin.organization_id):
        factories.work_order(now=timezone.now())
    publication.publish_waiting(timezone.now())
    assert outlets.carry_on("sockets", lost.send, clock=timezone.now) == 0
    later = timezone.now() + outlets.LONGEST_WAIT
    assert outlets.carry_on("sockets", sockets.outlet().send, clock=lambda: later) > 0
    assert Outlet.objects.get(pk="sockets").position == Publication.objects.head()


def test_pages_catch_up_after_redis_was_away(
    addresses: list[str], admin: User, organization: Organization
) -> None:
    """What was said meanwhile is lost; so everybody is told to fetch anew."""
    with listeners() as make:
        token = {"token": tokens.issue(admin).access}
        listener = make().connect(addresses[0], auth=token)
        anew = ("changed", {"topics": ["*"]})
        until(
            lambda: anew in listener.heard
        )  # the process itself began to hear after its first visitor came
        listener.heard.clear()
        client = redis.Redis.from_url(settings.REDIS_URL)
        for one in client.client_list():
            if one["name"] == sockets.CHANNEL:
                client.client_kill_filter(_id=one["id"])
        client.close()
        until(lambda: anew in listener.heard)
        carry_on()
        report(admin)
        until(partial(_has_heard, listener, 1))


def _has_heard(one: NodeClient | Listener, count: int) -> bool:
    return len(_subjects(one)) == count


def _subjects(one: NodeClient | Listener) -> list[str]:
    """The orders that it has heard of, in this order."""
    heard = one.heard() if isinstance(one, NodeClient) else one.heard
    return [data["subject"] for name, data in heard if name == "work-order:created"]
