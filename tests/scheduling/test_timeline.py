"""`GET timeline`: a page of resources with what lies on each of them."""

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
from scheduling.models import Booking, Resource, ResourceEntrustment, Window
from scheduling.services import bookings
from tests import factories
from tests.api import Client

MARCH = {"start": "2026-03-01", "end": "2026-04-01"}
UserWith = Callable[[Role], User]


def at(day: int, hour: int = 8) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


@pytest.fixture
def rooms(organization: Organization) -> dict[str, Resource]:
    """A house with a floor of two rooms, and another house, in Berlin's March."""
    with tenant_scope(organization.pk):
        house = factories.resource(name="House", code="H")
        floor = factories.resource(name="Floor", code="F", parent=house)
        first, second = (
            factories.resource(name=f"Room {number}", code=f"R{number}", parent=floor)
            for number in (1, 2)
        )
        annex = factories.resource(name="Annex", code="A")
    return {"house": house, "floor": floor, "first": first, "second": second, "annex": annex}


def asked(user: User, now: datetime, **values: Any) -> Any:
    with time_machine.travel(now, tick=False):
        answer = Client(user).get(f"timeline?{urlencode({**MARCH, **values})}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def by_code(found: Any) -> dict[str, Any]:
    return {row["code"]: row for row in found["resources"]}


def test_rows_come_in_the_order_of_the_tree_page_by_page(
    rooms: dict[str, Resource], admin: User, now: datetime
) -> None:
    whole = asked(admin, now)
    page = asked(admin, now, offset=1, limit=2)

    assert [(row["code"], row["depth"]) for row in whole["resources"]] == [
        *(("H", 0), ("F", 1), ("R1", 2), ("R2", 2), ("A", 0))
    ]
    assert (page["count"], page["offset"]) == (5, 1)
    assert [row["code"] for row in page["resources"]] == ["F", "R1"]


def test_a_window_lies_on_its_resource_and_on_all_below(
    rooms: dict[str, Resource], admin: User, organization: Organization, now: datetime
) -> None:
    with tenant_scope(organization.pk):
        window = factories.window(
            at(10), at(10, 12), resource=rooms["floor"], setup_minutes=30, title="Carpet"
        )

    found = by_code(asked(admin, now))

    [own], [above] = found["F"]["windows"], found["R1"]["windows"]
    assert (own["id"], own["inherited_from"]) == (str(window.pk), None)
    assert (own["starts_at"], own["blocked_from"]) == (
        "2026-03-10T08:00:00Z",
        "2026-03-10T07:30:00Z",
    )
    assert own["editable"] is True
    assert (above["title"], above["inherited_from"], above["editable"]) == (
        "Carpet",
        "Floor",
        False,
    )
    assert found["H"]["windows"] == found["A"]["windows"] == []


def test_drafts_take_nothing_below_and_cancelled_windows_are_gone(
    rooms: dict[str, Resource], admin: User, organization: Organization, now: datetime
) -> None:
    with tenant_scope(organization.pk):
        factories.window(at(10), at(10, 12), resource=rooms["floor"], status="draft")
        gone = factories.window(at(11), at(11, 12), resource=rooms["first"])
        Window.objects.filter(pk=gone.pk).update(status="cancelled", closed_at=now)

    found = by_code(asked(admin, now))

    assert [row["status"] for row in found["F"]["windows"]] == ["draft"]
    assert found["R1"]["windows"] == []


@pytest.mark.parametrize("booked", ["house", "floor", "first"])
@pytest.mark.parametrize("closed", ["house", "floor", "first"])
def test_who_is_in_whose_way_is_marked_up_and_down_the_tree(
    rooms: dict[str, Resource],
    admin: User,
    organization: Organization,
    now: datetime,
    booked: str,
    closed: str,
) -> None:
    with tenant_scope(organization.pk):
        factories.window(at(10), at(10, 12), resource=rooms[closed])
        for reference, day in (("clash", 10), ("later", 11)):
            told = Booking(
                resource=rooms[booked],
                source="pms",
                reference=reference,
                starts_at=at(day),
                ends_at=at(day, 20),
            )
            bookings.upsert_booking(told, source_at=None, by=None, now=factories.START)

    found = by_code(asked(admin, now))

    shown = {row["title"]: row["conflict"] for row in found[rooms[booked].code]["bookings"]}
    [window] = [row for row in found[rooms[closed].code]["windows"] if not row["inherited_from"]]
    assert shown == {"clash": True, "later": False}
    assert (window["bookings"], window["conflict"]) == (1, True)


def test_a_window_counts_the_bookings_beyond_the_range_too(
    rooms: dict[str, Resource], admin: User, organization: Organization, now: datetime
) -> None:
    with tenant_scope(organization.pk):
        room = rooms["first"]
        factories.window(at(1), at(20), resource=room)
        for reference, day in (("before", 2), ("within", 10)):
            told = Booking(
                resource=room,
                source="pms",
                reference=reference,
                starts_at=at(day),
                ends_at=at(day, 20),
            )
            bookings.upsert_booking(told, source_at=None, by=None, now=factories.START)

    [window] = by_code(asked(admin, now, start="2026-03-08", end="2026-03-15"))[room.code][
        "windows"
    ]

    assert window["bookings"] == 2


def test_due_dates_are_markers(
    rooms: dict[str, Resource], admin: User, organization: Organization, now: datetime
) -> None:
    with tenant_scope(organization.pk):
        factories.schedule(
            title="Lift", resource=rooms["first"], frequency="weekly", start_at=at(24, 7)
        )

    found = by_code(asked(admin, now))

    assert [(row["title"], row["status"]) for row in found["R1"]["due"]] == [
        ("Lift", "scheduled"),
        ("Lift", "scheduled"),
    ]
    assert by_code(asked(admin, now, layers="windows"))["R1"].keys().isdisjoint({"due", "bookings"})


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ({"search": "room"}, ["R1", "R2"]),
        ({"status": "degraded"}, ["R2"]),
        ({"resource": "floor"}, ["F", "R1", "R2"]),
        ({"type": "lifts"}, ["A"]),
    ],
)
def test_filters_narrow_the_rows(
    rooms: dict[str, Resource],
    admin: User,
    organization: Organization,
    now: datetime,
    query: dict[str, Any],
    codes: list[str],
) -> None:
    with tenant_scope(organization.pk):
        kind = factories.resource_type()
        Resource.objects.filter(code="A").update(type=kind)
        Resource.objects.filter(code="R2").update(status="degraded")
    values = {**query}
    if "resource" in query:
        values["resource"] = rooms["floor"].pk
    if "type" in query:
        values["type"] = kind.pk

    found = asked(admin, now, **values)

    assert [row["code"] for row in found["resources"]] == codes
    assert found["count"] == len(codes)


def test_people_see_their_part_only(
    rooms: dict[str, Resource], user_with: UserWith, organization: Organization, now: datetime
) -> None:
    venue_admin, requester = user_with(Role.VENUE_ADMIN), user_with(Role.REQUESTER)
    with tenant_scope(organization.pk):
        ResourceEntrustment.objects.create(user=venue_admin, resource=rooms["floor"])
        Resource.objects.filter(code="R2").update(owner=requester)
        factories.window(at(10), at(10, 12), resource=rooms["house"], title="Secret")
        factories.booking(at(12), at(12, 12), resource=rooms["second"])

    entrusted, own = by_code(asked(venue_admin, now)), by_code(asked(requester, now))

    assert list(entrusted) == ["F", "R1", "R2"]
    [above] = entrusted["R1"]["windows"]
    assert (above["id"], above["title"], above["inherited_from"]) == (None, "Maintenance", "above")
    assert list(own) == ["R2"]
    assert own["R2"]["bookings"] == []


def test_what_comes_from_a_booking_system_is_not_moved_here(
    rooms: dict[str, Resource], admin: User, organization: Organization, now: datetime
) -> None:
    with tenant_scope(organization.pk):
        factories.booking(at(12), at(12, 12), resource=rooms["first"], reference="ours")
        factories.booking(
            at(13), at(13, 12), resource=rooms["first"], reference="theirs", source="pms"
        )

    shown = by_code(asked(admin, now))["R1"]["bookings"]

    assert {row["title"]: row["editable"] for row in shown} == {"ours": True, "theirs": False}
    assert "contact" not in str(shown)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"start": "soon"}, "start"),
        ({"end": "2026-02-01"}, "end"),
        ({"end": "2028-02-01"}, "end"),
        ({"layers": "moon"}, "layers"),
        ({"offset": "-1"}, "offset"),
        ({"limit": "0"}, "limit"),
        ({"limit": "501"}, "limit"),
        ({"offset": "9" * 5000}, "offset"),
        ({"search": "a\x00"}, "search"),
        ({"status": "moon"}, "status"),
        ({"type": "moon"}, "type"),
        ({"resource": "moon"}, "resource"),
    ],
)
def test_what_cannot_be_understood_is_named(
    admin: User, now: datetime, query: dict[str, str], field: str
) -> None:
    with time_machine.travel(now, tick=False):
        answer = Client(admin).get(f"timeline?{urlencode({**MARCH, **query})}")

    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_another_organisations_resource_is_not_found(
    admin: User, stranger: Organization, now: datetime
) -> None:
    with tenant_scope(stranger.pk):
        theirs = factories.resource()
    with time_machine.travel(now, tick=False):
        answer = Client(admin).get(f"timeline?{urlencode({**MARCH, 'resource': theirs.pk})}")

    assert answer.status_code == 404


def test_the_questions_asked_do_not_depend_on_the_rows(
    rooms: dict[str, Resource], admin: User, organization: Organization, now: datetime
) -> None:
    def fill(resource: Resource, day: int) -> None:
        factories.window(at(day), at(day, 10), resource=resource)
        factories.booking(at(day, 12), at(day, 20), resource=resource)
        factories.schedule(resource=resource, frequency="daily", start_at=at(24, 7))

    def questions() -> int:
        with time_machine.travel(now, tick=False), CaptureQueriesContext(connection) as asked_for:
            assert Client(admin).get(f"timeline?{urlencode(MARCH)}").status_code == 200
        return len(asked_for)

    with tenant_scope(organization.pk):
        fill(rooms["first"], 10)
        fill(rooms["floor"], 17)
        factories.window(at(26), at(26, 9), resource=rooms["house"])
    few = questions()
    with tenant_scope(organization.pk):
        for number in range(6):
            fill(factories.resource(parent=rooms["floor"]), 10 + number)
            fill(rooms["floor"], 18 + number)
            factories.window(at(25, number), at(25, number + 1), resource=rooms["house"])

    assert questions() == few
    assert few <= 19  # two levels of the tree are looked through, for bookings and for windows
