"""Assignments and issues, told as they happen; old messages cleared away."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Organization, User
from core.sweeps import run_sweep
from core.tenancy import tenant_scope
from notifications.models import Delivery, DeliveryItem, Notification
from notifications.services.deliveries import deliver_due
from scheduling.services import schedules
from tests import factories
from tests.events import relay_all
from tests.notifications.conftest import Sink, check
from worklogs.services.logs import record_log

pytestmark = pytest.mark.django_db
Work = Callable[..., Any]


def test_a_new_assignee_hears_of_it_once(
    organization: Organization, admin: User, technician: User, owner: User, now: datetime
) -> None:
    with tenant_scope(organization.pk):
        resource = factories.resource(now=now, name="AHU 2", code="AHU-2")
        schedule = factories.schedule(
            now=now, title="Filters", resource=resource, assigned_to=technician
        )
        relay_all(now)
        message = Notification.objects.get()
        assert message.recipient == technician
        assert message.title == "Assigned to you: Filters – AHU 2 (AHU-2)"
        assert message.action_url == f"/admin/messages/to/schedule/{schedule.pk}/"
        schedules.update_schedule(schedule, {"title": "Filter"}, by=admin, now=now)
        relay_all(now)
        assert Notification.objects.count() == 1
        schedules.update_schedule(schedule, {"assigned_to": owner}, by=admin, now=now)
        schedules.update_schedule(schedule, {"assigned_to": technician}, by=admin, now=now)
        relay_all(now)
        # the owner had lost it again before they could be told
        assert list(Notification.objects.values_list("recipient", flat=True)) == [technician.pk] * 2


def test_taking_a_schedule_oneself_is_no_news(
    organization: Organization, admin: User, now: datetime
) -> None:
    with tenant_scope(organization.pk):
        schedule = factories.schedule(now=now)
        schedules.update_schedule(schedule, {"assigned_to": admin}, by=admin, now=now)
        relay_all(now)
        assert not Notification.objects.exists()


@pytest.mark.parametrize(
    ("issues", "has_owner", "told"),
    [
        ("none", True, []),
        ("minor", True, ["Otto Berg"]),
        ("major", True, ["Otto Berg"]),
        ("minor", False, []),
        ("major", False, ["Ada Lehmann"]),
    ],
)
def test_who_hears_of_an_issue(
    organization: Organization,
    technician: User,
    owner: User,
    admin: User,
    now: datetime,
    issues: str,
    has_owner: bool,
    told: list[str],
) -> None:
    with tenant_scope(organization.pk):
        admin.name = "Ada Lehmann"
        admin.save()
        resource = factories.resource(now=now, owner=owner if has_owner else None)
        record_log(
            resource=resource,
            performed_at=now,
            performed_by=technician,
            notes="Belt torn",
            issues_found=issues,
            by=technician,
            now=now,
        )
        relay_all(now)
        messages = Notification.objects.order_by("recipient__name")
        assert [message.recipient.name for message in messages] == told
        for message in messages:
            assert message.message == "Belt torn Found by Tina Wolf."
            assert message.priority == ("urgent" if issues == "major" else "normal")


def test_whoever_found_the_issue_is_not_told(
    organization: Organization, owner: User, now: datetime
) -> None:
    with tenant_scope(organization.pk):
        record_log(
            resource=factories.resource(now=now, owner=owner),
            performed_at=now,
            performed_by=owner,
            issues_found="minor",
            by=None,
            now=now,
        )
        relay_all(now)
        assert not Notification.objects.exists()


def test_old_messages_and_deliveries_are_cleared_away(
    organization: Organization, technician: User, due_work: Work, now: datetime, smtp: Sink
) -> None:
    due_work(assigned_to=technician)
    check(organization, now)
    deliver_due(now + timedelta(minutes=1))
    assert run_sweep("notifications.clean_up", now + timedelta(days=89)) == {
        "deliveries": 0,
        "messages": 0,
    }
    with tenant_scope(organization.pk):
        Delivery.objects.update(created_at=now)
    assert run_sweep("notifications.clean_up", now + timedelta(days=91)) == {
        "deliveries": 1,
        "messages": 1,
    }
    with tenant_scope(organization.pk):
        assert not DeliveryItem.objects.exists()


def test_the_worker_sends_every_few_seconds(
    organization: Organization, technician: User, due_work: Work, now: datetime, smtp: Sink
) -> None:
    due_work(assigned_to=technician)
    check(organization, now)
    assert run_sweep("notifications.deliver", now + timedelta(minutes=1)) == {
        "sent": 1,
        "put_off": 0,
        "failed": 0,
    }
