"""Failures that somebody foresees: told to others, and from high risk on one open work order for the resource.

Whoever foresees them, another system or a calculation here, calls `alert`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from core import outbox
from scheduling.models import Resource, Schedule
from scheduling.services import resources
from worklogs import states
from worklogs.models import WorkOrder
from worklogs.rules import predictions
from worklogs.services import judging, orders

if TYPE_CHECKING:
    from accounts.models import User

#: By which such orders are known, and their costs are read.
ORDER_TYPE = "predictive"
_CRITICAL = Schedule.Priority.CRITICAL.value
_URGENT = {Schedule.Priority.HIGH.value, _CRITICAL}
_TITLE = 200


@dataclass(frozen=True, slots=True)
class Alert:
    """A resource is at risk of failing. `source` is the short name of whoever noticed it, and when they did."""

    resource: Resource
    risk: predictions.Risk
    source: str
    noticed_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """The order that takes care of it, if there is one, and a word on why nothing was done."""

    order: WorkOrder | None
    note: str = ""


@transaction.atomic
def alert(
    told: Alert, *, raised: Collection[UUID] = (), by: "User | None", now: datetime
) -> Answer:
    """Tell of the risk, and see to it that an open order of its urgency stands when it is high.

    `raised` are orders that were said to be critical before: a person who lowered one is not overruled. What was
    noticed before the work on it ended is over.
    """
    resources.lock_tree(told.resource.organization_id)  # one alert of a resource at a time
    answer = _answer(told, raised, by, now)
    _publish(told, answer.order, now)
    return answer


def _answer(told: Alert, raised: Collection[UUID], by: "User | None", now: datetime) -> Answer:
    if told.risk.level not in _URGENT:
        return Answer(None, "The risk is not high: it is told, and no work order is opened.")
    earlier = WorkOrder.objects.filter(resource=told.resource, order_type=ORDER_TYPE)
    order = earlier.settling(told.noticed_at)
    if order is None:
        return Answer(_open(told, by, now))
    if order.status not in states.OPEN:
        return Answer(order, "The work on it ended after this was noticed.")
    if told.risk.level != _CRITICAL or order.pk in raised:
        return Answer(order, "A work order for it is open already.")
    _raise(order, told, by, now)
    return Answer(order)


def _open(told: Alert, by: "User | None", now: datetime) -> WorkOrder:
    """It waits for a person to judge it. The work is due before the failure, where that is known."""
    fails_at = told.risk.fails_at
    order = WorkOrder(
        resource=told.resource,
        order_type=ORDER_TYPE,
        kind=WorkOrder.Kind.PREVENTIVE,
        title=predictions.title(told.risk, told.resource.name)[:_TITLE],
        description=_words(told),
        priority=told.risk.level,
        due_at=fails_at if fails_at and fails_at > now else None,
    )
    orders.create_order(order, by=by, now=now)
    judging.credit(order, WorkOrder.PrioritySource.EVENT)
    return order


def _raise(order: WorkOrder, told: Alert, by: "User | None", now: datetime) -> None:
    stored = WorkOrder.objects.select_for_update(of=("self",), no_key=True).get(pk=order.pk)
    said = "\n\n".join(part for part in (stored.description, _words(told)) if part)
    orders.change_order(order, {"priority": _CRITICAL, "description": said}, by=by, now=now)
    judging.credit(order, WorkOrder.PrioritySource.EVENT)


def _words(told: Alert) -> str:
    zone = told.resource.effective_time_zone
    return predictions.description(told.risk, source=told.source, zone=zone)


def _publish(told: Alert, order: WorkOrder | None, now: datetime) -> None:
    risk = told.risk
    payload = {
        **{"resource_id": told.resource.pk, "risk_level": risk.level, "source": told.source},
        **{"failure_mode": risk.failure_mode, "message": risk.message},
        **{"health_score": risk.health_score, "confidence": risk.confidence},
        **{"predicted_failure_at": risk.fails_at, "noticed_at": told.noticed_at},
        "work_order_id": order.pk if order else None,
        "number": order.number if order else None,
    }
    organization_id = told.resource.organization_id
    outbox.publish("worklogs.failure.foreseen", payload, organization_id=organization_id, now=now)
