"""Cleaning plans and stays for tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from scheduling.models import Booking, Resource
from scheduling.services import bookings
from tests import factories
from worklogs.models import CleaningPlan, WorkOrder
from worklogs.services import cleaning_plans, housekeeping

NOW = datetime(2026, 3, 4, 8, tzinfo=UTC)  # 09:00 in Berlin
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def plan(**values: Any) -> CleaningPlan:
    made = CleaningPlan(
        **{
            "title": "Checkout cleaning",
            "task_type": "checkout_cleaning",
            "on_event": "booking.completed",
            **values,
        }
    )
    return cleaning_plans.create_plan(made, by=None, now=NOW)


def stay(room: Resource, start: datetime, end: datetime, **values: Any) -> Booking:
    return factories.booking(start, end, resource=room, **{"status": "checked_in", **values})


def follow(booking: Booking, now: datetime = NOW) -> int:
    return housekeeping.follow(booking.pk, now=now, seen_at=now)


def change(booking: Booking, now: datetime = NOW, **changes: Any) -> None:
    bookings.update_booking(booking, changes, by=None, now=now)
    follow(booking, now)


def only() -> WorkOrder:
    order: WorkOrder = WorkOrder.objects.get()
    return order


def open_types() -> list[str]:
    return sorted(WorkOrder.objects.open().values_list("task_type", flat=True))
