"""On PostgreSQL an index answers what is asked of large tables; small ones the database reads as a whole."""

from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization, User
from reporting.services import work_now
from scheduling.models import Booking
from tests import factories
from tests.worklogs.copies import copy
from worklogs.models import WorkOrder

pytestmark = pytest.mark.postgres


@pytest.fixture(autouse=True)
def only_by_index(scope: Organization) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")


def test_what_cannot_wait_is_found_in_its_order(admin: User, now: datetime) -> None:
    with CaptureQueriesContext(connection) as queries:
        work_now.alerts(admin, now=now)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {queries[0]['sql']}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "worklogs_order_cannot_wait" in plan
    assert "Sort" not in plan


def test_what_concerns_a_guest_is_found_by_the_guest() -> None:
    stays, orders = (model.objects.filter(guest_id="G-1") for model in (Booking, WorkOrder))
    assert "scheduling_booking_of_guest" in stays.order_by().explain()
    assert "worklogs_order_by_guest" in orders.order_by().explain()


def test_several_filters_are_put_together() -> None:
    copy(
        factories.work_order(),
        4_000,
        priority="(ARRAY['low', 'medium', 'high', 'critical'])[1 + mod(nth, 4)]",
        category="(ARRAY['hvac', 'electrical', 'other', 'furniture', 'appliance'])[1 + mod(nth, 5)]",
        kind="(ARRAY['corrective', 'inspection', 'cleaning', 'other', 'emergency', 'restocking'])[1 + mod(nth, 6)]",
    )
    rows = WorkOrder.objects.filter(priority="high", category="hvac", kind="cleaning")
    assert "worklogs_order_filters" in rows.order_by().explain()
    assert rows.count() == 66
