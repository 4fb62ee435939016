"""What follows from the times of a work order."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from core.errors import Invalid
from worklogs.models import WorkOrder


def check(order: WorkOrder) -> None:
    """Raises Invalid for an end before the start."""
    start, end = order.scheduled_start_at, order.scheduled_end_at
    if start and end and end <= start:
        raise Invalid("The end must be after the start.", field="scheduled_end_at")


def after(order: WorkOrder, changes: Mapping[str, Any]) -> dict[str, Any]:
    """When the order is overdue, where its due date changes: the plan's tolerance moves along."""
    if "due_at" not in changes:
        return {}
    tolerance = timedelta(0)
    if order.overdue_at and order.due_at:
        tolerance = order.overdue_at - order.due_at
    due_at = changes["due_at"]
    return {"overdue_at": due_at + tolerance if due_at else None}
