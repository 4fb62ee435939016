"""What happens to work orders, told to those who do, plan, verify or talk about the work."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.models import User
from accounts.rights import Role
from core.rules.moments import day_and_time
from notifications.models import Channel, Delivery, Kind, Notification
from notifications.rules import order_words, words
from notifications.services import links, recipients
from notifications.services.telling import Fact, tell
from worklogs import states
from worklogs.models import WorkOrder, WorkOrderComment, WorkOrderTransition
from worklogs.services import rooms, warranties

_DESK = [Role.MAINTENANCE_COORDINATOR, Role.VENUE_ADMIN]
_KINDS = {
    "received": Kind.REPORT_RECEIVED,
    "safety": Kind.SAFETY_REPORT,
    "escalated": Kind.ORDER_ESCALATED,
    "delayed": Kind.ORDER_DELAYED,
    "to_verify": Kind.ORDER_TO_VERIFY,
}
_WHY = {
    "received": "You decide on reports here.",
    "safety": "You decide on reports here.",
    "assigned": "This work is given to you.",
    "for_team": "You are in the team that this work is for.",
    "given_back": "You look after work here.",
    "reopened": "This work is given to you.",
    "taken": "This work was given to you before.",
    "cancelled": "This work was given to you.",
    "escalated": "You look after work here.",
    "delayed": "You look after work here, or do this work.",
    "to_verify": "You verify work here.",
}


def load(order_id: UUID) -> WorkOrder | None:
    """The order with its place and people; None when it is gone."""
    related = ("resource", "assigned_to", "completed_by", "team")
    found: WorkOrder | None = WorkOrder.objects.select_related(*related).filter(pk=order_id).first()
    return found


def tell_received(order: WorkOrder, *, by_id: UUID | None, now: datetime) -> int:
    """Tell those who decide on reports, unless somebody has decided. What endangers people leaves at once."""
    if order.status != states.REPORTED:
        return 0
    what = "safety" if order.safety_concern else "received"
    told = _tell(what, order, _others(_desk(order), by_id), key=str(order.pk), now=now)
    if what == "safety" and told:
        _send_at_once(f"{what}:{order.pk}", now=now)
    return told


def tell_assignee(what: str, order: WorkOrder, payload: Mapping[str, Any], *, now: datetime) -> int:
    """Tell whose the work is now (`assigned`, `reassigned`, `reopened`), and whose it was, unless they did it."""
    by_id, step = _id(payload["by_id"]), payload["step"]
    person = _id(payload["assigned_to_id"])
    is_theirs = order.assigned_to_id == person and order.status in states.HELD_BY_SOMEBODY
    name = "reopened" if what == "reopened" else "assigned"
    key = f"{order.pk}:{step}"
    told = 0
    if person and is_theirs:
        told = _tell(name, order, _others([person], by_id), key=key, now=now)
    former = _holder_before(order, step) if what == "reassigned" else None
    if former and former not in {person, order.assigned_to_id}:
        told += _tell("taken", order, _others([former], by_id), key=key, now=now)
    return told


def tell_team(order: WorkOrder, *, by_id: UUID | None, now: datetime) -> int:
    """Tell the people of a team that work waits for one of them to take it: once, and again when one gave it back."""
    people = _others(_team(order), by_id)
    if not people:
        return 0
    key, reason = f"{order.pk}:{order.team_id}", ""
    if (back := _given_back(order)) is not None:
        people, key, reason = _others(people, back.by_id), f"{key}:{back.step}", back.reason
    return _tell("for_team", order, people, key=key, now=now, reason=reason)


def tell_given_back(order: WorkOrder, payload: Mapping[str, Any], *, now: datetime) -> int:
    """Tell those who plan that work waits again of which no team hears."""
    by_id = _id(payload["by_id"])
    if not _is_pending(order) or _others(_team(order), by_id):
        return 0
    people, key = _others(_desk(order), by_id), f"{order.pk}:{payload['step']}"
    return _tell("given_back", order, people, key=key, now=now, reason=payload["reason"])


def tell_cancelled(order: WorkOrder, *, by_id: UUID | None, now: datetime) -> int:
    """Tell whoever had the work that it is not to be done."""
    if order.assigned_to_id is None:
        return 0
    people = _others([order.assigned_to_id], by_id)
    return _tell("cancelled", order, people, key=str(order.pk), now=now)


def tell_escalated(order: WorkOrder, payload: Mapping[str, Any], *, now: datetime) -> int:
    """Tell those who plan and those above them, with the reason of this time."""
    people = _others([*_desk(order), *recipients.administrators()], _id(payload["by_id"]))
    key = f"{order.pk}:{payload['step']}"
    return _tell("escalated", order, people, key=key, now=now, reason=payload["reason"])


def tell_delayed(order: WorkOrder, payload: Mapping[str, Any], *, now: datetime) -> int:
    """Tell those who plan, and whose work it is, that somebody says it will be late; each time that it is said."""
    if order.status not in states.OPEN:
        return 0
    audience = [*_desk(order), *([order.assigned_to_id] if order.assigned_to_id else [])]
    people = _others(audience, _id(payload["by_id"]))
    key = f"{order.pk}:{payload['step']}"
    return _tell("delayed", order, people, key=key, now=now, reason=payload["reason"])


def tell_to_verify(order: WorkOrder, payload: Mapping[str, Any], *, now: datetime) -> int:
    """Tell those who verify that work is done, unless somebody has verified or reopened it.

    Of cleaning only where a plan asks for a look: rooms are done by the dozen.
    """
    is_routine = order.task_type in rooms.CLEANING and not rooms.asks_inspection(order)
    if order.status != states.COMPLETED or is_routine:
        return 0
    people = _others(_desk(order), _id(payload["by_id"]))
    return _tell("to_verify", order, people, key=f"{order.pk}:{payload['step']}", now=now)


def tell_comment(comment_id: UUID, *, now: datetime) -> int:
    """Tell those mentioned, whose work it is, and who talked about it before; for what strangers say, who plans."""
    rows = WorkOrderComment.objects.select_related("author", "work_order__resource")
    comment: WorkOrderComment | None = rows.filter(pk=comment_id).first()
    if comment is None:
        return 0
    order = comment.work_order
    mentioned = set(comment.mentions.values_list("user", flat=True))
    audience = mentioned | _talking(order)
    if comment.follower_id and order.assigned_to_id is None:
        audience |= set(_desk(order))
    people = recipients.load(
        _who_see(order, audience - {comment.author_id}), organization_id=order.organization_id
    )
    author = str(comment.author or "Whoever reported it")
    name = f"#{order.number} {order.title} – {order.resource}"
    facts = [
        Fact(
            recipient=pk,
            kind=Kind.ORDER_COMMENT.value,
            key=f"order_comment:{comment.pk}",
            title=words.shorten(
                f"{author} mentions you: {name}" if pk in mentioned else f"{author}: {name}"
            ),
            message=words.shorten(comment.text, 500),
            why="You are mentioned." if pk in mentioned else "You work on this or talked about it.",
            object_type="work_order",
            object_id=order.pk,
            action_url=links.to("work_order", order.pk),
        )
        for pk in people
    ]
    return tell(facts, people, now=now)


def _is_pending(order: WorkOrder) -> bool:
    return order.status == states.SCHEDULED and order.assigned_to_id is None


def _team(order: WorkOrder) -> list[UUID]:
    """Who may take the order; nobody unless it waits for a team that works."""
    if order.team is None or not order.team.is_active or not _is_pending(order):
        return []
    members = order.team.memberships.filter(user__is_active=True)
    return list(members.values_list("user", flat=True))


def _given_back(order: WorkOrder) -> WorkOrderTransition | None:
    """Its last move of those that gave it back."""
    rows: Any = order.transitions.filter(command="give_back")
    found: WorkOrderTransition | None = rows.order_by("-step").first()
    return found


def _talking(order: WorkOrder) -> set[UUID | None]:
    """Whose work it is, and who has said something about it."""
    rows = WorkOrderComment.objects.filter(work_order=order, author__isnull=False)
    authors = rows.order_by().values_list("author", flat=True).distinct()
    return {order.assigned_to_id, *authors}


def _who_see(order: WorkOrder, ids: Collection[UUID | None]) -> list[UUID]:
    """Those who may see the order: others are not told what is said about it."""
    people = User.objects.active().filter(pk__in=[pk for pk in ids if pk])
    return [
        person.pk
        for person in people.order_by("pk")
        if WorkOrder.objects.visible_to(person).filter(pk=order.pk).exists()
    ]


def _desk(order: WorkOrder) -> list[UUID]:
    """Who decides on work at this place: coordinators, and whom it is entrusted to; else the administrators."""
    line = [UUID(hex=part) for part in order.resource.path.rstrip("/").split("/")]
    reach = ~Q(role=Role.VENUE_ADMIN) | Q(entrustments__resource__in=line)
    people = User.objects.active().filter(reach, role__in=_DESK).order_by("pk").distinct()
    return list(people.values_list("pk", flat=True)) or recipients.administrators()


def _others(ids: Collection[UUID], by_id: UUID | None) -> list[UUID]:
    """Whoever did it knows."""
    return [pk for pk in dict.fromkeys(ids) if pk != by_id]


def _holder_before(order: WorkOrder, step: int) -> UUID | None:
    """Whose the order was before this move."""
    rows = WorkOrderTransition.objects.filter(work_order=order, step__lt=step).order_by("-step")
    return rows.values_list("assigned_to", flat=True).first()


def _tell(
    what: str,
    order: WorkOrder,
    ids: Collection[UUID],
    *,
    key: str,
    now: datetime,
    reason: str = "",
) -> int:
    people = recipients.load(ids, organization_id=order.organization_id)
    told = _told(order, reason)
    urgent = Notification.Priority.URGENT if what == "safety" else Notification.Priority.NORMAL
    facts = [
        Fact(
            recipient=pk,
            kind=_KINDS.get(what, Kind.ORDER_ASSIGNED).value,
            key=f"{what}:{key}",
            title=order_words.title(what, told),
            message=order_words.message(what, told),
            why=_WHY[what],
            priority=urgent.value,
            object_type="work_order",
            object_id=order.pk,
            action_url=links.to("work_order", order.pk),
        )
        for pk in people
    ]
    return tell(facts, people, now=now)


def _told(order: WorkOrder, reason: str) -> order_words.Told:
    zone = order.resource.effective_time_zone
    due, starts, ends = order.due_at, order.scheduled_start_at, order.scheduled_end_at
    warranty = next(iter(warranties.of_order(order)), "")
    return order_words.Told(
        number=order.number,
        title=order.title,
        place=str(order.resource),
        priority=order.get_priority_display().lower(),
        description=order.description,
        due=day_and_time(due, zone) if due else "",
        starts=day_and_time(starts, zone) if starts else "",
        ends=day_and_time(ends, zone) if ends else "",
        assignee=str(order.assigned_to or ""),
        doer=str(order.completed_by or ""),
        reason=reason or order.close_reason,
        warranty=str(warranty),
    )


def _send_at_once(fact_key: str, *, now: datetime) -> None:
    """The digests that hold this fact wait for nothing more."""
    rows = Delivery.objects.filter(
        notifications__fact_key=fact_key,
        channel=Channel.EMAIL,
        state=Delivery.State.COLLECTING,
    )
    Delivery.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).update(available_at=now)


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None
