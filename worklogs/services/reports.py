"""Reports from the floor: sent once, joined by others, followed until they are done."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.db.models import Count, OuterRef, Q, Subquery

from core import outbox
from core.errors import Conflict, DomainError, Invalid
from core.services import attachments, records
from scheduling.models import Resource
from worklogs import states
from worklogs.models import WorkOrder, WorkOrderComment, WorkOrderFollower
from worklogs.rules import reports as rules
from worklogs.services import orders, talk

if TYPE_CHECKING:
    from accounts.models import User

#: Files of orders.
TARGET = "work_order"
MOST_PHOTOS = 5
_MOST_KNOWN = 10


@dataclass(frozen=True, slots=True)
class Known:
    """An open report as others at the same place may read it; `voices` count whoever reported and said “me too”."""

    pk: UUID
    title: str
    category: str
    standing: str
    reported_at: datetime
    voices: int


_FAULTS = (WorkOrder.Kind.CORRECTIVE, WorkOrder.Kind.EMERGENCY)


def known(resource: Resource, *, by: "User | None") -> list[Known]:
    """What is wrong here and not done yet, whoever said so, the newest first; without anything about a person.

    What was reported is told in the reporter's words. Of what planners wrote those read the title who see the order;
    others, and whoever has not signed in (`by` None), the trade alone.
    """
    told = WorkOrderFollower.objects.reporters().filter(work_order=OuterRef("pk"))
    here = WorkOrder.objects.reports().open().filter(resource=resource)
    counted = here.annotate(told_as=Subquery(told.values("words")[:1]), voices=Count("followers"))
    wrong = counted.filter(Q(kind__in=_FAULTS) | Q(told_as__isnull=False))
    rows = list(wrong.order_by("-reported_at", "-pk")[:_MOST_KNOWN])
    titles = _titles(rows, by) if by is not None else {}
    return [
        Known(
            pk=row.pk,
            title=_for_strangers(row, row.told_as or titles.get(row.pk, "")),
            category=row.get_category_display(),
            standing=rules.standing(row.status)[0],
            reported_at=row.reported_at,
            voices=row.voices + (row.told_as is None),
        )
        for row in rows
    ]


def _titles(rows: Collection[WorkOrder], by: "User") -> dict[UUID, str]:
    seen = WorkOrder.objects.visible_to(by).filter(pk__in=[row.pk for row in rows])
    return dict(seen.values_list("pk", "title"))


def _for_strangers(order: WorkOrder, words: str) -> str:
    trade = "" if order.category == WorkOrder.Category.OTHER else order.get_category_display()
    return rules.for_strangers(words) or rules.trade_only(trade)


def submit(
    order: WorkOrder,
    *,
    by: "User | None",
    now: datetime,
    photos: Collection[UUID] = (),
    contact_email: str = "",
    form_key: str | None = None,
    is_at_place: bool = False,
) -> WorkOrderFollower:
    """Add what somebody noticed, with photos uploaded for an order; returns whoever reported, as follower.

    A form that was sent already adds nothing. `is_at_place`: the code on the label was read, so that the resource
    need not be one that the person sees otherwise. `contact_email` is for those who are no users.
    """
    if sent := _sent(form_key):
        return sent
    try:
        return _submit(order, by, now, photos, contact_email, form_key, is_at_place)
    except DomainError:
        if sent := _sent(form_key):  # sent twice at the same moment
            return sent
        raise


@transaction.atomic
def _submit(
    order: WorkOrder,
    by: "User | None",
    now: datetime,
    photos: Collection[UUID],
    contact_email: str,
    form_key: str | None,
    is_at_place: bool,
) -> WorkOrderFollower:
    if len(photos) > MOST_PHOTOS:
        raise Invalid(f"A report has {MOST_PHOTOS} photos at most.", field="photos")
    orders.report(order, by=by, now=now, is_at_place=is_at_place)
    if photos:
        attachments.attach(photos, target_type=TARGET, target_id=order.pk, by=by, now=now)
    follower = WorkOrderFollower(
        work_order=order,
        user=by,
        contact_email=contact_email,
        is_reporter=True,
        words=order.title,
        form_key=form_key,
    )
    return records.create(follower, by=by, now=now)


def _sent(form_key: str | None) -> WorkOrderFollower | None:
    """Whoever sent the form before."""
    if not form_key:
        return None
    rows = WorkOrderFollower.objects.filter(form_key=form_key).select_related("work_order")
    found: WorkOrderFollower | None = rows.first()
    return found


@transaction.atomic
def follow(
    order: WorkOrder,
    *,
    by: "User | None",
    now: datetime,
    contact_email: str = "",
    form_key: str | None = None,
) -> WorkOrderFollower:
    """Say “me too” to an open report instead of reporting it again; saying so twice counts once."""
    if sent := _sent(form_key):
        return sent
    mine = WorkOrderFollower.objects.filter(work_order=order, user=by) if by else None
    if mine is not None and (found := mine.first()):
        return found  # type: ignore[no-any-return]
    if order.status not in states.OPEN:
        raise Conflict("This was closed meanwhile. Report it anew if it is not right.", code="over")
    follower = WorkOrderFollower(
        work_order=order, user=by, contact_email=contact_email, form_key=form_key
    )
    records.create(follower, by=by, now=now)
    payload = {
        "follower_id": follower.pk,
        "work_order_id": order.pk,
        "by_id": by.pk if by else None,
    }
    outbox.publish(
        "worklogs.follower.added", payload, organization_id=follower.organization_id, now=now
    )
    return follower


def subject_of(follower: WorkOrderFollower) -> WorkOrder:
    """The order that decides: of a duplicate the one that it repeats."""
    order: WorkOrder = follower.work_order
    return order.duplicate_of or order


@transaction.atomic
def add_note(
    follower: WorkOrderFollower, text: str, *, now: datetime, photos: Collection[UUID] = ()
) -> WorkOrderComment:
    """Say more about what was reported, in words, photos or both. It goes to those who see the order."""
    if not text.strip() and not photos:
        raise Invalid("Write something, or add a photo.", field="text")
    if len(photos) > MOST_PHOTOS:
        raise Invalid(f"{MOST_PHOTOS} photos at most at a time.", field="photos")
    order, by = subject_of(follower), follower.user
    added = f"{len(photos)} photo{'s' * (len(photos) != 1)} added."
    comment = talk.add_comment(
        order, text.strip() or added, by=by, now=now, follower=None if by else follower
    )
    if photos:
        attachments.attach(photos, target_type=TARGET, target_id=order.pk, by=by, now=now)
    return comment


def words_of(follower: WorkOrderFollower) -> str:
    """What was reported: in one's own words, or what strangers may read of another's."""
    if follower.is_reporter:
        return str(follower.words)
    rows = WorkOrderFollower.objects.reporters().filter(work_order=follower.work_order)
    return _for_strangers(follower.work_order, rows.values_list("words", flat=True).first() or "")


def stop_mail(follower: WorkOrderFollower, *, now: datetime) -> None:
    """Forget the address; the link still works."""
    records.update(follower, {"contact_email": ""}, by=None, now=now)


def said_by(follower: WorkOrderFollower) -> list[WorkOrderComment]:
    """What this follower said, and nothing that others said."""
    rows = WorkOrderComment.objects.filter(work_order=subject_of(follower))
    own = rows.filter(author=follower.user) if follower.user_id else rows.filter(follower=follower)
    return list(own.order_by("created_at", "pk"))
