"""Checklists: versions that never change, and which orders take them."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import Organization, User
from core.errors import Conflict, Invalid, NotAllowed
from scheduling.services import due_check
from tests import factories
from tests.worklogs.checklists import LIFT, checklist, order_with
from worklogs.models import (
    Checklist,
    ChecklistVersion,
    WorkOrder,
)
from worklogs.rules.checklists import Given
from worklogs.services import checklists, generation, orders

NOW = factories.START + timedelta(hours=3)
YES, NO = Given(text="yes"), Given(text="no")


# -- templates ---------------------------------------------------------------------------------------------------------


def test_editing_makes_a_new_version_and_orders_keep_theirs(technician: User) -> None:
    made = checklist()
    first = made.current
    assert first is not None
    order = order_with(first, technician)
    draft = checklists.save_draft(made, LIFT[:1], by=None, now=NOW)
    assert (draft.number, draft.published_at) == (2, None)
    assert checklists.save_draft(made, LIFT[:2], by=None, now=NOW) == draft
    checklists.publish(made, by=None, now=NOW)
    made.refresh_from_db()
    assert made.current == draft
    order.refresh_from_db()
    assert order.checklist == first
    assert [step.key for step in first.parsed] == [row["key"] for row in LIFT]
    with pytest.raises(Conflict, match="no draft"):
        checklists.publish(made, by=None, now=NOW)


@pytest.mark.parametrize("how", ["update", "delete", "replace"])
def test_the_database_keeps_a_published_version(technician: User, how: str) -> None:
    version = checklist().current
    assert version is not None
    rows = ChecklistVersion.objects.filter(pk=version.pk)
    tried = {
        "update": lambda: rows.update(steps=[]),
        "delete": lambda: rows._raw_delete(rows.db),
        "replace": lambda: replaced("worklogs_checklistversion"),
    }
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        tried[how]()
    assert rows.get().steps


def replaced(table: str) -> None:
    """Every row written over itself, as SQLite can without asking for an UPDATE."""
    words = "INSERT OR REPLACE INTO {0} SELECT * FROM {0}"
    if connection.vendor == "postgresql":
        words = "UPDATE {0} SET number = number"
    with connection.cursor() as cursor:
        cursor.execute(words.format(table))


def test_a_draft_that_says_nothing_is_not_published(scope: Organization) -> None:
    made = checklists.create_checklist(Checklist(name="Empty"), [], by=None, now=NOW)
    with pytest.raises(Invalid, match="Add a step"):
        checklists.publish(made, by=None, now=NOW)
    checklists.remove_checklist(made, by=None, now=NOW)
    assert not ChecklistVersion.objects.exists()


def test_wrong_steps_are_refused_with_their_numbers(scope: Organization) -> None:
    with pytest.raises(Invalid, match="Step 2: Only numbers"):
        checklist([LIFT[0], {"kind": "check", "text": "A", "maximum": 3}])


def test_what_was_published_is_put_away_and_no_longer_taken(technician: User) -> None:
    made = checklist(kinds=["corrective"])
    assert factories.work_order().checklist == made.current
    checklists.remove_checklist(made, by=None, now=NOW)
    assert factories.work_order().checklist is None


def test_only_planners_write_checklists(technician: User) -> None:
    made = checklist()
    with pytest.raises(NotAllowed):
        checklists.save_draft(made, LIFT[:1], by=technician, now=NOW)


def test_each_plan_type_and_kind_has_one(technician: User) -> None:
    plan = factories.schedule()
    checklist(schedules=[plan], kinds=["inspection"], task_types=["turndown"])
    for uses in ({"schedules": [plan]}, {"kinds": ["inspection"]}, {"task_types": ["turndown"]}):
        with pytest.raises(Conflict, match="Lift inspection"):
            checklist(name=f"Other {uses}", **uses)


# -- which orders take it ----------------------------------------------------------------------------------------------


def test_the_plans_own_comes_before_that_of_its_kind(
    organization: Organization, technician: User
) -> None:
    plan, plain = factories.schedule(), factories.schedule()
    own = checklist(schedules=[plan])
    of_kind = checklist(name="All preventive", kinds=["preventive"])
    due_check.check_now(organization=organization, by=None, now=NOW)
    generation.generate(now=NOW)
    assert WorkOrder.objects.get(schedule=plan).checklist == own.current
    assert WorkOrder.objects.get(schedule=plain).checklist == of_kind.current


def test_a_task_takes_that_of_its_type_and_a_report_when_it_is_put_in_order(
    technician: User,
) -> None:
    cleaning = checklist(name="Checkout", task_types=["checkout_cleaning"])
    repair = checklist(name="Emergency", kinds=["emergency"])
    task = WorkOrder(resource=factories.resource(), task_type="checkout_cleaning")
    assert orders.create_task(task, by=None, now=NOW).checklist == cleaning.current
    report = factories.work_order()
    assert report.checklist is None
    orders.give(report, "triage", {"kind": "emergency"}, by=None, now=NOW)
    report.refresh_from_db()
    assert report.checklist == repair.current
