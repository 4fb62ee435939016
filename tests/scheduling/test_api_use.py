"""Recurring windows, their harm, the alternatives and free time by API."""

from datetime import datetime, timedelta

import pytest

from accounts.models import Organization, User
from core.tenancy import tenant_scope
from scheduling.models import Occurrence, Resource
from scheduling.services import alternatives, due_check
from tests import factories
from tests.api import Client
from tests.scheduling.test_api_windows import made, times

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(admin: User) -> Client:
    return Client(admin)


@pytest.fixture
def day(noon: datetime) -> datetime:
    return noon


@pytest.fixture
def rooms(organization: Organization) -> list[Resource]:
    """Two rooms of a type, one for four and one for nine."""
    with tenant_scope(organization.pk):
        seats = {"key": "seats", "label": "Seats", "type": "number"}
        kind = factories.resource_type(attribute_fields=[seats])
        return [
            factories.resource(name=f"Room {count}", type=kind, attributes={"seats": count})
            for count in (4, 9)
        ]


def test_a_rule_makes_a_series_and_scopes_end_it(
    api: Client, rooms: list[Resource], day: datetime
) -> None:
    first = made(api, "windows", rooms[0], **times(day, 0, 1), rrule="FREQ=WEEKLY;COUNT=4")
    assert first["rrule"] == "FREQ=WEEKLY;COUNT=4"
    rows = api.get("windows", {"ordering": "starts_at"}).json()["results"]
    assert [row["rrule"] for row in rows] == ["FREQ=WEEKLY;COUNT=4"] * 4
    answer = api.post(f"windows/{rows[2]['id']}/cancel", {"reason": "Enough", "scope": "following"})
    assert answer.json()["status"] == "cancelled"
    left = api.get("windows", {"status": "scheduled"}).json()["results"]
    assert [row["id"] for row in left] == [rows[0]["id"], rows[1]["id"]]
    strange = {"title": "x", "resource": str(rooms[0].pk), **times(day, 3, 4), "rrule": "FREQ=X"}
    assert set(api.post("windows", strange).json()) == {"rrule"}


def test_a_series_begins_in_the_past_only_on_purpose(
    api: Client, rooms: list[Resource], day: datetime
) -> None:
    past = times(day - timedelta(days=60), 0, 1)
    body = {"title": "Drain", "resource": str(rooms[0].pk), **past, "rrule": "FREQ=WEEKLY;COUNT=3"}
    refused = api.post("windows", body)
    assert (refused.status_code, list(refused.json())) == (400, ["starts_at"])
    assert api.post("windows", {**body, "back_dated": True}).status_code == 201


def test_drafts_of_a_series_are_scheduled_together(
    api: Client, rooms: list[Resource], day: datetime
) -> None:
    first = made(
        api, "windows", rooms[0], **times(day, 0, 1), rrule="FREQ=WEEKLY;COUNT=3", status="draft"
    )
    done = api.post(f"windows/{first['id']}/approve", {"scope": "all"})
    assert done.json()["status"] == "scheduled"
    assert len(api.get("windows", {"status": "scheduled"}).json()["results"]) == 3


def test_a_window_is_for_a_due_date_of_what_it_takes(
    api: Client, rooms: list[Resource], day: datetime, organization: Organization, now: datetime
) -> None:
    with tenant_scope(organization.pk):
        factories.schedule(resource=rooms[0])
        due_check.check_now(organization=organization, by=None, now=now)
        due = Occurrence.objects.earliest("due_at")
    body = {"title": "Inspect", **times(day, 0, 1), "occurrence": str(due.pk)}
    refused = api.post("windows", {**body, "resource": str(rooms[1].pk)})
    assert (refused.status_code, list(refused.json())) == (400, ["occurrence"])
    assert api.post("windows", {**body, "resource": str(rooms[0].pk)}).status_code == 201


def test_the_harm_and_where_those_could_go(
    api: Client, rooms: list[Resource], day: datetime
) -> None:
    firm = made(api, "bookings", rooms[0], **times(day, 0, 24), people=3, reference="B-1")
    made(api, "bookings", rooms[0], **times(day, 24, 26), status="tentative", reference="B-2")
    window = made(api, "windows", rooms[0], **times(day, 6, 25), status="draft")
    found = api.get(f"windows/{window['id']}/impact").json()
    assert found["hard"] == {"bookings": 1, "people": 3, "nights": 1, "hours": 18.0}
    assert found["soft"] == {"bookings": 1, "people": 1, "nights": 0, "hours": 1.0}
    assert [row["reference"] for row in found["bookings"]] == ["B-1", "B-2"]
    address = f"windows/{window['id']}/alternatives"
    offered = api.get(address, {"booking": firm["id"]}).json()
    assert offered[0]["resource_name"] == "Room 9"
    assert {row["resource_name"] for row in offered} == {"Room 9", "Room 4"}
    assert api.get(address).status_code == 400
    assert api.get(address, {"booking": window["id"]}).status_code == 404


@pytest.mark.parametrize(("people", "offered"), [(6, set()), (3, {"Room 4"})])
def test_nobody_is_offered_a_room_too_small(
    api: Client, rooms: list[Resource], day: datetime, people: int, offered: set[str]
) -> None:
    booking = made(api, "bookings", rooms[1], **times(day, 0, 24), people=people)
    window = made(api, "windows", rooms[1], **times(day, 6, 8), status="draft")
    address = f"windows/{window['id']}/alternatives"
    found = api.get(address, {"booking": booking["id"]}).json()
    assert {row["resource_name"] for row in found} - {"Room 9"} == offered


def test_what_is_large_enough_and_near_is_found_behind_any_number_of_small_ones(
    api: Client, day: datetime, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alternatives, "_MOST_TRIED", 2)
    with tenant_scope(organization.pk):
        kind = factories.resource_type(
            attribute_fields=[{"key": "seats", "label": "Seats", "type": "number"}]
        )
        floor = factories.resource()
        own, *_ = (
            factories.resource(name=name, type=kind, attributes={"seats": seats}, parent=parent)
            for name, seats, parent in [
                ("Hall", 9, floor),
                *((f"A{number}", 2, floor) for number in range(3)),
                *((f"B{number}", 9, None) for number in range(3)),
                ("Z", 9, floor),
            ]
        )
    booking = made(api, "bookings", own, **times(day, 0, 24), people=6)
    window = made(api, "windows", own, **times(day, 6, 8), status="draft")
    address = f"windows/{window['id']}/alternatives"
    found = api.get(address, {"booking": booking["id"]}).json()
    offered = [row["resource_name"] for row in found if row["resource"] != str(own.pk)]
    assert offered == ["Z", "B0"]


def test_free_time(api: Client, rooms: list[Resource], day: datetime) -> None:
    made(api, "bookings", rooms[0], **times(day, 1, 2))
    span = times(day, 0, 4)
    query = {"start": span["starts_at"], "end": span["ends_at"], "duration_minutes": "90"}
    found = {
        row["resource_name"]: row["free"] for row in api.get("resources/availability", query).json()
    }
    assert [datetime.fromisoformat(row["starts_at"]) for row in found["Room 4"]] == [
        datetime.fromisoformat(times(day, 2, 4)["starts_at"])
    ]
    assert len(found["Room 9"]) == 1
    large = api.get("resources/availability", {**query, "people": "5"}).json()
    assert [row["resource_name"] for row in large] == ["Room 9"]
    backwards = {**query, "end": query["start"]}
    assert api.get("resources/availability", backwards).status_code == 400
