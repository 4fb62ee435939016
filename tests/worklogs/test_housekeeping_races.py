"""Workers that handle the same news at the same moment make one task."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from django.db import IntegrityError

import tests.flush  # noqa: F401
from accounts.models import Organization
from core.errors import Conflict
from core.tenancy import tenant_scope
from scheduling.models import Booking
from tests import factories
from tests.threads import in_threads, shared_database
from worklogs.models import BookingTask, CleaningPlan, WorkOrder
from worklogs.services import cleaning_plans, housekeeping

NOW = datetime(2026, 3, 4, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
RACERS = 8


@pytest.fixture
def house(transactional_db: None, tmp_path: Path) -> Iterator[Organization]:
    organization = factories.organization()
    with tenant_scope(organization.pk), shared_database(tmp_path):
        yield organization


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


def race(house: Organization, departure: Booking) -> tuple[list[Any], list[Exception]]:
    def run(number: int) -> int:
        with tenant_scope(house.pk):
            return housekeeping.follow(departure.pk, now=NOW + HOUR)

    return in_threads(RACERS, run)


def test_one_task_whoever_handles_it(house: Organization, departure: Booking) -> None:
    done, errors = race(house, departure)
    assert errors == []
    assert sum(done) == 1
    assert WorkOrder.objects.count() == BookingTask.objects.count() == 1


def test_the_race_is_real(
    house: Organization, departure: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without looking again each makes one, and the database refuses all but the first."""
    everybody = Barrier(RACERS)
    look = housekeeping._work
    seen: dict[int, Any] = {}

    def look_once(case: Any, plans: Any, now: datetime) -> Any:
        from threading import get_ident

        if get_ident() not in seen:
            seen[get_ident()] = look(case, plans, now)
            try:
                everybody.wait(60)
            except BrokenBarrierError:
                raise AssertionError("the racers did not meet") from None
        return seen[get_ident()]

    monkeypatch.setattr(housekeeping, "_work", look_once)
    done, errors = race(house, departure)
    assert len(done) == 1
    assert len(errors) == RACERS - 1
    assert all(isinstance(error, IntegrityError | Conflict) for error in errors)
    assert BookingTask.objects.count() == 1
