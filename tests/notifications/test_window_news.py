"""Who hears of maintenance windows, what they read, and what their calendars get, over a real mail server."""

from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from icalendar import Calendar

from accounts.models import Organization, User
from core.models import AuditEntry
from core.tenancy import tenant_scope
from notifications.models import Delivery, Notification
from notifications.services import inbox
from notifications.services.deliveries import deliver_due
from scheduling.models import Resource, Window
from scheduling.services import bookings, window_notices, window_series, windows
from tests import factories
from tests.notifications.conftest import Sink, relay_all

pytestmark = pytest.mark.django_db
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
GUEST = "guest.grey@example.org"


@pytest.fixture
def room(organization: Organization, owner: User) -> Resource:
    """A room of Otto's."""
    with tenant_scope(organization.pk):
        return factories.resource(code="12", name="Room 12", owner=owner)


@pytest.fixture
def start(now: datetime) -> datetime:
    """Ten days ahead, at eight in the morning UTC."""
    return (now + 10 * DAY).replace(hour=8, minute=0)


@pytest.fixture
def option(organization: Organization, room: Resource, start: datetime) -> Any:
    """Somebody's option of the room, from the day before the window to the day after."""
    with tenant_scope(organization.pk):
        return factories.booking(
            start - DAY,
            start + DAY,
            resource=room,
            status="tentative",
            reference="B-77",
            contact_name="Greta Grey",
            contact_email=GUEST,
        )


def text(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def entry(mail: EmailMessage) -> tuple[str, Any]:
    """Method and the one event of the attached calendar, as another program reads it."""
    [part] = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    calendar = Calendar.from_ical(part.get_content())
    assert part.get_param("method") == str(calendar["METHOD"])
    assert part.get_filename() == "maintenance.ics"
    [event] = calendar.walk("VEVENT")
    return str(calendar["METHOD"]), event


def act(organization: Organization, call: Callable[[], Any], now: datetime) -> Any:
    """Do something and let everything that follows from it happen."""
    with tenant_scope(organization.pk):
        result = call()
    relay_all(now)
    return result


def sent(smtp: Sink, now: datetime) -> dict[str, EmailMessage]:
    """What leaves by `now`, by address."""
    smtp.received.clear()
    deliver_due(now)
    return dict(smtp.received)


def paint(room: Resource, start: datetime, **values: Any) -> Window:
    made = {"title": "Paint", "resource": room, "starts_at": start, "ends_at": start + 4 * HOUR}
    return Window(**{**made, **values})


def test_the_life_of_a_window_in_mails(
    organization: Organization,
    room: Resource,
    option: Any,
    start: datetime,
    now: datetime,
    owner: User,
    technician: User,
    admin: User,
    smtp: Sink,
) -> None:
    window = paint(room, start, assigned_to=technician)
    act(organization, lambda: windows.create_window(window, by=admin, now=now), now)
    mails = sent(smtp, now + MINUTE)
    assert set(mails) == {owner.email, technician.email, GUEST}
    words = text(mails[GUEST])
    for part in ("Hello Greta Grey", "Paint", "Room 12", "B-77", "(Berlin time)", "names you as"):
        assert part in words, words
    assert "Why you: You are responsible for Room 12." in text(mails[owner.email])
    assert "1 booking is affected" in text(mails[owner.email])
    assert "Why you: It is assigned to you." in text(mails[technician.email])
    method, first = entry(mails[GUEST])
    assert (method, first["SEQUENCE"], first["STATUS"]) == ("REQUEST", 0, "CONFIRMED")
    assert first["DTSTART"].dt == start
    assert str(first["ATTENDEE"]) == f"mailto:{GUEST}"

    later = now + HOUR
    moved = {"starts_at": start + HOUR, "ends_at": start + 5 * HOUR}
    act(organization, lambda: windows.update_window(window, moved, by=owner, now=later), later)
    mails = sent(smtp, later + MINUTE)
    assert set(mails) == {admin.email, technician.email, GUEST}
    method, second = entry(mails[GUEST])
    assert (method, second["SEQUENCE"], second["UID"]) == ("REQUEST", 1, first["UID"])
    assert second["DTSTART"].dt == start + HOUR
    assert entry(mails[technician.email])[0] == "REQUEST"

    end = later + HOUR
    act(
        organization,
        lambda: windows.cancel_window(window, reason="No painter", by=admin, now=end),
        end,
    )
    mails = sent(smtp, end + MINUTE)
    assert set(mails) == {owner.email, technician.email, GUEST}
    assert "called off: No painter" in text(mails[GUEST])
    method, third = entry(mails[GUEST])
    assert (method, third["SEQUENCE"], third["UID"]) == ("CANCEL", 2, first["UID"])
    assert third["STATUS"] == "CANCELLED"
    assert entry(mails[owner.email])[0] == "CANCEL"
    assert sent(smtp, end + DAY) == {}


def test_contacts_stay_sealed_everywhere(
    organization: Organization, room: Resource, option: Any, start: datetime, now: datetime,
    smtp: Sink, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    smtp.refused = {GUEST: f"550 5.1.1 <{GUEST}> unknown here"}
    act(organization, lambda: windows.create_window(paint(room, start), by=None, now=now), now)
    with caplog.at_level("DEBUG"):
        deliver_due(now + MINUTE)
    with tenant_scope(organization.pk):
        delivery = Delivery.objects.get(booking=option)
        rows = [*Delivery.objects.values(), *AuditEntry.objects.values()]
    assert (delivery.state, delivery.last_error) == (
        "failed",
        "The letter was not taken (550 5.1.1).",
    )
    logged = [entry for entry in caplog.records if entry.name != "mail.log"]  # that is the server
    told = f"{rows}{[entry.getMessage() for entry in logged]}"
    assert "Delivery" in told
    assert "grey" not in told.lower()
    with tenant_scope(organization.pk):
        assert str(Delivery.objects.get(booking=option)) == "E-mail to contact of B-77"


def test_the_address_is_read_when_the_letter_leaves(
    organization: Organization, room: Resource, option: Any, start: datetime, now: datetime,
    smtp: Sink,
) -> None:  # fmt: skip
    act(organization, lambda: windows.create_window(paint(room, start), by=None, now=now), now)
    with tenant_scope(organization.pk):
        changes = {"contact_email": "new@example.org"}
        bookings.update_booking(option, changes, by=None, now=now)
    assert "new@example.org" in sent(smtp, now + MINUTE)


def test_what_is_over_before_it_was_told_is_not_told(
    organization: Organization, room: Resource, option: Any, start: datetime, now: datetime,
    smtp: Sink, owner: User,
) -> None:  # fmt: skip
    window = paint(room, start)
    act(organization, lambda: windows.create_window(window, by=owner, now=now), now)
    act(organization, lambda: windows.cancel_window(window, reason="No", by=owner, now=now), now)
    assert sent(smtp, now + MINUTE) == {}
    with tenant_scope(organization.pk):
        states = Delivery.objects.values_list("state", flat=True)
        assert list(states) == ["dropped", "dropped"]


def test_who_is_not_affected_any_more_hears_that(
    organization: Organization, room: Resource, option: Any, start: datetime, now: datetime,
    smtp: Sink,
) -> None:  # fmt: skip
    window = paint(room, start)
    act(organization, lambda: windows.create_window(window, by=None, now=now), now)
    sent(smtp, now + MINUTE)
    away = {"starts_at": start + 3 * DAY, "ends_at": start + 3 * DAY + HOUR}
    later = now + HOUR
    act(organization, lambda: windows.update_window(window, away, by=None, now=later), later)
    mail = sent(smtp, later + MINUTE)[GUEST]
    assert "not affected any more" in text(mail)
    method, event = entry(mail)
    assert (method, event["SEQUENCE"]) == ("CANCEL", 1)


def test_an_emergency_tells_whom_it_displaces_at_once(
    organization: Organization, room: Resource, start: datetime, now: datetime, smtp: Sink,
    owner: User,
) -> None:  # fmt: skip
    with tenant_scope(organization.pk):
        factories.booking(start, start + HOUR, resource=room, contact_email=GUEST)
    leak = paint(room, start, kind="emergency", override_reason="Burst pipe", title="Leak")
    act(organization, lambda: windows.create_window(leak, by=None, now=now), now)
    mails = sent(smtp, now)
    assert set(mails) == {GUEST}
    assert "at short notice: Burst pipe" in text(mails[GUEST])
    with tenant_scope(organization.pk):
        [message] = Notification.objects.filter(recipient=owner)
    assert (message.priority, message.title) == ("urgent", "Emergency: Leak – Room 12 (12)")


def test_a_series_is_one_message(
    organization: Organization, room: Resource, now: datetime, start: datetime, smtp: Sink,
    owner: User, admin: User,
) -> None:  # fmt: skip
    with tenant_scope(organization.pk):
        factories.booking(
            start - DAY, start + 60 * DAY, resource=room, status="tentative", contact_email=GUEST
        )
    template = paint(room, start)
    rule = "FREQ=WEEKLY;COUNT=50"
    rows = act(
        organization,
        lambda: window_series.create_series(template, rule, by=admin, now=now),
        now,
    )
    assert len(rows) == 50
    mails = sent(smtp, now + MINUTE)
    assert set(mails) == {owner.email, GUEST}
    assert len(smtp.received) == 2
    assert text(mails[GUEST]).count("(Berlin time)") == 9 + 1
    assert "Recurring maintenance scheduled: Paint" in text(mails[owner.email])
    with tenant_scope(organization.pk):
        assert Notification.objects.count() == 1
    end = now + HOUR
    act(
        organization,
        lambda: window_series.cancel_series(
            rows[0], window_series.Scope.ALL, reason="Sold", by=admin, now=end
        ),
        end,
    )
    mails = sent(smtp, end + MINUTE)
    assert (set(mails), len(smtp.received)) == ({owner.email, GUEST}, 2)
    with tenant_scope(organization.pk):
        assert Notification.objects.count() == 2


def test_owners_below_are_told_and_whoever_did_it_is_not(
    organization: Organization, now: datetime, start: datetime, owner: User, technician: User,
) -> None:  # fmt: skip
    with tenant_scope(organization.pk):
        house = factories.resource(owner=owner)
        factories.resource(parent=house, owner=technician)
        window = paint(house, start, assigned_to=owner)
    act(organization, lambda: windows.create_window(window, by=owner, now=now), now)
    with tenant_scope(organization.pk):
        [message] = Notification.objects.select_related("recipient")
    assert message.recipient == technician
    assert message.why == f"You are responsible for a part of {house.name}."


def test_without_an_own_owner_the_nearest_above_is_told(
    organization: Organization, now: datetime, start: datetime, owner: User, technician: User
) -> None:
    with tenant_scope(organization.pk):
        house = factories.resource(owner=technician)
        wing = factories.resource(parent=house, owner=owner, name="Wing")
        window = paint(factories.resource(parent=wing), start)
    act(organization, lambda: windows.create_window(window, by=None, now=now), now)
    with tenant_scope(organization.pk):
        [message] = Notification.objects.select_related("recipient")
    assert (message.recipient, message.why) == (owner, "You are responsible for Wing.")


def test_a_new_assignee_is_told_whose_the_window_is_now(
    organization: Organization, room: Resource, now: datetime, start: datetime, owner: User,
    technician: User, smtp: Sink,
) -> None:  # fmt: skip
    window = paint(room, start)
    act(organization, lambda: windows.create_window(window, by=owner, now=now), now)
    mine = {"assigned_to": technician}
    act(organization, lambda: windows.update_window(window, mine, by=owner, now=now), now)
    mails = sent(smtp, now + MINUTE)
    assert set(mails) == {technician.email}
    assert "Assigned to you: Paint" in mails[technician.email]["Subject"]
    assert entry(mails[technician.email])[0] == "REQUEST"


def test_a_window_that_is_entered_afterwards_tells_nobody(
    organization: Organization, room: Resource, option: Any, now: datetime, start: datetime
) -> None:
    late = start + DAY
    act(
        organization,
        lambda: windows.create_window(paint(room, start), by=None, now=late, is_back_dated=True),
        late,
    )
    with tenant_scope(organization.pk):
        assert not Notification.objects.exists()
        assert not Delivery.objects.exists()


def test_who_was_told_is_remembered_until_the_window_is_over(
    organization: Organization, room: Resource, option: Any, now: datetime, smtp: Sink
) -> None:
    far = now + 200 * DAY
    with tenant_scope(organization.pk):
        factories.booking(
            far - DAY, far + DAY, resource=room, status="tentative", contact_email="far@example.org"
        )
    window = paint(room, far)
    act(organization, lambda: windows.create_window(window, by=None, now=now), now)
    sent(smtp, now + MINUTE)
    with tenant_scope(organization.pk):
        Delivery.objects.update(created_at=now)
    inbox.clean_up(now + 150 * DAY)
    later = now + 150 * DAY
    act(
        organization,
        lambda: windows.cancel_window(window, reason="No", by=None, now=later),
        later,
    )
    assert "far@example.org" in sent(smtp, later + MINUTE)
    inbox.clean_up(far + 100 * DAY)
    with tenant_scope(organization.pk):
        assert not Delivery.objects.filter(windows=window).exclude(sent_at=later + MINUTE).exists()


def test_work_that_begins_and_ends_is_told_in_the_console_only(
    organization: Organization, room: Resource, now: datetime, start: datetime, owner: User,
    technician: User, smtp: Sink,
) -> None:  # fmt: skip
    window = paint(room, start)
    act(organization, lambda: windows.create_window(window, by=owner, now=now), now)
    act(organization, lambda: windows.start_window(window, by=technician, now=start), start)
    act(organization, lambda: windows.complete_window(window, by=technician, now=start), start)
    assert sent(smtp, start + MINUTE) == {}
    with tenant_scope(organization.pk):
        titles = list(Notification.objects.order_by("pk").values_list("title", flat=True))
    assert titles == ["Work began: Paint – Room 12 (12)", "Work is done: Paint – Room 12 (12)"]


def test_a_reminder_per_window_and_start(
    organization: Organization, room: Resource, option: Any, now: datetime, start: datetime,
    owner: User, smtp: Sink,
) -> None:  # fmt: skip
    window = paint(room, start)
    act(organization, lambda: windows.create_window(window, by=owner, now=now), now)
    sent(smtp, now + MINUTE)
    assert window_notices.tell_moments(start - 25 * HOUR)["coming"] == 0
    near = start - 24 * HOUR
    assert window_notices.tell_moments(near)["coming"] == 1
    assert window_notices.tell_moments(near + MINUTE)["coming"] == 0
    relay_all(near)
    mails = sent(smtp, near + MINUTE)
    assert set(mails) == {owner.email, GUEST}
    assert "Reminder: maintenance" in mails[GUEST]["Subject"]
    moved = {"starts_at": start + HOUR, "ends_at": start + 2 * HOUR}
    act(organization, lambda: windows.update_window(window, moved, by=owner, now=near), near)
    assert window_notices.tell_moments(near + HOUR)["coming"] == 1
    relay_all(near + HOUR)
    with tenant_scope(organization.pk):
        reminders = Notification.objects.filter(kind="window_reminder")
        assert [row.title for row in reminders] == ["Begins tomorrow: Paint – Room 12 (12)"] * 2


def test_who_has_just_been_told_gets_no_reminder(
    organization: Organization, room: Resource, option: Any, now: datetime, start: datetime
) -> None:
    near = start - HOUR
    act(organization, lambda: windows.create_window(paint(room, start), by=None, now=near), near)
    assert window_notices.tell_moments(near)["coming"] == 1
    relay_all(near)
    with tenant_scope(organization.pk):
        assert [row.letter for row in Delivery.objects.filter(booking=option)] == [
            "window_scheduled"
        ]


def test_no_reminder_where_nobody_wants_one(
    organization: Organization, room: Resource, now: datetime, start: datetime
) -> None:
    organization.window_reminder_hours = 0
    organization.save()
    act(organization, lambda: windows.create_window(paint(room, start), by=None, now=now), now)
    assert window_notices.tell_moments(start - MINUTE)["coming"] == 0


def test_an_end_that_passed_reminds_the_assignee_once(
    organization: Organization, room: Resource, now: datetime, start: datetime, technician: User
) -> None:
    window = paint(room, start, assigned_to=technician)
    act(organization, lambda: windows.create_window(window, by=None, now=now), now)
    act(organization, lambda: windows.start_window(window, by=technician, now=start), start)
    end = start + 4 * HOUR
    assert window_notices.tell_moments(end - MINUTE)["still_open"] == 0
    assert [window_notices.tell_moments(end + n * MINUTE)["still_open"] for n in (0, 1)] == [1, 0]
    relay_all(end)
    with tenant_scope(organization.pk):
        reminders = Notification.objects.filter(kind="window_reminder")
        [message] = reminders.select_related("recipient")
    assert (message.recipient, message.title) == (technician, "Still open: Paint – Room 12 (12)")


def test_series_go_on_by_themselves_and_tell_nobody_again(
    organization: Organization, room: Resource, now: datetime, start: datetime, owner: User
) -> None:
    with tenant_scope(organization.pk):
        made = window_series.create_series(paint(room, start), "FREQ=WEEKLY", by=None, now=now)
    relay_all(now)
    assert window_notices.prolong_series(now + DAY) == 0
    later = now + 15 * DAY
    assert window_notices.prolong_series(later) == 2
    relay_all(later)
    with tenant_scope(organization.pk):
        assert Window.objects.count() == len(made) + 2
        assert Notification.objects.filter(recipient=owner).count() == 1
