"""Taking up, putting off, telling louder, escalating; quiet hours, digests and storms, end to end."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization, User
from accounts.rights import Role
from core.errors import Conflict, Invalid
from core.tenancy import tenant_scope
from notifications.models import Delivery, DeliveryItem, Notification
from notifications.services import attention, inbox, preferences, reaching
from notifications.services.deliveries import deliver_due
from notifications.services.following_up import follow_up
from scheduling.services import occurrences
from tests import factories
from tests.notifications.conftest import Reach, Sink, check
from tests.notifications.receivers import Receiver
from tests.notifications.test_deliveries import body

pytestmark = pytest.mark.django_db
Tell = Callable[..., Notification]
Work = Callable[..., Any]
MINUTE = timedelta(minutes=1)
LATE = 15 * MINUTE


def told_by(organization: Organization, user: User) -> list[str]:
    """By which channels the person was told, in order."""
    with tenant_scope(organization.pk):
        rows = Delivery.objects.filter(recipient=user).order_by("created_at", "pk")
        return [row.channel for row in rows]


def messages(organization: Organization, user: User) -> list[str]:
    with tenant_scope(organization.pk):
        mine = Notification.objects.filter(recipient=user).order_by("created_at", "pk")
        return list(mine.values_list("title", flat=True))


@pytest.fixture
def coordinator(organization: Organization) -> User:
    return factories.user(organization, role=Role.MAINTENANCE_COORDINATOR, name="Cora Lind")


@pytest.fixture
def executive(organization: Organization) -> User:
    return factories.user(organization, role=Role.EXECUTIVE_ADMIN, name="Eva Stein")


def test_urgent_and_not_taken_up_is_told_louder_then_to_those_further_up(
    premium: Organization,
    technician: User,
    coordinator: User,
    executive: User,
    far_side: Receiver,
    reach: Reach,
    tell_one: Tell,
    now: datetime,
) -> None:
    reach(technician, phone="+49 170 1234567", chat_address=f"json://{far_side.host}/chat")
    with tenant_scope(premium.pk):
        wishes = {("safety_report", "sms"): False}
        preferences.choose(technician, wishes, by=technician, now=now)
    tell_one(technician)
    assert sorted(told_by(premium, technician)) == ["chat", "email"]
    assert follow_up(now + LATE - MINUTE) == 0
    assert follow_up(now + LATE) == 1  # an SMS would be louder, and was switched off
    assert "sms" not in told_by(premium, technician)
    assert messages(premium, coordinator) == ["Not taken up: Gas smell in room 12"]
    assert follow_up(now + 2 * LATE) == 1
    assert messages(premium, executive) == ["Not taken up: Gas smell in room 12"]
    assert follow_up(now + 3 * LATE) == 1
    assert follow_up(now + 9 * LATE) == 0
    with tenant_scope(premium.pk):
        above = Notification.objects.get(recipient=executive)
        assert above.message == "Cora Lind was told and has not answered. " + (
            "Tina Wolf was told and has not answered. Reported by a guest."
        )
        assert (above.why, above.kind) == ("You lead the organisation.", "unacknowledged")


def test_louder_goes_up_the_ladder(
    premium: Organization,
    technician: User,
    far_side: Receiver,
    reach: Reach,
    tell_one: Tell,
    smtp: Sink,
    now: datetime,
) -> None:
    reach(technician, phone="+49 170 1234567", quiet_from=time(0), quiet_until=time(23, 59))
    message = tell_one(technician, kind="order_comment", key="order_comment:1")
    deliver_due(now)
    assert follow_up(now + LATE) == 1
    assert told_by(premium, technician) == ["email", "sms"]
    deliver_due(now + LATE)
    assert len(far_side.asked) == 1  # quiet hours do not keep it back
    with tenant_scope(premium.pk):
        row = Notification.objects.get(pk=message.pk)
    assert (row.follow_ups, row.follow_up_at) == (1, now + 2 * LATE)


def test_whoever_takes_it_up_ends_it_for_all(
    organization: Organization,
    technician: User,
    coordinator: User,
    executive: User,
    tell_one: Tell,
    now: datetime,
) -> None:
    tell_one(technician)
    tell_one(coordinator)
    follow_up(now + LATE)
    assert messages(organization, executive) == ["Not taken up: Gas smell in room 12"]
    with tenant_scope(organization.pk):
        above = Notification.objects.get(recipient=executive)
        attention.acknowledge(above, by=executive, now=now + LATE)
        rows = list(Notification.objects.all())
    assert {row.acknowledged_by_id for row in rows if row.fact_key != "x"} >= {executive.pk}
    assert all(row.follow_up_at is None for row in rows)
    assert follow_up(now + 9 * LATE) == 0


def test_taking_up_counts_once(
    organization: Organization, technician: User, tell_one: Tell, now: datetime
) -> None:
    message = tell_one(technician)
    with tenant_scope(organization.pk):
        first = attention.acknowledge(message, by=technician, now=now)
        again = attention.acknowledge(message, by=technician, now=now + MINUTE)
        assert first.acknowledged_at == again.acknowledged_at == now
        assert again.read_at == now
        with pytest.raises(Conflict):
            attention.snooze(message, now + MINUTE, by=technician, now=now)


def test_what_is_put_off_is_out_of_sight_and_told_again(
    organization: Organization, technician: User, tell_one: Tell, smtp: Sink, now: datetime
) -> None:
    message = tell_one(technician, priority="normal")
    deliver_due(now + MINUTE)
    with tenant_scope(organization.pk):
        assert message.follow_up_at is None
        for wrong in (now, now - MINUTE, now + timedelta(days=31)):
            with pytest.raises(Invalid):
                attention.snooze(message, wrong, by=technician, now=now)
        attention.snooze(message, now + timedelta(hours=1), by=technician, now=now)
        assert inbox.unread_count(technician) == 0
    assert follow_up(now + timedelta(minutes=59)) == 0
    assert follow_up(now + timedelta(hours=1)) == 1
    with tenant_scope(organization.pk):
        assert inbox.unread_count(technician) == 1
    deliver_due(now + timedelta(hours=1, minutes=1))
    assert len(smtp.received) == 2
    assert follow_up(now + timedelta(days=1)) == 0


def test_work_that_is_done_meanwhile_is_not_followed_up(
    organization: Organization,
    technician: User,
    coordinator: User,
    due_work: Work,
    now: datetime,
) -> None:
    schedule = due_work(-9, assigned_to=technician, priority="critical")
    check(organization, now)
    with tenant_scope(organization.pk):
        row = Notification.objects.get()
        assert (row.priority, row.follow_up_at) == ("urgent", now + LATE)
        occurrences.complete(
            schedule_id=schedule.pk,
            resource_id=schedule.resource_id,
            performed_at=now,
            by=technician,
            now=now,
        )
    assert follow_up(now + LATE) == 1
    assert messages(organization, coordinator) == []
    assert follow_up(now + 9 * LATE) == 0


@pytest.mark.parametrize(("status", "told"), [("assigned", 1), ("in_progress", 0)])
def test_whoever_begins_the_work_has_taken_it_up(
    organization: Organization,
    technician: User,
    coordinator: User,
    tell_one: Tell,
    now: datetime,
    status: str,
    told: int,
) -> None:
    with tenant_scope(organization.pk):
        order = factories.work_order_in(status, assigned_to=technician, now=now)
    tell_one(technician, object_type="work_order", object_id=order.pk)
    follow_up(now + LATE)
    assert len(messages(organization, coordinator)) == told


def test_following_up_takes_as_many_queries_for_many_as_for_few(
    organization: Organization, technician: User, coordinator: User, tell_one: Tell, now: datetime
) -> None:
    def queries(count: int, moment: datetime) -> int:
        for number in range(count):
            tell_one(technician, f"safety_report:{moment}{number}", at=moment - LATE)
        with CaptureQueriesContext(connection) as captured:
            assert follow_up(moment) == count
        with tenant_scope(organization.pk):
            Notification.objects.all().delete()
            Delivery.objects.all().delete()
        return len(captured)

    assert queries(2, now) == queries(20, now + timedelta(days=1))


def test_quiet_hours_keep_back_what_is_not_urgent(
    organization: Organization,
    technician: User,
    reach: Reach,
    tell_one: Tell,
    smtp: Sink,
    now: datetime,
) -> None:
    """07:00 in Berlin."""
    reach(technician, quiet_from=time(22), quiet_until=time(8, 30))
    tell_one(technician, "a", priority="normal", title="Filter")
    tell_one(technician, "b", priority="high", title="Pump")
    tell_one(technician, "c")
    assert deliver_due(now + MINUTE)["sent"] == 1
    assert smtp.received[0][1]["Subject"] == "Gas smell in room 12"
    end = now + timedelta(minutes=90)
    assert deliver_due(end - MINUTE)["sent"] == 0
    assert deliver_due(end)["sent"] == 1
    text = body(smtp.received[1][1], "plain")
    assert "Filter" in text
    assert "Pump" in text
    assert "These messages waited, as you chose" in text


def test_a_daily_digest_collects_and_a_new_choice_lets_it_go(
    organization: Organization,
    technician: User,
    reach: Reach,
    tell_one: Tell,
    smtp: Sink,
    now: datetime,
) -> None:
    reach(technician, rhythm="daily", digest_hour=18)
    for number in range(3):
        tell_one(technician, f"{number}", priority="normal", at=now + number * MINUTE)
    with tenant_scope(organization.pk):
        [digest] = Delivery.objects.all()
        assert (digest.pace, digest.items.count()) == ("held", 3)
        assert digest.available_at == now.replace(hour=17)  # 18:00 in Berlin
    assert deliver_due(now + timedelta(hours=10))["sent"] == 0
    reaching.change(technician, {"rhythm": "at_once"}, by=technician, now=now)
    assert deliver_due(now)["sent"] == 1


def test_a_storm_becomes_one_message_that_says_so(
    organization: Organization, technician: User, tell_one: Tell, smtp: Sink, now: datetime
) -> None:
    moment = now
    for number in range(40):
        tell_one(technician, f"{number}", priority="normal", title=f"News {number}", at=moment)
        with tenant_scope(organization.pk):
            Delivery.objects.filter(state="collecting", pace="prompt").update(available_at=moment)
        deliver_due(moment)
        moment += timedelta(seconds=5)
    assert len(smtp.received) == 30
    tell_one(technician, "gas", at=moment)
    assert deliver_due(moment)["sent"] == 1  # what is urgent passes
    with tenant_scope(organization.pk):
        storm = Delivery.objects.get(state="collecting")
        assert (storm.pace, storm.items.count()) == ("storm", 10)
    assert deliver_due(moment + timedelta(minutes=10))["sent"] == 1
    text = body(smtp.received[-1][1], "plain")
    assert "Many messages came for you within ten minutes" in text
    assert all(f"News {number}" in text for number in range(30, 40))
    with tenant_scope(organization.pk):
        assert DeliveryItem.objects.count() == 41


def test_even_urgent_ones_have_a_limit(
    organization: Organization, technician: User, tell_one: Tell, smtp: Sink, now: datetime
) -> None:
    with tenant_scope(organization.pk):
        Delivery.objects.bulk_create(
            Delivery(
                recipient=technician,
                channel="email",
                state="sent",
                pace="urgent",
                message_id=f"<{number}@x>",
                available_at=now,
                sent_at=now,
            )
            for number in range(100)
        )
    tell_one(technician)
    assert deliver_due(now)["folded"] == 1
    assert smtp.received == []


def test_a_round_takes_as_many_queries_to_see_a_storm_for_many_as_for_few(
    organization: Organization, tell_one: Tell, smtp: Sink, now: datetime
) -> None:
    def queries(count: int, moment: datetime) -> int:
        people = [factories.user(organization) for _ in range(count)]
        for number, person in enumerate(people):
            tell_one(person, f"{moment}{number}", at=moment)
        with CaptureQueriesContext(connection) as captured:
            assert deliver_due(moment)["sent"] == count
        return sum("sent_at" in query["sql"] and "COUNT" in query["sql"] for query in captured)

    assert queries(2, now) == queries(9, now + timedelta(hours=1)) == 1
