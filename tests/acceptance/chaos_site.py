"""A whole installation for `chaos`: servers and programs of its own, and receivers that know only what they hear."""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Q

from accounts.api import tokens
from accounts.rights import Role
from core.models import OutboxEvent
from core.tenancy import all_tenants, tenant_scope
from integrations.models import Outlet, Publication, PublishedEvent, Webhook
from integrations.services import webhooks
from maintenance_site import services
from scheduling.models import Booking
from tests import factories
from tests.acceptance.chaos_listeners import Follower, Queue, RedisFollower, SocketFollower
from tests.acceptance.trial import database_address
from tests.integrations.receivers import receiving
from worklogs.models import CleaningPlan, Log, WorkOrder, WorkOrderTransition
from worklogs.services import cleaning_plans

_PATIENCE = 600.0


class Answer(NamedTuple):
    """Of the API."""

    status: int
    body: Any


class ChaosSite:
    """Two processes each for pages, sockets and work, own RabbitMQ and Redis, on the database of Django's settings."""

    BROKEN = http.client.HTTPException
    STAYS = 100

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = [int(port) for port in services.free_ports(4)]
        self.programs: dict[str, subprocess.Popen[bytes]] = {}
        self._open = ExitStack()
        self.receiver = self._open.enter_context(receiving())
        self._lock, self._random = threading.Lock(), random.Random(7)

    def __enter__(self) -> "ChaosSite":
        services.FOLDER = self.folder / "servers"
        services.CHOSEN = services.FOLDER / "chosen.env"
        services.NAME = f"chaos-{os.getpid()}"
        self.chosen = services.choices()
        services.start_redis(self.chosen)
        services.start_rabbitmq(self.chosen)
        self.bus = services.addresses(self.chosen)["RABBITMQ_URL"]
        try:
            self._begin()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for name in list(self.programs):
            _kill(self.programs.pop(name))
        self._open.close()
        self.stop_bus(kill=True)
        _end("redis", "redis-server", signal.SIGTERM)

    def _begin(self) -> None:
        """Everything runs, and everybody listens."""
        self._prepare()
        for kind in ("web", "worker", "sockets"):
            for number in (1, 2):
                self._start(f"{kind} {number}")
        for port in self.ports[:2]:
            _until(lambda port=port: self._alive(port))  # type: ignore[misc]
        _until(lambda: Outlet.objects.filter(pk="rabbitmq") and not self._is_publishing())
        self.since = Publication.objects.head()  # a new reader hears of what happens from now on
        self._follow()

    def command(self, number: int, key: str, command: str) -> Answer:
        """One request to one of the web processes, with the key that makes its repetition harmless."""
        body: dict[str, Any] = {}
        if command == "create":
            resource = self.resources[number % len(self.resources)]
            body = {"resource": resource, "title": f"Order {number}", "status": "scheduled"}
        elif command == "assign":
            body = {"assigned_to": str(self.admin.pk)}
        elif command == "hold":
            body = {"reason": "Parts are missing."}
        address = "/api/v1/work-orders" + ("" if command == "create" else f"/{key}/{command}")
        return self._post(address, body, f"{number}-{command}")

    def tell_booking(self, stay: int, name: str, step: int) -> None:
        """What a booking system puts on the bus; when the bus is away it tries again."""
        begin, end = self.began - timedelta(days=2), self.began + timedelta(hours=5)
        told = self.began - timedelta(hours=1) + timedelta(minutes=step)
        event: dict[str, Any] = {
            **{"specversion": "1.0", "id": f"{stay}-{name}", "source": "booking-service"},
            **{"type": name, "time": told.isoformat()},
            **{"organization": self.organization.slug, "datacontenttype": "application/json"},
        }
        event["data"] = {
            **{"booking_reference": f"stay-{stay}", "venue_id": f"venue-{stay}"},
            **{"starts_at": begin.isoformat(), "ends_at": end.isoformat()},
        }
        self.queue.tell(name, event)

    def kill(self, name: str) -> None:
        """With -9, and start it again."""
        _kill(self.programs[name])
        self._start(name)

    def stop_bus(self, *, kill: bool) -> None:
        """In good order, or not."""
        _end("rabbitmq", "beam.smp", signal.SIGKILL if kill else signal.SIGTERM)

    def start_bus(self) -> None:
        """With what it had."""
        services.start_rabbitmq(self.chosen)

    def kill_redis(self) -> None:
        """With everything it had."""
        _end("redis", "redis-server", signal.SIGKILL)

    def start_redis(self) -> None:
        """Empty."""
        services.start_redis(self.chosen)

    def answer(self, status: int) -> None:
        """What the receiver of the webhook says from now on."""
        self.receiver.status = status

    def settle(self) -> None:
        """Until everything is handled, published and taken by everybody."""
        _until(self._is_settled)
        self.queue.drain()
        with all_tenants(reason="acceptance"):
            rows = PublishedEvent.objects.after(self.since)
            newest = [str(pk) for pk in rows.values_list("pk", flat=True)][-1:]
        _until(lambda: all(one.heard[-1:] == newest for one in self.followers.values()))

    def published(self) -> dict[str, Any]:
        """Every public event of the trial by its id, in order, as the replay tells them to a client of the API."""
        found = {str(event["id"]): event for event in self._replay(f"{self.since:020d}")}
        with all_tenants(reason="acceptance"):
            assert len(found) == PublishedEvent.objects.after(self.since).count()
        return found

    def heard(self) -> dict[str, list[str]]:
        """The ids that each receiver heard, in the order in which they came."""
        live = {name: one.heard for name, one in self.followers.items()}
        return {"rabbitmq": self.queue.heard, "webhook": self.receiver.taken, **live}

    def fetched(self) -> dict[str, int]:
        """How many of their events those who hear live had to ask for."""
        return {name: one.fetched for name, one in self.followers.items()}

    def wrong_effects(self, keys: list[str], commands: tuple[str, ...]) -> list[str]:
        """What does not stand in the database exactly once."""
        wanted = ["report", *commands[1:]]
        with tenant_scope(self.organization.pk):
            rows = WorkOrderTransition.objects.order_by("work_order", "step")
            stories: dict[str, list[str]] = {}
            for key, command in rows.values_list("work_order_id", "command"):
                stories.setdefault(str(key), []).append(command)
            bad = [key for key in keys if stories.get(key) != wanted]
            cleaned = WorkOrder.objects.filter(task_type="checkout_cleaning").count()
            extra = sum(1 for key, story in stories.items() if story == wanted) - len(keys)
            logs = Log.objects.count()
            stays = Booking.objects.filter(source="booking-service", status="completed").count()
        return [
            *([f"{len(bad)} orders moved otherwise, such as {stories.get(bad[0])}"] if bad else []),
            *([f"{extra} orders were made twice"] if extra else []),
            *([f"{logs} logs instead of {len(keys)}"] if logs != len(keys) else []),
            *([f"{stays} stays are over instead of {self.STAYS}"] if stays != self.STAYS else []),
            *([f"{cleaned} cleanings instead of {self.STAYS}"] if cleaned != self.STAYS else []),
        ]

    def _prepare(self) -> None:
        self.began = datetime.now(UTC)
        self.organization = factories.organization(slug="chaos", name="Chaos")
        self.admin = factories.user(self.organization, role=Role.ADMIN)
        with tenant_scope(self.organization.pk):
            self.resources = [str(factories.resource().pk) for _ in range(20)]
            rooms = factories.resource_type()
            for stay in range(self.STAYS):
                factories.resource(type=rooms, external_id=f"venue-{stay}")
            plan = CleaningPlan(title="Checkout", on_event="booking.completed", resource_type=rooms)
            cleaning_plans.create_plan(plan, by=None, now=self.began)
        self.token = tokens.issue(self.admin).access
        self.variables = {
            **os.environ,
            **{
                "DATA_DIR": str(self.folder),
                "DATABASE_URL": database_address(),
                "LOG_LEVEL": "WARNING",
            },
            **{"REDIS_URL": services.addresses(self.chosen)["REDIS_URL"], "CELERY_BROKER_URL": ""},
            "RABBITMQ_URL": self.bus,
            **dict.fromkeys(("API_RATE_USER", "API_RATE_TENANT"), "1000000/min"),
        }
        self._subscribe()

    def _subscribe(self) -> None:
        """Who hears everything: a queue on the bus, and the receiver of a webhook."""
        self.queue = Queue(self.bus)
        with tenant_scope(self.organization.pk):
            hook = Webhook(name="Everything", url=self.receiver.address)
            webhooks.create_webhook(hook, by=self.admin, now=self.began)

    def _follow(self) -> None:
        """Who hears live: a client of each process with sockets, and a subscriber of Redis."""
        since = f"{self.since:020d}"
        self.followers: dict[str, Follower] = {
            f"socket {transport}": SocketFollower(
                self._replay,
                since=since,
                url=f"http://127.0.0.1:{port}",
                token=self.token,
                transport=transport,
            )
            for port, transport in zip(self.ports[2:], ("websocket", "polling"), strict=True)
        }
        url = services.addresses(self.chosen)["REDIS_URL"]
        self.followers["redis"] = RedisFollower(self._replay, since=since, url=url)

    def _replay(self, after: str) -> list[Any]:
        """As the API tells it; asked again where nobody answers."""
        found: list[Any] = []
        address = f"/api/v1/events?after={after}&page_size=500"
        while address:
            try:
                page = self._get(address)
                found += page["results"]
            except (OSError, self.BROKEN, ValueError, KeyError):
                time.sleep(0.2)
                continue
            _, mark, rest = (page["next"] or "").partition("/api/")
            address = mark + rest
        return found

    def _start(self, name: str) -> None:
        kind, _, number = name.partition(" ")
        command = {
            "worker": "manage.py run_worker",
            "web": f"-m granian --interface wsgi --no-ws --host 127.0.0.1 --port {self.ports[int(number) - 1]} "
            "--blocking-threads 2 maintenance_site.wsgi:application",
            "sockets": f"-m uvicorn --port {self.ports[int(number) + 1]} --ws wsproto --log-level warning "
            "maintenance_site.sockets:application",
        }[kind].split()
        with (self.folder / f"{name}.log").open("ab") as log:
            self.programs[name] = subprocess.Popen(
                [sys.executable, *command],
                cwd=settings.BASE_DIR,
                env=self.variables,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _post(self, address: str, body: dict[str, Any], key: str) -> Answer:
        with self._lock:
            port = self._random.choice(self.ports[:2])
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
            client.request("POST", address, json.dumps(body), headers | {"Idempotency-Key": key})
            answer = client.getresponse()
            return Answer(answer.status, json.loads(answer.read() or b"{}"))
        except ValueError as error:  # the answer broke off
            raise http.client.HTTPException("broken off") from error
        finally:
            client.close()

    def _get(self, address: str) -> Any:
        with self._lock:
            port = self._random.choice(self.ports[:2])
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            client.request("GET", address, headers={"Authorization": f"Bearer {self.token}"})
            return json.loads(client.getresponse().read())
        finally:
            client.close()

    def _alive(self, port: int) -> bool:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            client.request("GET", "/health/live")
            return client.getresponse().status == 200
        except OSError:
            return False
        finally:
            client.close()

    def _is_settled(self) -> bool:
        head = Publication.objects.head()
        with tenant_scope(self.organization.pk):
            stays = Booking.objects.filter(source="booking-service", status="completed").count()
            hook = Webhook.objects.get()
            soon = datetime.now(UTC) + timedelta(seconds=10)
            if hook.failing_since and hook.next_at > soon:  # as a person would: "try now"
                webhooks.retry(hook, by=self.admin, now=datetime.now(UTC))
            left = webhooks.waiting(hook)
        behind = Outlet.objects.filter(position__lt=head)
        with all_tenants(reason="acceptance"):
            waiting = OutboxEvent.objects.filter(Q(finished_at=None) | Q(awaits_publication=True))
            is_told = not behind.exists() and not waiting.exists()
        return stays == self.STAYS and left == 0 and is_told

    def _is_publishing(self) -> bool:
        with all_tenants(reason="acceptance"):
            return bool(OutboxEvent.objects.to_publish().exists())


def _end(server: str, program: str, how: signal.Signals) -> None:
    services.end(services.pid_in(services.FOLDER / server / "pid"), program, how)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """The program and everything it started, with -9."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            sys.exit("It did not settle in time.")
        time.sleep(0.3)
