"""Calendars and booking feeds by the API."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from integrations.models import BookingFeed
from scheduling.models import Resource
from tests import factories
from tests.api import Client

SYSTEM = "https://rooms.example.org/12.ics?key=secret"


@pytest.fixture
def room(organization: Organization) -> Resource:
    with tenant_scope(organization.pk):
        return factories.resource(name="Room 12")


def test_a_calendar_is_made_read_and_revoked(admin: User, room: Resource) -> None:
    client = Client(admin)
    body = {"name": "Room", "kind": "resource", "resource": str(room.pk), "with_bookings": True}
    made = client.post("calendar-feeds", body)
    assert made.status_code == 201
    path = "/" + made.json()["address"].split("/", 3)[3]
    assert Browser().get(path)["Content-Type"].startswith("text/calendar")
    address = f"calendar-feeds/{made.json()['id']}"
    assert "address" not in client.get(address).json()
    assert client.delete(address).status_code == 204
    assert Browser().get(path).status_code == 404
    assert client.get(address).json()["revoked_at"]


def test_the_address_of_a_calendar_is_not_repeated(admin: User, room: Resource) -> None:
    client = Client(admin)
    body = {"name": "Mine", "kind": "person"}
    first, again = (
        client.post("calendar-feeds", body, headers={"Idempotency-Key": "abc"}).json()
        for _ in range(2)
    )
    assert (first["id"], again["address"]) == (again["id"], None)


def test_other_peoples_calendars_are_out_of_reach(
    admin: User, room: Resource, user_with: Callable[[Role], User]
) -> None:
    made = Client(admin).post("calendar-feeds", {"name": "Mine", "kind": "person"}).json()
    other = Client(user_with(Role.TECHNICIAN))
    assert other.get("calendar-feeds").json()["results"] == []
    assert other.delete(f"calendar-feeds/{made['id']}").status_code == 404


def test_a_booking_feed_is_made_changed_read_and_dropped(
    admin: User, room: Resource, organization: Organization
) -> None:
    client = Client(admin)
    body: dict[str, Any] = {"resource": str(room.pk), "source": "Opera", "secret_url": SYSTEM}
    made = client.post("booking-feeds", body)
    assert (made.status_code, made.json()["state"]) == (201, "new")
    assert "secret" not in made.content.decode()
    address = f"booking-feeds/{made.json()['id']}"
    assert client.patch(address, {"every_minutes": 60}).json()["every_minutes"] == 60
    assert client.post(f"{address}/read").status_code == 200
    wrong = client.patch(address, {"secret_url": "ftp://rooms.example.org"})
    assert (wrong.status_code, list(wrong.json())) == (400, ["secret_url"])
    with tenant_scope(organization.pk):
        assert BookingFeed.objects.get().secret_url == SYSTEM
    assert client.delete(address).status_code == 204
    assert client.get("booking-feeds").json()["results"] == []
