"""Workers killed at random points lose no alert and send none twice, except the one in flight."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from itertools import count

import pytest
from django.conf import settings

from accounts.models import Organization
from accounts.rights import Role
from core.models import OutboxEvent
from core.tenancy import all_tenants, tenant_scope
from notifications.models import Delivery, Notification
from scheduling.models import DueCheckRun, Occurrence
from tests import factories
from tests.maintenance_site.site_processes import postgresql_address
from tests.notifications.conftest import Sink

PEOPLE, SCHEDULES = 50, 6
KILLS_ANYWHERE, KILLS_IN_FLIGHT = 10, 10
#: Longer than every lease, so that the next worker takes over what the dead one held.
PAUSE = timedelta(minutes=16)


class Workers:
    """Starts workers by way of one process that has everything loaded."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def start(self, clock: datetime) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{clock.isoformat()}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


class Victim:
    """A worker that is killed while its n-th mail is under way: before the server took it, or before it said so."""

    def __init__(self, mails: int, *, taken: bool) -> None:
        self.process = 0
        self.killed = threading.Event()
        self._mails, self._taken = mails, taken

    def meet(self) -> bool:
        """Called by the mail server for each mail; answers whether it takes the mail."""
        self._mails -= 1
        if self._mails == 0:
            os.kill(self.process, signal.SIGKILL)
            self.killed.set()
        return self._mails > 0 or self._taken


@contextmanager
def workers(smtp: Sink) -> Iterator[Workers]:
    """Ready to start."""
    environment = {
        **os.environ,
        "DATABASE_URL": postgresql_address("victim"),
        "SMTP_URL": f"smtp://127.0.0.1:{smtp.port}",
        "CELERY_BROKER_URL": "",
        "REDIS_URL": "",
        "DJANGO_SETTINGS_MODULE": "maintenance_site.settings",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.notifications.workers"],
        env=environment,
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            yield Workers(process)
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # and any worker that an error left alive


@pytest.fixture
def due(organization: Organization, now: datetime) -> int:
    """Work that is due today on resources of thirty people; returns how much."""
    with tenant_scope(organization.pk):
        kind = factories.resource_type()
        for _ in range(PEOPLE):
            owner = factories.user(organization, role=Role.TECHNICIAN)
            factories.resource(now=now, type=kind, owner=owner)
        for number in range(SCHEDULES):
            factories.schedule(
                now=now - timedelta(days=30),
                resource_type=kind,
                title=f"Work {number}.",
                start_at=now,
            )
        OutboxEvent.objects.all().delete()
    Organization.objects.filter(pk=organization.pk).update(next_check_at=now)
    return PEOPLE * SCHEDULES


def is_finished() -> bool:
    """Whether checked, told and sent are all that was due."""
    with all_tenants(reason="the test looks at everything"):
        return (
            DueCheckRun.objects.filter(finished_at__isnull=False).exists()
            and not OutboxEvent.objects.filter(finished_at=None).exists()
            and not Delivery.objects.exclude(state="sent").exists()
        )


def kill(worker: int) -> None:
    """At once, as a power cut would; and wait until its transaction is gone."""
    with suppress(ProcessLookupError):
        os.kill(worker, signal.SIGKILL)
    time.sleep(0.02)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_twenty_kills_lose_nothing_and_repeat_only_what_was_in_flight(
    organization: Organization, due: int, now: datetime, smtp: Sink
) -> None:
    chance = random.Random(20)
    clocks = (now + number * PAUSE for number in count())
    with workers(smtp) as some:
        for _ in range(KILLS_ANYWHERE):  # while it checks, tells, fills digests
            worker = some.start(next(clocks))
            time.sleep(chance.uniform(0.03, 0.35))
            kill(worker)
        for _ in range(KILLS_IN_FLIGHT):  # while the mail server takes a mail
            victim = Victim(chance.randint(1, 3), taken=chance.random() < 0.7)
            smtp.interrupt = victim.meet
            victim.process = some.start(next(clocks))
            assert victim.killed.wait(300)
            kill(victim.process)
        smtp.interrupt = None
        worker, deadline = some.start(next(clocks)), time.monotonic() + 300
        while not is_finished() and time.monotonic() < deadline:
            time.sleep(0.1)
        kill(worker)
    assert is_finished()
    everything_was_told_once(organization, due)
    mails_repeat_only_the_one_in_flight(organization, smtp, due)


def everything_was_told_once(organization: Organization, due: int) -> None:
    with tenant_scope(organization.pk):
        told = Counter(Notification.objects.values_list("object_id", flat=True))
        assert set(told) == set(Occurrence.objects.values_list("pk", flat=True))
        assert len(told) == due
        assert set(told.values()) == {1}
        run = DueCheckRun.objects.get()
        assert (run.checked, run.due_today, run.sent, run.failed) == (due, due, due, 0)


def mails_repeat_only_the_one_in_flight(organization: Organization, smtp: Sink, due: int) -> None:
    arrivals = Counter(mail["Message-ID"].strip() for _, mail in smtp.received)
    with tenant_scope(organization.pk):
        assert set(arrivals) == set(Delivery.objects.values_list("message_id", flat=True))
    assert len(arrivals) >= PEOPLE
    repeated = sum(count - 1 for count in arrivals.values())
    assert 1 <= repeated <= KILLS_IN_FLIGHT + KILLS_ANYWHERE
    carriers: dict[str, set[str]] = defaultdict(set)
    for _, mail in smtp.received:
        part = mail.get_body(("plain",))
        assert part is not None
        for line in part.get_content().splitlines():
            if "Work " in line:
                carriers[line].add(mail["Message-ID"].strip())
    assert len(carriers) == due
    assert all(len(message_ids) == 1 for message_ids in carriers.values())
