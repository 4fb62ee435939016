"""Open orders follow what is known of their resource: how much it matters, and of what type it is."""

import time_machine

from accounts.models import User, WorkingCalendar
from tests import factories
from tests.api import Client
from tests.events import relay_all
from tests.worklogs.service_levels import HOUR, MINUTE, NOW, policy
from worklogs.services import orders, sla_sweep


def test_a_resource_that_matters_more_makes_its_open_orders_more_urgent(
    admin: User, always: WorkingCalendar
) -> None:
    pump = factories.resource(criticality="low")
    fast = policy(priority="high", resolution_minutes=60, calendar=always)
    order, by_hand, done = (factories.work_order(now=NOW, resource=pump) for _ in range(3))
    orders.change_order(by_hand, {"priority": "low"}, by=admin, now=NOW)
    orders.give(done, "cancel", {"reason": "Twice"}, by=admin, now=NOW)
    other = factories.work_order(now=NOW)
    seen = [(one.priority, one.priority_reasons) for one in (by_hand, done, other)]
    with time_machine.travel(NOW + MINUTE, tick=False):
        relay_all(NOW)
        answer = Client(admin).patch(f"resources/{pump.pk}", {"criticality": "critical"})
        assert answer.status_code == 200
        relay_all(NOW + HOUR)
    sla_sweep.sweep(now=NOW + HOUR)
    read = Client(admin).get(f"work-orders/{order.pk}").json()
    assert read["priority"] == "high"
    assert "the resource is critical" in " ".join(map(str, read["priority_reasons"]))
    order.refresh_from_db()
    assert (order.sla_policy, order.resolution_due_at) == (fast, NOW + HOUR)
    for one in (by_hand, done, other):
        one.refresh_from_db()
    assert [(one.priority, one.priority_reasons) for one in (by_hand, done, other)] == seen


def test_another_type_brings_what_is_promised_for_it(admin: User, always: WorkingCalendar) -> None:
    kind, pump = factories.resource_type(), factories.resource()
    promised = policy(resource_type=kind, resolution_minutes=90, calendar=always)
    order = factories.work_order(now=NOW, resource=pump)
    relay_all(NOW)
    sla_sweep.sweep(now=NOW)
    with time_machine.travel(NOW + MINUTE, tick=False):
        answer = Client(admin).patch(f"resources/{pump.pk}", {"type": str(kind.pk)})
        assert answer.status_code == 200
        relay_all(NOW + HOUR)
    sla_sweep.sweep(now=NOW + HOUR)
    order.refresh_from_db()
    assert (order.sla_policy, order.resolution_due_at) == (promised, NOW + 90 * MINUTE)
