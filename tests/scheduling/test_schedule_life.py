"""Pause, resume, skip, move, delete, restore, redefine: what each does to the due dates."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from accounts.rights import Role
from core.errors import Conflict, Invalid
from core.models import AuditEntry
from scheduling.models import Occurrence, Schedule
from scheduling.services import occurrences, schedules
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


@pytest.fixture
def planner(user_with: Callable[[Role], User]) -> User:
    return user_with(Role.ADMIN)


@pytest.fixture
def weekly() -> Schedule:
    """Every Monday from 5 January 2026."""
    return factories.schedule(frequency="weekly", start_at=utc(2026, 1, 5))


def skip(schedule: Schedule, *moment: int, **values: str) -> Occurrence:
    return occurrences.skip(
        schedule_id=schedule.pk,
        resource_id=state_of(schedule).resource_id,
        reason=values.get("reason", "Closed"),
        by=None,
        now=utc(*moment),
        occurrence_key=values.get("occurrence_key", ""),
    )


def move(schedule: Schedule, key: str, to: tuple[int, ...], *, now: tuple[int, ...]) -> Occurrence:
    return occurrences.move(
        schedule_id=schedule.pk,
        resource_id=state_of(schedule).resource_id,
        occurrence_key=key,
        due_at=utc(*to),
        by=None,
        now=utc(*now),
    )


def test_a_paused_schedule_produces_nothing(weekly: Schedule, planner: User, check: Check) -> None:
    schedules.pause_schedule(weekly, reason="Renovation", by=planner, now=utc(2026, 1, 2))
    assert check(utc(2026, 3, 1)).checked == 0
    assert (rows(weekly), alerts(), next_due(weekly)) == ([], [], None)
    with pytest.raises(Conflict, match="already paused"):
        schedules.pause_schedule(weekly, reason="Again", by=planner, now=utc(2026, 1, 3))
    with pytest.raises(Conflict, match="paused"):
        skip(weekly, 2026, 1, 6)


def test_resume_does_not_flood(weekly: Schedule, planner: User, check: Check) -> None:
    """One open: of the dates of the pause only the latest comes due, the others are skipped with the reason."""
    schedules.pause_schedule(weekly, reason="Renovation", by=planner, now=utc(2026, 1, 2))
    schedules.resume_schedule(weekly, by=planner, now=utc(2026, 1, 28))
    check(utc(2026, 1, 28))
    assert by_status(weekly) == {
        "skipped": ["2026-01-05", "2026-01-12", "2026-01-19"],
        "open": ["2026-01-26"],
    }
    reasons = set(Occurrence.objects.filter(status="skipped").values_list("reason", flat=True))
    assert reasons == {"Paused: Renovation"}
    assert alerts() == [("2026-01-26", "overdue")]
    assert_rebuilt(utc(2026, 1, 28))
    with pytest.raises(Conflict, match="not paused"):
        schedules.resume_schedule(weekly, by=planner, now=utc(2026, 1, 29))


def test_resume_with_one_open_before_the_pause(
    weekly: Schedule, planner: User, check: Check
) -> None:
    check(utc(2026, 1, 5))
    schedules.pause_schedule(weekly, reason="Strike", by=planner, now=utc(2026, 1, 6))
    schedules.resume_schedule(weekly, by=planner, now=utc(2026, 1, 28))
    check(utc(2026, 1, 28))
    assert by_status(weekly) == {
        "open": ["2026-01-05"],
        "skipped": ["2026-01-12", "2026-01-19", "2026-01-26"],
    }


def test_work_during_a_pause_can_be_logged(weekly: Schedule, planner: User) -> None:
    schedules.pause_schedule(weekly, reason="Strike", by=planner, now=utc(2026, 1, 2))
    done = occurrences.complete(
        schedule_id=weekly.pk,
        resource_id=state_of(weekly).resource_id,
        performed_at=utc(2026, 1, 13),
        by=planner,
        now=utc(2026, 1, 13),
    )
    assert done.effect == "satisfied"
    assert by_status(weekly) == {"done": ["2026-01-05"]}
    assert_rebuilt(utc(2026, 1, 13))


@pytest.mark.parametrize("reason", ["", "  "])
def test_pause_and_skip_need_a_reason(weekly: Schedule, reason: str) -> None:
    with pytest.raises(Invalid):
        schedules.pause_schedule(weekly, reason=reason, by=None, now=utc(2026, 1, 2))
    with pytest.raises(Invalid):
        skip(weekly, 2026, 1, 5, reason=reason)


def test_skip_closes_the_next_date_with_the_reason(weekly: Schedule, check: Check) -> None:
    check(utc(2026, 1, 5))
    row = skip(weekly, 2026, 1, 5)
    assert (row.status, row.reason, next_day(weekly)) == (
        "skipped",
        "Closed",
        utc(2026, 1, 12).date(),
    )
    with pytest.raises(Conflict, match="next"):
        skip(weekly, 2026, 1, 5, occurrence_key="2026-01-19T07:00")
    skip(weekly, 2026, 1, 5)  # ahead of time
    assert next_day(weekly) == utc(2026, 1, 19).date()
    assert_rebuilt(utc(2026, 1, 5))


def test_a_skipped_floating_date_starts_the_next_interval(check: Check) -> None:
    schedule = factories.schedule(start_at=utc(2026, 1, 31, 7), basis="floating")
    check(utc(2026, 1, 31))
    skip(schedule, 2026, 2, 2)
    assert next_day(schedule) == utc(2026, 2, 28).date()
    key = state_of(schedule).next_due_key
    move(schedule, key, (2026, 2, 3), now=(2026, 2, 2))  # long before its own day
    skip(schedule, 2026, 2, 3)
    assert next_day(schedule) == utc(2026, 3, 28).date()
    check(utc(2026, 4, 28))
    assert_rebuilt(utc(2026, 4, 28))


def test_move_gives_one_date_another_moment(weekly: Schedule, check: Check) -> None:
    check(utc(2026, 1, 5))
    move(weekly, "2026-01-05T07:00", (2026, 1, 8), now=(2026, 1, 5))
    assert next_due(weekly) == utc(2026, 1, 8)
    check(utc(2026, 1, 7))
    check(utc(2026, 1, 9))
    assert alerts() == [("2026-01-05", "due"), ("2026-01-05", "due"), ("2026-01-05", "overdue")]
    move(weekly, "2026-01-19T07:00", (2026, 1, 21), now=(2026, 1, 9))
    assert dict(rows(weekly))["2026-01-19T07:00"] == "planned"
    assert_rebuilt(utc(2026, 1, 9))
    check(utc(2026, 1, 23))  # a planned one whose turn has come behind an open one is missed
    assert by_status(weekly)["missed"] == ["2026-01-12", "2026-01-19"]


@pytest.mark.parametrize(
    ("key", "to", "refusal"),
    [
        ("2026-01-12T07:00", (2026, 1, 19, 6), "past the one before or after"),
        ("2026-01-12T07:00", (2026, 1, 20), "past the one before or after"),
        ("2026-01-12T07:00", (2026, 1, 4), "past the one before or after"),
        ("2026-01-05T07:00", (2026, 1, 2), "not in the past"),
        ("2026-01-06T07:00", (2026, 1, 7), "can no longer be moved"),
    ],
)
def test_a_date_cannot_pass_its_neighbours(
    weekly: Schedule, check: Check, key: str, to: tuple[int, ...], refusal: str
) -> None:
    check(utc(2026, 1, 5))
    with pytest.raises((Invalid, Conflict), match=refusal):
        move(weekly, key, to, now=(2026, 1, 5))


def test_deleted_and_restored(weekly: Schedule, planner: User, check: Check) -> None:
    check(utc(2026, 1, 5))
    schedules.delete_schedule(weekly, by=planner, now=utc(2026, 1, 6))
    assert (next_due(weekly), check(utc(2026, 1, 20)).checked) == (None, 0)
    with pytest.raises(Conflict, match="already deleted"):
        schedules.delete_schedule(weekly, by=planner, now=utc(2026, 1, 6))
    with pytest.raises(Conflict, match="Restore it first"):
        schedules.update_schedule(weekly, {"title": "x"}, by=planner, now=utc(2026, 1, 6))
    schedules.restore_schedule(weekly, by=planner, now=utc(2026, 1, 21))
    assert next_day(weekly) == utc(2026, 1, 5).date()
    check(utc(2026, 1, 21))
    assert by_status(weekly) == {"open": ["2026-01-05"]}  # what lay between does not count
    assert_rebuilt(utc(2026, 1, 21))
    actions = list(
        AuditEntry.objects.filter(object_id=str(weekly.pk)).values_list("action", flat=True)
    )
    assert {"delete", "restore"} <= set(actions)


def test_a_new_rule_goes_on_after_the_dates_that_have_rows(
    weekly: Schedule, planner: User, check: Check
) -> None:
    check(utc(2026, 1, 21))
    move(weekly, "2026-01-26T07:00", (2026, 1, 27), now=(2026, 1, 21))
    changes = {"frequency": "monthly", "start_at": utc(2025, 12, 15)}
    schedules.update_schedule(weekly, changes, by=planner, now=utc(2026, 1, 21))
    occurrences.complete(
        schedule_id=weekly.pk,
        resource_id=state_of(weekly).resource_id,
        performed_at=utc(2026, 1, 21),
        by=planner,
        now=utc(2026, 1, 21),
    )
    assert next_day(weekly) == utc(2026, 2, 15).date()
    assert by_status(weekly) == {"done": ["2026-01-05"], "missed": ["2026-01-12", "2026-01-19"]}
    assert_rebuilt(utc(2026, 1, 21))


def test_open_dates_follow_a_new_tolerance(weekly: Schedule, planner: User, check: Check) -> None:
    check(utc(2026, 1, 5))
    schedules.update_schedule(weekly, {"tolerance_days": 2}, by=planner, now=utc(2026, 1, 5))
    assert check(utc(2026, 1, 7)).overdue == 0
    assert check(utc(2026, 1, 8)).overdue == 1


def test_between_fixed_and_floating_and_back(weekly: Schedule, planner: User, check: Check) -> None:
    """No date of the history comes again, whatever the basis was."""
    check(utc(2026, 1, 14))
    for number, basis in enumerate(["floating", "fixed", "floating", "fixed"]):
        now = utc(2026, 1, 15 + number)
        schedules.update_schedule(weekly, {"basis": basis}, by=planner, now=now)
        check(utc(2026, 2, 1 + 8 * number))
        skip(weekly, 2026, 2, 1 + 8 * number)
        assert_rebuilt(now)
    check(utc(2026, 5, 1))
    assert len({key for key, _ in rows(weekly)}) == len(rows(weekly))


def test_a_completion_taken_back_opens_the_date_again(weekly: Schedule, check: Check) -> None:
    check(utc(2026, 1, 5))
    done = occurrences.complete(
        schedule_id=weekly.pk,
        resource_id=state_of(weekly).resource_id,
        performed_at=utc(2026, 1, 5),
        by=None,
        now=utc(2026, 1, 5),
    )
    assert done.occurrence is not None
    occurrences.reopen(occurrence_id=done.occurrence.pk, by=None, now=utc(2026, 1, 6))
    state = state_of(weekly)
    assert (state.last_done_at, state.baseline_on, next_day(weekly)) == (
        None,
        None,
        utc(2026, 1, 5).date(),
    )
    check(utc(2026, 1, 6))
    assert alerts() == [("2026-01-05", "due"), ("2026-01-05", "overdue")]


def test_a_corrected_time_moves_a_floating_date() -> None:
    schedule = factories.schedule(start_at=utc(2026, 1, 31, 7), basis="floating")
    where: dict[str, Any] = {
        "schedule_id": schedule.pk,
        "resource_id": state_of(schedule).resource_id,
    }
    occurrences.complete(**where, performed_at=utc(2026, 1, 20), by=None, now=utc(2026, 2, 12))
    second = occurrences.complete(
        **where, performed_at=utc(2026, 2, 12), by=None, now=utc(2026, 2, 12)
    ).occurrence
    assert second is not None
    occurrences.correct_completion(
        occurrence_id=second.pk, performed_at=utc(2026, 2, 2), by=None, now=utc(2026, 2, 13)
    )
    assert next_day(schedule) == utc(2026, 3, 2).date()
    with pytest.raises(Invalid, match="counts from an earlier completion"):
        occurrences.correct_completion(
            occurrence_id=second.pk, performed_at=utc(2026, 1, 20), by=None, now=utc(2026, 2, 13)
        )
