"""Runs of the due check: at each organisation's hour, once, resumed, in batches of constant cost."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization
from core.tenancy import tenant_scope
from scheduling.models import DueCheckRun, DueState, Occurrence, Schedule
from scheduling.services import due_check
from tests import factories
from tests.scheduling.conftest import utc


def hours_until_run(organization: Organization, start: Any, hours: int) -> list[Any]:
    """The moments, hour by hour, at which the sweep finished a run of the organisation."""
    found = []
    for step in range(hours):
        now = start + timedelta(hours=step)
        if due_check.run_due_organizations(now=now):
            found.append(now)
    return found


def test_each_organisation_at_its_hour_once_a_day(organization: Organization) -> None:
    """06:00 in Berlin: 05:00 UTC in winter and 04:00 UTC from 29 March on."""
    start = utc(2026, 3, 27, 12)
    assert hours_until_run(organization, start, 72) == [
        utc(2026, 3, 28, 5),
        utc(2026, 3, 29, 4),
        utc(2026, 3, 30, 4),
    ]
    with tenant_scope(organization.pk):
        runs = list(DueCheckRun.objects.order_by("period").values_list("period", "trigger"))
    assert [(str(day), trigger) for day, trigger in runs] == [
        ("2026-03-28", "daily"),
        ("2026-03-29", "daily"),
        ("2026-03-30", "daily"),
    ]


def test_organisations_without_scheduling_are_left_alone(organization: Organization) -> None:
    Organization.objects.filter(pk=organization.pk).update(maintenance_scheduling_enabled=False)
    assert hours_until_run(organization, utc(2026, 3, 27), 48) == []


def test_after_days_of_downtime_there_is_one_run(organization: Organization) -> None:
    due_check.run_due_organizations(now=utc(2026, 3, 1))
    assert hours_until_run(organization, utc(2026, 3, 9, 12), 12) == [utc(2026, 3, 9, 12)]


def test_a_changed_hour_gives_no_second_run_on_that_day(organization: Organization) -> None:
    due_check.run_due_organizations(now=utc(2026, 3, 1))
    assert due_check.run_due_organizations(now=utc(2026, 3, 2, 5)) == 1
    Organization.objects.filter(pk=organization.pk).update(check_hour=12, next_check_at=None)
    assert hours_until_run(organization, utc(2026, 3, 2, 6), 48) == [utc(2026, 3, 3, 11)]


def test_an_abandoned_run_is_resumed_when_its_lease_is_over(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker dies after the first batch; the next sweep after the lease does the rest, as of the same moment."""
    monkeypatch.setattr(due_check, "BATCH", 2)
    with tenant_scope(organization.pk):
        for _ in range(5):
            factories.schedule(start_at=utc(2026, 3, 2))
    due_check.run_due_organizations(now=utc(2026, 3, 1))
    original, calls = due_check._one_batch, iter(range(100))

    def dying(run: DueCheckRun, **values: Any) -> int | None:
        if next(calls) == 1:
            raise KeyboardInterrupt
        return original(run, **values)

    monkeypatch.setattr(due_check, "_one_batch", dying)
    now = utc(2026, 3, 2, 5)
    with pytest.raises(KeyboardInterrupt):
        due_check.run_due_organizations(now=now)
    assert due_check.run_due_organizations(now=now + timedelta(minutes=1)) == 0
    assert due_check.run_due_organizations(now=now + timedelta(minutes=10)) == 1
    with tenant_scope(organization.pk):
        run = DueCheckRun.objects.get()
        assert (run.as_of, run.checked, run.due_today) == (now, 5, 5)
        assert run.finished_at is not None
        assert Occurrence.objects.count() == 5


def _queries_of_a_check(organization: Organization, count: int, **values: Any) -> int:
    for _ in range(count):
        factories.schedule(start_at=utc(2026, 3, 2), **values)
    with CaptureQueriesContext(connection) as queries:
        run = due_check.check_now(organization=organization, by=None, now=utc(2026, 3, 2))
    assert run.checked == count
    return len(queries)


@pytest.mark.parametrize("backlog", ["one_open", "stack"])
def test_a_batch_costs_the_same_for_any_number_of_schedules(
    scope: Organization, backlog: str
) -> None:
    few = _queries_of_a_check(scope, 3, backlog=backlog)
    many = _queries_of_a_check(scope, 50, backlog=backlog)
    assert few == many
    assert many <= 30


def test_nothing_due_costs_a_handful_of_queries(
    scope: Organization, django_assert_max_num_queries: Any
) -> None:
    factories.schedule(start_at=utc(2026, 9, 1))
    with django_assert_max_num_queries(10):
        due_check.check_now(organization=scope, by=None, now=utc(2026, 3, 2))


def test_another_organisation_is_not_touched(
    organization: Organization, stranger: Organization
) -> None:
    with tenant_scope(stranger.pk):
        theirs = factories.schedule(start_at=utc(2026, 3, 2))
    with tenant_scope(organization.pk):
        factories.schedule(start_at=utc(2026, 3, 2))
        run = due_check.check_now(organization=organization, by=None, now=utc(2026, 3, 2))
        assert run.checked == 1
    with tenant_scope(stranger.pk):
        assert not Occurrence.objects.filter(schedule=theirs).exists()
        assert DueState.objects.needing_attention(now=utc(2026, 3, 2)).count() == 1
        assert Schedule.objects.count() == 1


def broken(monkeypatch: pytest.MonkeyPatch, *schedules: Schedule) -> None:
    """Computing the dates of these schedules raises."""
    original, ids = due_check._advance, {schedule.pk for schedule in schedules}

    def advance(case: Any, run: DueCheckRun) -> Any:
        found = original(case, run)
        if case.schedule.pk in ids:
            raise ArithmeticError("out of range")
        return found

    monkeypatch.setattr(due_check, "_advance", advance)


def test_a_schedule_that_cannot_be_computed_holds_up_no_other(
    organization: Organization, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(due_check, "BATCH", 3)
    with tenant_scope(organization.pk):
        made = [factories.schedule(start_at=utc(2026, 3, 2, 7)) for _ in range(7)]
        broken(monkeypatch, made[1], made[5])
    due_check.run_due_organizations(now=utc(2026, 3, 1))
    assert due_check.run_due_organizations(now=utc(2026, 3, 2, 5)) == 1
    with tenant_scope(organization.pk):
        run = DueCheckRun.objects.get()
        assert run.finished_at is not None
        assert (run.checked, run.opened, run.due_today) == (5, 5, 5)
        assert Occurrence.objects.count() == 5
        waiting = DueState.objects.needing_attention(now=utc(2026, 3, 2, 5))
        assert {state.schedule_id for state in waiting} == {made[1].pk, made[5].pk}
    assert str(made[1].pk) in caplog.text
    monkeypatch.undo()
    assert due_check.run_due_organizations(now=utc(2026, 3, 3, 5)) == 1
    with tenant_scope(organization.pk):
        assert Occurrence.objects.count() == 7


def test_a_fault_in_one_organisation_stops_no_other(
    organization: Organization, stranger: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in (organization, stranger):
        with tenant_scope(one.pk):
            factories.schedule(start_at=utc(2026, 3, 2, 7))
    due_check.run_due_organizations(now=utc(2026, 3, 1))
    original = due_check._one_by_one

    def failing(run: DueCheckRun, *values: Any, **named: Any) -> Any:
        if run.organization_id == organization.pk:
            raise ConnectionError("gone")
        return original(run, *values, **named)

    one_batch = due_check._one_batch

    def batch(run: DueCheckRun, **values: Any) -> Any:
        if run.organization_id == organization.pk:
            raise ConnectionError("gone")
        return one_batch(run, **values)

    monkeypatch.setattr(due_check, "_one_by_one", failing)
    monkeypatch.setattr(due_check, "_one_batch", batch)
    now = utc(2026, 3, 2, 5)
    assert due_check.run_due_organizations(now=now) == 1
    with tenant_scope(stranger.pk):
        assert DueCheckRun.objects.get().finished_at is not None
    with tenant_scope(organization.pk):
        assert DueCheckRun.objects.get().finished_at is None
    monkeypatch.undo()
    assert due_check.run_due_organizations(now=now + timedelta(minutes=1)) == 0
    assert due_check.run_due_organizations(now=now + due_check.LEASE + timedelta(minutes=1)) == 1
    with tenant_scope(organization.pk):
        assert DueCheckRun.objects.get().checked == 1
