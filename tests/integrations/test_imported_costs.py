"""What another system spent on an order stays beside what is spent on it here."""

import importlib

import pytest
from django.core.management import CommandError
from django.db import connection

from accounts.models import User
from tests import factories
from tests.api import Client as Api
from tests.console import signed_in
from tests.integrations.conftest import Import
from worklogs.models import LaborRate, WorkOrder

LINES = (
    "Work order number,Asset,Summary,Created,Closed,State,Type,Labour cost,Parts cost,Cost,Cause\n"
    "7,PUMP,Replace seal,2026-02-01,2026-02-03,Closed,Breakdown,200.00,150.00,{cost},{cause}\n"
)
TOLD = LINES.format(cost="40.00", cause="")
BILL = {"kind": "other", "amount": "15.00", "description": "Late invoice"}


@pytest.fixture
def order(inside: None, import_text: Import) -> WorkOrder:
    factories.resource(code="PUMP", name="Pump")
    import_text("work_orders", TOLD)
    return WorkOrder.objects.get()


def _costs(order: WorkOrder) -> tuple[int, ...]:
    """Labour, parts and other, all of them whole."""
    order.refresh_from_db()
    return (int(order.labor_cost), int(order.parts_cost), int(order.other_cost))


def test_a_late_invoice_adds_to_what_was_imported(order: WorkOrder, admin: User) -> None:
    api, desk = Api(admin), signed_in(admin)
    assert api.post(f"work-orders/{order.pk}/costs", BILL).status_code == 201
    assert api.get(f"work-orders/{order.pk}").json()["total_cost"] == "405.00"

    LaborRate.objects.create(hourly_rate=60, valid_from="2026-01-01")
    page = f"/admin/worklogs/workorder/{order.pk}/"
    hour = {"started_at": "2026-02-03T08:00", "ended_at": "2026-02-03T09:00"}
    desk.post(f"{page}labor/", {**hour, "person": str(admin.pk)})

    assert _costs(order) == (260, 150, 55)
    shown = desk.get(page, {"tab": "time"}).content.decode()
    assert shown.count("Imported from another system") == 3


def test_importing_again_keeps_what_was_spent_here(
    order: WorkOrder, admin: User, import_text: Import
) -> None:
    Api(admin).post(f"work-orders/{order.pk}/costs", BILL)

    idle = import_text("work_orders", TOLD)
    changed = import_text("work_orders", LINES.format(cost="50.00", cause="Dry run"))

    assert "0 changed, 1 unchanged" in idle.out
    assert "1 changed, 0 unchanged" in changed.out
    assert _costs(order) == (200, 150, 65)


def test_a_line_without_number_is_known_again_after_an_invoice(
    inside: None, import_text: Import, admin: User
) -> None:
    factories.resource(code="PUMP", name="Pump")
    text = "Asset,Short text,Basic start date,Cost\nPUMP,Oil leak,2009-05-04,390\n"
    import_text("work_orders", text)
    Api(admin).post(f"work-orders/{WorkOrder.objects.get().pk}/costs", BILL)

    assert "0 created, 0 changed, 1 unchanged" in import_text("work_orders", text).out
    assert WorkOrder.objects.get().other_cost == 405


def test_orders_that_were_imported_before_keep_their_costs(order: WorkOrder, admin: User) -> None:
    """As the migration finds them: sums on the order, and no entry that explains them."""
    untold = {f"imported_{name}_cost": 0 for name in ("labor", "parts", "other")}
    WorkOrder.objects.update(**untold)
    ours = factories.work_order(title="Ours", now=order.reported_at)
    WorkOrder.objects.filter(pk=ours.pk).update(other_cost=9)

    migration = importlib.import_module("worklogs.migrations.0004_spent_before")
    with connection.cursor() as cursor:
        cursor.execute(migration.KEEP_WHAT_WAS_SPENT)

    Api(admin).post(f"work-orders/{order.pk}/costs", BILL)
    assert _costs(order) == (200, 150, 55)
    ours.refresh_from_db()
    assert ours.imported_other_cost == 0


def test_what_cannot_have_been_spent_is_refused(order: WorkOrder, import_text: Import) -> None:
    with pytest.raises(CommandError, match="Nothing was imported"):
        import_text("work_orders", TOLD.replace("200.00", "-200.00"))
    assert _costs(order) == (200, 150, 40)
