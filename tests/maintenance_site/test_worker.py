"""`run_worker`: ends politely, survives its database, shares the work."""

import os
import re
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import InterfaceError, OperationalError, connection

import tests.flush  # noqa: F401
from accounts.models import Organization
from core import lanes
from core.lanes import Group, Lane
from core.models import SweepState
from core.services import background
from tests import factories
from tests.maintenance_site.site_processes import (
    PATIENCE_SECONDS,
    PROGRAM,
    environment,
    request_letters,
    running,
    unfinished,
    until,
)
from tests.threads import in_threads, shared_database

WORKER = ["manage.py", "run_worker"]
READY = "The worker runs."


@pytest.fixture
def _on_disk(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    with shared_database(tmp_path):
        yield


@pytest.fixture
def _signals() -> Iterator[None]:
    """The test run keeps its own handlers."""
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def let_run(monkeypatch: pytest.MonkeyPatch, **work: lanes.Round) -> None:
    """The worker has these lanes only."""
    found = [Lane(name, Group.WORK, 0.01, one) for name, one in work.items()]
    monkeypatch.setattr(lanes, "of_groups", lambda groups: found)


def mails(folder: Path) -> list[str]:
    """Whom everything that was sent greets."""
    found = []
    for file in (folder / "mail").glob("*.log"):
        for part in file.read_bytes().split(b"-" * 79):
            if part.strip():
                found += re.findall(r"^Hello ([^,]+),$", part.decode(), re.MULTILINE)
    return sorted(found)


@pytest.mark.usefixtures("_signals", "transactional_db")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_round_under_way_is_finished(
    monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    rounds: list[str] = []

    def work(clock: object) -> int:
        rounds.append("begun")
        os.kill(os.getpid(), number)
        rounds.append("finished")
        return 1

    let_run(monkeypatch, work=work)
    call_command("run_worker")
    assert rounds == ["begun", "finished"]


@pytest.mark.usefixtures("_signals", "transactional_db")
@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_lost_database_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    outcomes = [error("gone"), error("gone"), None]

    def work(clock: object) -> int:
        outcome = outcomes.pop(0)
        if outcome is not None:
            raise outcome
        os.kill(os.getpid(), signal.SIGTERM)
        return 0

    let_run(monkeypatch, work=work)
    monkeypatch.setattr(lanes, "PAUSE_AFTER_FAILURE_SECONDS", 0.01)
    call_command("run_worker")
    assert outcomes == []


@pytest.mark.usefixtures("_signals", "transactional_db")
def test_short_work_goes_on_during_long_work(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: list[str] = []
    several = threading.Event()

    def work(clock: object) -> int:
        rounds.append("short")
        if len(rounds) == 3:
            several.set()
            os.kill(os.getpid(), signal.SIGTERM)
        return 1

    def long_work(clock: object) -> int:
        assert several.wait(PATIENCE_SECONDS)
        rounds.append("long finished")
        return 1

    let_run(monkeypatch, work=work, long_work=long_work)
    call_command("run_worker")
    assert rounds[:3] == ["short", "short", "short"]
    assert rounds[-1] == "long finished"


@pytest.mark.usefixtures("_signals", "transactional_db")
def test_a_fault_of_long_work_ends_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(clock: object) -> int:
        raise RuntimeError("no luck")

    let_run(monkeypatch, work=lambda clock: 0, long_work=fail)
    with pytest.raises(RuntimeError, match="no luck"):
        call_command("run_worker")


def test_once_does_one_round_and_says_when_it_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: list[int] = []

    def work(clock: object) -> int:
        rounds.append(1)
        return 1

    monkeypatch.setattr(background, "work", work)
    monkeypatch.setattr(background, "long_work", work)
    call_command("run_worker", "--once")
    assert rounds == [1, 1]

    def fail(clock: object) -> int:
        raise OperationalError("gone")

    monkeypatch.setattr(background, "work", fail)
    with pytest.raises(OperationalError):
        call_command("run_worker", "--once")


@pytest.mark.usefixtures("_on_disk")
def test_two_workers_share_the_work_and_end_when_told(
    organization: Organization, tmp_path: Path
) -> None:
    person, data = factories.user(organization), tmp_path / "data"
    names = [f"Letter {number:02}" for number in range(30)]
    values = environment(data)
    logs = [tmp_path / "one.log", tmp_path / "two.log"]
    with (
        running(WORKER, values, logs[0], ready=READY) as one,
        running(WORKER, values, logs[1], ready=READY) as two,
    ):
        for start in range(0, 30, 5):
            request_letters(person, names[start : start + 5])
        until(lambda: unfinished() == 0 and len(mails(data)) >= 30)
        for worker in (one, two):
            worker.terminate()
        assert (one.wait(PATIENCE_SECONDS), two.wait(PATIENCE_SECONDS)) == (0, 0)
    assert mails(data) == names
    assert all("The worker has stopped." in log.read_text() for log in logs)
    assert not any('"level": "error"' in log.read_text() for log in logs)


@pytest.mark.usefixtures("_on_disk")
def test_rounds_at_once_are_harmless(organization: Organization, tmp_path: Path) -> None:
    """Two ticks, or a tick during a long round: everything is done once."""
    from django.utils import timezone

    person = factories.user(organization)
    request_letters(person, [f"Letter {number}" for number in range(20)])
    _, errors = in_threads(3, lambda _: background.work(timezone.now))
    assert errors == []
    assert unfinished() == 0


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_worker_goes_on_when_the_database_is_back(
    organization: Organization, tmp_path: Path
) -> None:
    person, data = factories.user(organization), tmp_path / "data"
    log = tmp_path / "worker.log"
    with running(WORKER, environment(data), log, ready=READY) as worker:
        for name in ("Before", "After"):
            request_letters(person, [name])
            until(lambda: name in mails(data) and unfinished() == 0)  # noqa: B023
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND application_name = %s",
                    [PROGRAM],
                )
                assert cursor.fetchall()
            SweepState.objects.update(leased_until=None)  # had it a job in hand, its lease is over
        assert worker.poll() is None
    assert mails(data) == ["After", "Before"]
