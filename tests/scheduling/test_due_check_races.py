"""Many due checks at once give the rows of one. Threads with connections of their own."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction

import tests.flush  # noqa: F401
from accounts.models import Organization, User
from accounts.rights import Role
from core.models import OutboxEvent
from core.tenancy import tenant_scope
from scheduling.models import DueCheckRun, DueState, Occurrence, Resource, Schedule
from scheduling.services import (
    cases,
    due_check,
    due_states,
    occurrences,
    resources,
    schedules,
)
from tests import factories
from tests.scheduling.conftest import alerts, assert_rebuilt, utc
from tests.threads import in_threads, shared_database

WORKERS = 8
NOW = utc(2026, 3, 2)
Rows = list[tuple[str, str, str]]


@pytest.fixture
def at_work(
    transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Organization]:
    """Twenty schedules long due and one for a type with ten resources, in batches of four."""
    monkeypatch.setattr(due_check, "BATCH", 4)
    organization = factories.organization()
    with tenant_scope(organization.pk):
        kind = factories.resource_type()
        for _ in range(10):
            factories.resource(type=kind)
        factories.schedule(resource_type=kind, frequency="weekly", start_at=utc(2026, 2, 2))
        for number in range(20):
            backlog = ["one_open", "supersede", "stack"][number % 3]
            factories.schedule(frequency="weekly", start_at=utc(2026, 2, 2), backlog=backlog)
        with shared_database(tmp_path):
            yield organization


def stored_rows() -> Rows:
    found = Occurrence.objects.values_list("schedule", "resource", "occurrence_key", "status")
    return sorted(tuple(map(str, row)) for row in found)  # type: ignore[misc]


def check_in_scope(organization: Organization) -> DueCheckRun:
    with tenant_scope(organization.pk):
        return due_check.check_now(organization=organization, by=None, now=NOW)


def expected_rows(organization: Organization) -> tuple[Rows, list[tuple[str, str]]]:
    """What one check alone gives; everything is put back."""
    check_in_scope(organization)
    found, told = stored_rows(), sorted(alerts())
    Occurrence.objects.all().delete()
    DueState.objects.all().delete()
    OutboxEvent.objects.all().delete()
    with transaction.atomic():
        for schedule in Schedule.objects.all():
            due_states.synchronise(schedule, by=None, now=NOW, from_start=True)
    return found, told


def test_eight_checks_at_once_give_the_rows_of_one(at_work: Organization) -> None:
    expected, told = expected_rows(at_work)
    runs, errors = in_threads(WORKERS, lambda _: check_in_scope(at_work))
    assert errors == []
    assert stored_rows() == expected
    assert sorted(alerts()) == told
    assert sum(run.checked for run in runs) == DueState.objects.count() == 30
    assert_rebuilt(NOW)


@pytest.mark.postgres
def test_the_race_is_real(
    at_work: Organization, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Without the lock, checks stumble over each other's rows or tell people twice."""
    expected, told = expected_rows(at_work)
    monkeypatch.setattr(cases, "lock", lambda schedules, **_: set(schedules))
    _, errors = in_threads(WORKERS, lambda _: check_in_scope(at_work))
    stumbled = "is done one by one" in caplog.text
    assert stumbled or errors or sorted(alerts()) != told or stored_rows() != expected


def test_edits_and_logs_during_checks(at_work: Organization) -> None:
    """Planners pause and change, technicians log, the check runs: nobody is refused, all rows fit together."""
    planner: User = factories.user(at_work, role=Role.ADMIN)
    chosen = list(Schedule.objects.filter(resource__isnull=False).order_by("pk")[:6])
    wide = Schedule.objects.get(resource=None)

    def act(number: int) -> None:
        with tenant_scope(at_work.pk):
            if number < 3:
                due_check.check_now(organization=at_work, by=None, now=NOW)
            elif number == 3:
                schedules.pause_schedule(chosen[0], reason="Race", by=planner, now=NOW)
            elif number == 4:
                changes = {"tolerance_days": 2, "advance_notice_days": 3}
                schedules.update_schedule(wide, changes, by=planner, now=NOW)
            elif number == 5:
                lift = Resource.objects.filter(type__isnull=False).order_by("pk")[0]
                resources.update_resource(lift, {"time_zone": "Asia/Tokyo"}, by=planner, now=NOW)
            else:
                log(chosen[number - 4])

    def log(schedule: Schedule) -> None:
        assert schedule.resource_id is not None
        occurrences.complete(
            schedule_id=schedule.pk,
            resource_id=schedule.resource_id,
            performed_at=NOW,
            by=planner,
            now=NOW + timedelta(minutes=1),
        )

    _, errors = in_threads(WORKERS, act)
    assert errors == []
    check_in_scope(at_work)
    assert_rebuilt(NOW)


def test_the_daily_run_of_an_organisation_exists_once(at_work: Organization) -> None:
    Organization.objects.filter(pk=at_work.pk).update(next_check_at=NOW)
    finished, errors = in_threads(WORKERS, lambda _: due_check.run_due_organizations(now=NOW))
    assert errors == []
    assert (sum(finished), DueCheckRun.objects.filter(trigger="daily").count()) == (1, 1)
