"""What is refused to those who book or plan, by every door: retired resources, and what others have already."""

from datetime import datetime, timedelta

import pytest
from django.test import Client as Browser

from accounts.models import User
from scheduling.models import Booking, Resource, Window
from scheduling.services import bookings, resources, window_notices
from tests import factories
from tests.api import Client
from tests.scheduling.test_console_windows import ADD, CHECK, HOUR, form, text_of

RETIRED = "Lift is retired. Choose a resource that is in use."
BOOK = "/admin/scheduling/booking/add/"


@pytest.fixture
def api(admin: User) -> Client:
    return Client(admin)


def retire(resource: Resource, now: datetime = factories.START) -> None:
    resources.update_resource(resource, {"status": "retired"}, by=None, now=now)


def body(resource: Resource, start: datetime, end: datetime, **values: object) -> dict[str, object]:
    times = {"starts_at": start.isoformat(), "ends_at": end.isoformat()}
    return {"resource": str(resource.pk), **times, **values}


def test_nothing_new_is_planned_or_booked_on_a_retired_resource(
    api: Client, console: Browser, lift: Resource, noon: datetime
) -> None:
    retire(lift)
    wanted = body(lift, noon, noon + HOUR)
    for route, values in (
        ("windows", {"title": "Ropes"}),
        ("windows", {"title": "Ropes", "status": "draft"}),
        ("windows", {"title": "Ropes", "rrule": "FREQ=WEEKLY;COUNT=3"}),
        ("windows", {"title": "Ropes", "kind": "emergency", "override_reason": "Fire"}),
        ("bookings", {}),
    ):
        refused = api.post(route, {**wanted, **values})
        assert (refused.status_code, refused.json()) == (400, {"resource": [RETIRED]})
    assert RETIRED in text_of(console.post(ADD, form(lift, noon, noon + HOUR)))
    assert RETIRED in text_of(console.post(CHECK, form(lift, noon, noon + HOUR)))
    values = {**form(lift, noon, noon + HOUR), "status": "confirmed", "people": "1"}
    assert RETIRED in text_of(console.post(BOOK, values))
    assert not Window.objects.exists()
    assert not Booking.objects.exists()
    told = api.post("bookings/upsert", {**wanted, "source": "pms", "reference": "7"})
    assert told.status_code == 201  # a booking system's word is a fact


@pytest.mark.parametrize("model", ["window", "booking"])
def test_the_forms_do_not_offer_what_is_retired(
    console: Browser, lift: Resource, model: str
) -> None:
    address = {"app_label": "scheduling", "model_name": model, "field_name": "resource"}
    query = {**address, "term": "Lift"}
    assert [row["id"] for row in console.get("/admin/autocomplete/", query).json()["results"]]
    odd = console.get("/admin/autocomplete/", {**query, "term": "Lift\x00"}).json()["results"]
    assert odd == []
    retire(lift)
    found = console.get("/admin/autocomplete/", query).json()["results"]
    assert found == []


def test_what_stands_on_a_resource_that_is_retired_later_can_be_moved_and_ended(
    api: Client, lift: Resource, noon: datetime
) -> None:
    window = factories.window(noon, noon + HOUR, resource=lift)
    draft = factories.window(noon + 2 * HOUR, noon + 3 * HOUR, resource=lift, status="draft")
    other = factories.window(noon, noon + HOUR)
    booking = factories.booking(noon + 5 * HOUR, noon + 6 * HOUR, resource=lift)
    retire(lift)
    address = f"windows/{window.pk}"
    later = {"starts_at": (noon + HOUR).isoformat(), "ends_at": (noon + 2 * HOUR).isoformat()}
    assert api.patch(address, later).status_code == 200
    longer = {"ends_at": (noon + 3 * HOUR).isoformat()}
    assert api.post(f"{address}/extend", longer).status_code == 200
    assert api.post(f"{address}/cancel", {"reason": "Scrapped"}).status_code == 200
    assert api.patch(f"bookings/{booking.pk}", {"people": 3}).status_code == 200
    for refused in (
        api.post(f"windows/{draft.pk}/approve"),
        api.patch(f"windows/{other.pk}", {"resource": str(lift.pk)}),
    ):
        assert refused.json() == {"resource": [RETIRED]}


def test_a_series_ends_where_its_resource_is_retired(
    api: Client, lift: Resource, noon: datetime
) -> None:
    rule = {"title": "Ropes", "rrule": "FREQ=WEEKLY"}
    assert api.post("windows", {**body(lift, noon, noon + HOUR), **rule}).status_code == 201
    made = Window.objects.count()
    retire(lift)
    assert window_notices.prolong_series(noon + timedelta(days=60)) == 0
    assert Window.objects.count() == made


def test_two_bookings_do_not_have_one_resource_at_a_time(
    api: Client, console: Browser, lift: Resource, noon: datetime
) -> None:
    first = factories.booking(noon, noon + 2 * HOUR, resource=lift, reference="B-1")
    refused = api.post("bookings", body(lift, noon + HOUR, noon + 3 * HOUR))
    assert refused.status_code == 409
    assert [row["id"] for row in refused.json()["conflicts"]] == [str(first.pk)]
    values = {**form(lift, noon + HOUR, noon + 3 * HOUR), "status": "tentative", "people": "1"}
    assert "This collides with B-1 (Lift)" in text_of(console.post(BOOK, values))
    touching = api.post("bookings", body(lift, noon + 2 * HOUR, noon + 3 * HOUR)).json()
    address = f"bookings/{touching['id']}"
    assert api.patch(address, {"starts_at": noon.isoformat()}).status_code == 409
    assert api.patch(address, {"status": "cancelled"}).status_code == 200
    assert api.patch(address, {"starts_at": noon.isoformat()}).status_code == 200
    assert api.patch(address, {"status": "confirmed"}).status_code == 409


def test_options_stand_beside_each_other_until_one_is_firm(
    api: Client, lift: Resource, noon: datetime
) -> None:
    wanted = body(lift, noon, noon + HOUR, status="tentative")
    options = [api.post("bookings", wanted).json()["id"] for _ in range(2)]
    assert api.patch(f"bookings/{options[0]}", {"status": "confirmed"}).status_code == 200
    assert api.patch(f"bookings/{options[1]}", {"status": "confirmed"}).status_code == 409


def test_what_a_booking_system_says_stands_and_keeps_nobody_from_checking_in(
    api: Client, lift: Resource, noon: datetime
) -> None:
    mine = factories.booking(noon, noon + 2 * HOUR, resource=lift)
    told = {"source": "pms", "reference": "7"}
    wanted = body(lift, noon + HOUR, noon + 3 * HOUR, **told)
    assert api.post("bookings/upsert", wanted).status_code == 201
    address = f"bookings/{mine.pk}"
    assert api.patch(address, {"status": "checked_in"}).status_code == 200
    shorter = {"ends_at": (noon + 1.5 * HOUR).isoformat()}
    assert api.patch(address, shorter).status_code == 200
    longer = {"ends_at": (noon + 2.5 * HOUR).isoformat()}
    assert api.patch(address, longer).status_code == 409


def test_a_resource_that_stands_for_several_holds_so_many(
    api: Client, lift: Resource, noon: datetime
) -> None:
    resources.update_resource(lift, {"attributes": {"units": 2}}, by=None, now=factories.START)
    for start, end, code in ((0, 2, 201), (2, 4, 201), (1, 3, 201), (1, 2, 409), (3, 5, 201)):
        answer = api.post("bookings", body(lift, noon + start * HOUR, noon + end * HOUR))
        assert answer.status_code == code, (start, end)


def test_a_booking_moved_within_its_own_time_does_not_meet_itself(
    lift: Resource, noon: datetime
) -> None:
    mine = factories.booking(noon, noon + 2 * HOUR, resource=lift)
    moved = {"starts_at": noon + HOUR, "ends_at": noon + 3 * HOUR}
    bookings.update_booking(mine, moved, by=None, now=factories.START)
    assert Booking.objects.get().starts_at == noon + HOUR
