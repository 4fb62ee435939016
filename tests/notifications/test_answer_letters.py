"""What those who booked read after they answered, and what their calendars get, over a real mail server."""

from datetime import datetime, timedelta

import pytest

from accounts.models import Organization, User
from core.tenancy import tenant_scope
from notifications.models import Delivery
from scheduling.models import Booking, Inquiry, Resource, Window
from scheduling.services import alternatives, asking, bookings, windows
from tests import factories
from tests.events import relay_all
from tests.notifications.conftest import GUEST, Sink
from tests.notifications.window_mails import act, entry, paint, sent, text

pytestmark = pytest.mark.django_db
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def stay(organization: Organization, room: Resource, start: datetime) -> Booking:
    """A firm booking of room 12; room 14 next door is of the same type and free."""
    with tenant_scope(organization.pk):
        room.type = factories.resource_type(name="Room")
        room.save(update_fields=["type"])
        factories.resource(code="14", name="Room 14", type=room.type)
        return factories.booking(
            start, start + 2 * HOUR, resource=room, reference="B-77",
            contact_name="Greta Grey", contact_email=GUEST,
        )  # fmt: skip


@pytest.fixture
def inquiry(
    organization: Organization, room: Resource, stay: Booking, start: datetime, now: datetime,
    admin: User, smtp: Sink,
) -> Inquiry:  # fmt: skip
    """The question whether it can make room, which has been mailed."""

    def ask() -> Inquiry:
        draft = windows.create_window(paint(room, start, status="draft"), by=admin, now=now)
        [made] = asking.ask(draft, by=admin, now=now)
        return made

    made: Inquiry = act(organization, ask, now)
    assert "make room" in sent(smtp, now)[GUEST]["Subject"]
    return made


def answered(
    organization: Organization, inquiry: Inquiry, choice: str, at: datetime, *, by: User | None = None
) -> None:  # fmt: skip
    with tenant_scope(organization.pk):
        key = ""
        if choice == "moved":
            key = alternatives.elsewhere(inquiry.booking, inquiry.window)[0].key
        asking.answer(inquiry, choice, alternative=key, by=by, now=at)
    relay_all(at)


def test_whoever_moves_gets_the_new_place_once(
    organization: Organization, inquiry: Inquiry, stay: Booking, now: datetime, start: datetime,
    smtp: Sink,
) -> None:  # fmt: skip
    answered(organization, inquiry, "moved", now + HOUR)
    mail = sent(smtp, now + 2 * HOUR)[GUEST]
    assert mail["Subject"] == "Your booking has moved: Room 14"
    assert "Room 14" in text(mail)
    method, event = entry(mail)
    assert (method, event["STATUS"], event["LOCATION"]) == ("REQUEST", "CONFIRMED", "Room 14")
    assert (event["DTSTART"].dt, str(event["UID"]).split("@")[0]) == (start, f"booking-{stay.pk}")
    assert event["ATTENDEE"].params["RSVP"] == "FALSE"
    relay_all(now + 3 * HOUR)
    assert GUEST not in sent(smtp, now + 3 * HOUR)


def test_whoever_gives_up_gets_a_cancelled_entry(
    organization: Organization, inquiry: Inquiry, now: datetime, smtp: Sink
) -> None:
    answered(organization, inquiry, "released", now + HOUR)
    mail = sent(smtp, now + 2 * HOUR)[GUEST]
    assert mail["Subject"] == "Your booking is cancelled: Room 12"
    assert "If this is a mistake" in text(mail)
    method, event = entry(mail)
    assert (method, event["STATUS"]) == ("CANCEL", "CANCELLED")
    assert GUEST not in sent(smtp, now + 3 * HOUR)


def test_whoever_keeps_it_reads_so_also_when_somebody_answered_for_them(
    organization: Organization, inquiry: Inquiry, now: datetime, admin: User, smtp: Sink
) -> None:
    answered(organization, inquiry, "kept", now + HOUR, by=admin)
    mail = sent(smtp, now + 2 * HOUR)[GUEST]
    assert mail["Subject"] == "You keep your booking: Room 12"
    assert not [part for part in mail.walk() if part.get_content_type() == "text/calendar"]


def test_only_the_last_answer_is_confirmed(
    organization: Organization, inquiry: Inquiry, now: datetime, smtp: Sink
) -> None:
    answered(organization, inquiry, "kept", now + HOUR)
    answered(organization, inquiry, "moved", now + HOUR + MINUTE)
    assert sent(smtp, now + 2 * HOUR)[GUEST]["Subject"] == "Your booking has moved: Room 14"
    with tenant_scope(organization.pk):
        letters = Delivery.objects.filter(letter="window_answer").order_by("created_at")
        assert list(letters.values_list("state", flat=True)) == ["dropped", "sent"]


def test_what_changed_again_meanwhile_is_not_confirmed(
    organization: Organization, inquiry: Inquiry, stay: Booking, now: datetime, start: datetime,
    smtp: Sink,
) -> None:  # fmt: skip
    answered(organization, inquiry, "moved", now + HOUR)
    with tenant_scope(organization.pk):
        later = {"starts_at": start + 24 * HOUR, "ends_at": start + 26 * HOUR}
        bookings.update_booking(stay, later, by=None, now=now + HOUR)
    assert GUEST not in sent(smtp, now + 2 * HOUR)
    with tenant_scope(organization.pk):
        assert Window.objects.get().status == "scheduled"
