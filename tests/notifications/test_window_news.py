"""Who hears of maintenance windows and is reminded of them, in the console and over a real mail server."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Organization, User
from core.tenancy import tenant_scope
from notifications.models import Delivery, Notification
from scheduling.models import Resource, Window
from scheduling.services import window_notices, window_series, windows
from tests import factories
from tests.events import relay_all
from tests.notifications.conftest import GUEST, Sink
from tests.notifications.window_mails import act, entry, paint, sent, text

pytestmark = pytest.mark.django_db
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def test_a_series_is_one_message(
    organization: Organization, room: Resource, now: datetime, start: datetime, smtp: Sink,
    owner: User, admin: User,
) -> None:  # fmt: skip
    with tenant_scope(organization.pk):
        factories.booking(
            start - DAY, start + 60 * DAY, resource=room, status="tentative", contact_email=GUEST
        )
    template = paint(room, start)
    rule = "FREQ=WEEKLY;COUNT=12"
    rows = act(
        organization,
        lambda: window_series.create_series(template, rule, by=admin, now=now),
        now,
    )
    assert len(rows) == 12
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
    organization: Organization, room: Resource, now: datetime, start: datetime, owner: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(window_series, "HORIZON", 91 * DAY)
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
