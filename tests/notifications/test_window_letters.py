"""What contacts of bookings read of maintenance windows, and what their calendars get, over a real mail server."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Organization, User
from core.models import AuditEntry
from core.tenancy import tenant_scope
from notifications.models import Delivery, Notification
from notifications.services import inbox
from notifications.services.deliveries import deliver_due
from scheduling.models import Resource
from scheduling.services import bookings, window_notices, windows
from tests import factories
from tests.events import relay_all
from tests.notifications.conftest import GUEST, Sink
from tests.notifications.window_mails import act, entry, paint, sent, text

pytestmark = pytest.mark.django_db
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


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
    assert set(mails) == {GUEST, owner.email}  # what is urgent collects nothing first
    assert "at short notice: Burst pipe" in text(mails[GUEST])
    with tenant_scope(organization.pk):
        [message] = Notification.objects.filter(recipient=owner)
    assert (message.priority, message.title) == ("urgent", "Emergency: Leak – Room 12 (12)")


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
