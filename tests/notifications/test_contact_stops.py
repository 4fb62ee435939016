"""Contacts of bookings stop the letters about them by a link; mails about one thing stand together."""

from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import Organization, User
from core.tenancy import tenant_scope
from notifications.models import Notification
from notifications.services import inbox
from notifications.services.deliveries import deliver_due
from scheduling.models import Resource
from scheduling.services import bookings, windows
from tests.notifications.conftest import GUEST, Sink
from tests.notifications.test_pages import browser
from tests.notifications.window_mails import act, paint, sent, text

pytestmark = pytest.mark.django_db
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
Told = Callable[[datetime], EmailMessage | None]


def stop_link(mail: EmailMessage) -> str:
    """As a mail program reads it."""
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = "".join(mail["List-Unsubscribe"].split()).strip("<>")
    assert link in text(mail)
    return link.removeprefix("http://localhost:8000")


@pytest.fixture
def told(
    organization: Organization, room: Resource, option: Any, start: datetime, now: datetime,
    smtp: Sink,
) -> Told:  # fmt: skip
    """What the contact gets when the window is made (the first time), or moved by an hour."""
    made: list[Any] = []

    def tell(at: datetime) -> EmailMessage | None:
        if made:
            begins = made[0].starts_at + HOUR
            moved = {"starts_at": begins, "ends_at": begins + 4 * HOUR}
            act(organization, lambda: windows.update_window(made[0], moved, by=None, now=at), at)
        else:
            window = paint(room, start)
            act(organization, lambda: windows.create_window(window, by=None, now=at), at)
            made.append(window)
        return sent(smtp, at + MINUTE).get(GUEST)

    return tell


def test_a_contact_stops_the_letters_and_starts_them_again(
    told: Told, now: datetime, admin: User
) -> None:
    first = told(now)
    assert first is not None
    link, reader = stop_link(first), Client(enforce_csrf_checks=True)
    assert "Maintenance during your booking" in reader.get(link).content.decode()
    assert told(now + HOUR) is not None  # looking stopped nothing
    stopped = reader.post(link, {"List-Unsubscribe": "One-Click"})
    assert (stopped.status_code, reader.post(link).status_code) == (200, 200)
    assert told(now + 2 * HOUR) is None
    page = browser(admin).get("/admin/notifications/delivery/").content.decode()
    assert "The contact wants no more letters" in page
    inbox.clean_up(now + 400 * DAY)
    assert told(now + 3 * HOUR) is None
    assert "You get these mails again" in reader.post(link, {"resume": "1"}).content.decode()
    assert told(now + 4 * HOUR) is not None
    assert reader.post(link[:-4] + "xxx/").status_code == 404


def test_another_contact_of_the_booking_is_told(
    told: Told, organization: Organization, option: Any, now: datetime, smtp: Sink
) -> None:
    first = told(now)
    assert first is not None
    Client().post(stop_link(first))
    with tenant_scope(organization.pk):
        changes = {"contact_email": "new@example.org"}
        bookings.update_booking(option, changes, by=None, now=now)
    assert told(now + HOUR) is None
    assert "new@example.org" in dict(smtp.received)


def test_mails_about_one_thing_answer_the_same_first_one(
    told: Told, now: datetime, technician: User, owner: User, tell_one: Callable[..., Notification],
    smtp: Sink,
) -> None:  # fmt: skip
    first, second = told(now), told(now + HOUR)
    assert first is not None
    assert second is not None
    assert first["References"] == first["In-Reply-To"] == second["References"]
    assert first["Message-ID"] != second["Message-ID"]
    about = {"object_type": "work_order", "object_id": uuid4()}
    roots = []
    for number, person in enumerate((technician, technician, owner)):
        later = now + (number + 2) * HOUR
        tell_one(person, f"fact_{number}", priority="normal", **about)
        smtp.received.clear()
        deliver_due(later)
        roots.append(dict(smtp.received)[person.email]["References"])
    assert roots[0] == roots[1] != roots[2]
