"""Celery is a doorbell: it wakes a worker at once, and nothing depends on it."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

import tests.flush  # noqa: F401
from accounts.models import Organization, User
from core import outbox
from core.models import OutboxEvent
from core.tenancy import all_tenants, tenant_scope
from maintenance_site.celery import app
from tests import factories
from tests.maintenance_site.site_processes import (
    PATIENCE_SECONDS,
    environment,
    running,
    unfinished,
    until,
)

PUBLISH = """
import sys, django
django.setup()
from accounts.models import User
from core.tenancy import all_tenants
from tests.maintenance_site.site_processes import request_letters
with all_tenants(reason="test"):
    person = User.objects.select_related("organization").get(pk=sys.argv[1])
for number in range(3):
    request_letters(person, [f"Letter {number}"])
"""
#: What it takes to ring twice: how often the broker is asked, and that nothing is waited for longer than a second.
RING = """
import socket
import time
import django
django.setup()
from core import tasks
tasks.QUIET_SECONDS = 3600

waits = []

class Seen(socket.socket):
    def settimeout(self, seconds):
        waits.append(seconds)
        super().settimeout(seconds)

    def connect(self, address):
        print("asked")
        super().connect(address)

def sleep(seconds):
    waits.append(seconds)

socket.socket, time.sleep = Seen, sleep
for _ in range(2):
    tasks.ring()
    print("rung")
assert set(waits) <= {None, 1}, waits
"""


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("broker", ["REDIS_URL", "CELERY_BROKER_URL"])
def test_a_commit_wakes_a_worker(broker: str, organization: Organization, tmp_path: Path) -> None:
    person = factories.user(organization)
    values = environment(
        *(tmp_path / "data",),
        REDIS_URL=os.environ["REDIS_URL"],
        CELERY_BROKER_URL=os.environ[broker],
        CELERY_QUEUE=f"test-{uuid4().hex}",
    )
    command = ["-m", "celery", "--app", "maintenance_site.celery", "worker", "--concurrency", "1"]
    command += ["--loglevel", "info", "--hostname", f"{uuid4().hex}@test"]
    log = tmp_path / "celery.log"
    with running(command, values, log, ready=" ready.") as worker:
        publish = [sys.executable, "-W", "ignore", "-c", PUBLISH, str(person.pk)]
        subprocess.run(publish, cwd=settings.BASE_DIR, env=values, check=True)
        until(lambda: unfinished() == 0)
        worker.terminate()
        assert worker.wait(PATIENCE_SECONDS) == 0
    with all_tenants(reason="test"):
        events = list(OutboxEvent.objects.filter(name="accounts.mail.requested"))
    assert len(events) == 3  # no beat runs: nothing else could have woken the worker
    assert '"logger": "celery' in log.read_text()  # it logs as the site does


def test_ticks_do_not_pile_up() -> None:
    app.loader.import_default_modules()
    assert app.conf.beat_schedule
    for entry in app.conf.beat_schedule.values():
        assert entry["task"] in app.tasks
        assert entry["options"]["expires"] <= entry["schedule"]


@pytest.fixture(params=["refuses", "is silent"])
def lost_port(request: pytest.FixtureRequest) -> Iterator[int]:
    """A port where nobody listens, or where somebody listens and never answers."""
    with closing(socket.socket()) as server:
        server.bind(("127.0.0.1", 0))
        if request.param == "is silent":
            server.listen()
        yield server.getsockname()[1]


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_a_lost_broker_holds_nobody_up(lost_port: int, scheme: str, tmp_path: Path) -> None:
    values = {**os.environ, "DATA_DIR": str(tmp_path), "DATABASE_URL": "", "REDIS_URL": ""}
    values |= {"CELERY_BROKER_URL": f"{scheme}://127.0.0.1:{lost_port}/", "LOG_FORMAT": "json"}
    values |= {"DJANGO_SETTINGS_MODULE": "maintenance_site.settings"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RING],
        cwd=settings.BASE_DIR,
        env=values,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    # asked once, and not at all by the second
    assert done.stdout.split() == ["asked", "rung", "rung"]
    assert done.stderr.count("the broker does not answer") == 1


@pytest.mark.django_db(transaction=True)
def test_a_request_does_not_fail_with_the_bell(
    organization: Organization, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise RuntimeError("no bell")

    monkeypatch.setattr(outbox, "_bell", fail)
    client = Client()
    with tenant_scope(organization.pk):
        client.force_login(admin)
        lift = factories.resource()
    body = {"title": "Oil", "resource": str(lift.pk), "frequency": "monthly"}
    body |= {"start_at": timezone.now().isoformat()}
    assert client.post("/api/v1/schedules", body, "application/json").status_code == 201
    assert unfinished() > 0
