"""The priority of work orders: computed unless a person or a plan has set it."""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from core.querysets.rowset import update_rows
from core.sweeps import in_each
from core.tenancy import all_tenants
from worklogs.models import WorkOrder
from worklogs.models.order_choices import PrioritySource
from worklogs.rules import priority
from worklogs.rules.priority import Facts
from worklogs.services import numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

#: A change of one of these is a new case.
DECISIVE = frozenset({"resource", "kind", "category", "safety_concern", "due_at"})
_BATCH = 500
_PERSON, _COMPUTED = PrioritySource.PERSON, PrioritySource.COMPUTED
_JUDGED = ("priority", "priority_source", "priority_reasons", "priority_holds_until")


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


def credit(order: WorkOrder, source: PrioritySource) -> None:
    """Say that the priority that was just set is the word of a plan or of another system, not of a person."""
    says = {"priority_source": source, "priority_reasons": source.value}
    WorkOrder.objects.filter(pk=order.pk).update(**says)


def judge_again(*, now: datetime) -> int:
    """Judge the orders whose priority the clock has changed, of every organisation; returns how many."""
    with all_tenants(reason="the sweep judges orders of every organisation"):
        late = WorkOrder.objects.to_judge_again(now=now)
        found = sorted(set(late.order_by().values_list("organization", flat=True).distinct()))
    return in_each(found, lambda: _judge_all(now=now))


def _judge_all(*, now: datetime) -> int:
    done = 0
    while count := _judge_batch(now=now):
        done += count
    return done


@transaction.atomic
def _judge_batch(*, now: datetime) -> int:
    """Some of the organisation in scope, locked; what another worker holds is left to it.

    The clocks of those whose level changes are looked at again: it may decide what was promised.
    """
    late = WorkOrder.objects.to_judge_again(now=now).select_related("resource")
    rows = list(late.select_for_update(of=("self",), skip_locked=True, no_key=True)[:_BATCH])
    update_rows(WorkOrder, (*_JUDGED, "sla_look_at"), [_row(order, now) for order in rows])
    return len(rows)


@transaction.atomic
def judge_resource(resource_id: UUID, *, is_other_type: bool, now: datetime) -> int:
    """Judge the open orders of a resource anew: it matters more or less than it did; returns how many were judged.

    Of another type (`is_other_type`) something else may be promised for all of them.
    """
    numbers.draw(0)  # whoever writes many orders waits in line
    here = WorkOrder.objects.open().filter(resource=resource_id)
    if is_other_type:
        here.update(sla_look_at=now)
    computed = here.filter(priority_source=_COMPUTED).select_related("resource").order_by("pk")
    rows = list(computed.select_for_update(of=("self",), no_key=True))
    update_rows(WorkOrder, (*_JUDGED, "sla_look_at"), [_row(order, now) for order in rows])
    return len(rows)


def _row(order: WorkOrder, now: datetime) -> list[Any]:
    found = judged(order, now=now)
    is_same = found["priority"] == order.priority
    look_at = order.sla_look_at if is_same else now
    return [order.pk, *(found[name] for name in _JUDGED), look_at]
