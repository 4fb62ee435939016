"""What people say about work orders, and how orders hang together."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from core import outbox
from core.errors import Invalid
from core.services import records
from worklogs import states
from worklogs.models import (
    WorkOrder,
    WorkOrderComment,
    WorkOrderFollower,
    WorkOrderLink,
    WorkOrderMention,
)
from worklogs.services import moving, numbers, told

if TYPE_CHECKING:
    from accounts.models import User

MOST_MENTIONED = 50
_MOST_BLOCKERS = 20


@transaction.atomic
def add_comment(
    order: WorkOrder,
    text: str,
    *,
    by: "User | None",
    now: datetime,
    mentioned: "Sequence[User]" = (),
    follower: WorkOrderFollower | None = None,
) -> WorkOrderComment:
    """Say something about the order; those mentioned hear of it. Raises Invalid for somebody who may not see it.

    `follower` is who said it without being a user.
    """
    comment = WorkOrderComment(work_order=order, author=by, follower=follower, text=text.strip())
    for person in mentioned:
        if not WorkOrder.objects.visible_to(person).filter(pk=order.pk).exists():
            raise Invalid(f"{person} cannot see this work order.", field="mentioned")
    records.create(comment, by=by, now=now)
    told.add(order, comment.text)
    WorkOrderMention.objects.bulk_create(
        [WorkOrderMention(comment=comment, user=person) for person in dict.fromkeys(mentioned)]
    )
    payload = {
        "comment_id": comment.pk,
        "work_order_id": order.pk,
        "by_id": by.pk if by else None,
        "follower_id": follower.pk if follower else None,
        "mentioned_ids": [person.pk for person in mentioned],
    }
    outbox.publish(
        "worklogs.comment.added", payload, organization_id=order.organization_id, now=now
    )
    return comment


@transaction.atomic
def add_link(
    order: WorkOrder, other: WorkOrder, kind: str, *, by: "User | None", now: datetime
) -> WorkOrderLink:
    """Say how two orders hang together. Raises Invalid for a ring of orders that block each other."""
    moving.check_reach(order, by)
    if kind == WorkOrderLink.Kind.BLOCKS:
        numbers.draw(0)  # wait in line: links between other orders may close the ring, too
        if _blocks(other, order):
            raise Invalid("These orders would block each other.", field="other")
    link = WorkOrderLink(work_order=order, other=other, kind=kind, created_by=by)
    return records.create(link, by=by, now=now)


@transaction.atomic
def remove_link(link: WorkOrderLink, *, order: WorkOrder, by: "User | None", now: datetime) -> None:
    """Say that the orders do not hang together that way after all; `order` is the one at which somebody says so."""
    moving.check_reach(order, by)
    records.delete(link, by=by, now=now)


def _blocks(first: WorkOrder, last: WorkOrder) -> bool:
    """Whether `first` blocks `last`, be it through others."""
    seen, reached = {first.pk}, {first.pk}
    while reached:
        following = WorkOrderLink.objects.filter(
            work_order__in=reached, kind=WorkOrderLink.Kind.BLOCKS
        )
        reached = set(following.values_list("other", flat=True)) - seen
        seen |= reached
    return last.pk in seen


def blockers_of(order: WorkOrder, by: "User") -> list[WorkOrder]:
    """What has to be done before an open order, and is not, as far as the person sees it; the first twenty."""
    if order.status not in states.OPEN:
        return []
    links = WorkOrderLink.objects.filter(other=order, kind=WorkOrderLink.Kind.BLOCKS)
    rows = WorkOrder.objects.visible_to(by).open().filter(pk__in=links.values("work_order"))
    return list(rows.select_related("assigned_to").order_by("number")[:_MOST_BLOCKERS])
