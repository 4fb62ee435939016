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


def test_a_team_hears_again_of_work_that_one_of_them_gave_back(
    scope: Organization, user_with: Callable[[Role], User], now: datetime
) -> None:
    desk, worker = user_with(Role.MAINTENANCE_COORDINATOR), user_with(Role.TECHNICIAN)
    other = factories.user(scope, role=Role.TECHNICIAN)
    order = factories.work_order(status="scheduled", team=factories.team(worker, other), now=now)
    relay_all(now)
    orders.give(order, "take", {}, by=worker, now=now)
    orders.give(order, "give_back", {"reason": "No key."}, by=worker, now=now)
    relay_all(now)
    orders.change_order(order, {"title": "Tap drips badly"}, by=desk, now=now)
    relay_all(now)
    assert titles(worker) == ["For your team"]  # who gave it back knows
    assert titles(other) == ["For your team", "For your team"]
    told = Notification.objects.filter(recipient=other).latest("created_at", "pk")
    assert "Nobody has it yet: take it. Given back: No key." in told.message
    assert titles(desk) == []
    orders.give(order, "take", {}, by=other, now=now)
    orders.give(order, "give_back", {}, by=other, now=now)
    relay_all(now)
    assert (len(titles(worker)), len(titles(other))) == (2, 2)


@pytest.mark.parametrize("has_team", [True, False])
def test_who_plans_hears_of_work_given_back_of_which_no_team_hears(
    has_team: bool, scope: Organization, user_with: Callable[[Role], User], now: datetime
) -> None:
    desk, worker = user_with(Role.MAINTENANCE_COORDINATOR), user_with(Role.TECHNICIAN)
    team = factories.team(worker) if has_team else None
    order = factories.work_order_in("assigned", assigned_to=worker, team=team, now=now)
    relay_all(now)
    before = len(titles(desk))
    orders.give(order, "give_back", {"reason": "Not my trade"}, by=worker, now=now)
    relay_all(now)
    told = Notification.objects.filter(recipient=desk).latest("created_at", "pk")
    assert (len(titles(desk)), told.title.partition(":")[0]) == (before + 1, "Given back")
    assert "Nobody has it now. Why: Not my trade." in told.message
