"""Calendars for subscription: what they show and to whom, and that calendar programs read them."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization, User
from accounts.rights import Role
from core.errors import Conflict, Invalid, NotAllowed
from core.models import AuditEntry
from core.tenancy import tenant_scope
from integrations.models import CalendarFeed
from integrations.services import calendar_feeds
from scheduling.models import Resource, Window
from scheduling.services import window_series, windows
from tests import factories
from tests.console import signed_in

MAY = datetime(2026, 5, 4, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
UserWith = Callable[..., User]


@pytest.fixture(autouse=True)
def _today(time_machine: Any, now: datetime) -> None:
    time_machine.move_to(now, tick=False)


@pytest.fixture
def hall(scope: Organization) -> Resource:
    return factories.resource(code="HALL", name="Hall, large")


def make(user: User, now: datetime, **values: Any) -> tuple[CalendarFeed, str]:
    """A calendar of the whole organisation, unless `values` say otherwise, and its address."""
    feed = CalendarFeed(**{"name": "Plan", "kind": "organization", **values})
    made, token = calendar_feeds.create_feed(feed, by=user, now=now)
    return made, f"/calendar/{token}.ics"


def read(address: str) -> Any:
    """The calendar as a library reads it, without a complaint."""
    answer = Client().get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    found: Any = icalendar.Calendar.from_ical(answer.content)
    assert not any(part.errors for part in found.walk())
    return found


def events(address: str) -> dict[str, Any]:
    """By summary."""
    return {str(event["summary"]): event for event in read(address).events}


def test_windows_and_due_dates_of_the_organization(
    hall: Resource, admin: User, now: datetime
) -> None:
    window = factories.window(MAY, MAY + HOUR, resource=hall, title="Floor", description="New wax")
    draft = {"resource": hall, "title": "Idea", "status": "draft"}
    factories.window(MAY + 3 * HOUR, MAY + 4 * HOUR, **draft)
    factories.schedule(resource=hall, title="Fire doors")
    _, address = make(admin, now)

    found = events(address)

    floor = found["Floor: Hall, large"]
    assert str(floor["uid"]).startswith(f"window-{window.pk}@")
    assert floor.start == MAY.astimezone(ZoneInfo("Europe/Berlin"))
    assert (floor["location"], floor["description"]) == ("Hall, large", "New wax")
    doors = [event for name, event in found.items() if "Fire doors" in name]
    assert {str(event["transp"]) for event in doors} == {"TRANSPARENT"}
    assert not any("Idea" in name for name in found)
    starts = [event.start for event in read(address).events if "Fire doors" in event["summary"]]
    assert len(starts) >= 12
    assert {start.hour for start in starts} == {8}


def test_a_change_keeps_the_uid_and_raises_the_sequence(
    hall: Resource, admin: User, now: datetime
) -> None:
    window = factories.window(MAY, MAY + HOUR, resource=hall)
    _, address = make(admin, now)
    (before,) = read(address).events

    windows.update_window(window, {"ends_at": MAY + 2 * HOUR}, by=admin, now=now)
    (moved,) = read(address).events
    windows.cancel_window(window, reason="Rain", by=admin, now=now)
    (cancelled,) = read(address).events

    assert before["uid"] == moved["uid"] == cancelled["uid"]
    assert [event["sequence"] for event in (before, moved, cancelled)] == [0, 1, 2]
    assert [str(event["status"]) for event in (moved, cancelled)] == ["CONFIRMED", "CANCELLED"]
    assert moved["dtstamp"].dt == window.updated_at.replace(microsecond=0)


def test_a_cancelled_window_is_forgotten_after_a_while(
    hall: Resource, admin: User, now: datetime, time_machine: Any
) -> None:
    window = factories.window(MAY, MAY + HOUR, resource=hall)
    windows.cancel_window(window, reason="Rain", by=admin, now=now)
    _, address = make(admin, now)

    assert len(read(address).events) == 1
    time_machine.move_to(now + calendar_feeds.TOLD_AS_CANCELLED + HOUR)
    assert len(read(address).events) == 0


def test_recurring_windows_keep_their_wall_time_over_both_changes(
    hall: Resource, admin: User, now: datetime
) -> None:
    first = datetime(2026, 3, 24, 7, tzinfo=UTC)  # 08:00 in Berlin, before summer time
    template = Window(resource=hall, title="Weekly", starts_at=first, ends_at=first + 2 * HOUR)
    made = window_series.create_series(template, "FREQ=WEEKLY;COUNT=40", by=admin, now=now)
    _, address = make(admin, now)

    found = read(address)

    assert len(found.events) == len(made) == 40
    assert {event["dtstart"].to_ical()[8:] for event in found.events} == {b"T080000"}
    assert {event["dtend"].to_ical()[8:] for event in found.events} == {b"T100000"}
    offsets = {event.start.utcoffset() for event in found.events}
    assert offsets == {HOUR, 2 * HOUR}
    assert [str(part["tzid"]) for part in found.walk("VTIMEZONE")] == ["Europe/Berlin"]


def test_a_personal_calendar_shows_what_is_assigned(
    hall: Resource, admin: User, user_with: UserWith, now: datetime
) -> None:
    worker = user_with(Role.TECHNICIAN)
    factories.window(MAY, MAY + HOUR, resource=hall, title="Mine", assigned_to=worker)
    factories.window(MAY + 2 * HOUR, MAY + 3 * HOUR, resource=hall, title="Another's")
    factories.schedule(resource=hall, title="My round", assigned_to=worker)
    factories.schedule(resource=hall, title="Another round", assigned_to=admin)
    _, address = make(worker, now, kind="person")

    names = " ".join(events(address))

    assert "Mine" in names
    assert "My round" in names
    assert "Another" not in names


def test_a_resource_brings_what_takes_it_and_what_stands_below_it(
    hall: Resource, admin: User, now: datetime
) -> None:
    stage = factories.resource(name="Stage", parent=hall)
    factories.window(MAY, MAY + HOUR, resource=stage, title="Curtain")
    factories.window(MAY, MAY + HOUR, title="Elsewhere")
    factories.booking(MAY + 2 * HOUR, MAY + 3 * HOUR, resource=stage, reference="B-1")
    _, address = make(admin, now, kind="resource", resource=hall, with_bookings=True)

    assert set(events(address)) == {"Curtain: Stage", "Booked: Stage"}

    factories.window(MAY + 4 * HOUR, MAY + 5 * HOUR, resource=hall, title="Roof")
    _, below = make(admin, now, kind="resource", resource=stage)
    assert set(events(below)) == {"Curtain: Stage", "Roof: Hall, large"}


def test_contacts_only_where_they_were_asked_for_and_the_right_still_stands(
    hall: Resource, user_with: UserWith, now: datetime
) -> None:
    planner = user_with(Role.MAINTENANCE_COORDINATOR)
    factories.booking(
        MAY, MAY + HOUR, resource=hall, reference="B-1", contact_name="Ann Alder", source="x"
    )
    _, plain = make(planner, now, with_bookings=True)
    _, full = make(planner, now, with_bookings=True, with_contacts=True)

    assert b"Ann" not in Client().get(plain).content
    assert b"Ann Alder" in Client().get(full).content
    User.objects.filter(pk=planner.pk).update(role=Role.TECHNICIAN)
    assert b"Ann" not in Client().get(full).content


def test_nobody_makes_a_calendar_of_what_they_may_not_see(
    hall: Resource, user_with: UserWith, now: datetime
) -> None:
    worker, requester = user_with(Role.TECHNICIAN), user_with(Role.REQUESTER)
    with pytest.raises(NotAllowed):
        make(worker, now, with_bookings=True, with_contacts=True)
    with pytest.raises(NotAllowed):
        make(requester, now, with_bookings=True)
    with pytest.raises(Invalid):
        make(worker, now, kind="person", with_bookings=True)
    with pytest.raises(Invalid):
        make(worker, now, kind="resource")
    factories.window(MAY, MAY + HOUR, resource=hall)
    _, address = make(requester, now)
    assert not read(address).events


def test_the_address_is_kept_nowhere_and_opens_nothing_once_revoked(
    hall: Resource, admin: User, now: datetime
) -> None:
    feed, address = make(admin, now)
    token = address.removeprefix("/calendar/").removesuffix(".ics")
    feed.refresh_from_db()
    assert token not in str(feed.__dict__)
    entries = AuditEntry.objects.filter(object_id=str(feed.pk))
    assert token not in str(list(entries.values()))
    assert feed.token_hash not in str(list(entries.values()))
    read(address)

    calendar_feeds.revoke_feed(feed, by=admin, now=now)

    assert Client().get(address).status_code == 404
    with pytest.raises(Conflict):
        calendar_feeds.revoke_feed(feed, by=admin, now=now)


def test_it_ends_with_its_person_and_while_scheduling_is_off(
    organization: Organization, hall: Resource, admin: User, now: datetime
) -> None:
    _, address = make(admin, now)
    organization.maintenance_scheduling_enabled = False
    organization.save()
    assert Client().get(address).status_code == 404
    organization.maintenance_scheduling_enabled = True
    organization.save()
    assert Client().get(address).status_code == 200
    User.objects.filter(pk=admin.pk).update(is_active=False)
    assert Client().get(address).status_code == 404


def test_programs_that_have_it_already_are_told_so(
    hall: Resource, admin: User, now: datetime
) -> None:
    window = factories.window(MAY, MAY + HOUR, resource=hall)
    _, address = make(admin, now)
    first = Client().get(address)

    again = Client().get(address, headers={"If-None-Match": f'"other", W/{first["ETag"]}'})
    windows.update_window(window, {"title": "New"}, by=admin, now=now)
    changed = Client().get(address, headers={"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    assert changed.status_code == 200
    assert "private" in first["Cache-Control"]


def test_strangers_guess_in_vain_and_slowly(
    hall: Resource, admin: User, now: datetime, settings: Any
) -> None:
    rates = {**settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "anon": "5/min"}
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": rates}
    _, address = make(admin, now)

    codes = [Client().get(f"/calendar/guess{n}.ics").status_code for n in range(7)]

    assert codes == [404] * 5 + [429] * 2
    assert Client().get(address).status_code == 200


def test_another_organization_stays_out_of_it(
    hall: Resource, admin: User, stranger: Organization, now: datetime
) -> None:
    with tenant_scope(stranger.pk):
        theirs = factories.window(MAY, MAY + HOUR, title="Theirs")
    factories.window(MAY, MAY + HOUR, resource=hall, title="Ours")
    _, address = make(admin, now)

    assert set(events(address)) == {"Ours: Hall, large"}
    assert str(theirs.pk).encode() not in Client().get(address).content


def test_queries_do_not_grow_with_the_calendar(
    hall: Resource, admin: User, now: datetime, django_assert_num_queries: Any
) -> None:
    _, address = make(admin, now, with_bookings=True)
    read(address)
    for number in range(5):
        start = MAY + number * 4 * HOUR
        factories.window(start, start + HOUR, resource=hall, title=f"Work {number}")
        factories.booking(start + 2 * HOUR, start + 3 * HOUR, resource=hall, source="x")
        factories.schedule(resource=hall, title=f"Round {number}")
    with django_assert_num_queries(10):
        Client().get(address)


def test_the_console_shows_the_address_once(hall: Resource, admin: User) -> None:
    client = signed_in(admin)
    form = {"name": "Phone", "kind": "organization", "resource": "", "with_bookings": "on"}

    said = client.post("/admin/integrations/calendarfeed/add/", form, follow=True)

    text = said.content.decode()
    assert "it is not shown again: http" in text
    (token,) = set(re.findall(r"/calendar/([\w-]{43})\.ics", text))
    read(f"/calendar/{token}.ics")
    again = client.get("/admin/integrations/calendarfeed/")
    assert token not in again.content.decode()
    assert "Phone" in again.content.decode()
    feed = CalendarFeed.objects.get()
    revoke = {"action": "revoke", "_selected_action": [str(feed.pk)]}
    client.post("/admin/integrations/calendarfeed/", revoke, follow=True)
    assert Client().get(f"/calendar/{token}.ics").status_code == 404


def test_the_list_asks_the_same_whatever_its_length(
    hall: Resource, admin: User, now: datetime, django_assert_num_queries: Any
) -> None:
    client = signed_in(admin)
    make(admin, now, kind="resource", resource=hall)
    with CaptureQueriesContext(connection) as short:
        client.get("/admin/integrations/calendarfeed/")
    for number in range(5):
        place = factories.resource(name=f"Place {number}")
        make(admin, now, kind="resource", resource=place)
    with django_assert_num_queries(len(short)):
        client.get("/admin/integrations/calendarfeed/")


def test_people_see_their_own_calendars(
    hall: Resource, admin: User, user_with: UserWith, now: datetime
) -> None:
    worker = user_with(Role.TECHNICIAN)
    make(admin, now, name="The chief's")
    make(worker, now, name="The worker's")

    mine = signed_in(worker).get("/admin/integrations/calendarfeed/").content.decode()
    everybodys = signed_in(admin).get("/admin/integrations/calendarfeed/").content.decode()

    assert "worker&#x27;s" in mine
    assert "chief&#x27;s" not in mine
    assert "worker&#x27;s" in everybodys
