"""Importing work orders of another system: what becomes of them, what is refused, and that a second run is idle."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from accounts.models import User
from core.models import OutboxEvent
from scheduling.models import Resource
from tests import factories
from tests.integrations.conftest import Import
from worklogs.models import Log, WorkOrder, WorkOrderTransition
from worklogs.services import moving

COLUMNS = "Work order number,Asset,Summary,Created,Closed,State,Type,Cost,Technician\n"
DONE = "7,PUMP,Replace seal,2026-02-01,2026-02-03,Closed,Breakdown,-12.50,\n"
OPEN = "8,PUMP,Grease bearings,2026-03-01,,In progress,PM02,0,{person}\n"


@pytest.fixture
def pump(inside: None) -> Resource:
    return factories.resource(code="PUMP", name="Pump")


def test_done_and_open_orders_as_they_stand_there(
    import_text: Import, pump: Resource, admin: User
) -> None:
    text = COLUMNS + DONE + OPEN.format(person=admin.email)

    first = import_text("work_orders", text)
    again = import_text("work_orders", text)

    assert "2 created, 0 changed, 0 unchanged, 0 rejected" in first.out
    assert "0 created, 0 changed, 2 unchanged, 0 rejected" in again.out
    done, open_one = WorkOrder.objects.order_by("number")
    assert (done.status, done.kind, done.order_type) == ("completed", "corrective", "Breakdown")
    assert done.completed_at == datetime(2026, 2, 3, 11, tzinfo=UTC)
    assert (done.other_cost, done.total_cost) == (Decimal("-12.50"), Decimal("-12.50"))
    assert (open_one.status, open_one.kind, open_one.assigned_to) == (
        "assigned",
        "preventive",
        admin,
    )
    lines = WorkOrderTransition.objects.order_by("work_order__number")
    assert [(line.command, line.target) for line in lines] == [
        ("import", "completed"),
        ("import", "assigned"),
    ]
    assert not Log.objects.exists()  # what the other system did, it has logged


def test_an_order_that_is_done_there_later_is_done_here(
    import_text: Import, pump: Resource
) -> None:
    line = "9,PUMP,Oil,2026-03-01,{closed},{state},repair,{cost},\n"
    import_text("work_orders", COLUMNS + line.format(closed="", state="open", cost="0"))

    said = import_text(
        "work_orders", COLUMNS + line.format(closed="2026-03-02", state="done", cost="40")
    )

    assert "0 created, 1 changed" in said.out
    order = WorkOrder.objects.get()
    assert (order.status, order.step, order.other_cost) == ("completed", 2, 40)
    last = WorkOrderTransition.objects.latest("step")
    assert (last.source, last.target) == ("scheduled", "completed")


def test_an_order_that_somebody_here_moved_stays(
    import_text: Import, pump: Resource, admin: User, now: datetime
) -> None:
    line = "9,PUMP,Oil,2026-03-01,,open,repair,{cost},\n"
    import_text("work_orders", COLUMNS + line.format(cost="0"))
    order = WorkOrder.objects.get()
    moving.move(order, "assign", {"assigned_to": admin}, by=admin, now=now)

    said = import_text("work_orders", COLUMNS + DONE + line.format(cost="5"), partial=True)

    assert "line 3: Work order 1 goes on here; change it here." in said.error
    assert WorkOrder.objects.get(external_id="9").other_cost == 0


def test_lines_that_say_the_same_are_as_many_orders(import_text: Import, pump: Resource) -> None:
    text = "Asset,Short text,Basic start date,Cost\n" + "PUMP,Oil leak,2009-05-04,0\n" * 3

    first = import_text("work_orders", text)
    again = import_text("work_orders", text + "PUMP,Oil leak,2009-05-04,0\n")

    assert "3 created" in first.out
    assert "1 created, 0 changed, 3 unchanged" in again.out
    assert set(WorkOrder.objects.values_list("status", "reported_at")) == {
        ("completed", datetime(2009, 5, 4, 10, tzinfo=UTC))
    }


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("1,PUMP,won,2003-12-31,,,t swing,PM01,", "Kind: “t swing” is not known."),
        ("1,PUMP,Oil,2003-12-31,,,repair,PM01,", "“PM01” is not a number."),
        ("1,NONE,Oil,2003-12-31,,,repair,1,", "“NONE”"),
        ("1,PUMP,Oil,2003-12-31,2003-12-30,,repair,1,", "It lies before the report"),
        ("1,PUMP,Oil,2999-12-31,,,repair,1,", "It lies in the future."),
        ("1,PUMP,Oil,2003-12-31,,done,repair,1,", "It is missing for an order that is done."),
        ("1,PUMP,Oil,2003-12-31,2004-01-01,open,repair,1,", "The order is open, yet completed."),
        ("1,PUMP,Oil,,,,repair,1,", "It is missing"),
        ("1,PUMP,Oil,2003-12-31,,,repair,99999999999999,", "Ensure that there are no more than"),
    ],
)
def test_a_line_that_cannot_be_is_refused_with_its_number(
    import_text: Import, pump: Resource, line: str, sentence: str
) -> None:
    said = import_text("work_orders", COLUMNS + DONE + line + "\n", partial=True)

    assert "1 created, 0 changed, 0 unchanged, 1 rejected" in said.out
    assert "line 3: " in said.error
    assert sentence in said.error
    assert WorkOrder.objects.count() == 1


def test_nobody_is_told_of_old_work(import_text: Import, pump: Resource) -> None:
    import_text("work_orders", COLUMNS + DONE)

    names = set(OutboxEvent.objects.values_list("name", flat=True))
    assert {name for name in names if name.startswith("worklogs.")} == {
        "worklogs.work_orders.imported"
    }


def test_meter_readings_are_imported(import_text: Import, pump: Resource) -> None:
    text = "Work order number,Asset,Summary,Created,Odometer\n9,PUMP,Oil,2026-03-01,48210\n"

    assert "1 created" in import_text("work_orders", text).out

    assert WorkOrder.objects.get().odometer == 48_210
