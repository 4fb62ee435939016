"""Windows and bookings cost as many questions to the database for many rows as for few."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organization, User
from accounts.rights import Role
from core import outbox
from core.models import OutboxEvent
from core.tenancy import tenant_scope
from scheduling.models import Booking, Inquiry, InquiryAnswer, Resource, ResourceType
from scheduling.services import asking, windows
from tests import factories
from tests.api import Client
from tests.console import signed_in
from tests.scheduling.inquiries import address

HOUR = timedelta(hours=1)
FEW, MANY = 2, 7
#: The most questions that each may ask.
PAGES = {
    **{"window form": 4, "window's own form": 5, "window page": 10, "what it takes": 5},
    **{"check, in the way": 16, "check, repeated": 20, "check, free": 10},
    **{"who is affected": 15, "where else": 10, "answer for": 12, "guest's link": 9},
    **{"free time": 9, "windows": 10, "bookings": 6, "booked twice": 6, "booking page": 7},
    "overview": 7,
}
ROUTES = {
    **{"suggest": 8, "validate": 5, "alternatives": 11, "impact": 8, "conflicts": 7},
    **{"inquiries": 4, "windows": 5, "bookings": 2, "free": 6, "availability": 5},
}
REACTIONS = {
    **{"scheduled": 21, "changed": 21, "coming": 19, "started": 10, "still_open": 11},
    **{"cancelled": 17, "asked": 5, "unanswered": 9, "answered": 14, "cleared": 10},
    "booking changed": 13,
}


class House:
    """A floor whose maintenance waits as a draft for the answers of those who booked its rooms."""

    def __init__(self, organization: Organization) -> None:
        self.organization = organization
        self.chief = factories.user(organization, role=Role.ADMIN)
        self.start = timezone.now().replace(minute=0, second=0, microsecond=0) + 10 * 24 * HOUR
        self.kind: ResourceType = factories.resource_type(name="Room")
        self.floor: Resource = factories.resource(name="Floor", owner=self.chief)
        self.draft = factories.window(
            self.start, self.start + 3 * HOUR, resource=self.floor, status="draft"
        )
        self.booking = self.booked(self.floor, "F-0")
        self.spare: Resource = factories.resource(name="Spare", type=self.kind)

    def booked(self, resource: Resource, reference: str) -> Booking:
        return factories.booking(
            self.start + HOUR,
            self.start + 2 * HOUR,
            resource=resource,
            reference=reference,
            contact_email=f"{reference}@example.org",
        )

    def grow(self, count: int) -> None:
        """More rooms on the floor that are booked and have an owner, more windows, more people, more to choose from."""
        for number in range(count):
            owner = factories.user(self.organization, role=Role.REQUESTER)
            room = factories.resource(parent=self.floor, type=self.kind, owner=owner)
            self.booked(room, f"{room.code}-{number}")
            other = factories.resource(type=self.kind)
            day = self.start + (number + 2) * 24 * HOUR
            factories.window(day, day + HOUR, resource=other)
            factories.booking(day + HOUR, day + 2 * HOUR, resource=other)
            factories.user(self.organization, role=Role.EXECUTIVE_ADMIN)
        asking.ask(self.draft, by=self.chief, now=timezone.now())

    @property
    def rooms(self) -> list[str]:
        return [str(pk) for pk in Resource.objects.values_list("pk", flat=True)]

    def inquiry(self) -> Inquiry:
        found: Inquiry = Inquiry.objects.get(booking=self.booking)
        return found


@pytest.fixture
def house(scope: Organization) -> House:
    return House(scope)


def cost(call: Callable[[], Any]) -> int:
    """How many questions it takes; pages and answers have to be fine."""
    call()
    with CaptureQueriesContext(connection) as queries:
        answer = call()
    if answer is not None:
        assert answer.status_code == 200, answer.content[:500]
    return len(queries)


def over(costs: dict[str, int], most: dict[str, int]) -> dict[str, int]:
    """Those that ask more than they may."""
    return {name: count for name, count in costs.items() if count > most[name]}


def typed(house: House, start: datetime) -> dict[str, str]:
    """The window's form, filled in."""
    return {
        "title": "Paint",
        "resource": str(house.floor.pk),
        "kind": "planned",
        "effect": "out_of_order",
        "starts_at_0": f"{start:%Y-%m-%d}",
        "starts_at_1": "00:00",
        "ends_at_0": f"{start + 24 * HOUR:%Y-%m-%d}",
        "ends_at_1": "23:00",
        "setup_minutes": "0",
        "cleanup_minutes": "0",
        "repeat": "",
    }


def pages(house: House) -> dict[str, Callable[[Browser], Any]]:
    """The pages of windows and bookings, and what they are opened with."""
    window = f"/admin/scheduling/window/{house.draft.pk}/"
    day = {"start": f"{house.start:%Y-%m-%d}", "end": f"{house.start + 48 * HOUR:%Y-%m-%d}"}
    check = "/admin/scheduling/window/check/"
    weekly = {"repeat": "FREQ=WEEKLY"}
    return {
        "window form": lambda b: b.get(
            "/admin/scheduling/window/add/", {"resource": house.floor.pk}
        ),
        "window's own form": lambda b: b.get(f"{window}change/"),
        "check, in the way": lambda b: b.post(check, typed(house, house.start)),
        "check, repeated": lambda b: b.post(check, typed(house, house.start) | weekly),
        "check, free": lambda b: b.post(check, typed(house, house.start + 300 * 24 * HOUR)),
        "window page": lambda b: b.get(window),
        "who is affected": lambda b: b.get(window, {"tab": "affected"}),
        "what it takes": lambda b: b.get(window, {"tab": "taken"}),
        "where else": lambda b: b.get(f"{window}alternatives/{house.booking.pk}/"),
        "answer for": lambda b: b.get(f"{window}answers/{house.inquiry().pk}/"),
        "free time": lambda b: b.get("/admin/availability/", {"minutes": "60", **day}),
        "windows": lambda b: b.get("/admin/scheduling/window/"),
        "bookings": lambda b: b.get("/admin/scheduling/booking/"),
        "booked twice": lambda b: b.get("/admin/scheduling/booking/", {"time": "double"}),
        "booking page": lambda b: b.get(f"/admin/scheduling/booking/{house.booking.pk}/change/"),
        "overview": lambda b: b.get("/admin/windows/", headers={"HX-Request": "true"}),
        "guest's link": lambda _: Browser().get(address(house.inquiry())),
    }


def routes(house: House) -> dict[str, Callable[[Client], Any]]:
    """The routes of the API that look around."""
    window = f"windows/{house.draft.pk}"
    around = {"earliest": house.start.isoformat(), "duration_minutes": 60}
    times = {
        "starts_at": house.start.isoformat(),
        "ends_at": (house.start + HOUR).isoformat(),
    }
    free = {"start": times["starts_at"], "end": times["ends_at"]}
    return {
        "suggest": lambda c: c.post("windows/suggest", {"resources": house.rooms, **around}),
        "validate": lambda c: c.post(
            "windows/validate", {"resource": str(house.floor.pk), "title": "Paint", **times}
        ),
        "alternatives": lambda c: c.get(f"{window}/alternatives", {"booking": house.booking.pk}),
        "impact": lambda c: c.get(f"{window}/impact"),
        "conflicts": lambda c: c.get(f"{window}/conflicts"),
        "inquiries": lambda c: c.get(f"{window}/inquiries"),
        "windows": lambda c: c.get("windows"),
        "bookings": lambda c: c.get("bookings"),
        "free": lambda c: c.get("resources/availability", {**free, "duration_minutes": 30}),
        "availability": lambda c: c.get(f"resources/{house.floor.pk}/availability", free),
    }


@pytest.mark.parametrize(
    ("visitor", "places", "allowed"), [(signed_in, pages, PAGES), (Client, routes, ROUTES)]
)
def test_looking_costs_the_same_for_many_rows(
    house: House, visitor: Callable[[User], Any], places: Any, allowed: dict[str, int]
) -> None:
    browser = visitor(house.chief)
    house.grow(FEW)
    few = {name: cost(partial(call, browser)) for name, call in places(house).items()}
    house.grow(MANY)
    many = {name: cost(partial(call, browser)) for name, call in places(house).items()}
    assert many == few
    assert over(few, allowed) == {}


def told(house: House) -> dict[str, int]:
    """What it costs to react to everything that happens to a window and to the answers about another."""
    water = factories.window(
        house.start,
        house.start + HOUR * 3,
        resource=house.floor,
        kind="emergency",
        override_reason="Water",
        created_by=house.chief,
    )
    about = {"window_id": str(water.pk)}
    costs = {
        what: reaction(house, f"window.{what}", about)
        for what in ("scheduled", "changed", "coming")
    }
    windows.start_window(water, by=None, now=timezone.now())
    costs |= {what: reaction(house, f"window.{what}", about) for what in ("started", "still_open")}
    windows.cancel_window(water, reason="Dry", by=None, now=timezone.now())
    costs["cancelled"] = reaction(house, "window.cancelled", about)
    inquiry, draft = house.inquiry(), {"window_id": str(house.draft.pk)}
    costs["asked"] = reaction(house, "inquiry.asked", {"inquiry_id": str(inquiry.pk), "number": 0})
    Inquiry.objects.update(answer_by=timezone.now())
    costs["unanswered"] = reaction(house, "window.unanswered", draft)
    given = InquiryAnswer.objects.create(inquiry=inquiry, choice="kept", answered_at=timezone.now())
    costs["answered"] = reaction(house, "inquiry.answered", {"answer_id": str(given.pk)})
    costs["cleared"] = reaction(house, "window.cleared", draft)
    moved = {"booking_id": str(house.booking.pk)}
    return costs | {"booking changed": reaction(house, "booking.changed", moved)}


def reaction(house: House, name: str, payload: dict[str, Any]) -> int:
    """How many questions all handlers of the event ask together."""
    event = OutboxEvent(
        name=f"scheduling.{name}",
        payload=payload,
        organization_id=house.organization.pk,
        occurred_at=timezone.now(),
    )
    found = outbox.handlers_of(event.name)
    assert found
    with CaptureQueriesContext(connection) as queries:
        for handler in found.values():
            handler(event)
    return len(queries)


def test_reactions_cost_the_same_for_many_rows(
    organization: Organization, stranger: Organization
) -> None:
    costs = []
    for place, count in ((organization, FEW), (stranger, MANY)):
        with tenant_scope(place.pk):
            house = House(place)
            house.grow(count)
            costs.append(told(house))
    assert costs[0] == costs[1]
    assert over(costs[0], REACTIONS) == {}
