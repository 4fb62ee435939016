"""What goes over sockets: which events to whom, hints for pages, and whether a person may listen to an object."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import models

from accounts.models import User
from accounts.rights import RIGHTS, Right, Role, has_right
from core import catalogue
from core.models import Attachment, AuditEntry
from core.tenancy import all_tenants, tenant_scope
from integrations.models import BookingFeed, ImportRun, Publication, PublishedEvent
from integrations.rules import rooms
from integrations.rules.envelopes import Event, envelope, live_name
from integrations.services import reading
from notifications.models import Notification
from scheduling.models import Booking, DueCheckRun, Resource, Schedule, Window
from worklogs.models import (
    CostEntry,
    LaborEntry,
    Log,
    SlaEscalation,
    SlaViolation,
    StopMark,
    WorkOrder,
    WorkOrderLink,
)

#: Older events are no news: whoever was away asks for what they missed.
FRESH = timedelta(minutes=5)
BATCH = 500
#: So long after their ids were made messages may still be committed.
_LOOKS_BACK = timedelta(seconds=15)
_MOST_CHANGES = 500
#: What events are about, the rows, and what a person needs to see them. What is not named here is told in full only to
#: whoever may read all events.
_THINGS: Mapping[str, tuple[type[models.Model], Right]] = {
    "work-order": (WorkOrder, Right.WORK_ORDER_VIEW),
    "task": (WorkOrder, Right.WORK_ORDER_VIEW),
    "window": (Window, Right.WINDOW_VIEW),
    "booking": (Booking, Right.BOOKING_VIEW),
    "schedule": (Schedule, Right.SCHEDULE_VIEW),
    "resource": (Resource, Right.RESOURCE_VIEW),
    "log": (Log, Right.LOG_VIEW),
}


#: What changes without a public event as well: models of the audit trail, some by one action only, and the topic of the
#: pages that show it.
_UNTOLD: Mapping[tuple[str, str], str] = {
    (model._meta.label_lower, action): topic
    for topic, many in {
        "booking": ((Booking, ""), (BookingFeed, "")),
        "schedule": ((Schedule, ""),),
        "maintenance": ((DueCheckRun, ""),),
        "person": ((User, "update"),),
        "sla": ((SlaViolation, ""), (SlaEscalation, "")),
        "window": ((Window, ""),),
        "work-order-part": (
            *((part, "") for part in (LaborEntry, CostEntry, WorkOrderLink, StopMark, Attachment)),
            (WorkOrder, "answer"),
        ),
        rooms.EVERYTHING: ((ImportRun, ""),),
    }.items()
    for model, action in many
}


class Message(NamedTuple):
    """One thing to say in some rooms."""

    name: str
    data: Mapping[str, Any]
    rooms: Sequence[str]


class Bell(NamedTuple):
    """A message for a person that has come to be."""

    id: UUID
    room: str


class Change(NamedTuple):
    """Something written of late, and what pages are told of it."""

    id: UUID
    hint: Message


def head() -> int:
    """The position of the newest event."""
    return Publication.objects.head()


def messages_after(position: int, *, now: datetime) -> tuple[int, list[Message]]:
    """What is to be said of the events after a position, and the position of the last one."""
    events = reading.events_after(position, limit=BATCH)
    return events[-1].position if events else position, messages(events, now=now)


def messages(events: Sequence[Event], *, now: datetime) -> list[Message]:
    """Each fresh event to those who may hear it, and then one hint to each organisation."""
    found: list[Message] = []
    topics: dict[UUID, set[str]] = defaultdict(set)
    for event in events:
        if event.occurred_at >= now - FRESH:
            data = envelope(event, site=settings.SITE_URL)
            found.append(Message(live_name(event.type), data, _audience(event)))
            topics[event.organization_id] |= rooms.topics(event.type, event.subject)
    return found + [_hint(owner, *names) for owner, names in topics.items()]


def bells(people: Collection[UUID], *, now: datetime) -> list[Bell]:
    """Messages for these people of the last moments; the same ones again for a while."""
    with all_tenants(reason="the bells of everybody who is connected"):
        recent = Notification.objects.made_since(now - _LOOKS_BACK)
        rows = recent.filter(recipient__id__among=people)
        return [
            Bell(pk, rooms.of_person(owner, recipient))
            for pk, owner, recipient in rows.values_list("pk", "organization_id", "recipient_id")
        ]


def changes(organizations: Collection[UUID], *, now: datetime) -> list[Change]:
    """What was written in these organisations in the last moments without a public event; the same ones again for a
    while.
    """
    with all_tenants(reason="the pages of everybody who is connected"):
        recent = AuditEntry.objects.written_since(now - _LOOKS_BACK, about=_UNTOLD)
        rows = recent.filter(organization__in=organizations).order_by("-pk")[:_MOST_CHANGES]
        return [
            Change(pk, _hint(owner, _UNTOLD.get((kind, "")) or _UNTOLD[kind, action]))
            for pk, owner, kind, action in rows.values_list(
                "pk", "organization_id", "object_type", "action"
            )
        ]


def _hint(owner: UUID, *topics: str) -> Message:
    return Message("changed", {"topics": sorted(topics)}, [rooms.of_hints(owner)])


def has_changed_since(moment: datetime, *, organization_id: UUID) -> bool:
    """Whether anything was published, or written without that, in the organisation after a moment."""
    with tenant_scope(organization_id):
        newest = PublishedEvent.objects.order_by("-position")
        at = newest.values_list("published_at", flat=True).first()
        if at is not None and at > moment:
            return True
        return bool(AuditEntry.objects.written_since(moment, about=_UNTOLD).exists())


def seen(user: User, subjects: Collection[str], *, organization_id: UUID) -> set[str]:
    """Those of `subjects`, such as `work-order/<id>`, that the person may see."""
    with tenant_scope(organization_id):
        return {one for one in subjects if _sees(user, *one.split("/", 1))}


def _sees(user: User, thing: str, key: str = "") -> bool:
    model, right = _THINGS.get(thing, (None, None))
    if model is None or right is None or not has_right(user, right):
        return False
    try:
        pk = UUID(key)
    except ValueError:
        return False
    rows: Any = model._default_manager
    return str(pk) == key and bool(rows.visible_to(user).filter(pk=pk).exists())


def _audience(event: Event) -> list[str]:
    known = catalogue.get(event.type)
    if known is None:
        return []
    able = [role for role in Role if Right(known.right) in RIGHTS[role]]
    everything = [role for role in Role if Right.EVENT_VIEW in RIGHTS[role]]
    seeing = _seeing_all(event.subject.partition("/")[0])
    whole = [role for role in Role if role in everything or (role in able and role in seeing)]
    return rooms.audience(event.organization_id, event.subject, whole=whole, able=able)


@cache
def _seeing_all(thing: str) -> frozenset[Role]:
    """The roles to which `visible_to` shows every row of the organisation."""
    model, right = _THINGS.get(thing, (None, None))
    if model is None:
        return frozenset()
    rows: Any = model._default_manager
    with tenant_scope(UUID(int=0)):  # nobody's: only the condition counts
        every = rows.all().query.where
        return frozenset(
            role
            for role in Role
            if right in RIGHTS[role] and rows.visible_to(User(role=role)).query.where == every
        )
