"""Bookings and windows by API, as API.md promises them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from scheduling.models import Booking, Resource, Window
from tests import factories
from tests.api import Client

UserWith = Callable[[Role], User]


@pytest.fixture
def api(admin: User) -> Client:
    return Client(admin)


@pytest.fixture
def day() -> datetime:
    """Monday of a coming week, midnight in UTC."""
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=14 - midnight.weekday())


@pytest.fixture
def rooms(organization: Organization) -> list[Resource]:
    """A floor and its two rooms."""
    with tenant_scope(organization.pk):
        floor = factories.resource(name="Floor")
        return [floor, *(factories.resource(name=f"Room {n}", parent=floor) for n in (1, 2))]


def times(day: datetime, start: float, end: float) -> dict[str, str]:
    hours = {"starts_at": start, "ends_at": end}
    return {name: (day + timedelta(hours=hour)).isoformat() for name, hour in hours.items()}


def made(api: Client, route: str, resource: Resource, **values: Any) -> Any:
    title = {"title": "Paint"} if route == "windows" else {}
    answer = api.post(route, {"resource": str(resource.pk), **title, **values})
    assert answer.status_code == 201, answer.json()
    return answer.json()


def test_a_window_and_its_life(api: Client, rooms: list[Resource], day: datetime) -> None:
    window = made(api, "windows", rooms[1], **times(day, 8, 12), setup_minutes=30)
    assert (window["status"], window["affected_bookings_count"]) == ("scheduled", 0)
    address = f"windows/{window['id']}"
    longer = api.post(f"{address}/extend", {"ends_at": times(day, 8, 13)["ends_at"]})
    assert datetime.fromisoformat(longer.json()["ends_at"]) == day + timedelta(hours=13)
    assert api.post(f"{address}/start").json()["status"] == "in_progress"
    assert api.get(f"resources/{rooms[1].pk}").json()["status"] == "under_maintenance"
    assert api.post(f"{address}/complete").json()["status"] == "completed"
    refused = api.post(f"{address}/start")
    assert refused.status_code == 409
    assert refused.json()["code"] == "transition_not_allowed"
    assert refused.json()["allowed"] == []


def test_a_conflict_names_what_is_in_the_way(
    api: Client, rooms: list[Resource], day: datetime
) -> None:
    booking = made(api, "bookings", rooms[1], **times(day, 8, 12), reference="B-7")
    answer = api.post(
        "windows", {"resource": str(rooms[0].pk), "title": "Paint", **times(day, 11, 14)}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    [named] = answer.json()["conflicts"]
    assert (named["type"], named["id"], named["severity"]) == ("booking", booking["id"], "hard")
    assert "B-7" in answer.json()["detail"]


def test_deleting_cancels_and_cancelling_wants_a_reason(
    api: Client, rooms: list[Resource], day: datetime, organization: Organization
) -> None:
    first = made(api, "windows", rooms[1], **times(day, 8, 12))
    second = made(api, "windows", rooms[2], **times(day, 8, 12))
    assert api.delete(f"windows/{first['id']}").status_code == 204
    assert api.post(f"windows/{second['id']}/cancel", {}).status_code == 400
    answer = api.post(f"windows/{second['id']}/cancel", {"reason": "No part"})
    assert answer.json()["cancel_reason"] == "No part"
    with tenant_scope(organization.pk):
        assert set(Window.objects.values_list("status", flat=True)) == {"cancelled"}


def test_validate_answers_and_writes_nothing(
    api: Client, rooms: list[Resource], day: datetime, organization: Organization
) -> None:
    made(api, "bookings", rooms[1], **times(day, 8, 12))
    made(api, "bookings", rooms[2], **times(day, 8, 12), status="tentative")
    body = {"resource": str(rooms[0].pk), **times(day, 9, 10)}
    found = api.post("windows/validate", body).json()
    assert (found["valid"], found["affected_bookings_count"]) == (False, 2)
    assert {row["severity"] for row in found["conflicts"]} == {"hard", "soft"}
    assert api.post("windows/validate", {**body, **times(day, 12, 13)}).json()["valid"]
    with tenant_scope(organization.pk):
        assert not Window.objects.exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"starts_at": "2020-01-01T08:00:00Z", "ends_at": "2020-01-01T09:00:00Z"}, "starts_at"),
        ({"kind": "emergency"}, "override_reason"),
    ],
)
def test_validate_refuses_what_create_refuses(
    api: Client, rooms: list[Resource], day: datetime, values: dict[str, str], field: str
) -> None:
    made(api, "bookings", rooms[1], **times(day, 8, 12))
    body = {"resource": str(rooms[1].pk), "title": "Paint", **times(day, 9, 10), **values}
    found = api.post("windows/validate", body).json()
    refused = api.post("windows", body)
    assert (refused.status_code, list(refused.json())) == (400, [field])
    assert (found["valid"], found["problems"]) == (False, refused.json())
    mended = {**body, "back_dated": True, "override_reason": "Fire", "kind": "emergency"}
    assert api.post("windows/validate", mended).json()["valid"]
    assert api.post("windows", mended).status_code == 201


def test_validate_judges_a_change_as_such(
    api: Client, rooms: list[Resource], day: datetime
) -> None:
    window = made(api, "windows", rooms[1], **times(day, 8, 12))
    body = {"id": window["id"], "resource": str(rooms[1].pk), **times(day, 9, 13)}
    assert api.post("windows/validate", body).json()["valid"]
    past = api.post("windows/validate", {**body, **times(day - timedelta(days=30), 9, 10)}).json()
    assert (past["valid"], list(past["problems"])) == (False, ["starts_at"])
    api.post(f"windows/{window['id']}/cancel", {"reason": "No part"})
    over = api.post("windows/validate", body).json()
    assert over["problems"] == {"detail": ["This window is cancelled."]}


def test_suggestions_come_ranked_with_reasons(
    api: Client, rooms: list[Resource], day: datetime
) -> None:
    made(api, "bookings", rooms[1], **times(day, 0, 11), people=3)
    made(api, "bookings", rooms[1], **times(day, 15, 24))
    period = {"earliest": times(day, 0, 1)["starts_at"], "latest": times(day, 0, 24)["ends_at"]}
    body = {"resource": str(rooms[1].pk), "duration_minutes": 240, **period}
    first, *others = api.post("windows/suggest", body).json()
    assert datetime.fromisoformat(first["starts_at"]) == day + timedelta(hours=11)
    assert (first["is_free"], first["reasons"]) == (True, ["Nobody is affected"])
    assert all(other["bookings"] for other in others)
    assert any("Displaces 1 booking with 3 people" in other["reasons"] for other in others)


def test_availability_of_a_resource(api: Client, rooms: list[Resource], day: datetime) -> None:
    made(api, "windows", rooms[0], **times(day, 8, 12))
    asked = {"start": times(day, 9, 10)["starts_at"], "end": times(day, 9, 10)["ends_at"]}
    found = api.get(f"resources/{rooms[1].pk}/availability", asked).json()
    assert (found["available"], len(found["conflicts"])) == (False, 1)
    later = {"start": times(day, 12, 13)["starts_at"], "end": times(day, 12, 13)["ends_at"]}
    assert api.get(f"resources/{rooms[1].pk}/availability", later).json()["available"]
    assert api.get(f"resources/{rooms[1].pk}/availability").status_code == 400


def test_what_leaves_a_resource_usable_is_named_and_leaves_it_available(
    api: Client, rooms: list[Resource], day: datetime
) -> None:
    made(api, "windows", rooms[1], **times(day, 8, 12), effect="out_of_service")
    span = times(day, 9, 10)
    asked = {"start": span["starts_at"], "end": span["ends_at"]}
    found = api.get(f"resources/{rooms[1].pk}/availability", asked).json()
    assert (found["available"], found["conflicts"][0]["severity"]) == (True, "soft")
    made(api, "bookings", rooms[1], **span, status="tentative")
    assert not api.get(f"resources/{rooms[1].pk}/availability", asked).json()["available"]


def test_contacts_are_for_those_who_arrange_things(
    api: Client, rooms: list[Resource], day: datetime, user_with: UserWith
) -> None:
    contact = {"contact_name": "Ada", "contact_email": "ada@example.org"}
    booking = made(api, "bookings", rooms[1], **times(day, 8, 12), **contact)
    assert booking["contact_email"] == "ada@example.org"
    technician = Client(user_with(Role.TECHNICIAN))
    assert technician.get(f"bookings/{booking['id']}").json()["contact_email"] == ""
    [row] = technician.get("bookings").json()["results"]
    assert (row["contact_name"], row["contact_email"]) == ("", "")


def test_a_booking_system_says_the_same_twice_and_old_news_late(
    api: Client, rooms: list[Resource], day: datetime, organization: Organization
) -> None:
    body = {"source": "pms", "reference": "77", "resource": str(rooms[1].pk), **times(day, 8, 12)}
    codes = [
        api.post("bookings/upsert", {**body, **news}).status_code
        for news in (
            {"source_at": "2026-03-01T00:00:00Z"},
            {"source_at": "2026-03-03T00:00:00Z", "status": "checked_in"},
            {"source_at": "2026-03-02T00:00:00Z", "status": "cancelled"},
        )
    ]
    assert codes == [201, 200, 200]
    with tenant_scope(organization.pk):
        assert Booking.objects.get().status == "checked_in"


def test_what_an_event_leaves_out_stays(
    api: Client, rooms: list[Resource], day: datetime, organization: Organization
) -> None:
    body = {"source": "pms", "reference": "77", "resource": str(rooms[1].pk), **times(day, 8, 12)}
    told = {"status": "cancelled", "people": 3, "contact_name": "Ann", "guest_id": "G1"}
    api.post("bookings/upsert", {**body, **told})
    moved = api.post("bookings/upsert", {**body, **times(day, 9, 12)}).json()
    assert {name: moved[name] for name in told} == told
    assert datetime.fromisoformat(moved["starts_at"]) == day + timedelta(hours=9)


def test_lists_ask_the_same_however_many_rows(
    api: Client, rooms: list[Resource], day: datetime, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        shift = day + timedelta(days=number)
        made(api, "bookings", rooms[1], **times(shift, 9, 10), status="tentative")
        made(api, "windows", rooms[0], **times(shift, 8, 12))
    with django_assert_max_num_queries(5):
        rows = api.get("windows").json()["results"]
    assert [row["affected_bookings_count"] for row in rows] == [1] * 6
    one = api.get(f"windows/{rows[0]['id']}").json()
    assert one == rows[0]


@pytest.mark.parametrize(
    ("route", "body", "field"),
    [
        (
            "windows/suggest",
            {"earliest": "2030-03-04T08:00:00", "duration_minutes": 60},
            "earliest",
        ),
        ("bookings/upsert", {"source_at": "2030-03-04T08:00:00"}, "source_at"),
    ],
)
def test_a_moment_without_offset_is_refused(
    api: Client, rooms: list[Resource], route: str, body: dict[str, Any], field: str
) -> None:
    refused = api.post(route, {"resource": str(rooms[1].pk), **body})
    assert refused.status_code == 400
    assert "offset" in str(refused.json()[field])
    listed = api.get(f"{route.partition('/')[0]}?after=2030-03-04T08:00:00")
    assert (listed.status_code, list(listed.json())) == (400, ["after"])
