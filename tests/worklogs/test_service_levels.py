"""What is promised, and when it is due."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Organization, User, WorkingCalendar
from accounts.services import calendars, organizations
from core.errors import Conflict, Invalid
from core.tenancy import tenant_scope
from tests import factories
from tests.events import relay_all
from tests.worklogs.service_levels import HOUR, MINUTE, NOW, at_work, give, policy
from worklogs.models import (
    SlaPolicy,
    WorkOrder,
)
from worklogs.services import (
    generation,
    orders,
    sla_policies,
    sla_story,
    sla_sweep,
)


def test_a_new_organisation_promises_what_the_requirements_say(db: None) -> None:
    founded = Organization(name="New", time_zone="Europe/Berlin")
    organizations.create_organization(
        founded, email="a@example.org", administrator="A", password=None, by=None, now=NOW
    )
    relay_all(NOW + MINUTE)
    with tenant_scope(founded.pk):
        found = {
            row.name: (row.response_minutes, row.resolution_minutes)
            for row in SlaPolicy.objects.all()
        }
        assert found == {
            "Checkout cleaning": (None, 60),
            "Critical maintenance": (30, None),
            "Emergency": (30, None),
            "Maintenance": (120, None),
        }
        cleaning = WorkOrder(resource=factories.resource(), task_type="checkout_cleaning")
        orders.create_task(cleaning, by=None, now=NOW)
        tap = factories.work_order(now=NOW, priority="low")
        fire = factories.work_order(now=NOW, kind="corrective", priority="critical")
    assert cleaning.resolution_due_at == NOW + HOUR
    assert tap.response_due_at == NOW + 2 * HOUR
    assert fire.response_due_at == NOW + timedelta(minutes=30)


def test_the_most_conditions_win_then_the_order_of_the_list(week: WorkingCalendar) -> None:
    everything = policy(response_minutes=600)
    later = policy(kind="corrective", response_minutes=60, position=20)
    first = policy(category="plumbing", response_minutes=50, position=10)
    closest = policy(kind="corrective", category="plumbing", response_minutes=40, position=90)
    policy(kind="corrective", category="plumbing", response_minutes=1, is_active=False)

    def chosen(**values: Any) -> SlaPolicy | None:
        return factories.work_order(now=NOW, **values).sla_policy

    assert chosen(kind="inspection", category="other") == everything
    assert chosen(kind="corrective", category="other") == later
    assert chosen(kind="inspection", category="plumbing") == first
    assert chosen(kind="corrective", category="plumbing") == closest
    assert sla_story.tell(WorkOrder.objects.get(sla_policy=closest), now=NOW).why == (
        "“Policy 3” holds for corrective work, category plumbing. No policy that fits asks for more."
    )
    kind = factories.resource_type()
    typed = policy(resource_type=kind, kind="corrective", category="plumbing", response_minutes=30)
    lift = factories.resource(type=kind)
    assert chosen(resource=lift, category="plumbing") == typed


def test_working_time_holidays_and_days(week: WorkingCalendar) -> None:
    calendars.change_calendar(
        week, {}, None, [{"day": date(2026, 3, 5), "name": "Works outing"}], by=None, now=NOW
    )
    policy(response_minutes=8 * 60 + 30, resolution_business_days=2)
    order = factories.work_order(now=NOW, category="other")
    # eight hours on Wednesday, Thursday is closed, half an hour on Friday
    assert order.response_due_at == datetime(2026, 3, 6, 7, 30, tzinfo=UTC)
    # Friday and Monday are the working days after
    assert order.resolution_due_at == datetime(2026, 3, 9, 8, tzinfo=UTC)
    easter = datetime(2026, 4, 2, 13, tzinfo=UTC)  # Maundy Thursday, 15:00
    late = factories.work_order(now=easter, category="other")
    assert late.resolution_due_at == datetime(2026, 4, 8, 13, tzinfo=UTC)


def test_safety_is_measured_round_the_clock(week: WorkingCalendar) -> None:
    policy(response_minutes=60)
    evening = datetime(2026, 3, 6, 20, tzinfo=UTC)
    for values in ({"category": "safety"}, {"category": "other", "safety_concern": True}):
        assert factories.work_order(now=evening, **values).response_due_at == evening + HOUR
    monday = datetime(2026, 3, 9, 8, tzinfo=UTC)
    assert factories.work_order(now=evening, category="other").response_due_at == monday


def test_an_answer_ends_the_response_and_completion_the_resolution(
    technician: User, week: WorkingCalendar
) -> None:
    policy(response_minutes=60, resolution_minutes=240)
    order = factories.work_order(now=NOW, category="other")
    due = (NOW + HOUR, NOW + 4 * HOUR)
    assert (order.response_due_at, order.resolution_due_at) == due
    assert order.sla_look_at == NOW + 45 * MINUTE
    give(order, "triage", NOW + 10 * MINUTE)
    assert (order.response_due_at, order.resolution_due_at) == due
    assert order.sla_look_at == NOW + 3 * HOUR
    give(order, "schedule", NOW + 10 * MINUTE, due_at=NOW + HOUR)
    give(order, "assign", NOW + 10 * MINUTE, assigned_to=technician)
    give(order, "start", NOW + 11 * MINUTE)
    give(order, "complete", NOW + HOUR)
    again = WorkOrder.objects.get(pk=order.pk)
    assert (again.response_due_at, again.resolution_due_at) == due
    assert again.sla_look_at is None
    story = sla_story.tell(order, now=NOW + 9 * HOUR)
    assert [(one.state, one.elapsed) for one in story.clocks] == [
        ("kept", 10 * MINUTE),
        ("kept", HOUR),
    ]


def test_only_a_hold_that_pauses_moves_the_deadline(
    technician: User, always: WorkingCalendar
) -> None:
    policy(resolution_minutes=240, calendar=always)
    order = at_work(technician)
    due = order.resolution_due_at
    assert due == NOW + 4 * HOUR
    give(order, "hold", NOW + HOUR, hold_kind="other")
    assert order.resolution_due_at == due
    give(order, "resume", NOW + 2 * HOUR)
    give(order, "hold", NOW + 2 * HOUR, hold_kind="parts")
    held = WorkOrder.objects.get(pk=order.pk)
    assert (held.resolution_due_at, held.sla_look_at) == (None, None)
    story = sla_story.tell(held, now=NOW + 20 * HOUR).clocks[0]
    assert (story.state, story.elapsed) == ("paused", 2 * HOUR)
    assert story.words == "The clock stands still while the order is on hold. 2 hours are left."
    give(order, "resume", NOW + 10 * HOUR)
    assert order.resolution_due_at == due + 8 * HOUR
    story = sla_story.tell(order, now=NOW + 11 * HOUR).clocks[0]
    assert story.intervals == [(NOW, NOW + 2 * HOUR), (NOW + 10 * HOUR, NOW + 11 * HOUR)]
    assert story.elapsed == 3 * HOUR


def test_reopening_resumes_the_same_clock(technician: User, always: WorkingCalendar) -> None:
    policy(resolution_minutes=240, calendar=always)
    order = at_work(technician)
    give(order, "complete", NOW + HOUR)
    assert order.resolution_due_at == NOW + 4 * HOUR
    give(order, "reopen", NOW + 25 * HOUR)
    assert order.resolution_due_at == NOW + 28 * HOUR
    give(order, "start", NOW + 26 * HOUR)
    story = sla_story.tell(order, now=NOW + 27 * HOUR).clocks[0]
    assert (story.state, story.elapsed) == ("running", 3 * HOUR)


def test_a_new_priority_changes_the_target_never_the_pauses(
    technician: User, always: WorkingCalendar
) -> None:
    policy(resolution_minutes=600, calendar=always)
    policy(priority="critical", resolution_minutes=300, calendar=always)
    order = at_work(technician, priority="low")
    give(order, "hold", NOW + HOUR, hold_kind="parts")
    give(order, "resume", NOW + 3 * HOUR)
    assert order.resolution_due_at == NOW + 12 * HOUR
    orders.change_order(order, {"priority": "critical"}, by=None, now=NOW + 4 * HOUR)
    order.refresh_from_db()
    assert order.resolution_due_at == NOW + 7 * HOUR


def test_an_agreed_deadline_never_moves(technician: User, always: WorkingCalendar) -> None:
    policy(resolution_minutes=600, calendar=always)
    agreed = NOW + 5 * HOUR
    order = at_work(technician, deadline_at=agreed, priority="low")
    assert order.resolution_due_at == agreed
    give(order, "hold", NOW + HOUR, hold_kind="parts")
    assert order.resolution_due_at == agreed
    give(order, "resume", NOW + 3 * HOUR)
    orders.change_order(order, {"priority": "critical"}, by=None, now=NOW + 4 * HOUR)
    order.refresh_from_db()
    assert order.resolution_due_at == agreed
    sla_sweep.look_again(now=NOW + 4 * HOUR)
    sla_sweep.sweep(now=NOW + 4 * HOUR)
    order.refresh_from_db()
    assert order.resolution_due_at == agreed
    orders.change_order(order, {"deadline_at": None}, by=None, now=NOW + 4 * HOUR)
    order.refresh_from_db()
    assert order.resolution_due_at == NOW + 12 * HOUR  # the target again, with its pause


def test_generated_orders_are_promised_in_the_same_step(
    scope: Organization, technician: User, always: WorkingCalendar
) -> None:
    from scheduling.services import due_check

    wanted = policy(kind="preventive", response_minutes=30, resolution_minutes=60, calendar=always)
    factories.schedule()
    factories.schedule(assigned_to=technician)
    now = factories.START + HOUR
    due_check.check_now(organization=scope, by=None, now=now)
    generation.generate(now=now)
    free, taken = WorkOrder.objects.order_by("status").reverse()
    assert (free.sla_policy, free.response_due_at) == (wanted, now + 30 * MINUTE)
    assert (taken.sla_policy, taken.response_due_at) == (wanted, None)
    assert {free.resolution_due_at, taken.resolution_due_at} == {now + HOUR}
    assert {free.sla_look_at, taken.sla_look_at} == {now + 22.5 * MINUTE, now + 45 * MINUTE}


def test_a_policy_that_measured_orders_is_switched_off_not_deleted(week: WorkingCalendar) -> None:
    used, free = policy(resolution_minutes=60), policy(kind="cleaning", resolution_minutes=60)
    factories.work_order(now=NOW)
    sla_policies.delete_policy(free, by=None, now=NOW)
    with pytest.raises(Conflict, match="Switch it off instead"):
        sla_policies.delete_policy(used, by=None, now=NOW)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"response_minutes": 0},
        {"response_minutes": 5, "response_business_days": 1},
        {"resolution_minutes": 5, "resolution_business_days": 1},
    ],
)
def test_what_no_policy_can_say(scope: Organization, values: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        policy(**values)


def test_a_calendar_that_never_opens_promises_nothing(scope: Organization) -> None:
    calendars.create_calendar(WorkingCalendar(name="Never"), [], by=None, now=NOW)
    policy(response_minutes=60, resolution_business_days=2)
    order = factories.work_order(now=NOW, category="other")
    assert (order.response_due_at, order.resolution_due_at, order.sla_look_at) == (None,) * 3
    sla_story.tell(order, now=NOW + HOUR)
