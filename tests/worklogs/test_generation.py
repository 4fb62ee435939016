"""Work orders from schedules: each date once, with a copy of the plan."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organization, User
from core.models import OutboxEvent
from core.tenancy import tenant_scope
from scheduling.models import Occurrence, Schedule
from scheduling.services import due_check, occurrences, schedules
from tests import factories
from tests.events import relay_all
from worklogs.models import WorkOrder, WorkOrderTransition
from worklogs.services import generation, logs, orders

START = factories.START
NOW = START + timedelta(hours=3)


def come_due(organization: Organization, now: datetime = NOW) -> None:
    due_check.check_now(organization=organization, by=None, now=now)


def test_an_order_is_a_copy_of_the_plan(organization: Organization, technician: User) -> None:
    plan = factories.schedule(
        title="Filter",
        description="Change it",
        maintenance_type="inspection",
        priority="high",
        tolerance_days=2,
        estimated_duration_minutes=40,
        estimated_cost=Decimal("15.00"),
    )
    come_due(organization)
    assert generation.generate(now=NOW) == 1
    order = WorkOrder.objects.get()
    date = Occurrence.objects.get()
    assert (order.title, order.description, order.kind) == ("Filter", "Change it", "inspection")
    assert (order.priority, order.priority_source, order.priority_reasons) == (
        "high",
        *["plan"] * 2,
    )
    assert (order.due_at, order.overdue_at) == (date.due_at, date.overdue_at)
    assert (order.schedule, order.occurrence, order.plan_as_of) == (plan, date, plan.updated_at)
    assert (order.status, order.step, order.number) == ("scheduled", 1, 1)
    assert order.estimated_cost == Decimal("15.00")
    assert (order.created_at, order.reported_at) == (NOW, NOW)
    schedules.update_schedule(plan, {"title": "Other"}, by=None, now=NOW)
    order.refresh_from_db()
    assert order.title == "Filter"
    order.full_clean()


def test_each_date_once_however_often(organization: Organization, technician: User) -> None:
    for _ in range(3):
        factories.schedule()
    come_due(organization)
    assert [generation.generate(now=NOW) for _ in range(3)] == [3, 0, 0]
    assert sorted(WorkOrder.objects.values_list("number", flat=True)) == [1, 2, 3]
    assert OutboxEvent.objects.filter(name="worklogs.work_orders.generated").count() == 1


def test_whom_the_plan_names_gets_the_order(organization: Organization, technician: User) -> None:
    gone = factories.user(organization)
    named, nobodys = (
        factories.schedule(assigned_to=technician),
        factories.schedule(assigned_to=gone),
    )
    gone.is_active = False
    gone.save()
    come_due(organization)
    generation.generate(now=NOW)
    order, other = (WorkOrder.objects.get(schedule=plan) for plan in (named, nobodys))
    assert (order.status, order.assigned_to, order.step) == ("assigned", technician, 2)
    assert (other.status, other.assigned_to) == ("scheduled", None)
    lines = WorkOrderTransition.objects.filter(work_order=order).order_by("step")
    assert [(line.command, line.source, line.target) for line in lines] == [
        ("generate", "", "scheduled"),
        ("assign", "scheduled", "assigned"),
    ]
    assert set(WorkOrder.objects.pending()) == {other}
    orders.give(order, "start", {}, by=technician, now=NOW)


def test_a_cancelled_order_is_not_made_again(organization: Organization, technician: User) -> None:
    factories.schedule()
    come_due(organization)
    generation.generate(now=NOW)
    order = WorkOrder.objects.get()
    orders.give(order, "cancel", {"reason": "Room is closed"}, by=None, now=NOW)
    assert generation.generate(now=NOW) == 0
    assert Occurrence.objects.get().status == "open"


def test_paused_and_deleted_plans_make_none(
    organization: Organization, technician: User, admin: User
) -> None:
    paused, deleted = factories.schedule(), factories.schedule()
    come_due(organization)
    schedules.pause_schedule(paused, reason="Season", by=admin, now=NOW)
    schedules.delete_schedule(deleted, by=admin, now=NOW)
    assert generation.generate(now=NOW) == 0


@pytest.mark.parametrize("how", ["skipped", "logged"])
def test_a_date_that_is_closed_otherwise_ends_its_order(
    how: str, organization: Organization, technician: User
) -> None:
    plan = factories.schedule()
    come_due(organization)
    generation.generate(now=NOW)
    assert plan.resource is not None
    if how == "skipped":
        occurrences.skip(
            schedule_id=plan.pk, resource_id=plan.resource.pk, reason="Shut", by=None, now=NOW
        )
    else:
        logs.record_log(
            resource=plan.resource,
            schedule=plan,
            performed_at=NOW,
            performed_by=None,
            by=None,
            now=NOW,
        )
    relay_all(timezone.now())
    order = WorkOrder.objects.get()
    assert order.status == "cancelled"
    assert order.close_reason in {
        "Its date was skipped.",
        "The work was logged without this order.",
    }


def test_work_that_has_begun_goes_on(organization: Organization, technician: User) -> None:
    plan = factories.schedule(assigned_to=technician)
    come_due(organization)
    generation.generate(now=NOW)
    order = WorkOrder.objects.get()
    orders.give(order, "start", {}, by=None, now=NOW)
    occurrences.skip(
        schedule_id=plan.pk, resource_id=order.resource_id, reason="Shut", by=None, now=NOW
    )
    assert generation.cancel_closed(now=NOW) == 0
    orders.give(order, "complete", {}, by=technician, now=NOW)
    assert order.status == "completed"


def test_the_number_of_statements_does_not_grow(
    organization: Organization, technician: User
) -> None:
    counts = []
    for number in (1, 30):
        for _ in range(number):
            factories.schedule(assigned_to=technician)
        come_due(organization)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert generation.generate(now=NOW) == number
        counts.append(len(asked))
    # the first order of an organisation makes the row of its numbers
    assert counts[1] <= counts[0] <= 15


def test_the_sweep_and_the_command_serve_those_who_switched_it_on(
    organization: Organization, stranger: Organization, capsys: Any
) -> None:
    for one in (organization, stranger):
        with tenant_scope(one.pk):
            factories.schedule()
            come_due(one)
    stranger.maintenance_scheduling_enabled = False
    stranger.save()
    assert generation.generate_due_organizations(now=NOW) == 1
    call_command("generate_work_orders", organization=organization.slug, now=NOW.isoformat())
    assert '"generated": 0' in capsys.readouterr().out


def test_lead_time_makes_the_order_before_the_date(
    organization: Organization, technician: User
) -> None:
    factories.schedule(lead_days=5, start_at=START + timedelta(days=4), now=START)
    come_due(organization, START)
    assert generation.generate(now=START) == 1


def test_plans_by_type_make_an_order_for_each_resource(
    organization: Organization, technician: User
) -> None:
    kind = factories.resource_type()
    rooms = {factories.resource(type=kind) for _ in range(3)}
    plan: Schedule = factories.schedule(resource_type=kind)
    come_due(organization)
    assert generation.generate(now=NOW) == 3
    made = WorkOrder.objects.filter(schedule=plan).select_related("resource")
    assert {order.resource for order in made} == rooms
