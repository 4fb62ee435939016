"""A team is told of work that waits for one of them."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from accounts.models import Organization, User
from accounts.rights import Role
from notifications.models import Notification
from tests import factories
from tests.events import relay_all
from tests.notifications.test_order_news import titles
from worklogs.models import WorkOrder
from worklogs.services import orders, reports

pytestmark = pytest.mark.django_db


def test_a_team_hears_once_of_work_that_one_of_them_may_take(
    scope: Organization, user_with: Callable[[Role], User], now: datetime
) -> None:
    desk, worker = user_with(Role.MAINTENANCE_COORDINATOR), user_with(Role.TECHNICIAN)
    team, other = factories.team(worker, desk), factories.team(user_with(Role.TECHNICIAN))
    order = WorkOrder(resource=factories.resource(), title="Tap drips", team=team)
    reports.submit(order, by=None, now=now)
    orders.give(order, "triage", {}, by=desk, now=now)
    relay_all(now)
    assert titles(worker) == []
    orders.give(order, "schedule", {"due_at": now + timedelta(days=1)}, by=desk, now=now)
    relay_all(now)
    orders.change_order(order, {"title": "Tap drips badly"}, by=desk, now=now)
    relay_all(now)
    [told] = Notification.objects.filter(recipient=worker)
    assert told.title.startswith("For your team: ")
    assert "Nobody has it yet: take it." in told.message
    assert "For your team" not in titles(desk)  # who planned it knows
    orders.change_order(order, {"team": other}, by=desk, now=now)
    relay_all(now)
    assert Notification.objects.filter(title__startswith="For your team").count() == 2
    orders.give(order, "assign", {"assigned_to": worker}, by=desk, now=now)
    orders.change_order(order, {"team": team}, by=desk, now=now)
    relay_all(now)
    assert titles(worker) == ["For your team", "Yours now"]
