"""Asking those who booked: links, answers, alternatives, and the window that schedules itself."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Organization, User
from accounts.rights import Role
from core.errors import Conflict, Invalid
from core.models import AuditEntry, OutboxEvent
from core.tenancy import tenant_scope
from notifications.models import Delivery, Notification
from notifications.services.deliveries import deliver_due
from scheduling.models import Booking, Inquiry, InquiryAnswer, Resource, Window
from scheduling.services import alternatives, asking, bookings, window_notices, windows
from tests import factories
from tests.notifications.conftest import Sink, relay_all
from tests.notifications.conftest import smtp as smtp

pytestmark = pytest.mark.django_db
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
GUEST = "guest.grey@example.org"


@pytest.fixture
def now() -> datetime:
    """Pages ask the clock, so questions are asked now; on the full hour."""
    return timezone.now().replace(minute=0, second=0, microsecond=0)


@pytest.fixture
def rooms(scope: Organization) -> list[Resource]:
    """Four rooms on one floor."""
    kind = factories.resource_type(name="Room")
    floor = factories.resource(name="Floor 1")
    return [
        factories.resource(name=f"Room {n}", code=f"G{n}", type=kind, parent=floor)
        for n in range(1, 5)
    ]


@pytest.fixture
def start(now: datetime) -> datetime:
    return now + 10 * DAY


@pytest.fixture
def stay(rooms: list[Resource], start: datetime) -> Booking:
    """Greta's booking of the first room, from the day before the window to the day after."""
    return factories.booking(
        start - DAY,
        start + DAY,
        resource=rooms[0],
        reference="B-77",
        contact_name="Greta Grey",
        contact_email=GUEST,
    )


@pytest.fixture
def draft(rooms: list[Resource], stay: Booking, start: datetime, admin: User) -> Window:
    """Paint the first room."""
    made = Window(
        title="Paint", resource=rooms[0], starts_at=start, ends_at=start + HOUR, status="draft"
    )
    return windows.create_window(made, by=admin, now=start - 11 * DAY)


def asked(draft: Window, by: User | None, now: datetime) -> Inquiry:
    [inquiry] = asking.ask(draft, by=by, now=now)
    return inquiry


def address(inquiry: Inquiry) -> str:
    return f"/guest/{asking.token_of(inquiry)}/"


def status(window: Window) -> str:
    return str(Window.objects.values_list("status", flat=True).get(pk=window.pk))


def options(page: Any) -> list[str]:
    return re.findall(r'value="((?:moved|kept|released)[^"]*)"', page.content.decode())


def events(name: str) -> int:
    return int(OutboxEvent.objects.filter(name=f"scheduling.{name}").count())


def test_from_the_question_to_the_window_that_schedules_itself(
    organization: Organization,
    rooms: list[Resource],
    stay: Booking,
    draft: Window,
    admin: User,
    now: datetime,
    smtp: Sink,
) -> None:
    asked(draft, admin, now)
    relay_all(now)
    deliver_due(now)
    [(to, mail)] = smtp.received
    part = mail.get_body(("plain",))
    assert part is not None
    words = part.get_content()
    assert to == GUEST
    assert "Please answer until" in words
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
    for secret in ("Greta", GUEST, str(stay.pk), admin.name):
        assert secret not in told
    assert "Room 2, Floor 1" in told
    choice = next(value for value in options(page) if str(rooms[1].pk) in value)
    answer = guest.post(link, {"answer": choice})
    assert (answer.status_code, answer["Location"]) == (302, link)
    assert "Your booking has moved" in guest.get(link).content.decode()

    booking = Booking.objects.get(pk=stay.pk)
    assert (booking.resource_id, booking.starts_at) == (rooms[1].pk, stay.starts_at)
    assert status(draft) == "scheduled"
    given = InquiryAnswer.objects.get()
    assert (given.choice, given.resource_id, given.answered_by) == ("moved", rooms[1].pk, None)
    relay_all(timezone.now())
    titles = set(Notification.objects.filter(recipient=admin).values_list("title", flat=True))
    assert titles == {"B-77 moves: Paint", "Maintenance scheduled: Paint – Room 1 (G1)"}
    assert guest.post(link, {"answer": "kept"}).status_code == 409
    assert InquiryAnswer.objects.count() == 1


def test_giving_up_frees_the_time_and_the_trail_tells_it(
    stay: Booking, draft: Window, admin: User, now: datetime
) -> None:
    inquiry = asked(draft, admin, now)
    asking.answer(inquiry, "released", now=now)
    assert Booking.objects.get(pk=stay.pk).status == "cancelled"
    assert status(draft) == "scheduled"
    entry = AuditEntry.objects.get(action="answer")
    assert (entry.actor_id, entry.changes) == (None, {"choice": [None, "released"]})
    assert "Grey" not in str(list(AuditEntry.objects.values()))


def test_who_keeps_the_booking_may_change_their_mind(
    stay: Booking, draft: Window, admin: User, now: datetime
) -> None:
    inquiry = asked(draft, admin, now)
    guest = Client()
    assert guest.post(address(inquiry), {"answer": "kept"}).status_code == 302
    page = guest.get(address(inquiry)).content.decode()
    assert "You keep your booking" in page
    assert (status(draft), Booking.objects.get(pk=stay.pk).status) == ("draft", "confirmed")
    assert guest.post(address(inquiry), {"answer": "released"}).status_code == 302
    assert status(draft) == "scheduled"
    choices = InquiryAnswer.objects.order_by("answered_at", "pk").values_list("choice", flat=True)
    assert list(choices) == ["kept", "released"]


def test_the_window_waits_for_the_last_answer(
    rooms: list[Resource], stay: Booking, draft: Window, admin: User, now: datetime
) -> None:
    factories.booking(draft.starts_at, draft.ends_at, resource=rooms[0].parent, reference="B-78")
    first, second = asking.ask(draft, by=admin, now=now)
    asking.answer(first, "released", now=now)
    assert status(draft) == "draft"
    asking.answer(second, "released", by=admin, now=now)
    assert status(draft) == "scheduled"
    assert InquiryAnswer.objects.get(inquiry=second).answered_by == admin


def test_where_approval_is_demanded_the_approver_is_told_instead(
    organization: Organization, stay: Booking, draft: Window, admin: User, now: datetime
) -> None:
    planner = factories.user(organization, role=Role.MAINTENANCE_COORDINATOR)
    organization.windows_need_approval = True
    organization.save()
    planner.organization = organization
    inquiry = asked(draft, planner, now)
    asking.answer(inquiry, "released", now=now)
    assert status(draft) == "draft"
    relay_all(now)
    [message] = Notification.objects.filter(recipient=admin)
    assert message.title == "Ready for approval: Paint – Room 1 (G1)"
    windows.approve_window(draft, by=admin, now=now)
    assert status(draft) == "scheduled"


def test_the_link_ends_when_the_window_moves(
    stay: Booking, draft: Window, admin: User, now: datetime
) -> None:
    inquiry = asked(draft, admin, now)
    times = {"starts_at": draft.starts_at + HOUR, "ends_at": draft.ends_at + HOUR}
    windows.update_window(draft, times, by=admin, now=now)
    page = Client().get(address(inquiry))
    assert "This is settled" in page.content.decode()
    assert options(page) == []
    assert Client().post(address(inquiry), {"answer": "released"}).status_code == 409
    again = asked(draft, admin, now)
    assert again.pk != inquiry.pk
    inquiry.refresh_from_db()
    assert inquiry.revoked_at == now
    assert Booking.objects.get(pk=stay.pk).status == "confirmed"


@pytest.mark.parametrize("what", ["begun", "cancelled", "switched off", "forged", "foreign"])
def test_links_that_do_not_count(
    organization: Organization, stay: Booking, draft: Window, admin: User, now: datetime, what: str,
    stranger: Organization,
) -> None:  # fmt: skip
    inquiry = asked(draft, admin, now)
    link, code = address(inquiry), 200
    if what == "begun":
        values = {"starts_at": now - HOUR, "blocked_from": now - HOUR}
        Window.objects.filter(pk=draft.pk).update(**values)
    elif what == "cancelled":
        windows.cancel_window(draft, reason="No", by=admin, now=now)
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
    assert Booking.objects.get(pk=stay.pk).status == "confirmed"


def test_who_asks_too_often_waits(
    draft: Window, admin: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scheduling.pages.guest.MOST_REQUESTS", 2)
    guest, link = Client(), address(asked(draft, admin, now))
    codes = [guest.get(link).status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    assert int(guest.get(link)["Retry-After"]) > 0


@pytest.mark.parametrize("sent", ["", "nonsense", "moved", "moved:x@y", "moved:@", "moved:1@2@3"])
def test_nonsense_is_refused_in_words(draft: Window, admin: User, now: datetime, sent: str) -> None:
    page = Client().post(address(asked(draft, admin, now)), {"answer": sent})
    assert page.status_code == 400
    assert 'role="alert"' in page.content.decode()
    assert InquiryAnswer.objects.count() == 0


def test_of_two_who_want_one_room_the_second_chooses_among_the_rest(
    rooms: list[Resource], stay: Booking, draft: Window, admin: User, now: datetime
) -> None:
    inquiry = asked(draft, admin, now)
    choice = f"moved:{alternatives.elsewhere(stay, draft)[0].key}"
    factories.booking(stay.starts_at, stay.ends_at, resource=rooms[1])
    page = Client().post(address(inquiry), {"answer": choice})
    assert page.status_code == 409
    assert "Somebody else has just taken this" in page.content.decode()
    offered = [value for value in options(page) if "moved" in value]
    assert not any(str(rooms[1].pk) in value for value in offered)
    assert any(str(rooms[2].pk) in value for value in offered)


def test_what_is_offered(
    rooms: list[Resource], stay: Booking, draft: Window, now: datetime, start: datetime
) -> None:
    factories.booking(stay.ends_at - HOUR, stay.ends_at, resource=rooms[1], status="tentative")
    factories.window(stay.starts_at, stay.starts_at + HOUR, resource=rooms[2])
    factories.resource(name="Room 9", type=rooms[0].type, status="out_of_service")
    factories.resource(name="Hall", type=factories.resource_type())
    assert [one.resource for one in alternatives.elsewhere(stay, draft)] == [rooms[3]]
    taken = factories.booking(start + 2 * DAY, start + 3 * DAY, resource=rooms[0])
    times = alternatives.another_time(stay, draft, now=now)
    assert len(times) == 4
    for one in times:
        assert one.ends_at - one.starts_at == 2 * DAY
        assert one.ends_at <= start or one.starts_at >= draft.ends_at
        assert one.ends_at <= taken.starts_at or one.starts_at >= taken.ends_at
        assert one.starts_at > now
    assert times[0].starts_at == start - 2 * DAY
    assert alternatives.chosen(times[0].key, stay, draft, now=now) == times[0]
    inside = alternatives.Alternative(rooms[0], start - HOUR, start + 2 * DAY - HOUR)
    assert alternatives.chosen(inside.key, stay, draft, now=now) is None
    other_type = alternatives.Alternative(rooms[0].parent, stay.starts_at, stay.ends_at)  # type: ignore[arg-type]
    assert alternatives.chosen(other_type.key, stay, draft, now=now) is None


def test_asking_twice_asks_once_and_reminding_waits_an_hour(
    draft: Window, admin: User, now: datetime
) -> None:
    assert asked(draft, admin, now) == asked(draft, admin, now)
    assert events("inquiry.asked") == 1
    with pytest.raises(Conflict, match="within the last hour"):
        asking.remind(draft, by=admin, now=now + MINUTE)
    assert asking.remind(draft, by=admin, now=now + HOUR) == 1
    relay_all(now + HOUR)
    assert Delivery.objects.count() == 2
    asking.answer(Inquiry.objects.get(), "kept", now=now + HOUR)
    with pytest.raises(Conflict):
        asking.remind(draft, by=admin, now=now + DAY)


def test_a_question_that_was_answered_meanwhile_is_not_sent(
    draft: Window, admin: User, now: datetime, smtp: Sink
) -> None:
    inquiry = asked(draft, admin, now)
    relay_all(now)
    asking.answer(inquiry, "kept", by=admin, now=now)
    deliver_due(now)
    assert smtp.received == []
    assert Delivery.objects.get().state == "dropped"


def test_only_drafts_with_bookings_in_the_way_ask(
    rooms: list[Resource], draft: Window, admin: User, now: datetime, start: datetime
) -> None:
    free = Window(resource=rooms[1], title="Rug", starts_at=start, ends_at=start + HOUR)
    free.status = "draft"
    windows.create_window(free, by=admin, now=now)
    with pytest.raises(Conflict, match="nobody to ask"):
        asking.ask(free, by=admin, now=now)
    windows.approve_window(free, by=admin, now=now)
    with pytest.raises(Conflict, match="Only a draft"):
        asking.ask(free, by=admin, now=now)
    with pytest.raises(Invalid):
        asking.ask(draft, by=admin, now=now, answer_by=start + HOUR)


def test_missing_answers_are_told_once(draft: Window, admin: User, now: datetime) -> None:
    inquiry = asked(draft, admin, now)
    assert inquiry.answer_by == draft.starts_at - 2 * DAY
    assert window_notices.tell_moments(inquiry.answer_by - MINUTE)["unanswered"] == 0
    late = [window_notices.tell_moments(inquiry.answer_by + n * MINUTE) for n in range(2)]
    assert [one["unanswered"] for one in late] == [1, 0]
    relay_all(inquiry.answer_by)
    [message] = Notification.objects.filter(recipient=admin)
    assert message.title == "No answer in time: Paint – Room 1 (G1)"


def test_a_booking_of_another_system_is_to_be_changed_there(
    rooms: list[Resource], stay: Booking, draft: Window, admin: User, now: datetime
) -> None:
    Booking.objects.filter(pk=stay.pk).update(source="PMS")
    asking.answer(asked(draft, admin, now), "released", now=now)
    relay_all(now)
    message = Notification.objects.get(recipient=admin, title__startswith="B-77")
    assert "It comes from PMS: change it there as well." in message.message


def test_a_booking_that_ends_otherwise_makes_room_too(
    stay: Booking, draft: Window, admin: User, now: datetime
) -> None:
    asked(draft, admin, now)
    bookings.update_booking(stay, {"status": "cancelled"}, by=None, now=now)
    relay_all(now)
    assert status(draft) == "scheduled"


def test_who_is_out_of_the_way_otherwise_has_nothing_to_choose(
    rooms: list[Resource], stay: Booking, draft: Window, admin: User, now: datetime
) -> None:
    inquiry = asked(draft, admin, now)
    bookings.update_booking(stay, {"resource": rooms[1]}, by=None, now=now)
    page = Client().get(address(inquiry))
    assert "This is settled" in page.content.decode()
    with pytest.raises(Conflict, match="settled"):
        asking.answer(inquiry, "released", now=now)


def test_answers_are_for_good(draft: Window, admin: User, now: datetime) -> None:
    asking.answer(asked(draft, admin, now), "kept", now=now)
    for change in (
        lambda: InquiryAnswer.objects.update(choice="released"),
        lambda: InquiryAnswer.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_the_page_costs_the_same_however_many_rooms_there_are(
    rooms: list[Resource], draft: Window, admin: User, now: datetime, django_assert_num_queries: Any
) -> None:
    link = address(asked(draft, admin, now))
    for number in range(12):
        factories.resource(name=f"Suite {number}", type=rooms[0].type, parent=rooms[0].parent)
    with django_assert_num_queries(9):
        Client().get(link)


def test_no_question_of_another_organisation_is_in_reach(
    draft: Window, admin: User, now: datetime, stranger: Organization
) -> None:
    inquiry = asked(draft, admin, now)
    with tenant_scope(stranger.pk):
        assert Inquiry.objects.count() == 0
        with pytest.raises(Inquiry.DoesNotExist):
            asking.answer(inquiry, "released", now=now)
