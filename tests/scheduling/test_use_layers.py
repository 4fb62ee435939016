"""The calendar's layers of windows and bookings."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from scheduling.models import Booking, Resource, Window
from scheduling.services import bookings, window_series, windows
from tests import factories
from tests.api import Client

USE = {"start": "2026-03-01", "end": "2026-04-01", "layers": "windows,bookings"}
UserWith = Callable[[Role], User]


def at(day: int, hour: int = 8) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


@pytest.fixture
def room(organization: Organization) -> Resource:
    with tenant_scope(organization.pk):
        return factories.resource(name="Room 1")


def asked(user: User, now: datetime, **values: Any) -> list[dict[str, Any]]:
    with time_machine.travel(now, tick=False):
        answer = Client(user).get(f"calendar?{urlencode({**USE, **values})}")
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()
    return found


def test_windows_and_bookings_are_events_on_the_clock_of_their_place(
    room: Resource, admin: User, organization: Organization, now: datetime
) -> None:
    with tenant_scope(organization.pk):
        factories.window(at(30), at(30, 12), resource=room, title="Paint", cleanup_minutes=60)
        factories.booking(at(10, 14), at(12, 10), resource=room, reference="B-1", people=2)

    window, booking = sorted(asked(admin, now), key=lambda event: event["className"], reverse=True)

    assert (window["title"], window["className"]) == ("Paint", "windows-scheduled")
    assert (window["start"], window["end"]) == (
        *("2026-03-30T10:00:00+02:00", "2026-03-30T14:00:00+02:00"),
    )
    assert (window["startEditable"], window["durationEditable"]) == (True, True)
    assert window["extendedProps"]["blocked_to"] == "2026-03-30T15:00:00+02:00"
    assert (booking["title"], booking["className"]) == ("B-1", "bookings-confirmed")
    assert booking["start"] == "2026-03-10T15:00:00+01:00"
    assert booking["extendedProps"]["people"] == 2
    assert not window["extendedProps"]["conflict"]
    assert not booking["extendedProps"]["conflict"]


def test_layers_are_asked_for_by_name(
    room: Resource, admin: User, organization: Organization, now: datetime
) -> None:
    with tenant_scope(organization.pk):
        factories.window(at(20), at(20, 12), resource=room)
        factories.booking(at(10), at(12), resource=room)
        factories.schedule(resource=room, frequency="annual", start_at=at(24, 7))

    def layers(text: str) -> set[str]:
        return {event["className"].split("-")[0] for event in asked(admin, now, layers=text)}

    assert layers("windows") == {"windows"}
    assert layers("bookings") == {"bookings"}
    assert layers("due") == {"due"}
    assert layers("") == {"windows", "bookings", "due"}


def test_a_booking_system_that_books_over_a_window_shows_as_conflict(
    room: Resource, admin: User, organization: Organization, now: datetime
) -> None:
    with tenant_scope(organization.pk):
        factories.window(at(10), at(10, 12), resource=room)
        told = Booking(
            resource=room, source="pms", reference="B-1", starts_at=at(10, 10), ends_at=at(11)
        )
        bookings.upsert_booking(told, source_at=None, by=None, now=factories.START)

    events = asked(admin, now)

    assert [event["extendedProps"]["conflict"] for event in events] == [True, True]
    assert {event["extendedProps"].get("bookings") for event in events} == {None, 1}
    assert [event["editable"] for event in events if "editable" in event] == [False]


def test_work_that_has_begun_keeps_its_start_and_a_recurring_window_says_so(
    room: Resource, admin: User, organization: Organization, now: datetime
) -> None:
    with tenant_scope(organization.pk):
        begun = factories.window(at(10), at(10, 12), resource=room, title="Begun")
        windows.start_window(begun, by=admin, now=now)
        weekly = Window(title="Weekly", resource=room, starts_at=at(24), ends_at=at(24, 10))
        window_series.create_series(weekly, "FREQ=WEEKLY;COUNT=3", by=admin, now=now)

    events = {event["title"]: event for event in asked(admin, now)}

    assert (events["Begun"]["startEditable"], events["Begun"]["durationEditable"]) == (False, True)
    assert events["Begun"]["extendedProps"]["recurs"] is False
    assert events["Weekly"]["extendedProps"]["recurs"] is True


def test_filters_show_what_has_the_property(
    room: Resource, admin: User, organization: Organization, now: datetime
) -> None:
    with tenant_scope(organization.pk):
        other = factories.resource()
        factories.window(at(10), at(10, 12), resource=room, title="Mine", assigned_to=admin)
        factories.window(at(11), at(11, 12), resource=other, title="Nobody's")
        factories.booking(at(12), at(12, 12), resource=room, reference="B-1")

    def titles(**values: Any) -> set[str]:
        return {event["title"] for event in asked(admin, now, **values)}

    assert titles(assignee="me") == {"Mine"}
    assert titles(assignee="none") == {"Nobody's"}
    assert titles(type="inspection") == set()
    assert titles(resource=room.pk) == {"Mine", "B-1"}


def test_a_resource_brings_the_windows_above_which_take_it_along(
    room: Resource, admin: User, organization: Organization, now: datetime
) -> None:
    with tenant_scope(organization.pk):
        shelf = factories.resource(parent=room)
        factories.window(at(10), at(10, 12), resource=room, title="Above")
        factories.window(at(11), at(11, 12), resource=shelf, title="On it")
        factories.window(
            at(12), at(12, 12), resource=factories.resource(parent=room), title="Beside"
        )
        factories.window(at(13), at(13, 12), title="Elsewhere")

    assert {event["title"] for event in asked(admin, now, resource=shelf.pk)} == {"Above", "On it"}


def test_people_see_their_part_only(
    room: Resource, user_with: UserWith, organization: Organization, now: datetime
) -> None:
    requester, technician = user_with(Role.REQUESTER), user_with(Role.TECHNICIAN)
    with tenant_scope(organization.pk):
        Resource.objects.filter(pk=room.pk).update(owner=requester)
        factories.window(at(10), at(10, 12), resource=room, title="Here")
        factories.window(at(10), at(10, 12), title="Elsewhere")
        factories.booking(at(12), at(12, 12), resource=room, reference="B-1", contact_name="Ada")

    own, whole = asked(requester, now), asked(technician, now)

    assert [event["title"] for event in own] == ["Here"]
    assert {event["title"] for event in whole} == {"Here", "Elsewhere", "B-1"}
    assert not any(event.get("editable") or event.get("startEditable") for event in whole)
    assert "Ada" not in str(whole)


def test_the_questions_asked_do_not_depend_on_the_rows(
    room: Resource, admin: User, organization: Organization, now: datetime
) -> None:
    def questions() -> int:
        with time_machine.travel(now, tick=False), CaptureQueriesContext(connection) as asked_for:
            assert Client(admin).get(f"calendar?{urlencode(USE)}").status_code == 200
        return len(asked_for)

    with tenant_scope(organization.pk):
        factories.window(at(10), at(10, 10), resource=room)
        factories.booking(at(11), at(12), resource=factories.resource(parent=room))
    few = questions()
    with tenant_scope(organization.pk):
        for number in range(5):
            below = factories.resource(parent=room)
            factories.window(at(13 + number), at(13 + number, 12), resource=below)
            factories.booking(at(20), at(21), resource=below)

    assert questions() == few
    assert few <= 11


def test_a_booking_meets_windows_anywhere_below_its_resource_and_none_beside_it(
    room: Resource, admin: User, organization: Organization, now: datetime
) -> None:
    with tenant_scope(organization.pk):
        floor = factories.resource(parent=room)
        desk, lamp = factories.resource(parent=floor), factories.resource(parent=floor)
        factories.window(at(11), at(11, 12), resource=lamp)
        for place in (room, desk, factories.resource()):
            told = {"reference": place.name, "source": "pms"}
            factories.booking(at(10), at(12), resource=place, **told)

    found = asked(admin, now, layers="bookings")

    marked = [event["title"] for event in found if event["extendedProps"]["conflict"]]
    assert marked == ["Room 1"]
    assert len(found) == 3
