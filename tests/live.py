"""The site with its sockets, really served, and listeners that know nothing of its code."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import socketio
import uvicorn
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from accounts.models import User
from core.tenancy import tenant_scope
from integrations.services import publication
from maintenance_site.live_app import Site, live_app
from tests import factories
from tests.maintenance_site.site_processes import until
from worklogs.models import WorkOrder
from worklogs.services import orders

PATIENCE_SECONDS = 60
#: Long enough that what was sent would have arrived.
WHILE_SECONDS = 0.5


class Served:
    """The application on a port of its own, which it keeps when it is stopped and started again."""

    def __init__(self, site: Site | None = None) -> None:
        self._site = site
        with socket.socket() as probe:
            probe.bind(("localhost", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://localhost:{self.port}"

    def start(self) -> None:
        """Returns when it answers."""
        options: dict[str, Any] = {"host": "localhost", "port": self.port, "ws": "wsproto"}
        options["ws_per_message_deflate"] = False
        options |= {"log_config": None, "access_log": False, "timeout_graceful_shutdown": 1}
        self._server = uvicorn.Server(uvicorn.Config(live_app(self._site), **options))
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        until(lambda: self._server.started)

    def stop(self) -> None:
        """Returns when it has ended."""
        self._server.should_exit = True
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive(), "The server does not end."


@contextmanager
def serving(site: Site | None = None) -> Iterator[Served]:
    """Sockets, alone or before a WSGI application."""
    served = Served(site)
    served.start()
    try:
        yield served
    finally:
        served.stop()


def session_of(person: User, **values: Any) -> SessionStore:
    """A session in which the person is signed in."""
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.update(values)
    session.save()
    return session


def cookie(session: SessionStore) -> dict[str, str]:
    """The header that carries it."""
    return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session.session_key}"}


class Listener:
    """A client of python-socketio; `heard` is everything that came, as name and data."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.heard: list[tuple[str, Any]] = []
        self.ended: list[str] = []
        self.client = socketio.AsyncClient(reconnection=False)
        self.client.on("*", lambda name, *data: self.heard.append((name, *data)))
        self.client.on("disconnect", lambda reason: self.ended.append(reason))

    def connect(self, url: str, *, transport: str = "websocket", **values: Any) -> "Listener":
        """Come in. Raises ConnectionError where one is refused."""
        self.wait(self.client.connect(url, transports=[transport], wait_timeout=30, **values))
        return self

    def ask(self, name: str, data: Any) -> Any:
        """Send and await the answer."""
        return self.wait(self.client.call(name, data, timeout=30))

    def close(self) -> None:
        """Go."""
        self.wait(self.client.eio.disconnect(abort=True))

    def hear(self, name: str) -> None:
        """Wait until an event of this name has come."""
        until(lambda: name in self.names())

    def names(self) -> list[str]:
        """What was heard, without what it says."""
        return [one[0] for one in self.heard]

    def wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        """The outcome of what its loop does."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_SECONDS)


Listen = Callable[..., Listener]


async def _end(made: list[Listener]) -> None:
    """Let go of everything; a client that polls would wait for its answer first."""
    for one in made:
        await one.client.eio.disconnect(abort=True)
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
    for one in made:
        if one.client.eio.http is not None:
            await one.client.eio.http.close()


@contextmanager
def listeners() -> Iterator[Callable[[], Listener]]:
    """A function that makes listeners; all of them go at the end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    made: list[Listener] = []

    def make() -> Listener:
        made.append(Listener(loop))
        return made[-1]

    try:
        yield make
    finally:
        asyncio.run_coroutine_threadsafe(_end(made), loop).result(PATIENCE_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE_SECONDS)
        loop.close()


def report(by: User, **values: Any) -> WorkOrder:
    """An order made just now, and published."""
    now = timezone.now()
    with tenant_scope(by.organization_id):
        resource = values.pop("resource", None) or factories.resource()
        order = WorkOrder(resource=resource, title="Tap drips", kind="corrective", **values)
        orders.create_order(order, by=by, now=now)
    publication.publish_waiting(now)
    return order


def settle(listener: Listener) -> None:
    """Until all that is under way has arrived: the answer to a question comes after it."""
    time.sleep(WHILE_SECONDS)
    listener.ask("leave", {"subject": "nothing"})
