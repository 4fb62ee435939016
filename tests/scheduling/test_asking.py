"""Asking those who booked: questions, answers, and the window that schedules itself."""

import re
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Organization, User
from accounts.rights import Role
from core.errors import Conflict, Invalid
from core.models import AuditEntry
from notifications.models import Delivery, Notification
from notifications.services.deliveries import deliver_due
from scheduling.models import Booking, Inquiry, InquiryAnswer, Resource, Window
from scheduling.services import asking, bookings, window_notices, windows
from tests import factories
from tests.events import relay_all
from tests.notifications.conftest import Sink
from tests.notifications.conftest import smtp as smtp
from tests.scheduling.inquiries import GUEST, address, asked, events, options, status

pytestmark = pytest.mark.django_db
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def test_from_the_question_to_the_window_that_schedules_itself(
    organization: Organization,
    floor_rooms: list[Resource],
    gretas_stay: Booking,
    painting: Window,
    admin: User,
    this_hour: datetime,
    smtp: Sink,
) -> None:
    asked(painting, admin, this_hour)
    relay_all(this_hour)
    deliver_due(this_hour)
    [(to, mail)] = smtp.received
    part = mail.get_body(("plain",))
    assert part is not None
    words = part.get_content()
    assert to == GUEST
    assert "Please answer by" in words
    [link] = re.findall(r"http://localhost:\d+(/guest/\S+)", words)
    assert "rey" not in link

    guest = Client()
    page = guest.get(link)
    assert page.status_code == 200
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    assert page["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page["Cache-Control"]
    assert not guest.cookies
    told = page.content.decode()
    for secret in ("Greta", GUEST, str(gretas_stay.pk), admin.name):
        assert secret not in told
    assert "Room 2, Floor 1" in told
    choice = next(value for value in options(page) if str(floor_rooms[1].pk) in value)
    answer = guest.post(link, {"answer": choice})
    assert (answer.status_code, answer["Location"]) == (302, link)
    assert "Your booking has moved" in guest.get(link).content.decode()

    booking = Booking.objects.get(pk=gretas_stay.pk)
    assert (booking.resource_id, booking.starts_at) == (floor_rooms[1].pk, gretas_stay.starts_at)
    assert status(painting) == "scheduled"
    given = InquiryAnswer.objects.get()
    assert (given.choice, given.resource_id, given.answered_by) == (
        "moved",
        floor_rooms[1].pk,
        None,
    )
    relay_all(timezone.now())
    titles = set(Notification.objects.filter(recipient=admin).values_list("title", flat=True))
    assert titles == {"B-77 moves: Paint", "Maintenance scheduled: Paint – Room 1 (G1)"}
    assert guest.post(link, {"answer": "kept"}).status_code == 409
    assert InquiryAnswer.objects.count() == 1


def test_giving_up_frees_the_time_and_the_trail_tells_it(
    gretas_stay: Booking, painting: Window, admin: User, this_hour: datetime
) -> None:
    inquiry = asked(painting, admin, this_hour)
    asking.answer(inquiry, "released", now=this_hour)
    assert Booking.objects.get(pk=gretas_stay.pk).status == "cancelled"
    assert status(painting) == "scheduled"
    entry = AuditEntry.objects.get(action="answer")
    assert (entry.actor_id, entry.changes) == (None, {"choice": [None, "released"]})
    assert "Grey" not in str(list(AuditEntry.objects.values()))


def test_who_keeps_the_booking_may_change_their_mind(
    gretas_stay: Booking, painting: Window, admin: User, this_hour: datetime
) -> None:
    inquiry = asked(painting, admin, this_hour)
    guest = Client()
    assert guest.post(address(inquiry), {"answer": "kept"}).status_code == 302
    page = guest.get(address(inquiry)).content.decode()
    assert "You keep your booking" in page
    assert (status(painting), Booking.objects.get(pk=gretas_stay.pk).status) == (
        "draft",
        "confirmed",
    )
    assert guest.post(address(inquiry), {"answer": "released"}).status_code == 302
    assert status(painting) == "scheduled"
    choices = InquiryAnswer.objects.order_by("answered_at", "pk").values_list("choice", flat=True)
    assert list(choices) == ["kept", "released"]


def test_the_window_waits_for_the_last_answer(
    floor_rooms: list[Resource],
    gretas_stay: Booking,
    painting: Window,
    admin: User,
    this_hour: datetime,
) -> None:
    factories.booking(
        painting.starts_at, painting.ends_at, resource=floor_rooms[0].parent, reference="B-78"
    )
    first, second = asking.ask(painting, by=admin, now=this_hour)
    asking.answer(first, "released", now=this_hour)
    assert status(painting) == "draft"
    asking.answer(second, "released", by=admin, now=this_hour)
    assert status(painting) == "scheduled"
    assert InquiryAnswer.objects.get(inquiry=second).answered_by == admin


def test_where_approval_is_demanded_the_approver_is_told_instead(
    organization: Organization,
    gretas_stay: Booking,
    painting: Window,
    admin: User,
    this_hour: datetime,
) -> None:
    planner = factories.user(organization, role=Role.MAINTENANCE_COORDINATOR)
    organization.windows_need_approval = True
    organization.save()
    planner.organization = organization
    inquiry = asked(painting, planner, this_hour)
    asking.answer(inquiry, "released", now=this_hour)
    assert status(painting) == "draft"
    relay_all(this_hour)
    [message] = Notification.objects.filter(recipient=admin)
    assert message.title == "Ready for approval: Paint – Room 1 (G1)"
    windows.approve_window(painting, by=admin, now=this_hour)
    assert status(painting) == "scheduled"


def test_asking_twice_asks_once_and_reminding_waits_an_hour(
    painting: Window, admin: User, this_hour: datetime
) -> None:
    assert asked(painting, admin, this_hour) == asked(painting, admin, this_hour)
    assert events("inquiry.asked") == 1
    with pytest.raises(Conflict, match="within the last hour"):
        asking.remind(painting, by=admin, now=this_hour + MINUTE)
    assert asking.remind(painting, by=admin, now=this_hour + HOUR) == 1
    relay_all(this_hour + HOUR)
    assert Delivery.objects.count() == 2
    asking.answer(Inquiry.objects.get(), "kept", now=this_hour + HOUR)
    with pytest.raises(Conflict):
        asking.remind(painting, by=admin, now=this_hour + DAY)


def test_a_question_that_was_answered_meanwhile_is_not_sent(
    painting: Window, admin: User, this_hour: datetime, smtp: Sink
) -> None:
    inquiry = asked(painting, admin, this_hour)
    relay_all(this_hour)
    asking.answer(inquiry, "kept", by=admin, now=this_hour)
    deliver_due(this_hour)
    assert smtp.received == []
    assert Delivery.objects.get().state == "dropped"


def test_only_drafts_with_bookings_in_the_way_ask(
    floor_rooms: list[Resource],
    painting: Window,
    admin: User,
    this_hour: datetime,
    painting_start: datetime,
) -> None:
    free = Window(
        resource=floor_rooms[1],
        title="Rug",
        starts_at=painting_start,
        ends_at=painting_start + HOUR,
    )
    free.status = "draft"
    windows.create_window(free, by=admin, now=this_hour)
    with pytest.raises(Conflict, match="nobody to ask"):
        asking.ask(free, by=admin, now=this_hour)
    windows.approve_window(free, by=admin, now=this_hour)
    with pytest.raises(Conflict, match="Only a draft"):
        asking.ask(free, by=admin, now=this_hour)
    with pytest.raises(Invalid):
        asking.ask(painting, by=admin, now=this_hour, answer_by=painting_start + HOUR)


def test_missing_answers_are_told_once(painting: Window, admin: User, this_hour: datetime) -> None:
    inquiry = asked(painting, admin, this_hour)
    assert inquiry.answer_by == painting.starts_at - 2 * DAY
    assert window_notices.tell_moments(inquiry.answer_by - MINUTE)["unanswered"] == 0
    late = [window_notices.tell_moments(inquiry.answer_by + n * MINUTE) for n in range(2)]
    assert [one["unanswered"] for one in late] == [1, 0]
    relay_all(inquiry.answer_by)
    [message] = Notification.objects.filter(recipient=admin)
    assert message.title == "No answer in time: Paint – Room 1 (G1)"


def test_a_booking_of_another_system_is_to_be_changed_there(
    floor_rooms: list[Resource],
    gretas_stay: Booking,
    painting: Window,
    admin: User,
    this_hour: datetime,
) -> None:
    Booking.objects.filter(pk=gretas_stay.pk).update(source="PMS")
    asking.answer(asked(painting, admin, this_hour), "released", now=this_hour)
    relay_all(this_hour)
    message = Notification.objects.get(recipient=admin, title__startswith="B-77")
    assert "It comes from PMS: change it there as well." in message.message


def test_a_booking_that_ends_otherwise_makes_room_too(
    gretas_stay: Booking, painting: Window, admin: User, this_hour: datetime
) -> None:
    asked(painting, admin, this_hour)
    bookings.update_booking(gretas_stay, {"status": "cancelled"}, by=None, now=this_hour)
    relay_all(this_hour)
    assert status(painting) == "scheduled"


def test_answers_are_for_good(painting: Window, admin: User, this_hour: datetime) -> None:
    asking.answer(asked(painting, admin, this_hour), "kept", now=this_hour)
    for change in (
        lambda: InquiryAnswer.objects.update(choice="released"),
        lambda: InquiryAnswer.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
