"""From "came due" to messages: who is told, what they read, and that it is told once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization, User
from core.tenancy import tenant_scope
from notifications.models import Delivery, DeliveryItem, Notification
from notifications.services import alerts, preferences
from scheduling.models import Occurrence
from scheduling.services import due_check, occurrences
from tests.events import relay_all
from tests.notifications.conftest import check

pytestmark = pytest.mark.django_db
Work = Callable[..., Any]


def test_due_today_tomorrow_later_and_overdue_are_told_apart(
    organization: Organization, technician: User, due_work: Work, now: datetime
) -> None:
    for days, notice in ((0, 1), (1, 1), (5, 7), (-9, 1)):
        due_work(days, title=f"Work {days}", assigned_to=technician, advance_notice_days=notice)
    run = check(organization, now)
    with tenant_scope(organization.pk):
        titles = set(Notification.objects.values_list("title", flat=True))
    starts = {title.partition(" – ")[0] for title in titles}
    assert starts == {
        "Due today: Work 0",
        "Due tomorrow: Work 1",
        "Due in 5 days: Work 5",
        "Overdue: Work -9",
    }
    assert (run.sent, run.failed) == (4, 0)


def test_a_message_says_what_when_why_and_where(
    organization: Organization, technician: User, due_work: Work, now: datetime
) -> None:
    schedule = due_work(
        title="Filter change", assigned_to=technician, resource={"name": "AHU 2", "code": "AHU-2"}
    )
    check(organization, now)
    with tenant_scope(organization.pk):
        message = Notification.objects.get()
        occurrence = Occurrence.objects.get(schedule=schedule)
    assert message.title == "Due today: Filter change – AHU 2 (AHU-2)"
    assert message.message == "Due Wed 4 Mar 2026, 09:00."
    assert message.why == "The schedule is assigned to you."
    assert (message.kind, message.priority) == ("maintenance_due", "normal")
    assert message.action_url == f"/admin/messages/to/occurrence/{occurrence.pk}/"
    assert message.expires_at == now + timedelta(days=90)


def test_the_day_is_the_recipients(
    organization: Organization, technician: User, due_work: Work, now: datetime
) -> None:
    """08:00 UTC on the 4th is still the 3rd in Honolulu, where it is due tonight."""
    with tenant_scope(organization.pk):
        technician.time_zone = "Pacific/Honolulu"
        technician.save()
    due_work(assigned_to=technician)
    check(organization, now)
    with tenant_scope(organization.pk):
        message = Notification.objects.get()
    assert message.title.startswith("Due today:")
    assert message.message == "Due Tue 3 Mar 2026, 22:00."


def test_the_owner_is_told_when_nobody_is_assigned_or_the_assignee_has_left(
    organization: Organization, technician: User, owner: User, due_work: Work, now: datetime
) -> None:
    due_work(title="Nobody's", owner=owner)
    due_work(title="Left", owner=owner, assigned_to=technician)
    due_work(title="Nowhere")
    due_work(title="Left alone", assigned_to=technician)
    with tenant_scope(organization.pk):
        technician.is_active = False
        technician.save()
    run = check(organization, now)
    with tenant_scope(organization.pk):
        told = list(Notification.objects.order_by("title").values_list("recipient", "why"))
    assert [recipient for recipient, _ in told] == [owner.pk, owner.pk]
    assert all(why.startswith("You are responsible for") for _, why in told)
    assert (run.sent, run.without_recipient) == (2, 2)


def test_checking_again_tells_nothing_twice(
    organization: Organization, technician: User, due_work: Work, now: datetime
) -> None:
    for days in (0, 1, -9):
        due_work(days, assigned_to=technician)
    check(organization, now)
    with tenant_scope(organization.pk):
        before = list(Notification.objects.order_by("pk").values())
        items = DeliveryItem.objects.count()
    for hours in range(1, 5):
        assert check(organization, now + timedelta(hours=hours)).sent == 0
    with tenant_scope(organization.pk):
        assert list(Notification.objects.order_by("pk").values()) == before
        assert DeliveryItem.objects.count() == items == 3


def test_the_same_event_handled_twice_adds_nothing(
    organization: Organization, technician: User, due_work: Work, now: datetime
) -> None:
    due_work(assigned_to=technician)
    run = check(organization, now)
    with tenant_scope(organization.pk):
        stages = {Occurrence.objects.get().pk: "due"}
        again = alerts.tell_due(
            stages, organization_id=organization.pk, run_id=run.pk, now=now + timedelta(hours=1)
        )
        assert again == 0
        assert Notification.objects.count() == DeliveryItem.objects.count() == 1


def test_a_moved_date_is_told_anew(
    organization: Organization, technician: User, due_work: Work, now: datetime
) -> None:
    schedule = due_work(assigned_to=technician)
    check(organization, now)
    with tenant_scope(organization.pk):
        row = Occurrence.objects.get()
        occurrences.move(
            schedule_id=schedule.pk,
            resource_id=row.resource_id,
            occurrence_key=row.occurrence_key,
            due_at=row.due_at + timedelta(days=3),
            by=technician,
            now=now,
        )
    check(organization, now + timedelta(days=2))
    with tenant_scope(organization.pk):
        titles = list(Notification.objects.order_by("pk").values_list("title", flat=True))
    assert [title.partition(":")[0] for title in titles] == ["Due today", "Due tomorrow"]


def test_what_is_done_meanwhile_is_not_told(
    organization: Organization, technician: User, due_work: Work, now: datetime
) -> None:
    schedule = due_work(assigned_to=technician)
    with tenant_scope(organization.pk):
        due_check.check_now(organization=organization, by=None, now=now)
        occurrences.complete(
            schedule_id=schedule.pk,
            resource_id=schedule.resource_id,
            performed_at=now,
            by=technician,
            now=now,
        )
    relay_all(now)
    with tenant_scope(organization.pk):
        assert not Notification.objects.filter(kind="maintenance_due").exists()


def test_forty_due_items_are_one_collecting_digest(
    organization: Organization, technician: User, owner: User, due_work: Work, now: datetime
) -> None:
    for number in range(40):
        due_work(title=f"Work {number}", assigned_to=technician)
    due_work(owner=owner)
    check(organization, now)
    with tenant_scope(organization.pk):
        digests = Delivery.objects.order_by("recipient__name")
        sizes = [(row.recipient.name, row.state, row.items.count()) for row in digests]
        assert sizes == [("Otto Berg", "collecting", 1), ("Tina Wolf", "collecting", 40)]
        assert {row.available_at for row in digests} == {now + timedelta(minutes=1)}
        assert {row.address for row in digests} == {owner.email, technician.email}


@pytest.mark.parametrize(
    ("in_app", "email", "messages", "mails"),
    [(True, True, 1, 1), (True, False, 1, 0), (False, True, 1, 1), (False, False, 0, 0)],
)
def test_preferences_decide(
    organization: Organization,
    technician: User,
    due_work: Work,
    now: datetime,
    in_app: bool,
    email: bool,
    messages: int,
    mails: int,
) -> None:
    with tenant_scope(organization.pk):
        wishes = {("maintenance_due", "in_app"): in_app, ("maintenance_due", "email"): email}
        preferences.choose(technician, wishes, by=technician, now=now)
    due_work(assigned_to=technician)
    assert check(organization, now).sent == messages
    with tenant_scope(organization.pk):
        assert Notification.objects.count() == messages
        assert Notification.objects.visible_to(technician).count() == int(in_app)
        assert DeliveryItem.objects.count() == mails


def test_the_number_of_queries_does_not_depend_on_the_number_of_alerts(
    organization: Organization, technician: User, owner: User, due_work: Work, now: datetime
) -> None:
    def queries(count: int) -> int:
        with tenant_scope(organization.pk):
            Notification.objects.all().delete()
            Delivery.objects.all().delete()
            ids = list(Occurrence.objects.values_list("pk", flat=True)[:count])
            with CaptureQueriesContext(connection) as captured:
                sent = alerts.tell_due(
                    dict.fromkeys(ids, "due"),
                    organization_id=organization.pk,
                    run_id=organization.pk,
                    now=now,
                )
        assert sent == count
        return len(captured)

    for number in range(30):
        due_work(assigned_to=technician if number % 2 else None, owner=owner)
    check(organization, now)
    # one of them asks for the chat rooms of the organisation, which nobody is joined to
    assert queries(2) == queries(30) == 9
