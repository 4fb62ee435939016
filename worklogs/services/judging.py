"""The priority of work orders: computed unless a person or a plan has set it."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import F

from core.tenancy import all_tenants, tenant_scope
from worklogs.models import WorkOrder
from worklogs.rules import priority
from worklogs.rules.priority import Facts

if TYPE_CHECKING:
    from collections.abc import Mapping

#: A change of one of these is a new case.
DECISIVE = frozenset({"resource", "kind", "category", "safety_concern", "due_at"})
_BATCH = 500
_PERSON = WorkOrder.PrioritySource.PERSON
_COMPUTED = WorkOrder.PrioritySource.COMPUTED


def judged(order: WorkOrder, *, now: datetime) -> dict[str, Any]:
    """The columns of the order's computed priority."""
    found = priority.judge(
        Facts(
            is_unsafe=order.safety_concern,
            is_emergency=order.kind == WorkOrder.Kind.EMERGENCY,
            criticality=order.resource.criticality,
            category=order.category,
            due_at=order.due_at,
        ),
        now=now,
    )
    return {
        "priority": found.level,
        "priority_source": _COMPUTED,
        "priority_reasons": " ".join(found.reasons),
        "priority_holds_until": found.holds_until,
    }


def after(order: WorkOrder, changes: "Mapping[str, Any]", *, now: datetime) -> dict[str, Any]:
    """The columns that follow from `changes`, which `order` has taken over already.

    A priority among them is a person's word and stays; an empty one gives it back to the computer.
    """
    if changes.get("priority"):
        return {
            "priority_source": _PERSON,
            "priority_reasons": "person",
            "priority_holds_until": None,
        }
    is_given_back = "priority" in changes
    is_new_case = order.priority_source == _COMPUTED and not DECISIVE.isdisjoint(changes)
    return judged(order, now=now) if is_given_back or is_new_case else {}


def judge_again(*, now: datetime) -> int:
    """Judge the orders whose priority the clock has changed, of every organisation; returns how many."""
    with all_tenants(reason="the sweep judges orders of every organisation"):
        late = WorkOrder.objects.to_judge_again(now=now)
        found = list(late.values_list("pk", "organization")[:_BATCH])
    for pk, organization_id in found:
        with tenant_scope(organization_id):
            order = WorkOrder.objects.select_related("resource").get(pk=pk)
            seen = WorkOrder.objects.filter(
                pk=pk,
                priority_source=order.priority_source,
                priority_holds_until=order.priority_holds_until,
            )
            seen.update(**judged(order, now=now), updated_at=F("updated_at"))
    return len(found)
