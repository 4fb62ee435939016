"""Fifty at once want the same time: one gets it. Threads with connections of their own, on either database."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

import tests.flush  # noqa: F401
from accounts.models import Organization
from core.errors import Conflict
from core.tenancy import tenant_scope
from scheduling.models import Booking, Resource, Window, WindowBlock
from scheduling.services import bookings, conflicts, windows
from tests import factories
from tests.scheduling.conftest import utc
from tests.threads import in_threads, shared_database

RACERS = 50
NOW, DAY = factories.START, utc(2026, 4, 1)
Act = Callable[[int], object]


@pytest.fixture
def house(transactional_db: None, tmp_path: Path) -> Iterator[Organization]:
    """A house with two floors of two rooms."""
    organization = factories.organization()
    with tenant_scope(organization.pk):
        top = factories.resource(code="HOUSE")
        for floor in (1, 2):
            storey = factories.resource(code=f"F{floor}", parent=top)
            for room in (1, 2):
                factories.resource(code=f"R{floor}{room}", parent=storey)
        with shared_database(tmp_path):
            yield organization


def wanted(number: int) -> Window:
    """Windows that all share eleven to noon, up and down one line of the tree."""
    code = ("HOUSE", "F1", "R11")[number % 3]
    return Window(
        title=f"Work {number}",
        resource=Resource.objects.get(code=code),
        starts_at=DAY + timedelta(hours=1 + number % 10),
        ends_at=DAY + timedelta(hours=12, minutes=number),
    )


def create(number: int) -> object:
    return windows.create_window(wanted(number), by=None, now=NOW)


def winners(house: Organization, act: Act) -> int:
    """How many got through; the others were refused with a conflict and nothing else."""

    def run(number: int) -> object:
        with tenant_scope(house.pk):
            return act(number)

    results, errors = in_threads(RACERS, run)
    shorter = "An extension ends later than the window does now."  # a longer one was faster
    refused = [e for e in errors if not isinstance(e, Conflict) and str(e) != shorter]
    assert refused == []
    return len(results)


def test_of_fifty_creates_one_wins(house: Organization) -> None:
    assert winners(house, create) == 1
    assert Window.objects.count() == 1


def apart(number: int) -> Window:
    """A window of a day of its own."""
    window = wanted(number)
    shift = timedelta(days=2 + number)
    window.starts_at, window.ends_at = window.starts_at + shift, window.ends_at + shift
    return windows.create_window(window, by=None, now=NOW)


def test_of_fifty_moves_to_one_time_one_wins(house: Organization) -> None:
    rows = [apart(number) for number in range(RACERS)]
    times = {"starts_at": DAY + timedelta(hours=11), "ends_at": DAY + timedelta(hours=12)}
    assert winners(house, lambda n: windows.update_window(rows[n], times, by=None, now=NOW)) == 1
    assert Window.objects.filter(starts_at=times["starts_at"]).count() == 1


def test_creates_moves_and_extensions_into_one_time_leave_one(house: Organization) -> None:
    """The morning's window is extended over eleven o'clock, others are moved there or made there."""
    morning = factories.window(
        DAY + timedelta(hours=8),
        DAY + timedelta(hours=10),
        resource=Resource.objects.get(code="R12"),
    )
    rows = [apart(number) for number in range(RACERS)]
    times = {"starts_at": DAY + timedelta(hours=10), "ends_at": DAY + timedelta(hours=12)}
    top = {**times, "resource": Resource.objects.get(code="F1")}

    def act(number: int) -> object:
        if number % 3 == 0:
            return factories.window(*times.values(), resource=top["resource"])
        if number % 3 == 1:
            return windows.update_window(rows[number], top, by=None, now=NOW)
        later = times["ends_at"] + timedelta(minutes=number)
        return windows.extend_window(morning, ends_at=later, by=None, now=NOW)

    assert winners(house, act) >= 1
    eleven = DAY + timedelta(hours=11)
    assert Window.objects.standing().sharing(eleven, eleven + timedelta(hours=1)).count() == 1


def test_a_window_and_bookings_at_once_never_both(house: Organization) -> None:
    """Twenty-five bookings of the rooms and twenty-five windows over the house: windows or bookings, not both."""

    def act(number: int) -> object:
        if number % 2:
            return create(number)
        booking = Booking(
            resource=Resource.objects.get(code="R11"),
            starts_at=DAY + timedelta(hours=11),
            ends_at=DAY + timedelta(hours=12),
        )
        return bookings.create_booking(booking, by=None, now=NOW)

    winners(house, act)
    assert (Window.objects.count(), bool(Booking.objects.count())) in {(1, False), (0, True)}


def test_moves_between_two_houses_do_not_wait_for_each_other(house: Organization) -> None:
    """Half of them here and going there, half the other way: each finds its place."""
    here, there = Resource.objects.get(code="R11"), factories.resource(code="ANNEXE")
    rows = [apart(number) for number in range(RACERS)]
    for row in rows:
        start = {"resource": (here, there)[row.starts_at.day % 2]}
        windows.update_window(row, start, by=None, now=NOW)

    def act(number: int) -> object:
        target = {"resource": there if rows[number].resource == here else here}
        return windows.update_window(rows[number], target, by=None, now=NOW)

    assert winners(house, act) == RACERS


@pytest.mark.postgres
def test_the_race_is_real(house: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the lock and the exclusion constraint, several windows take the same time."""
    monkeypatch.setattr(conflicts, "lock", lambda *_: None)
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE scheduling_windowblock DROP CONSTRAINT scheduling_windowblock_no_overlap"
        )
    try:
        assert winners(house, create) > 1
    finally:
        WindowBlock.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE scheduling_windowblock ADD CONSTRAINT scheduling_windowblock_no_overlap"
                " EXCLUDE USING gist (resource_id WITH =, tstzrange(blocked_from, blocked_to) WITH &&)"
                " WHERE (is_exclusive)"
            )


@pytest.mark.postgres
def test_the_database_alone_lets_one_through(
    house: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even when the lock is forgotten, the exclusion constraint keeps windows apart."""
    monkeypatch.setattr(conflicts, "lock", lambda *_: None)
    assert winners(house, create) == 1
