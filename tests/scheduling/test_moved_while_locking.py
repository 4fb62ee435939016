"""What was moved to another tree since it was read is checked there under that tree's lock."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Barrier, current_thread, main_thread
from typing import Any

import pytest
from django.db import transaction

import tests.flush  # noqa: F401
from accounts.models import Organization
from core.errors import Conflict
from core.tenancy import tenant_scope
from scheduling.models import Booking, Resource, Window
from scheduling.services import bookings, conflicts, resources, windows
from tests import factories
from tests.scheduling.conftest import utc
from tests.threads import in_threads, shared_database

NOW, NOON = factories.START, utc(2026, 4, 1, 12)
HOUR = timedelta(hours=1)
Act = Callable[[int], object]


@pytest.fixture
def site(transactional_db: None, tmp_path: Path) -> Iterator[Organization]:
    """Two houses of one organisation, Here and There."""
    organization = factories.organization()
    with tenant_scope(organization.pk):
        for code in ("HERE", "THERE"):
            factories.resource(code=code)
        with shared_database(tmp_path):
            yield organization


def at(code: str) -> Resource:
    resource: Resource = Resource.objects.get(code=code)
    return resource


def book(code: str) -> Booking:
    wanted = Booking(resource=at(code), starts_at=NOON, ends_at=NOON + HOUR)
    return bookings.create_booking(wanted, by=None, now=NOW)


def a_moved_window() -> Act:
    """A window read Here stands There now; it is extended over noon while There is booked for noon."""
    window = factories.window(NOON - HOUR, NOON, resource=at("HERE"))
    windows.update_window(
        Window.objects.get(pk=window.pk), {"resource": at("THERE")}, by=None, now=NOW
    )

    def act(number: int) -> object:
        if number == 0:
            return windows.extend_window(window, ends_at=NOON + HOUR, by=None, now=NOW)
        return book("THERE")

    return act


def a_moved_booking() -> Act:
    """A booking read Here stands There now; it is moved to noon while There is planned for noon."""
    booking = factories.booking(NOON - HOUR, NOON, resource=at("HERE"))
    bookings.update_booking(
        Booking.objects.get(pk=booking.pk), {"resource": at("THERE")}, by=None, now=NOW
    )
    times = {"starts_at": NOON, "ends_at": NOON + HOUR}

    def act(number: int) -> object:
        if number == 0:
            return bookings.update_booking(booking, times, by=None, now=NOW)
        return factories.window(*times.values(), resource=at("THERE"))

    return act


def a_moved_resource() -> Act:
    """A room read below Here stands below There now; it is booked while work on all of There is planned."""
    room = factories.resource(code="ROOM", parent=at("HERE"))
    resources.update_resource(at("ROOM"), {"parent": at("THERE")}, by=None, now=NOW)
    times = (NOON, NOON + HOUR)

    def act(number: int) -> object:
        if number == 0:
            wanted = Booking(resource=room, starts_at=times[0], ends_at=times[1])
            return bookings.create_booking(wanted, by=None, now=NOW)
        return factories.window(*times, resource=at("THERE"))

    return act


MOVES = pytest.mark.parametrize("moved", [a_moved_window, a_moved_booking, a_moved_resource])


def run(site: Organization, act: Act) -> tuple[int, list[Exception]]:
    """How many of the two got through, and the errors of the others."""

    def one(number: int) -> object:
        with tenant_scope(site.pk):
            return act(number)

    results, errors = in_threads(2, one)
    return len(results), errors


def after_looking(monkeypatch: pytest.MonkeyPatch, wait: Callable[[], object]) -> None:
    """Let both `wait` between the look for what is in the way and the writing."""
    for service in (windows, bookings):
        admit: Any = service._admit

        def slowly(*given: Any, admit: Any = admit, **named: Any) -> Any:
            found = admit(*given, **named)
            if current_thread() is not main_thread():
                wait()
            return found

        monkeypatch.setattr(service, "_admit", slowly)


@MOVES
def test_one_of_both_gets_the_time(
    site: Organization, moved: Callable[[], Act], monkeypatch: pytest.MonkeyPatch
) -> None:
    act = moved()
    after_looking(monkeypatch, lambda: time.sleep(0.3))
    passed, errors = run(site, act)
    assert (passed, [type(error) for error in errors]) == (1, [Conflict])


@pytest.mark.postgres
@MOVES
def test_the_race_is_real(
    site: Organization, moved: Callable[[], Act], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where only the tree is locked that was read, both look before either writes, and both get the time."""
    act, both = moved(), Barrier(2, timeout=300)

    def as_read(*rows: Resource) -> None:
        conflicts._hold({conflicts._root(row) for row in rows}, waits=True)

    monkeypatch.setattr(conflicts, "lock", as_read)
    monkeypatch.setattr(conflicts, "lock_found", lambda *_, **__: None)
    after_looking(monkeypatch, both.wait)
    assert run(site, act) == (2, [])


@pytest.mark.postgres
def test_a_tree_found_later_is_not_waited_for(site: Organization) -> None:
    """Who has a lock already and needs another's is refused, so that nobody waits in circles."""
    held, refused = Barrier(2, timeout=300), Barrier(2, timeout=300)
    here, there = at("HERE"), at("THERE")

    def act(number: int) -> None:
        with tenant_scope(site.pk), transaction.atomic():
            conflicts.lock((here, there)[number])
            held.wait()
            try:
                if number == 0:
                    conflicts.lock_found(there, beside=here)
            finally:
                refused.wait()

    _, (error,) = in_threads(2, act)
    assert "try again" in str(error)


@pytest.mark.postgres
def test_work_begins_while_its_resource_is_changed(
    site: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both take the organisation's lock first, so they never wait for each other."""
    window = factories.window(NOON - HOUR, NOON, resource=at("HERE"))
    lock_tree = resources.lock_tree

    def slowly(organization_id: Any) -> None:
        lock_tree(organization_id)
        time.sleep(0.3)

    monkeypatch.setattr(resources, "lock_tree", slowly)

    def act(number: int) -> object:
        if number == 0:
            return windows.start_window(window, by=None, now=NOON)
        return resources.update_resource(at("HERE"), {"name": "New"}, by=None, now=NOON)

    assert run(site, act) == (2, [])
