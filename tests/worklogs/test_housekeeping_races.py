"""Workers that handle the same news at the same moment make one task."""

from datetime import UTC, datetime, timedelta
from threading import local
from typing import Any

import pytest
from django.db import IntegrityError

import tests.flush  # noqa: F401
from accounts.models import Organization
from core.errors import Conflict
from scheduling.models import Booking
from tests import factories
from tests.threads import after_all
from tests.worklogs.conftest import race
from worklogs.models import BookingTask, CleaningPlan, WorkOrder
from worklogs.services import cleaning_plans, housekeeping

NOW = datetime(2026, 3, 4, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
RACERS = 8


@pytest.fixture
def departure(house: Organization) -> Booking:
    room = factories.resource(kind="room")
    plan = CleaningPlan(
        title="Departure",
        task_type="checkout_cleaning",
        on_event="booking.completed",
        resource=room,
    )
    cleaning_plans.create_plan(plan, by=None, now=NOW)
    return factories.booking(NOW - 20 * HOUR, NOW, resource=room, status="completed")


def followed(house: Organization, departure: Booking) -> tuple[list[Any], list[Exception]]:
    return race(house, RACERS, lambda _: housekeeping.follow(departure.pk, now=NOW + HOUR))


def test_one_task_whoever_handles_it(house: Organization, departure: Booking) -> None:
    done, errors = followed(house, departure)
    assert errors == []
    assert sum(done) == 1
    assert WorkOrder.objects.count() == BookingTask.objects.count() == 1


def test_the_race_is_real(
    house: Organization, departure: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without looking again each makes one, and the database refuses all but the first."""
    look, seen = housekeeping._work, local()
    all_have = after_all(RACERS, lambda found: found)

    def look_once(case: Any, plans: Any, now: datetime) -> Any:
        if not hasattr(seen, "work"):
            seen.work = all_have(look(case, plans, now))
        return seen.work

    monkeypatch.setattr(housekeeping, "_work", look_once)
    done, errors = followed(house, departure)
    assert (len(done), len(errors)) == (1, RACERS - 1)
    assert all(isinstance(error, IntegrityError | Conflict) for error in errors)
    assert BookingTask.objects.count() == 1
