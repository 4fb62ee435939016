"""The logs decide: what a void takes back, and what the rebuild takes for true."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.models import Organization
from scheduling.models import DueState, Occurrence, Schedule
from scheduling.services import rebuild
from tests import factories
from tests.worklogs.conftest import next_due
from worklogs.models import Log
from worklogs.services import logs
from worklogs.services.corrections import correct_log

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
Record = Callable[[int, int], Log]


@pytest.fixture
def floating(scope: Organization) -> Schedule:
    """Monthly from 1 September, counted from the last completion."""
    start = datetime(2026, 9, 1, 6, tzinfo=UTC)
    return factories.schedule(start_at=start, basis="floating")


@pytest.fixture
def on(floating: Schedule) -> Record:
    """Record work on a day."""

    def record(month: int, day: int) -> Log:
        assert floating.resource is not None
        return logs.record_log(
            resource=floating.resource,
            schedule=floating,
            performed_at=datetime(2026, month, day, 9, tzinfo=UTC),
            performed_by=None,
            by=None,
            now=NOW,
        )

    return record


def void(log: Log) -> None:
    correct_log(log=log, changes={}, is_void=True, reason="Wrong lift", by=None, now=NOW)


def next_day(schedule: Schedule) -> date | None:
    moment = next_due(schedule)
    return moment.date() if moment else None


def differences(*, write: bool = False) -> list[tuple[str, object, object]]:
    found = rebuild.rebuild(now=NOW, write=write)
    return [(item.field, item.stored, item.computed) for item in found]


@pytest.mark.parametrize("backlog", ["one_open", "supersede", "stack"])
def test_voiding_an_older_log_leaves_what_later_work_decided(
    floating: Schedule, on: Record, backlog: str
) -> None:
    Schedule.objects.filter(pk=floating.pk).update(backlog=backlog)
    older, newer = on(10, 5), on(11, 5)
    assert next_day(floating) == date(2026, 12, 5)
    void(older)
    assert next_day(floating) == date(2026, 12, 5)
    assert not Occurrence.objects.open().exists()
    assert differences() == []
    void(newer)
    assert next_day(floating) == date(2026, 11, 5)
    assert differences() == []


def test_a_voided_log_in_the_middle_decides_about_nothing(floating: Schedule, on: Record) -> None:
    """Its date was due later than the work that follows it."""
    on(10, 5)
    middle = on(10, 10)
    on(10, 20)
    void(middle)
    assert next_day(floating) == date(2026, 11, 20)
    assert differences() == []


def test_voiding_the_newest_log_reopens_its_date(floating: Schedule, on: Record) -> None:
    on(10, 5)
    void(on(11, 5))
    assert next_day(floating) == date(2026, 11, 5)


def test_a_forged_time_of_performance_is_found_and_mended(floating: Schedule, on: Record) -> None:
    log = on(10, 5)
    stored = DueState.objects.values().get(schedule=floating)
    forged = log.performed_at + timedelta(days=20)
    Occurrence.objects.filter(logs=log).update(performed_at=forged)
    assert differences() == [("performed_at", forged, log.performed_at)]
    assert differences(write=True) == [("performed_at", forged, log.performed_at)]
    assert Occurrence.objects.get(logs=log).performed_at == log.performed_at
    assert DueState.objects.values().get(schedule=floating) == stored
    assert differences() == []


def test_a_forged_status_is_found_and_mended(floating: Schedule, on: Record) -> None:
    log = on(10, 5)
    Occurrence.objects.filter(logs=log).update(
        status="missed", performed_at=None, is_compliant=None
    )
    assert differences(write=True) == [("status", "missed", "done")]
    row = Occurrence.objects.get(logs=log)
    assert (row.status, row.performed_at, row.is_compliant) == ("done", log.performed_at, False)
    assert next_day(floating) == date(2026, 11, 5)
    assert differences() == []


def test_a_log_set_back_to_open_is_found_and_mended(floating: Schedule, on: Record) -> None:
    log = on(10, 5)
    Occurrence.objects.filter(logs=log).update(status="open", performed_at=None, closed_at=None)
    assert differences() == [("status", "open", "done")]
    assert differences(write=True) == [("status", "open", "done")]
    assert next_day(floating) == date(2026, 11, 5)
    assert differences() == []


def test_work_without_a_log_was_not_done(floating: Schedule, on: Record) -> None:
    log = on(10, 5)
    void(log)
    Occurrence.objects.filter(logs=log).update(status="done", performed_at=NOW, closed_at=NOW)
    assert ("status", "done", "open") in differences()
    assert differences(write=True)
    assert next_day(floating) == date(2026, 9, 1)
    assert differences() == []


def test_a_corrected_log_counts_as_corrected(floating: Schedule, on: Record) -> None:
    log = on(10, 5)
    changes = {"performed_at": log.performed_at + timedelta(days=2)}
    correct_log(log=log, changes=changes, reason="Typing error", by=None, now=NOW)
    assert next_day(floating) == date(2026, 11, 7)
    assert differences() == []
