"""A broker that takes nothing any more, as one that is short of memory does, holds up the outlet for a while only."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import uuid4

import pika
import pytest
from django.conf import settings

from core.ids import new_id
from integrations.outlets import rabbitmq
from integrations.outlets.rabbitmq import RabbitMQ
from integrations.rules.envelopes import Event
from integrations.services.outlets import NotSent
from tests.integrations import buses

pytestmark = pytest.mark.services


class Dam:
    """Stands before the real broker and lets through what is said, until it is shut."""

    def __init__(self) -> None:
        self.is_shut = threading.Event()
        self._door = socket.create_server(("127.0.0.1", 0))
        parts = urlsplit(settings.RABBITMQ_URL)
        self._behind = (parts.hostname or "", parts.port or 5672)
        port = self._door.getsockname()[1]
        user = parts.netloc.rpartition("@")[0]
        self.url = f"amqp://{user}@127.0.0.1:{port}{parts.path}"
        self._lines: list[socket.socket] = [self._door]
        self._threads: list[threading.Thread] = []
        self._start(self._let_in)

    def _start(self, work: Callable[..., None], *given: socket.socket) -> None:
        self._threads.append(threading.Thread(target=work, args=given, daemon=True))
        self._threads[-1].start()

    def _let_in(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._door.accept()
                far = socket.create_connection(self._behind)
                self._lines += [near, far]
                self._start(self._carry, near, far)
                self._start(self._carry, far, near)

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                while self.is_shut.is_set():
                    time.sleep(0.01)
                target.sendall(data)
            target.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.is_shut.clear()
        for line in self._lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        for line in self._lines:
            line.close()


@pytest.fixture
def dam() -> Iterator[Dam]:
    with closing(Dam()) as made:
        yield made


@pytest.fixture
def exchange() -> Iterator[str]:
    name = f"test-{uuid4().hex}"
    yield name
    connection = pika.BlockingConnection(pika.URLParameters(settings.RABBITMQ_URL))
    connection.channel().exchange_delete(name)
    connection.close()


def event(size: int = 10) -> Event:
    return Event(
        id=new_id(),
        position=1,
        type="task.created",
        version=1,
        subject="task/1",
        organization="hotel",
        organization_id=new_id(),
        occurred_at=datetime.now(UTC),
        correlation_id="",
        data={"text": "x" * size},
    )


@pytest.mark.parametrize(
    ("is_open", "count", "size"),
    [
        pytest.param(True, 1, 10, id="no answer on a line that was open"),
        pytest.param(True, 200, 100_000, id="the line is full"),
        pytest.param(False, 1, 10, id="no greeting"),
    ],
)
def test_a_broker_that_takes_nothing_is_given_up_and_tried_again(
    dam: Dam, exchange: str, monkeypatch: pytest.MonkeyPatch, is_open: bool, count: int, size: int
) -> None:
    monkeypatch.setattr(rabbitmq, "_PATIENCE", 1.0)
    monkeypatch.setattr(rabbitmq, "_WHOLE_PATIENCE", 1.5)
    with closing(RabbitMQ(dam.url, exchange)) as bus, buses.queue(exchange) as heard:
        if is_open:
            assert bus.send([event()]) == 1
        dam.is_shut.set()
        begun = time.monotonic()
        with pytest.raises(NotSent) as refused:
            bus.send([event(size) for _ in range(count)])
        assert time.monotonic() - begun < 8
        assert refused.value.taken == 0
        dam.is_shut.clear()
        assert bus.send([event()]) == 1
        assert len(heard.take(1 + is_open)) == 1 + is_open


def test_a_line_that_says_nothing_can_be_let_go(
    dam: Dam, exchange: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rabbitmq, "_PATIENCE", 1.0)
    bus = RabbitMQ(dam.url, exchange)
    bus.send([event()])
    dam.is_shut.set()
    begun = time.monotonic()
    bus.close()
    assert time.monotonic() - begun < 8
