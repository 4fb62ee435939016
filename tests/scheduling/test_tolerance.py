"""Work inside the tolerance of a newer date, while an older one is still open (DOMAIN, "Tolerance")."""

from datetime import timedelta
from typing import Any

import pytest

from scheduling import states
from scheduling.models import Occurrence, Schedule
from scheduling.services import occurrences
from scheduling.services.completions import Work, complete_many
from tests import factories
from tests.scheduling.conftest import Check, assert_rebuilt, by_status, next_day, state_of, utc

pytestmark = pytest.mark.usefixtures("scope")

JANUARY, FEBRUARY, MARCH = "2026-01-10", "2026-02-10", "2026-03-10"


@pytest.fixture(params=["one", "many"])
def log(request: pytest.FixtureRequest) -> Any:
    """Logs work on a schedule, by itself or as one of many."""

    def one(schedule: Schedule, *moment: int, key: str = "") -> Occurrence | None:
        performed, resource_id = utc(*moment), state_of(schedule).resource_id
        now = performed + timedelta(minutes=5)
        if request.param == "one":
            return occurrences.complete(
                schedule_id=schedule.pk,
                resource_id=resource_id,
                performed_at=performed,
                occurrence_key=key,
                by=None,
                now=now,
            ).occurrence
        work = Work(schedule.pk, resource_id, performed, occurrence_key=key)
        (done,) = complete_many([work], by=None, now=now)
        assert isinstance(done, occurrences.Completion)
        return done.occurrence

    return one


def monthly(backlog: str) -> Schedule:
    """On the tenth of each month from January on, with three days of tolerance."""
    return factories.schedule(start_at=utc(2026, 1, 10, 7), tolerance_days=3, backlog=backlog)


@pytest.mark.parametrize("day", [7, 10, 13])
@pytest.mark.parametrize(
    ("backlog", "january"), [("one_open", "missed"), ("supersede", "superseded"), ("stack", "open")]
)
def test_it_satisfies_the_newer_date_in_time(
    backlog: str, january: str, day: int, check: Check, log: Any
) -> None:
    schedule = monthly(backlog)
    for now in (utc(2026, 1, 9), utc(2026, 1, 14), utc(2026, 2, day, 5)):
        check(now)
    done = log(schedule, 2026, 2, day)
    assert (done.occurrence_key[:10], done.is_compliant) == (FEBRUARY, True)
    assert by_status(schedule) == {january: [JANUARY], "done": [FEBRUARY]}
    assert (
        next_day(schedule) == (utc(2026, 1, 10) if backlog == "stack" else utc(2026, 3, 10)).date()
    )
    assert_rebuilt(utc(2026, 2, day, 7))
    check(utc(2026, 3, 9))
    assert FEBRUARY not in by_status(schedule).get("open", [])
    assert MARCH in by_status(schedule)["open"]


@pytest.mark.parametrize("backlog", ["one_open", "supersede", "stack"])
def test_between_the_windows_it_is_the_oldest_late(backlog: str, check: Check, log: Any) -> None:
    schedule = monthly(backlog)
    check(utc(2026, 1, 14))
    done = log(schedule, 2026, 2, 3)
    assert (done.occurrence_key[:10], done.is_compliant) == (JANUARY, False)
    assert next_day(schedule) == utc(2026, 2, 10).date()
    assert_rebuilt(utc(2026, 2, 3, 7))


def test_overlapping_windows_belong_to_the_older_date(check: Check, log: Any) -> None:
    schedule = factories.schedule(
        start_at=utc(2026, 1, 5, 7), frequency="weekly", tolerance_days=5, backlog="stack"
    )
    check(utc(2026, 1, 11))
    done = log(schedule, 2026, 1, 9)
    assert (done.occurrence_key[:10], done.is_compliant) == ("2026-01-05", True)


def test_a_picked_date_is_the_one_satisfied_and_closes_nothing(check: Check, log: Any) -> None:
    schedule = monthly("stack")
    check(utc(2026, 2, 10))
    key = Occurrence.objects.get(occurrence_key__startswith=JANUARY).occurrence_key
    done = log(schedule, 2026, 2, 10, key=key)
    assert (done.occurrence_key[:10], done.is_compliant) == (JANUARY, False)
    assert by_status(schedule)["open"] == [FEBRUARY]


def test_taking_the_work_back_opens_the_newer_date_alone(check: Check, log: Any) -> None:
    schedule = monthly("one_open")
    check(utc(2026, 1, 14))
    done = log(schedule, 2026, 2, 10)
    occurrences.reopen(occurrence_id=done.pk, by=None, now=utc(2026, 2, 11))
    assert by_status(schedule) == {states.MISSED: [JANUARY], states.OPEN: [FEBRUARY]}
    assert_rebuilt(utc(2026, 2, 11))
