"""Policies and orders under them for tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.models import User
from tests import factories
from worklogs.models import (
    SlaPolicy,
    WorkOrder,
)
from worklogs.services import (
    orders,
    sla_policies,
)

#: Wednesday 4 March 2026, 09:00 in Berlin.
NOW = datetime(2026, 3, 4, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def policy(**values: Any) -> SlaPolicy:
    made = SlaPolicy(**{"name": f"Policy {SlaPolicy.objects.count()}", **values})
    return sla_policies.create_policy(made, by=None, now=NOW)


def at_work(technician: User, **values: Any) -> WorkOrder:
    """An order in progress since `NOW`."""
    return factories.work_order_in("in_progress", assigned_to=technician, now=NOW, **values)


def give(order: WorkOrder, name: str, now: datetime, **given: Any) -> WorkOrder:
    return orders.give(order, name, {"reason": "Because", **given}, by=None, now=now)
