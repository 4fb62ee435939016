"""Looking at the clocks: who is told, and what is on record afterwards."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import Error, transaction

from accounts.models import Organization, User, WorkingCalendar
from accounts.rights import Role
from accounts.services import calendars
from core.errors import Conflict, DomainError, Invalid, NotAllowed
from notifications.models import Notification
from tests import factories
from tests.events import relay_all
from tests.worklogs.service_levels import HOUR, MINUTE, NOW, at_work, give, policy
from worklogs.models import (
    SlaEscalation,
    SlaExcuse,
    SlaViolation,
    SlaWarning,
)
from worklogs.services import (
    judging,
    orders,
    sla_policies,
    sla_sweep,
    sla_violations,
)


def test_warnings_breach_and_escalation_each_once(
    scope: Organization, technician: User, always: WorkingCalendar
) -> None:
    coordinator = factories.user(scope, role=Role.MAINTENANCE_COORDINATOR)
    executive = factories.user(scope, role=Role.EXECUTIVE_ADMIN)
    policy(resolution_minutes=100, calendar=always, escalate_after_minutes=30)
    order = at_work(technician)

    def told(after: int) -> list[tuple[str, str]]:
        """What the sweep brings after so many minutes, swept and told twice."""
        now = NOW + after * MINUTE
        before = set(Notification.objects.values_list("pk", flat=True))
        for _ in range(2):
            sla_sweep.sweep(now=now)
            relay_all(now + MINUTE)
        new = Notification.objects.filter(kind__startswith="sla_").exclude(pk__in=before)
        return sorted((row.kind, row.recipient.role) for row in new.select_related("recipient"))

    assert told(74) == []
    assert told(75) == [("sla_warning", "technician")]
    assert told(90) == [("sla_warning", coordinator.role), ("sla_warning", "technician")]
    assert told(100) == []
    assert told(101) == [("sla_breach", coordinator.role), ("sla_breach", "technician")]
    assert told(130) == []
    assert told(131) == [("sla_escalation", executive.role)]
    assert told(500) == []
    assert sorted(SlaWarning.objects.values_list("percent", flat=True)) == [75, 90]
    violation = SlaViolation.objects.get()
    assert (violation.work_order, violation.breached_at) == (order, NOW + 100 * MINUTE)
    assert [row.level for row in SlaEscalation.objects.order_by("level")] == [1, 2]


def test_who_sees_to_it_stops_the_escalation(
    scope: Organization, technician: User, always: WorkingCalendar
) -> None:
    coordinator = factories.user(scope, role=Role.MAINTENANCE_COORDINATOR)
    policy(resolution_minutes=100, calendar=always, escalate_after_minutes=30)
    at_work(technician)
    sla_sweep.sweep(now=NOW + 101 * MINUTE)
    raised = SlaEscalation.objects.get()
    with pytest.raises(NotAllowed):
        sla_violations.acknowledge(raised, by=technician, now=NOW)
    sla_violations.acknowledge(raised, by=coordinator, now=NOW + 110 * MINUTE)
    with pytest.raises(Conflict):
        sla_violations.acknowledge(raised, by=coordinator, now=NOW + 111 * MINUTE)
    sla_sweep.sweep(now=NOW + 999 * MINUTE)
    assert SlaEscalation.objects.count() == 1


def test_what_is_done_late_is_on_record_and_alarms_nobody(
    scope: Organization, technician: User, always: WorkingCalendar
) -> None:
    policy(response_minutes=10, resolution_minutes=60, calendar=always)
    order = factories.work_order(now=NOW)
    for name in factories.WAY[:5]:
        given = {"assigned_to": technician, "due_at": NOW}
        orders.give(order, name, given if name != "triage" else {}, by=None, now=NOW + 2 * HOUR)
    sla_sweep.sweep(now=NOW + 2 * HOUR)
    assert sorted(SlaViolation.objects.values_list("clock", flat=True)) == [
        "resolution",
        "response",
    ]
    assert SlaEscalation.objects.count() == 0
    order.refresh_from_db()
    assert order.sla_look_at is None


def test_what_was_missed_long_before_it_is_found_alarms_nobody(
    technician: User, always: WorkingCalendar
) -> None:
    """As records of another system are, that are taken over years later."""
    policy(resolution_minutes=60, calendar=always)
    for hours, alarms in ((24, 1), (26, 1)):
        at_work(technician)
        sla_sweep.sweep(now=NOW + hours * HOUR)
        assert SlaEscalation.objects.filter(level=1).count() == alarms, hours
    assert SlaViolation.objects.count() == 2


def test_on_the_dot_is_in_time(technician: User, always: WorkingCalendar) -> None:
    policy(resolution_minutes=60, calendar=always)
    order = at_work(technician)
    give(order, "complete", NOW + HOUR)
    sla_sweep.sweep(now=NOW + 2 * HOUR)
    assert SlaViolation.objects.count() == 0


def test_a_violation_is_a_fact_that_can_be_excused_once(
    scope: Organization, technician: User, always: WorkingCalendar, admin: User
) -> None:
    policy(resolution_minutes=60, calendar=always)
    at_work(technician)
    sla_sweep.sweep(now=NOW + 2 * HOUR)
    violation = SlaViolation.objects.get()
    with pytest.raises(Invalid):
        sla_violations.excuse(violation, "  ", by=admin, now=NOW)
    with pytest.raises(NotAllowed):
        sla_violations.excuse(violation, "No", by=technician, now=NOW)
    sla_violations.excuse(violation, "The lift maker was on strike.", by=admin, now=NOW)
    with pytest.raises(Conflict):
        sla_violations.excuse(violation, "Again", by=admin, now=NOW)
    assert SlaExcuse.objects.get().reason == "The lift maker was on strike."
    for act in (
        lambda: SlaViolation.objects.filter(pk=violation.pk).update(found_at=NOW),
        lambda: SlaViolation.objects.filter(pk=violation.pk).delete(),
        lambda: SlaExcuse.objects.all().update(reason="Other"),
        lambda: SlaWarning.objects.create(
            work_order=violation.work_order, clock="response", percent=75, due_at=NOW, at=NOW
        ).delete(),
    ):
        with pytest.raises((Error, DomainError)), transaction.atomic():
            act()
    assert SlaViolation.objects.count() == 1


def test_open_orders_follow_a_changed_policy_and_calendar(
    technician: User, week: WorkingCalendar
) -> None:
    promised = policy(resolution_minutes=60)
    order = at_work(technician, category="other")
    done = at_work(technician, category="other")
    give(done, "complete", NOW + MINUTE)
    sla_policies.change_policy(promised, {"resolution_minutes": 120}, by=None, now=NOW + MINUTE)
    relay_all(NOW + 2 * MINUTE)
    sla_sweep.sweep(now=NOW + 2 * MINUTE)
    order.refresh_from_db()
    done.refresh_from_db()
    assert order.resolution_due_at == NOW + 2 * HOUR
    assert done.resolution_due_at == NOW + HOUR
    calendars.change_calendar(
        week, {}, None, [{"day": date(2026, 3, 4)}], by=None, now=NOW + MINUTE
    )
    relay_all(NOW + 2 * MINUTE)
    sla_sweep.sweep(now=NOW + 2 * MINUTE)
    order.refresh_from_db()
    assert order.resolution_due_at == datetime(2026, 3, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize("count", [1, 12])
def test_the_sweep_asks_as_much_for_one_as_for_many(
    scope: Organization,
    technician: User,
    always: WorkingCalendar,
    count: int,
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    policy(response_minutes=1, resolution_minutes=60, calendar=always)
    for _ in range(count):
        at_work(technician)
    with django_assert_max_num_queries(21):
        sla_sweep.sweep(now=NOW + 2 * HOUR)
    assert SlaViolation.objects.count() == count
    with django_assert_max_num_queries(2):
        sla_sweep.sweep(now=NOW + 2 * HOUR)


def test_a_priority_that_the_clock_raises_changes_what_is_promised(always: WorkingCalendar) -> None:
    slow = policy(calendar=always, priority="medium", resolution_minutes=10 * 24 * 60)
    fast = policy(calendar=always, priority="high", resolution_minutes=5 * 24 * 60)
    order = factories.work_order(due_at=NOW + 72 * HOUR, now=NOW)
    assert (order.priority, order.sla_policy_id) == ("medium", slow.pk)
    later = NOW + 73 * HOUR
    assert judging.judge_again(now=later) == 1
    sla_sweep.sweep(now=later)
    order.refresh_from_db()
    assert (order.priority, order.sla_policy_id) == ("high", fast.pk)
    assert order.resolution_due_at == NOW + 120 * HOUR
