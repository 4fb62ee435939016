"""Recording work: what it does to the due dates, what is refused, what happens once."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from accounts.models import Organization, User
from accounts.rights import Role
from core.errors import Conflict, DomainError, Invalid, NotAllowed
from core.models import AuditEntry, OutboxEvent
from core.tenancy import CrossTenantWrite, tenant_scope
from scheduling.models import Occurrence, Schedule
from scheduling.services import rebuild, schedules
from tests import factories
from tests.worklogs.conftest import next_due, upload
from worklogs.models import Log
from worklogs.services import logs

BERLIN = ZoneInfo("Europe/Berlin")


def berlin(month: int, day: int, hour: int = 8, minute: int = 0, *, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


LATER = berlin(12, 31)

# Monthly from 31 January. `tolerance` days on both sides; done on `day`; what it counts as, and what is due next.
FIXED = [
    # due 31 January, nothing logged before
    ("on the day", 0, (1, 31), "satisfied", True, (2, 28)),
    ("early on the day", 0, (1, 31, 0, 1), "satisfied", True, (2, 28)),
    ("one day early, no tolerance", 0, (1, 30), "extra", None, (1, 31)),
    ("inside, early", 3, (1, 28), "satisfied", True, (2, 28)),
    ("before the tolerance", 3, (1, 27), "extra", None, (1, 31)),
    ("inside, late", 3, (2, 3), "satisfied", True, (2, 28)),
    ("after the tolerance", 3, (2, 4), "satisfied", False, (2, 28)),
    ("late without tolerance", 0, (2, 1), "satisfied", False, (2, 28)),
]


@pytest.mark.parametrize(("what", "tolerance", "day", "effect", "compliant", "next_"), FIXED)
def test_fixed_plan(
    scope: Organization,
    what: str,
    tolerance: int,
    day: tuple[int, ...],
    effect: str,
    compliant: bool | None,
    next_: tuple[int, int],
) -> None:
    """A late completion never shifts the series; early work is extra unless it lies inside the tolerance."""
    schedule = factories.schedule(tolerance_days=tolerance)
    log = logs.record_log(
        resource=schedule.resource,  # type: ignore[arg-type]
        schedule=schedule,
        performed_at=berlin(*day),
        performed_by=None,
        by=None,
        now=LATER,
    )
    assert log.effect == effect, what
    assert (log.occurrence.is_compliant if log.occurrence else None) is compliant
    assert next_due(schedule) == berlin(*next_)
    assert list(rebuild.rebuild(now=LATER, write=False)) == []


FLOATING = [
    ("on the day", 0, (1, 31), True, (2, 28)),
    ("early counts by default", 0, (1, 20), False, (2, 20)),
    ("inside", 3, (1, 29), True, (2, 28)),  # 29 February does not exist: clamped
    ("late", 0, (2, 10), False, (3, 10)),
]


@pytest.mark.parametrize(("what", "tolerance", "day", "compliant", "next_"), FLOATING)
def test_floating_plan(
    scope: Organization,
    what: str,
    tolerance: int,
    day: tuple[int, int],
    compliant: bool,
    next_: tuple[int, int],
) -> None:
    """The next date counts from the local date of the work."""
    schedule = factories.schedule(basis="floating", tolerance_days=tolerance)
    log = logs.record_log(
        resource=schedule.resource,  # type: ignore[arg-type]
        schedule=schedule,
        performed_at=berlin(*day),
        performed_by=None,
        by=None,
        now=LATER,
    )
    assert log.effect == "satisfied", what
    assert log.occurrence is not None
    assert log.occurrence.is_compliant is compliant
    assert next_due(schedule) == berlin(*next_)


def test_early_work_counts_when_the_person_says_so(scope: Organization) -> None:
    schedule = factories.schedule()
    early: dict[str, Any] = {
        "resource": schedule.resource,
        "schedule": schedule,
        "performed_by": None,
        "by": None,
    }
    log = logs.record_log(**early, performed_at=berlin(1, 20), counts=True, now=LATER)
    assert (log.effect, next_due(schedule)) == ("satisfied", berlin(2, 28))
    floating = factories.schedule(basis="floating")
    early |= {"resource": floating.resource, "schedule": floating}
    log = logs.record_log(**early, performed_at=berlin(1, 20), counts=False, now=LATER)
    assert (log.effect, next_due(floating)) == ("extra", berlin(1, 31))


@pytest.mark.parametrize(
    ("backlog", "statuses", "next_"),
    [
        ("one_open", {"done": 1, "missed": 1}, (3, 31)),
        ("supersede", {"superseded": 1, "done": 1}, (3, 31)),
        ("stack", {"done": 1, "open": 1}, (2, 28)),
    ],
)
def test_late_work_under_each_backlog_policy(
    scope: Organization, backlog: str, statuses: dict[str, int], next_: tuple[int, int]
) -> None:
    """Nothing was done until 5 March: two dates had come, and the policy says what becomes of them."""
    schedule = factories.schedule(backlog=backlog)
    logs.record_log(
        resource=schedule.resource,  # type: ignore[arg-type]
        schedule=schedule,
        performed_at=berlin(3, 5),
        performed_by=None,
        by=None,
        now=LATER,
    )
    rows = Occurrence.objects.filter(schedule=schedule)
    found = {status: rows.filter(status=status).count() for status in statuses}
    assert (found, rows.count()) == (statuses, sum(statuses.values()))
    assert next_due(schedule) == berlin(*next_)
    assert list(rebuild.rebuild(now=LATER, write=False)) == []


def test_twice_on_one_day_changes_nothing_more(
    schedule: Schedule, done: Callable[..., Log]
) -> None:
    first = done(performed_at=berlin(1, 31, 9), now=LATER)
    second = done(performed_at=berlin(1, 31, 17), now=LATER)
    assert (first.effect, second.effect) == ("satisfied", "repeat")
    assert second.occurrence is None
    assert next_due(schedule) == berlin(2, 28)


def test_the_day_is_the_local_one(schedule: Schedule, done: Callable[..., Log]) -> None:
    """23:30 UTC on 30 January is the 31st in Berlin."""
    log = done(performed_at=datetime(2026, 1, 30, 23, 30, tzinfo=UTC), now=LATER)
    assert log.effect == "satisfied"
    assert log.occurrence is not None
    assert log.occurrence.is_compliant


def test_the_date_that_was_picked(schedule: Schedule, done: Callable[..., Log]) -> None:
    log = done(performed_at=berlin(1, 20), occurrence_key="2026-01-31T08:00", now=LATER)
    assert log.effect == "satisfied"
    with pytest.raises(Conflict, match="no longer open"):
        done(performed_at=berlin(1, 21), occurrence_key="2026-01-31T08:00", now=LATER)


def test_work_without_schedule(scope: Organization, now: datetime) -> None:
    resource = factories.resource()
    log = logs.record_log(
        resource=resource, performed_at=now, performed_by=None, notes=" Tap ", by=None, now=now
    )
    assert (log.effect, log.schedule, log.notes) == ("extra", None, "Tap")


REFUSED = [
    ({"performed_at": datetime(2026, 3, 4, 6, 6, tzinfo=UTC)}, Invalid, "performed_at"),
    ({"performed_at": datetime(2026, 3, 4, 6, 0)}, Invalid, "performed_at"),  # noqa: DTZ001
    ({"performed_at": datetime(1026, 3, 4, tzinfo=UTC)}, Invalid, "performed_at"),
    ({"issues_found": "some"}, Invalid, None),
    ({"duration_minutes": -1}, Invalid, None),
    ({"external_id": "x" * 101}, Invalid, None),
    ({"notes": "a\x00b"}, Invalid, "notes"),
    ({"schedule": None, "occurrence_key": "2026-01-31T08:00"}, Invalid, "occurrence"),
]


@pytest.mark.parametrize(("values", "error", "field"), REFUSED)
def test_refused_input_leaves_nothing(
    schedule: Schedule,
    done: Callable[..., Log],
    values: dict[str, object],
    error: type[DomainError],
    field: str | None,
) -> None:
    before = next_due(schedule)
    with pytest.raises(error) as refusal:
        done(**values)
    assert refusal.value.field == field
    assert not Log.objects.exists()
    assert next_due(schedule) == before


def test_a_clock_that_runs_ahead_is_forgiven(done: Callable[..., Log], now: datetime) -> None:
    assert done(performed_at=now + timedelta(minutes=5)).pk


def test_resource_that_the_schedule_does_not_cover(done: Callable[..., Log]) -> None:
    with pytest.raises(Conflict, match="does not cover"):
        done(resource=factories.resource())


def test_deleted_schedule(
    schedule: Schedule, done: Callable[..., Log], admin: User, now: datetime
) -> None:
    schedules.delete_schedule(schedule, by=admin, now=now)
    with pytest.raises(Conflict, match="is deleted"):
        done()


def test_paused_schedule_takes_logs(
    schedule: Schedule, done: Callable[..., Log], admin: User, now: datetime
) -> None:
    schedules.pause_schedule(schedule, reason="Renovation", by=admin, now=now)
    assert done().effect == "satisfied"
    assert next_due(schedule) is None


def test_the_same_external_id_changes_nothing(done: Callable[..., Log]) -> None:
    first = done(external_id="DC-1")
    assert done(external_id="DC-1", notes="other") == first
    assert Log.objects.count() == 1


def test_audit_and_event(done: Callable[..., Log], schedule: Schedule) -> None:
    log = done(issues_found="major")
    event = OutboxEvent.objects.get(name="worklogs.log.recorded")
    assert event.payload["log_id"] == str(log.pk)
    assert event.payload["issues_found"] == "major"
    assert event.payload["schedule_id"] == str(schedule.pk)
    entry = AuditEntry.objects.get(object_id=str(log.pk))
    assert entry.action == "create"
    assert entry.changes["hash"] == [None, log.hash]


def test_people_log_what_they_may(
    schedule: Schedule,
    done: Callable[..., Log],
    user_with: Callable[[Role], User],
    admin: User,
) -> None:
    """The right, the schedule assigned, their own work unless they may correct."""
    technician, requester = user_with(Role.TECHNICIAN), user_with(Role.REQUESTER)
    with pytest.raises(NotAllowed, match="role"):
        done(by=requester)
    with pytest.raises(NotAllowed, match="not assigned"):
        done(by=technician, performed_by=technician)
    assert done(by=technician, schedule=None, performed_by=technician).effect == "extra"
    Schedule.objects.filter(pk=schedule.pk).update(assigned_to=technician)
    with pytest.raises(NotAllowed, match="own work"):
        done(by=technician, performed_by=admin)
    assert done(by=technician, performed_by=technician).performed_by == technician
    assert done(by=admin, performed_by=technician).recorded_by == admin


def test_venue_admin_logs_below_what_is_entrusted(
    done: Callable[..., Log], user_with: Callable[[Role], User], schedule: Schedule
) -> None:
    keeper = user_with(Role.VENUE_ADMIN)
    with pytest.raises(NotAllowed, match="cannot see"):
        done(by=keeper)
    keeper.entrustments.create(resource=schedule.resource)  # type: ignore[misc]
    assert done(by=keeper).effect == "satisfied"
    assert Log.objects.visible_to(keeper).count() == 1


def test_rows_of_another_organisation(
    done: Callable[..., Log], stranger: Organization, now: datetime
) -> None:
    with tenant_scope(stranger.pk):
        theirs = factories.resource()
    with pytest.raises(CrossTenantWrite):
        done(resource=theirs, schedule=None)


def test_files_are_linked_and_hashed(
    done: Callable[..., Log], admin: User, now: datetime, user_with: Callable[[Role], User]
) -> None:
    mine, other = upload(admin, now), upload(user_with(Role.TECHNICIAN), now)
    log = done(by=admin, attachments=[mine.pk])
    mine.refresh_from_db()
    assert mine.target_id == log.pk
    assert log.attachment_hashes == [mine.sha256]
    for taken in (mine, other):
        with pytest.raises(Invalid, match="missing or already"):
            done(by=admin, attachments=[taken.pk])


def test_database_refuses_change_and_removal(done: Callable[..., Log]) -> None:
    """Also past the ORM; the rows can only be added to."""
    from django.db import DatabaseError, transaction

    log = done()
    for statement in ("UPDATE worklogs_log SET notes = 'x'", "DELETE FROM worklogs_log"):
        with (
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Log.objects.filter(pk=log.pk).update(notes="x")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        log.delete()
    assert Log.objects.get().notes == ""


def test_many_logs_at_once(schedule: Schedule, now: datetime, admin: User) -> None:
    """In the order of the work, refusals by position, the same again changes nothing."""
    assert schedule.resource is not None
    days = [date(2026, 2, 28), date(2026, 1, 31), date(2027, 1, 1)]
    entries = [
        logs.Entry(
            resource=schedule.resource,
            schedule=schedule,
            performed_at=datetime(day.year, day.month, day.day, 9, tzinfo=UTC),
            external_id=f"E{number}",
        )
        for number, day in enumerate(days)
    ]
    refused: list[int] = []
    result = logs.record_logs(
        entries=entries, by=admin, now=now, on_error=lambda index, _: refused.append(index)
    )
    assert [log.external_id for log in result.logs] == ["E1", "E0"]
    assert ([log.effect for log in result.logs], refused) == (["satisfied"] * 2, [2])
    assert next_due(schedule) == berlin(3, 31)
    again = logs.record_logs(entries=entries[:2], by=admin, now=now)
    assert (again.logs, again.known) == ([], 2)
    with pytest.raises(Invalid):
        logs.record_logs(entries=entries, by=admin, now=now)
