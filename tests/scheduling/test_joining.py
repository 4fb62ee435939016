"""A resource that joins a running schedule begins with the first date from that day on; nothing before counts."""

from datetime import date

import pytest

from accounts.models import User
from scheduling.models import DueState, Occurrence
from scheduling.services import occurrences, resources, schedules
from scheduling.services.rebuild import rebuild
from tests import factories
from tests.scheduling.conftest import Check, assert_rebuilt, by_status, next_day, rows, utc

pytestmark = pytest.mark.usefixtures("scope")
#: The series of the schedules here is monthly on the 2nd, since March 2025.
SERIES, TODAY = utc(2025, 3, 2), utc(2026, 3, 4)
BASES = pytest.mark.parametrize("basis", ["fixed", "floating"])


@BASES
def test_a_resource_added_today_is_not_overdue(check: Check, basis: str) -> None:
    lifts = factories.resource_type()
    schedule = factories.schedule(resource_type=lifts, start_at=SERIES, basis=basis)
    factories.resource(type=lifts, now=TODAY)
    assert next_day(schedule) == date(2026, 4, 2)
    run = check(TODAY)
    assert (run.overdue, run.missed, rows(schedule)) == (0, 0, [])
    assert_rebuilt(TODAY)


def test_one_that_joins_on_the_day_of_a_date_begins_with_it() -> None:
    lifts = factories.resource_type()
    schedule = factories.schedule(resource_type=lifts, start_at=SERIES)
    factories.resource(type=lifts, now=utc(2026, 3, 2, 20))
    assert next_day(schedule) == date(2026, 3, 2)
    assert_rebuilt(TODAY)


def test_the_others_of_the_type_stay_where_they_are(check: Check) -> None:
    lifts = factories.resource_type()
    factories.resource(type=lifts)
    schedule = factories.schedule(resource_type=lifts, start_at=SERIES)
    factories.resource(type=lifts, now=TODAY)
    assert next_day(schedule) == date(2025, 3, 2)
    assert check(TODAY).overdue == 1
    assert_rebuilt(TODAY)


def test_one_that_changes_into_the_type() -> None:
    lifts = factories.resource_type()
    schedule = factories.schedule(resource_type=lifts, start_at=SERIES)
    lift = factories.resource()
    resources.update_resource(lift, {"type": lifts}, by=None, now=TODAY)
    assert next_day(schedule) == date(2026, 4, 2)
    assert_rebuilt(TODAY)


@BASES
@pytest.mark.parametrize("for_type", [True, False])
def test_one_that_comes_back_from_retirement(check: Check, basis: str, for_type: bool) -> None:
    lifts = factories.resource_type()
    lift = factories.resource(type=lifts)
    target = {"resource_type": lifts} if for_type else {"resource": lift}
    schedule = factories.schedule(start_at=SERIES, basis=basis, **target)
    occurrences.complete(
        schedule_id=schedule.pk,
        resource_id=lift.pk,
        performed_at=utc(2025, 3, 2, 9),
        by=None,
        now=utc(2025, 3, 2, 9),
    )
    resources.update_resource(lift, {"status": "retired"}, by=None, now=utc(2025, 3, 20))
    resources.update_resource(lift, {"status": "operational"}, by=None, now=TODAY)
    assert next_day(schedule) == date(2026, 4, 2)
    assert check(TODAY).missed == 0
    assert by_status(schedule) == {"done": ["2025-03-02"]}
    assert_rebuilt(TODAY)


@BASES
def test_a_restored_schedule_goes_on_from_today(check: Check, admin: User, basis: str) -> None:
    schedule = factories.schedule(start_at=utc(2025, 5, 2), basis=basis)
    schedules.delete_schedule(schedule, by=admin, now=utc(2025, 4, 10))
    schedules.restore_schedule(schedule, by=admin, now=TODAY)
    assert next_day(schedule) == date(2026, 4, 2)
    check(TODAY)
    assert rows(schedule) == []
    assert_rebuilt(TODAY)


def test_what_had_come_before_deletion_stays_due_after_it(check: Check, admin: User) -> None:
    """Also when no check had looked by then."""
    schedule = factories.schedule(start_at=SERIES)
    schedules.delete_schedule(schedule, by=admin, now=utc(2025, 4, 10))
    schedules.restore_schedule(schedule, by=admin, now=TODAY)
    assert by_status(schedule) == {"open": ["2025-03-02"], "missed": ["2025-04-02"]}
    assert next_day(schedule) == date(2025, 3, 2)
    assert_rebuilt(TODAY)


def test_a_date_that_was_moved_behind_the_return_stays(admin: User) -> None:
    schedule = factories.schedule(start_at=SERIES)
    assert schedule.resource is not None
    occurrences.move(
        schedule_id=schedule.pk,
        resource_id=schedule.resource.pk,
        occurrence_key="2025-03-02T07:00",
        due_at=utc(2025, 3, 20),
        by=None,
        now=utc(2025, 3, 1),
    )
    schedules.delete_schedule(schedule, by=admin, now=utc(2025, 3, 5))
    schedules.restore_schedule(schedule, by=admin, now=utc(2025, 3, 6))
    assert next_day(schedule) == date(2025, 3, 20)
    assert_rebuilt(utc(2025, 3, 6))


def test_one_resource_with_a_start_in_the_past_begins_there() -> None:
    schedule = factories.schedule(start_at=SERIES, now=TODAY)
    assert next_day(schedule) == SERIES.date()


def test_a_lost_due_state_is_made_again() -> None:
    lifts = factories.resource_type()
    schedule = factories.schedule(resource_type=lifts, start_at=SERIES)
    factories.resource(type=lifts, now=TODAY)
    DueState.objects.filter(schedule=schedule).delete()
    assert list(rebuild(now=TODAY, write=True))
    day = next_day(schedule)
    assert day is not None
    assert day > TODAY.date()
    assert list(rebuild(now=TODAY, write=False)) == []
    assert not Occurrence.objects.filter(schedule=schedule).exists()
