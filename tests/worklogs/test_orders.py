"""The life of work orders through the service: who commands what, what it asks for, what it leaves behind."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from accounts.models import Organization, User
from accounts.rights import Role
from core.errors import Conflict, Invalid, NotAllowed
from core.models import AuditEntry
from core.tenancy import TenantScopeMissing
from tests import factories
from worklogs import states
from worklogs.models import WorkOrder, WorkOrderTransition
from worklogs.services import judging, moving, orders
from worklogs.states import COMMANDS, WORK_ORDER, CommandNotAllowed

NOW = datetime(2026, 3, 4, 6, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)


def history(order: WorkOrder) -> list[tuple[str, str, str]]:
    rows = order.transitions.order_by("step")
    return [(row.command, row.source, row.target) for row in rows]


def test_technicians_do_their_own_work_only(
    technician: User, user_with: Callable[[Role], User]
) -> None:
    order = factories.work_order_in("assigned", assigned_to=technician, now=NOW)
    with pytest.raises(NotAllowed) as refused:
        orders.give(order, "start", {}, by=user_with(Role.TECHNICIAN), now=NOW)
    assert refused.value.code == "not_assigned"
    assert "start" not in moving.allowed_to(order, user_with(Role.TECHNICIAN))
    assert moving.allowed_to(order, technician) == ["start", "give_back", "delay", "escalate"]
    orders.give(order, "start", {}, by=user_with(Role.MAINTENANCE_COORDINATOR), now=NOW)


@pytest.mark.parametrize(
    ("status", "names"),
    [("in_progress", ("hold", "complete", "delay")), ("on_hold", ("resume", "delay"))],
)
def test_work_in_other_hands_is_left_alone(
    status: str, names: tuple[str, ...], technician: User, user_with: Callable[[Role], User]
) -> None:
    order, colleague = (
        factories.work_order_in(status, assigned_to=technician),
        user_with(Role.TECHNICIAN),
    )
    for name in names:
        with pytest.raises(NotAllowed, match="not assigned to you"):
            orders.give(order, name, {"reason": "Because"}, by=colleague, now=NOW)
    assert moving.allowed_to(order, colleague) == ["escalate"]


def test_venue_admins_command_their_subtree_only(
    technician: User, user_with: Callable[[Role], User]
) -> None:
    person = user_with(Role.VENUE_ADMIN)
    theirs = factories.resource()
    person.entrustments.create(resource=theirs)
    inside = factories.work_order(resource=factories.resource(parent=theirs))
    outside = factories.work_order()
    reported = factories.work_order()
    WorkOrder.objects.filter(pk=reported.pk).update(reported_by=person)
    seen = set(WorkOrder.objects.visible_to(person))
    assert seen == {inside, reported}
    orders.give(inside, "triage", {}, by=person, now=NOW)
    for order in (outside, reported):
        with pytest.raises(NotAllowed):
            orders.give(order, "triage", {}, by=person, now=NOW)


def test_requesters_see_what_they_reported_or_own(
    scope: Organization, user_with: Callable[[Role], User]
) -> None:
    person = user_with(Role.REQUESTER)
    room = factories.resource(owner=person)
    mine = orders.report(WorkOrder(title="Lamp", resource=room), by=person, now=NOW)
    on_mine, others = factories.work_order(resource=room), factories.work_order()
    assert set(WorkOrder.objects.visible_to(person)) == {mine, on_mine}
    assert others not in WorkOrder.objects.visible_to(person)
    with pytest.raises(NotAllowed):
        orders.report(WorkOrder(title="Lamp", resource=others.resource), by=person, now=NOW)
    with pytest.raises(NotAllowed):
        orders.create_order(
            WorkOrder(title="Lamp", resource=room, status="scheduled"), by=person, now=NOW
        )
    with pytest.raises(NotAllowed):
        orders.create_order(
            WorkOrder(title="Lamp", resource=room, priority="critical"), by=person, now=NOW
        )


def test_the_stamps_of_a_whole_life(technician: User, admin: User) -> None:
    order = factories.work_order(now=NOW)
    moments = {name: NOW + timedelta(hours=n) for n, name in enumerate(factories.WAY, start=1)}
    for name, moment in moments.items():
        by = technician if name in {"start", "complete"} else admin
        given = {"assigned_to": technician, "due_at": LATER}
        orders.give(order, name, given, by=by, now=moment)
    order.refresh_from_db()
    assert order.responded_at == moments["triage"]
    assert (order.started_at, order.completed_at) == (moments["start"], moments["complete"])
    assert (order.completed_by, order.verified_by) == (technician, admin)
    assert (order.overdue_at, order.step) == (LATER, 7)
    assert [name for name, *_ in history(order)] == ["report", *factories.WAY]
    trail = AuditEntry.objects.filter(object_id=str(order.pk)).order_by("at", "pk")
    assert [entry.action for entry in trail] == ["create", *factories.WAY]
    assert trail[1].changes["status"] == ["reported", "triaged"]


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("reject", "reason"),
        ("duplicate", "duplicate_of"),
        ("schedule", "scheduled_start_at"),
        ("assign", "assigned_to"),
        ("hold", "reason"),
        ("reopen", "reason"),
        ("cancel", "reason"),
        ("delay", "reason"),
        ("escalate", "reason"),
    ],
)
def test_what_a_command_asks_for(name: str, field: str, technician: User) -> None:
    status = next(s for s in WORK_ORDER.states if s in COMMANDS[name].sources)
    order = factories.work_order_in(status, assigned_to=technician, now=NOW)
    with pytest.raises(Invalid) as refused:
        orders.give(order, name, {"reason": "  "}, by=None, now=NOW)
    assert list(refused.value.errors) == [field]
    assert order.transitions.count() == order.step


def test_a_due_date_that_is_known_is_not_asked_again(scope: Organization) -> None:
    order = factories.work_order(due_at=LATER, now=NOW)
    orders.give(order, "triage", {}, by=None, now=NOW)
    assert orders.give(order, "schedule", {}, by=None, now=NOW).status == "scheduled"


def test_values_that_cannot_be(technician: User, user_with: Callable[[Role], User]) -> None:
    order = factories.work_order_in("scheduled", assigned_to=technician, now=NOW)
    gone = factories.user(technician.organization, is_active=False)
    for person in (gone, user_with(Role.REQUESTER)):
        with pytest.raises(Invalid, match="cannot be given work"):
            orders.give(order, "assign", {"assigned_to": person}, by=None, now=NOW)
    backwards = {"assigned_to": technician, "scheduled_start_at": LATER, "scheduled_end_at": NOW}
    with pytest.raises(Invalid, match="after the start"):
        orders.give(order, "assign", backwards, by=None, now=NOW)
    report = factories.work_order(now=NOW)
    with pytest.raises(Invalid, match="own duplicate"):
        orders.give(report, "duplicate", {"duplicate_of": report}, by=None, now=NOW)
    with pytest.raises(Invalid):
        orders.give(report, "triage", {"kind": "nonsense"}, by=None, now=NOW)
    again = factories.work_order_in("duplicate", assigned_to=technician, now=NOW)
    with pytest.raises(Invalid, match="duplicate itself"):
        orders.give(report, "duplicate", {"duplicate_of": again}, by=None, now=NOW)


def test_holding_remembers_whether_the_clock_pauses(technician: User) -> None:
    order = factories.work_order_in("in_progress", assigned_to=technician, now=NOW)
    waiting = {"reason": "No filter in stock", "hold_kind": "parts"}
    orders.give(order, "hold", waiting, by=None, now=LATER)
    assert (order.held_at, order.hold_reason) == (LATER, "No filter in stock")
    orders.give(order, "resume", {}, by=None, now=LATER)
    orders.give(order, "hold", {"reason": "Lunch"}, by=None, now=LATER)
    rows = order.transitions.filter(command="hold").order_by("step")
    assert [row.pauses_clock for row in rows] == [True, False]
    orders.give(order, "cancel", {"reason": "Replaced"}, by=None, now=LATER)
    assert (order.held_at, order.close_reason) == (None, "Replaced")


def test_a_stale_copy_loses_and_leaves_nothing(technician: User) -> None:
    order = factories.work_order_in("assigned", assigned_to=technician, now=NOW)
    stale = WorkOrder.objects.get(pk=order.pk)
    orders.give(order, "start", {}, by=None, now=NOW)
    with pytest.raises(CommandNotAllowed):
        orders.give(stale, "start", {}, by=None, now=NOW)
    delayed = WorkOrder.objects.get(pk=order.pk)
    orders.give(order, "delay", {"reason": "Traffic"}, by=None, now=NOW)
    with pytest.raises(Conflict) as refused:
        orders.give(delayed, "hold", {"reason": "Rain"}, by=None, now=NOW)
    assert refused.value.code == "overtaken"
    assert order.transitions.count() == order.step == 6


# -- numbers, priority, edits -----------------------------------------------------------------------------------------


def test_numbers_count_up_in_each_organisation(scope: Organization, stranger: Organization) -> None:
    from core.tenancy import tenant_scope

    assert [factories.work_order().number for _ in range(3)] == [1, 2, 3]
    with tenant_scope(stranger.pk):
        assert factories.work_order().number == 1
    assert factories.work_order().number == 4


def test_priority_is_computed_until_a_person_sets_it(scope: Organization) -> None:
    order = factories.work_order(resource=factories.resource(criticality="high"), now=NOW)
    assert (order.priority, order.priority_reasons) == (
        "medium",
        "criticality=high+2 category=other+1",
    )
    orders.change_order(order, {"category": "electrical"}, by=None, now=NOW)
    assert order.priority == "high"
    orders.give(order, "triage", {"safety_concern": True}, by=None, now=NOW)
    assert order.priority == "critical"
    orders.change_order(order, {"priority": "low"}, by=None, now=NOW)
    assert (order.priority, order.priority_reasons) == ("low", "person")
    orders.change_order(order, {"category": "safety"}, by=None, now=NOW)
    assert order.priority == "low", "a person's word stands"
    orders.change_order(order, {"priority": ""}, by=None, now=NOW)
    order.refresh_from_db()
    assert (order.priority, order.priority_source) == ("critical", "computed")


def test_the_clock_raises_the_priority(scope: Organization) -> None:
    due = NOW + timedelta(days=3)
    order = factories.work_order(due_at=due, now=NOW)
    assert (order.priority, order.priority_holds_until) == ("medium", due - timedelta(days=1))
    assert judging.judge_again(now=NOW) == 0
    assert judging.judge_again(now=due + timedelta(hours=1)) == 1
    order.refresh_from_db()
    assert (order.priority, order.priority_holds_until) == ("high", None)
    assert judging.judge_again(now=due + timedelta(hours=1)) == 0


def test_edits_end_with_the_order(technician: User) -> None:
    order = factories.work_order(due_at=LATER, now=NOW)
    orders.change_order(order, {"title": "Tap runs", "due_at": None}, by=None, now=NOW)
    order.refresh_from_db()
    assert (order.title, order.due_at, order.overdue_at) == ("Tap runs", None, None)
    for status in ("verified", "cancelled", "rejected", "duplicate"):
        ended = factories.work_order_in(status, assigned_to=technician, now=NOW)
        with pytest.raises(Conflict, match="nothing of it changes"):
            orders.change_order(ended, {"title": "Other"}, by=None, now=NOW)


def test_an_edit_does_not_undo_a_move(technician: User) -> None:
    """A form that was opened before somebody started the work."""
    order = factories.work_order_in("assigned", assigned_to=technician, now=NOW)
    form = WorkOrder.objects.get(pk=order.pk)
    orders.give(order, "start", {}, by=None, now=NOW)
    orders.change_order(form, {"description": "Behind the panel"}, by=None, now=NOW)
    order.refresh_from_db()
    assert (order.status, order.description) == ("in_progress", "Behind the panel")


def test_what_the_clock_says(technician: User) -> None:
    fresh = factories.work_order(due_at=LATER, now=NOW)
    pending = factories.work_order_in("scheduled", assigned_to=technician, now=NOW)
    late = factories.work_order(scheduled_start_at=NOW, now=NOW)
    done = factories.work_order_in("completed", assigned_to=technician, now=NOW)
    rows = WorkOrder.objects
    assert set(rows.pending()) == {pending}
    assert set(rows.overdue(now=LATER)) == {fresh, pending}
    assert set(rows.overdue(now=LATER - timedelta(seconds=1))) == {pending}
    assert set(rows.not_overdue(now=LATER)) == {late, done}
    assert set(rows.delayed(now=NOW)) == {late}
    orders.give(fresh, "delay", {"reason": "Ill"}, by=None, now=NOW)
    assert set(rows.delayed(now=NOW)) == {late, fresh}


# -- what the database itself refuses ---------------------------------------------------------------------------------


def test_history_cannot_be_changed(technician: User) -> None:
    order = factories.work_order_in("assigned", assigned_to=technician, now=NOW)
    row = WorkOrderTransition.objects.filter(work_order=order)
    for act in (lambda: row.update(reason="Other"), lambda: row.delete()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            act()


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": states.COMPLETED},
        {"status": states.ASSIGNED},
        {"status": states.CANCELLED},
        {"status": states.ON_HOLD},
        {"status": states.DUPLICATE},
        {"verified_at": NOW},
        {"labor_cost": -1},
        {"scheduled_start_at": LATER, "scheduled_end_at": NOW},
    ],
)
def test_half_facts_do_not_reach_the_table(wrong: dict[str, Any], scope: Organization) -> None:
    order = factories.work_order(now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        WorkOrder.objects.filter(pk=order.pk).update(**wrong)


def test_nothing_works_outside_a_scope(db: None) -> None:
    with pytest.raises(TenantScopeMissing):
        WorkOrder.objects.count()
