"""Fifty at once want the same time: one gets it. Threads with connections of their own, on either database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
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

pytestmark = pytest.mark.thorough

RACERS = 50
NOW, DAY = factories.START, utc(2026, 4, 1)
ELEVEN = DAY + timedelta(hours=11)
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


def winners(house: Organization, act: Act, *, in_circles: bool = False) -> int:
    """How many got through; the others were refused with a conflict and nothing else.

    Where nobody locks, they may wait for each other `in_circles`, which PostgreSQL ends.
    """

    def run(number: int) -> object:
        with tenant_scope(house.pk):
            return act(number)

    results, errors = in_threads(RACERS, run)
    shorter = "An extension ends later than the window does now."  # a longer one was faster
    refused = [e for e in errors if not isinstance(e, Conflict) and str(e) != shorter]
    if in_circles:
        refused = [e for e in refused if "deadlock detected" not in str(e)]
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


def moves() -> Act:
    """Each moves a window of its own to eleven."""
    rows = [apart(number) for number in range(RACERS)]
    times = {"starts_at": ELEVEN, "ends_at": ELEVEN + timedelta(hours=1)}
    return lambda number: windows.update_window(rows[number], times, by=None, now=NOW)


def test_of_fifty_moves_to_one_time_one_wins(house: Organization) -> None:
    assert winners(house, moves()) == 1
    assert Window.objects.filter(starts_at=ELEVEN).count() == 1


def everything() -> Act:
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

    return act


def at_eleven() -> int:
    """How many windows stand between eleven and noon."""
    rows = Window.objects.standing().sharing(ELEVEN, ELEVEN + timedelta(hours=1))
    return int(rows.count())


def test_creates_moves_and_extensions_into_one_time_leave_one(house: Organization) -> None:
    assert winners(house, everything()) >= 1
    assert at_eleven() == 1


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


def test_of_fifty_bookings_of_a_room_one_is_kept(house: Organization) -> None:
    """Half are made, half are moved there."""
    room = Resource.objects.get(code="R11")
    start, end = ELEVEN, ELEVEN + timedelta(hours=1)
    rows = [
        factories.booking(*(at + timedelta(days=2 + number) for at in (start, end)), resource=room)
        for number in range(RACERS)
    ]

    def act(number: int) -> object:
        if number % 2:
            return factories.booking(start, end, resource=room)
        times = {"starts_at": start, "ends_at": end}
        return bookings.update_booking(rows[number], times, by=None, now=NOW)

    assert winners(house, act) == 1
    assert Booking.objects.filter(starts_at=start).count() == 1


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


RACES = pytest.mark.parametrize("race", [lambda: create, moves, everything])


@contextmanager
def nothing_keeps_them_apart() -> Iterator[None]:
    """The database without what keeps windows apart; put back at the end."""
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute(_TRIGGERS if sqlite else _CONSTRAINT)
        rules = cursor.fetchall()
        for name, _ in rules:
            cursor.execute(
                f"DROP TRIGGER {name}"
                if sqlite
                else f"ALTER TABLE scheduling_windowblock DROP CONSTRAINT {name}"
            )
    assert rules
    try:
        yield
    finally:
        WindowBlock.objects.all().delete()
        with connection.cursor() as cursor:
            for name, rule in rules:
                added = f"ALTER TABLE scheduling_windowblock ADD CONSTRAINT {name} {rule}"
                cursor.execute(rule if sqlite else added)


_TRIGGERS = (
    "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%_no_overlap%'"
)
_CONSTRAINT = (
    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conname LIKE '%_no_overlap'"
)


@pytest.fixture
def unguarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody locks the tree; on SQLite, where only one writes at a time, everybody has looked before anybody writes."""
    monkeypatch.setattr(conflicts, "lock", lambda *_: None)
    if connection.vendor == "sqlite":
        monkeypatch.setattr(windows, "_admit", lambda *_, **__: [])


@RACES
def test_the_race_is_real(house: Organization, unguarded: None, race: Callable[[], Act]) -> None:
    """Without lock, check and the database's rule, several windows take the same time."""
    act = race()
    with nothing_keeps_them_apart():
        winners(house, act)
        assert at_eleven() > 1


@RACES
def test_the_database_alone_lets_one_through(
    house: Organization, unguarded: None, race: Callable[[], Act]
) -> None:
    """Even when all else is forgotten, the database keeps windows apart."""
    winners(house, race(), in_circles=True)
    assert at_eleven() == 1
