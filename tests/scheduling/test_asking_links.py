"""The link of a question: what its page offers, when it counts no more, nonsense, too many requests, tenancy."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Organization, User
from core.errors import Conflict
from core.tenancy import tenant_scope
from scheduling.models import Booking, Inquiry, InquiryAnswer, Resource, Window
from scheduling.services import alternatives, asking, bookings, windows
from tests import factories
from tests.scheduling.inquiries import address, asked, options

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def test_the_link_ends_when_the_window_moves(
    gretas_stay: Booking, painting: Window, admin: User, this_hour: datetime
) -> None:
    inquiry = asked(painting, admin, this_hour)
    times = {"starts_at": painting.starts_at + HOUR, "ends_at": painting.ends_at + HOUR}
    windows.update_window(painting, times, by=admin, now=this_hour)
    page = Client().get(address(inquiry))
    assert "This is settled" in page.content.decode()
    assert options(page) == []
    assert Client().post(address(inquiry), {"answer": "released"}).status_code == 409
    again = asked(painting, admin, this_hour)
    assert again.pk != inquiry.pk
    inquiry.refresh_from_db()
    assert inquiry.revoked_at == this_hour
    assert Booking.objects.get(pk=gretas_stay.pk).status == "confirmed"


@pytest.mark.parametrize("what", ["begun", "cancelled", "switched off", "forged", "foreign"])
def test_links_that_do_not_count(
    organization: Organization, gretas_stay: Booking, painting: Window, admin: User,
    this_hour: datetime, what: str, stranger: Organization,
) -> None:  # fmt: skip
    inquiry = asked(painting, admin, this_hour)
    link, code = address(inquiry), 200
    if what == "begun":
        values = {"starts_at": this_hour - HOUR, "blocked_from": this_hour - HOUR}
        Window.objects.filter(pk=painting.pk).update(**values)
    elif what == "cancelled":
        windows.cancel_window(painting, reason="No", by=admin, now=this_hour)
    elif what == "switched off":
        organization.maintenance_scheduling_enabled, code = False, 404
        organization.save()
    elif what == "forged":
        link, code = f"{link[:-3]}x/", 404
    else:
        inquiry.organization_id, code = stranger.pk, 404
        link = address(inquiry)
    page = Client().get(link)
    assert page.status_code == code
    assert options(page) == []
    assert Client().post(link, {"answer": "released"}).status_code in {404, 409}
    assert Booking.objects.get(pk=gretas_stay.pk).status == "confirmed"


def test_who_asks_too_often_waits(
    painting: Window, admin: User, this_hour: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scheduling.pages.guest.MOST_REQUESTS", 2)
    guest, link = Client(), address(asked(painting, admin, this_hour))
    codes = [guest.get(link).status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    assert int(guest.get(link)["Retry-After"]) > 0


@pytest.mark.parametrize("sent", ["", "nonsense", "moved", "moved:x@y", "moved:@", "moved:1@2@3"])
def test_nonsense_is_refused_in_words(
    painting: Window, admin: User, this_hour: datetime, sent: str
) -> None:
    page = Client().post(address(asked(painting, admin, this_hour)), {"answer": sent})
    assert page.status_code == 400
    assert 'role="alert"' in page.content.decode()
    assert InquiryAnswer.objects.count() == 0


def test_of_two_who_want_one_room_the_second_chooses_among_the_rest(
    floor_rooms: list[Resource],
    gretas_stay: Booking,
    painting: Window,
    admin: User,
    this_hour: datetime,
) -> None:
    inquiry = asked(painting, admin, this_hour)
    choice = f"moved:{alternatives.elsewhere(gretas_stay, painting)[0].key}"
    factories.booking(gretas_stay.starts_at, gretas_stay.ends_at, resource=floor_rooms[1])
    page = Client().post(address(inquiry), {"answer": choice})
    assert page.status_code == 409
    assert "Somebody else has just taken this" in page.content.decode()
    offered = [value for value in options(page) if "moved" in value]
    assert not any(str(floor_rooms[1].pk) in value for value in offered)
    assert any(str(floor_rooms[2].pk) in value for value in offered)


def test_what_is_offered(
    floor_rooms: list[Resource],
    gretas_stay: Booking,
    painting: Window,
    this_hour: datetime,
    painting_start: datetime,
) -> None:
    factories.booking(
        gretas_stay.ends_at - HOUR, gretas_stay.ends_at, resource=floor_rooms[1], status="tentative"
    )
    factories.window(gretas_stay.starts_at, gretas_stay.starts_at + HOUR, resource=floor_rooms[2])
    factories.resource(name="Room 9", type=floor_rooms[0].type, status="out_of_service")
    factories.resource(name="Hall", type=factories.resource_type())
    assert [one.resource for one in alternatives.elsewhere(gretas_stay, painting)] == [
        floor_rooms[3]
    ]
    taken = factories.booking(
        painting_start + 2 * DAY, painting_start + 3 * DAY, resource=floor_rooms[0]
    )
    times = alternatives.another_time(gretas_stay, painting, now=this_hour)
    assert len(times) == 4
    for one in times:
        assert one.ends_at - one.starts_at == 2 * DAY
        assert one.ends_at <= painting_start or one.starts_at >= painting.ends_at
        assert one.ends_at <= taken.starts_at or one.starts_at >= taken.ends_at
        assert one.starts_at > this_hour
    assert times[0].starts_at == painting_start - 2 * DAY
    assert alternatives.chosen(times[0].key, gretas_stay, painting, now=this_hour) == times[0]
    inside = alternatives.Alternative(
        floor_rooms[0], painting_start - HOUR, painting_start + 2 * DAY - HOUR
    )
    assert alternatives.chosen(inside.key, gretas_stay, painting, now=this_hour) is None
    other_type = alternatives.Alternative(
        floor_rooms[0].parent,  # type: ignore[arg-type]
        gretas_stay.starts_at,
        gretas_stay.ends_at,
    )
    assert alternatives.chosen(other_type.key, gretas_stay, painting, now=this_hour) is None


def test_who_is_out_of_the_way_otherwise_has_nothing_to_choose(
    floor_rooms: list[Resource],
    gretas_stay: Booking,
    painting: Window,
    admin: User,
    this_hour: datetime,
) -> None:
    inquiry = asked(painting, admin, this_hour)
    bookings.update_booking(gretas_stay, {"resource": floor_rooms[1]}, by=None, now=this_hour)
    page = Client().get(address(inquiry))
    assert "This is settled" in page.content.decode()
    with pytest.raises(Conflict, match="settled"):
        asking.answer(inquiry, "released", now=this_hour)


def test_the_page_costs_the_same_however_many_rooms_there_are(
    floor_rooms: list[Resource],
    painting: Window,
    admin: User,
    this_hour: datetime,
    django_assert_num_queries: Any,
) -> None:
    link = address(asked(painting, admin, this_hour))
    for number in range(12):
        factories.resource(
            name=f"Suite {number}", type=floor_rooms[0].type, parent=floor_rooms[0].parent
        )
    with django_assert_num_queries(9):
        Client().get(link)


def test_no_question_of_another_organisation_is_in_reach(
    painting: Window, admin: User, this_hour: datetime, stranger: Organization
) -> None:
    inquiry = asked(painting, admin, this_hour)
    with tenant_scope(stranger.pk):
        assert Inquiry.objects.count() == 0
        with pytest.raises(Inquiry.DoesNotExist):
            asking.answer(inquiry, "released", now=this_hour)
