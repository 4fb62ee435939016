"""Deadlines of work orders: told to the assignee, then to coordinators, then to who leads (REQUIREMENTS D6)."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import User
from accounts.rights import Right, has_right
from core.errors import Conflict
from core.rules.moments import day_and_time
from notifications.channels.base import Recipient
from notifications.models import Kind, Notification
from notifications.rules import words
from notifications.services import links, recipients
from notifications.services.telling import Fact, tell
from worklogs.models import SlaClock, SlaEscalation, SlaViolation, WorkOrder
from worklogs.services import sla_violations

#: From so many per cent on coordinators hear of it besides the assignee.
_COORDINATORS_FROM = 90
_DOING = {SlaClock.RESPONSE: "Answer", SlaClock.RESOLUTION: "Finish"}
_MISSED = {SlaClock.RESPONSE: "Nobody has answered", SlaClock.RESOLUTION: "Not done in time"}
_TOLD_OF = frozenset({Kind.SLA_BREACH.value, Kind.SLA_ESCALATION.value})
_Priority = Notification.Priority


def tell_warnings(
    warnings: Sequence[Sequence[Any]], *, organization_id: UUID, now: datetime
) -> int:
    """Each is order, clock, per cent. The assignee first; from 90 on, and where nobody has it, the coordinators."""
    keys = {UUID(key) for key, *_ in warnings}
    rows = WorkOrder.objects.open().filter(pk__among=keys).select_related("resource")
    orders = {row.pk: row for row in rows} if keys else {}
    if not orders:
        return 0
    coordinators = recipients.coordinators()
    people = _people(orders.values(), coordinators, organization_id)
    facts = []
    for key, clock, percent in warnings:
        order = orders.get(UUID(key))
        for pk in _audience(order, coordinators, people, percent >= _COORDINATORS_FROM):
            facts.append(_warning(order, SlaClock(clock), percent, people[pk]))
    return tell(facts, people, now=now)


def tell_breaches(violations: Sequence[str], *, organization_id: UUID, now: datetime) -> int:
    """Assignee and coordinators hear that a deadline was missed and is still to be kept."""
    rows = _violations(violations)
    if not rows:
        return 0
    coordinators = recipients.coordinators()
    people = _people([row.work_order for row in rows], coordinators, organization_id)
    facts = [
        _missed(row, people[pk], Kind.SLA_BREACH, f"sla_breach:{row.pk}", _Priority.HIGH)
        for row in rows
        for pk in _audience(row.work_order, coordinators, people, True)
    ]
    return tell(facts, people, now=now)


def tell_escalations(escalations: Sequence[str], *, organization_id: UUID, now: datetime) -> int:
    """Who leads the organisation hears of missed deadlines that nobody has taken up meanwhile."""
    named = SlaEscalation.objects.waiting().filter(pk__among=[UUID(key) for key in escalations])
    # whoever takes them up meanwhile waits until there are messages to end
    raised = named.order_by("pk").select_for_update(of=("self",), no_key=True)
    rows = _violations(str(key) for key in raised.values_list("violation", flat=True))
    if not rows:
        return 0
    people = recipients.load(recipients.executives(), organization_id=organization_id)
    facts = [
        _missed(row, person, Kind.SLA_ESCALATION, f"sla_escalation:{row.pk}", _Priority.URGENT)
        for row in rows
        for person in people.values()
    ]
    return tell(facts, people, now=now)


def take_up(fact_key: str, *, by: User, now: datetime) -> None:
    """Whoever says that they see to a missed deadline takes up its escalations.

    `fact_key` is that of any message. Who may not take up escalations has only read theirs.
    """
    kind, _, violation = fact_key.partition(":")
    if kind not in _TOLD_OF or not has_right(by, Right.SLA_ACKNOWLEDGE):
        return
    raised = SlaEscalation.objects.visible_to(by).waiting().filter(violation=UUID(violation))
    if escalation := raised.first():
        with suppress(Conflict):  # somebody else was quicker
            sla_violations.acknowledge(escalation, by=by, now=now)


def facts_of(violation: UUID) -> list[str]:
    """The keys under which people are told of a missed deadline."""
    return [f"{kind}:{violation}" for kind in sorted(_TOLD_OF)]


def _violations(keys: Iterable[str]) -> list[SlaViolation]:
    wanted = [UUID(key) for key in keys]
    rows = SlaViolation.objects.filter(pk__among=wanted).select_related("work_order__resource")
    return list(rows) if wanted else []


def _people(
    orders: Iterable[WorkOrder], coordinators: Sequence[UUID], organization_id: UUID
) -> Mapping[UUID, Recipient]:
    assigned = {order.assigned_to_id for order in orders if order.assigned_to_id}
    return recipients.load({*assigned, *coordinators}, organization_id=organization_id)


def _audience(
    order: WorkOrder | None,
    coordinators: Sequence[UUID],
    people: Mapping[UUID, Recipient],
    is_pressing: bool,
) -> list[UUID]:
    """Whom an order concerns: who has it, and the coordinators when it presses or nobody has it."""
    if order is None:
        return []
    assignee = order.assigned_to_id
    own = [assignee] if assignee is not None and assignee in people else []
    wanted = [*own, *coordinators] if is_pressing or not own else own
    return [pk for pk in dict.fromkeys(wanted) if pk in people]


def _warning(order: Any, clock: SlaClock, percent: int, person: Recipient) -> Fact:
    due_at = order.response_due_at if clock == SlaClock.RESPONSE else order.resolution_due_at
    by_when = f" by {day_and_time(due_at, person.time_zone)}" if due_at else ""
    return Fact(
        recipient=person.pk,
        kind=Kind.SLA_WARNING.value,
        key=f"sla_warning:{order.pk}:{clock.value}:{percent}",
        title=words.shorten(f"{_DOING[clock]}{by_when}: {order} – {order.resource}"),
        message=f"{percent} % of the time that was promised are used up.",
        why=_reason(order, person),
        priority=(_Priority.HIGH if percent >= _COORDINATORS_FROM else _Priority.NORMAL).value,
        **_where(order),
    )


def _missed(
    row: SlaViolation, person: Recipient, kind: Kind, key: str, priority: Notification.Priority
) -> Fact:
    order, clock = row.work_order, SlaClock(row.clock)
    is_escalated = kind == Kind.SLA_ESCALATION
    return Fact(
        recipient=person.pk,
        kind=kind.value,
        key=key,
        title=words.shorten(f"{_MISSED[clock]}: {order} – {order.resource}"),
        message=f"Promised for {day_and_time(row.breached_at, person.time_zone)}."
        + (" Nobody has taken it up since." if is_escalated else ""),
        why="You lead the organisation." if is_escalated else _reason(order, person),
        priority=priority.value,
        **_where(order),
    )


def _reason(order: WorkOrder, person: Recipient) -> str:
    if order.assigned_to_id == person.pk:
        return "The work order is assigned to you."
    return "You coordinate the work."


def _where(order: WorkOrder) -> dict[str, Any]:
    return {
        "object_type": "work_order",
        "object_id": order.pk,
        "action_url": links.to("work_order", order.pk),
    }
