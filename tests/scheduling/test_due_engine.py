"""DOMAIN, "Recurrence and due dates": dates come due, are told, and follow each other."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from scheduling.models import Occurrence, Schedule
from scheduling.services import explain, occurrences
from tests import factories
from tests.scheduling.conftest import (
    Check,
    alerts,
    assert_rebuilt,
    by_status,
    next_day,
    next_due,
    rows,
    state_of,
    utc,
)

pytestmark = pytest.mark.usefixtures("scope")


def forecast(
    schedule: Schedule, start: datetime, end: datetime, *, now: datetime, limit: int = 3
) -> list[dict[str, Any]]:
    return explain.forecast(schedule, start=start, end=end, now=now, limit=limit)


def complete(schedule: Schedule, *moment: int, **values: object) -> occurrences.Completion:
    """Work performed at a moment in UTC, logged at once."""
    performed = utc(*moment)
    return occurrences.complete(
        schedule_id=schedule.pk,
        resource_id=state_of(schedule).resource_id,
        performed_at=performed,
        by=None,
        now=performed,
        **values,  # type: ignore[arg-type]
    )


def test_the_first_due_date_is_the_start() -> None:
    schedule = factories.schedule(start_at=utc(2026, 1, 31, 7))
    assert next_due(schedule) == utc(2026, 1, 31, 7)
    assert_rebuilt(utc(2026, 1, 1))


def test_months_are_counted_from_the_anchor() -> None:
    """31 January gives 28 February and then 31 March, whenever the work is done."""
    schedule = factories.schedule(start_at=utc(2026, 1, 31, 7))
    seen = []
    for month, day in [(1, 31), (2, 28), (3, 31), (4, 30)]:
        seen.append(next_day(schedule))
        complete(schedule, 2026, month, day, 9)
    assert [day.isoformat() for day in seen if day] == [
        "2026-01-31",
        "2026-02-28",
        "2026-03-31",
        "2026-04-30",
    ]
    assert by_status(schedule) == {"done": ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]}


def test_wall_time_is_kept_across_daylight_saving() -> None:
    """08:00 in Berlin is 07:00 UTC in winter and 06:00 UTC in summer."""
    schedule = factories.schedule(frequency="weekly", start_at=utc(2026, 3, 25, 7))
    complete(schedule, 2026, 3, 25, 9)
    assert next_due(schedule) == utc(2026, 4, 1, 6)


@pytest.mark.parametrize(
    ("start", "due"),
    [
        (utc(2026, 3, 28, 1, 30), utc(2026, 3, 29, 1, 30)),  # 02:30 is skipped and becomes 03:30
        (utc(2026, 10, 24, 0, 30), utc(2026, 10, 25, 0, 30)),  # 02:30 comes twice: the first
    ],
)
def test_days_on_which_the_clock_changes(start: object, due: object, check: Check) -> None:
    schedule = factories.schedule(frequency="daily", start_at=start)
    complete(schedule, 2026, *((3, 28) if due == utc(2026, 3, 29, 1, 30) else (10, 24)), 12)
    assert next_due(schedule) == due
    check(utc(2026, 3, 29) if due == utc(2026, 3, 29, 1, 30) else utc(2026, 10, 25))
    assert_rebuilt(utc(2026, 11, 1))


def test_fixed_a_late_completion_does_not_shift_the_series(check: Check) -> None:
    schedule = factories.schedule(start_at=utc(2026, 1, 31, 7))
    check(utc(2026, 2, 10))
    done = complete(schedule, 2026, 2, 10)
    assert done.occurrence is not None
    assert done.occurrence.is_compliant is False
    assert next_day(schedule) == utc(2026, 2, 28).date()


def test_floating_counts_from_the_day_of_the_work(check: Check) -> None:
    schedule = factories.schedule(start_at=utc(2026, 1, 31, 7), basis="floating")
    assert next_day(schedule) == utc(2026, 1, 31).date()
    check(utc(2026, 2, 10))
    complete(schedule, 2026, 2, 10)
    assert next_day(schedule) == utc(2026, 3, 10).date()
    complete(schedule, 2026, 2, 20)  # early work counts for floating schedules
    assert next_day(schedule) == utc(2026, 3, 20).date()
    assert_rebuilt(utc(2026, 2, 20))


def test_floating_work_from_before_the_last_completion_changes_nothing() -> None:
    schedule = factories.schedule(start_at=utc(2026, 1, 31, 7), basis="floating")
    complete(schedule, 2026, 2, 10)
    late_paper = complete(schedule, 2026, 2, 9)
    assert (late_paper.effect, late_paper.occurrence) == ("extra", None)
    key = state_of(schedule).next_due_key
    again = complete(schedule, 2026, 2, 10, 15, occurrence_key=key)
    assert (again.effect, again.occurrence) == ("repeat", None)
    assert next_day(schedule) == utc(2026, 3, 10).date()


@pytest.mark.parametrize(
    ("day", "effect", "compliant"),
    [
        (24, "extra", None),  # a day before the tolerance begins
        (25, "satisfied", True),
        (28, "satisfied", True),
    ],
)
def test_early_inside_and_before_the_tolerance(
    day: int, effect: str, compliant: bool | None
) -> None:
    schedule = factories.schedule(start_at=utc(2026, 1, 28, 7), tolerance_days=3)
    done = complete(schedule, 2026, 1, day)
    assert done.effect == effect
    assert (done.occurrence.is_compliant if done.occurrence else None) is compliant
    assert next_day(schedule) == utc(2026, 1 if effect == "extra" else 2, 28).date()


def test_late_inside_and_after_the_tolerance(check: Check) -> None:
    schedule = factories.schedule(start_at=utc(2026, 1, 28, 7), tolerance_days=3)
    check(utc(2026, 1, 29))
    done = complete(schedule, 2026, 1, 31, 22)  # 23:00 in Berlin, the last hour that counts
    assert done.occurrence is not None
    assert done.occurrence.is_compliant is True
    check(utc(2026, 3, 4))
    assert by_status(schedule)["open"] == ["2026-02-28"]
    late = complete(schedule, 2026, 3, 4)
    assert late.occurrence is not None
    assert (late.occurrence.occurrence_key[:10], late.occurrence.is_compliant) == (
        "2026-02-28",
        False,
    )


def test_tolerance_in_percent_of_the_interval() -> None:
    schedule = factories.schedule(frequency="weekly", tolerance_percent=30)
    state = state_of(schedule)
    assert state.overdue_at is not None
    assert state.next_due_at is not None
    assert (state.overdue_at - state.next_due_at).days == 2  # 30 % of 7 days are 2 whole days


def test_early_work_counts_when_the_person_says_so() -> None:
    schedule = factories.schedule(start_at=utc(2026, 1, 28, 7))
    assert complete(schedule, 2026, 1, 20, counts=True).effect == "satisfied"
    assert next_day(schedule) == utc(2026, 2, 28).date()


def test_completing_twice_on_one_day_counts_once(check: Check) -> None:
    schedule = factories.schedule(frequency="weekly", start_at=utc(2026, 1, 5), tolerance_days=6)
    check(utc(2026, 1, 5))
    assert complete(schedule, 2026, 1, 5, 8).effect == "satisfied"
    assert complete(schedule, 2026, 1, 5, 15).effect == "repeat"
    assert next_day(schedule) == utc(2026, 1, 12).date()


@pytest.mark.parametrize(
    ("backlog", "expected"),
    [
        ("one_open", {"open": ["2026-01-05"], "missed": ["2026-01-12", "2026-01-19"]}),
        ("supersede", {"superseded": ["2026-01-05", "2026-01-12"], "open": ["2026-01-19"]}),
        ("stack", {"open": ["2026-01-05", "2026-01-12", "2026-01-19"]}),
    ],
)
def test_after_downtime_everything_is_found_by_the_backlog_policy(
    backlog: str, expected: dict[str, list[str]], check: Check
) -> None:
    schedule = factories.schedule(frequency="weekly", start_at=utc(2026, 1, 5), backlog=backlog)
    check(utc(2026, 1, 21))
    assert by_status(schedule) == expected
    assert_rebuilt(utc(2026, 1, 21))


@pytest.mark.parametrize("backlog", ["one_open", "supersede", "stack"])
def test_downtime_gives_the_rows_that_daily_checks_give(backlog: str, check: Check) -> None:
    daily = factories.schedule(frequency="weekly", start_at=utc(2026, 1, 5), backlog=backlog)
    for day in range(60):
        check(utc(2026, 1, 1) + timedelta(days=day))
    down = factories.schedule(frequency="weekly", start_at=utc(2026, 1, 5), backlog=backlog)
    check(utc(2026, 1, 1) + timedelta(days=59))
    assert rows(daily) == rows(down)
    assert len(rows(daily)) == (9 if backlog == "stack" else 8)


def test_each_stage_is_told_once(check: Check) -> None:
    factories.schedule(start_at=utc(2026, 1, 28, 7), tolerance_days=1)
    for day in range(20, 32):
        check(utc(2026, 1, day))
        check(utc(2026, 1, day, 12))
    assert alerts() == [("2026-01-28", "due"), ("2026-01-28", "overdue")]
    runs = {(row.due_told_at, row.overdue_told_at) for row in Occurrence.objects.all()}
    assert runs == {(utc(2026, 1, 27), utc(2026, 1, 30))}  # the day before, and after the tolerance


def test_after_downtime_overdue_outranks_due(check: Check) -> None:
    factories.schedule(start_at=utc(2026, 1, 28, 7))
    check(utc(2026, 2, 10))
    assert alerts() == [("2026-01-28", "overdue")]


def test_figures_tell_today_tomorrow_later_and_overdue_apart(check: Check) -> None:
    for day, notice in [(9, 1), (10, 1), (11, 1), (14, 7)]:
        factories.schedule(start_at=utc(2026, 3, day, 7), advance_notice_days=notice)
    run = check(utc(2026, 3, 10))
    assert (run.due_today, run.due_tomorrow, run.due_later, run.overdue) == (1, 1, 1, 1)
    assert (run.checked, run.opened, run.without_recipient) == (4, 4, 4)
    assert run.finished_at is not None


def test_checking_again_changes_nothing(check: Check) -> None:
    schedule = factories.schedule(frequency="weekly", start_at=utc(2026, 1, 5))
    check(utc(2026, 1, 21))
    before, told = rows(schedule), alerts()
    again = check(utc(2026, 1, 21))
    assert (rows(schedule), alerts()) == (before, told)
    assert (again.checked, again.opened, again.overdue) == (0, 0, 0)


def test_the_end_of_a_series_ends_it(check: Check) -> None:
    schedule = factories.schedule(
        frequency="custom", rrule="FREQ=WEEKLY;COUNT=2", start_at=utc(2026, 1, 5)
    )
    check(utc(2026, 3, 1))
    complete(schedule, 2026, 3, 1)
    assert next_due(schedule) is None
    assert by_status(schedule) == {"done": ["2026-01-05"], "missed": ["2026-01-12"]}


def test_seconds_in_a_rule_are_dates_of_their_own(check: Check) -> None:
    schedule = factories.schedule(
        frequency="custom",
        rrule="FREQ=DAILY;BYSECOND=0,30",
        start_at=utc(2026, 1, 5),
        backlog="stack",
    )
    check(utc(2026, 1, 6))
    assert len(rows(schedule)) == 6  # two a day, up to tomorrow
    assert_rebuilt(utc(2026, 1, 6))


def test_a_start_with_seconds_is_kept_to_the_minute(check: Check) -> None:
    schedule = factories.schedule(
        frequency="daily", start_at=utc(2026, 1, 5) + timedelta(seconds=42)
    )
    check(utc(2026, 1, 8))
    assert schedule.start_at == utc(2026, 1, 5)
    assert by_status(schedule)["missed"] == ["2026-01-06", "2026-01-07"]


def test_reading_writes_nothing(check: Check) -> None:
    schedule = factories.schedule(frequency="weekly", start_at=utc(2026, 1, 5))
    check(utc(2026, 1, 5))
    before = rows(schedule), state_of(schedule).updated_at
    explain.explain(schedule)
    dates = forecast(schedule, utc(2026, 1, 1), utc(2026, 2, 1), now=utc(2026, 1, 5), limit=50)
    assert [(item["key"][:10], item["status"]) for item in dates] == [
        ("2026-01-05", "open"),
        ("2026-01-12", "scheduled"),
        ("2026-01-19", "scheduled"),
        ("2026-01-26", "scheduled"),
    ]
    assert (rows(schedule), state_of(schedule).updated_at) == before


@pytest.mark.parametrize("basis", ["fixed", "floating"])
def test_dates_far_ahead_are_answered_however_many_lie_before(basis: str) -> None:
    schedule = factories.schedule(frequency="daily", basis=basis, start_at=utc(2026, 1, 5))
    dates = forecast(schedule, utc(2028, 2, 28), utc(2028, 4, 1), now=utc(2026, 1, 5))
    assert [item["key"][:10] for item in dates] == ["2028-02-28", "2028-02-29", "2028-03-01"]


@pytest.mark.parametrize(
    ("kind", "opened", "start", "expected"),
    [
        pytest.param(
            {"backlog": "stack", "tolerance_days": 2},
            4,
            utc(2026, 1, 28),
            [("2026-02-02", "scheduled"), ("2026-02-09", "scheduled"), ("2026-02-16", "scheduled")],
            id="open dates do not use up the coming ones",
        ),
        pytest.param(
            {"basis": "floating", "tolerance_days": 1},
            1,
            utc(2026, 1, 1),
            [("2026-01-05", "open"), ("2026-02-04", "scheduled"), ("2026-02-11", "scheduled")],
            id="a late floating date is one, and the next counts from today",
        ),
    ],
)
def test_what_follows_on_late_dates(
    check: Check,
    kind: dict[str, Any],
    opened: int,
    start: datetime,
    expected: list[tuple[str, str]],
) -> None:
    schedule = factories.schedule(frequency="weekly", start_at=utc(2026, 1, 5), **kind)
    check(utc(2026, 1, 28))
    assert len(by_status(schedule)["open"]) == opened
    dates = forecast(schedule, start, utc(2026, 3, 1), now=utc(2026, 1, 28))
    assert [(item["key"][:10], item["status"]) for item in dates] == expected
