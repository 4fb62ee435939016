"""What becomes of a report, told to those who reported or follow it: in the console, or by mail to who is no user.

Their addresses are personal data: they stay sealed with the report and are read when a letter leaves.
"""

from datetime import datetime
from uuid import UUID

from core import correlation
from core.ids import new_id
from core.querysets.rowset import insert_new_rows
from notifications.models import Channel, Delivery, Kind
from notifications.rules import order_words
from notifications.rules.words import shorten
from notifications.services import letters, links, recipients, report_mail
from notifications.services.telling import Fact, tell
from worklogs import states
from worklogs.models import WorkOrder, WorkOrderFollower
from worklogs.services import reports

#: What is told only while it is still true: a later event tells what became of it.
_STILL = {
    "planned": frozenset(states.OPEN),
    "late": frozenset(states.OPEN),
    "done": frozenset({states.COMPLETED, states.VERIFIED}),
    "cancelled": frozenset({states.CANCELLED}),
    "rejected": frozenset({states.REJECTED}),
    "duplicate": frozenset({states.DUPLICATE}),
}


def tell_followers(what: str, order: WorkOrder, *, by_id: UUID | None, now: datetime) -> int:
    """Tell each follower once per fact, also those of its duplicates; whoever did it knows."""
    if what in _STILL and order.status not in _STILL[what]:
        return 0
    duplicates = WorkOrder.objects.filter(duplicate_of=order).values_list("pk", flat=True)
    rows = WorkOrderFollower.objects.filter(work_order__in=[order.pk, *duplicates])
    if what == "received":
        rows = rows.reporters()
    followers = list(rows.select_related("work_order__resource").order_by("created_at", "pk"))
    told = _tell_users(what, order, [one for one in followers if one.user_id != by_id], now=now)
    return told + _write_letters(what, order, followers, now=now)


def _tell_users(
    what: str, order: WorkOrder, followers: list[WorkOrderFollower], *, now: datetime
) -> int:
    """In the console, and by mail as they like."""
    of_users = {one.user_id: one for one in followers if one.user_id}
    people = recipients.load(list(of_users), organization_id=order.organization_id)
    facts = [
        Fact(
            recipient=pk,
            kind=Kind.REPORT_NEWS.value,
            key=f"report_{what}:{order.pk}",
            title=order_words.report_title(what, reports.words_of(of_users[pk])),
            message=report_mail.message(what, order),
            why="You reported this, or said “me too”.",
            object_type="report",
            object_id=of_users[pk].pk,
            action_url=links.to("report", of_users[pk].pk),
        )
        for pk in people
    ]
    return tell(facts, people, now=now)


def _write_letters(
    what: str, order: WorkOrder, followers: list[WorkOrderFollower], *, now: datetime
) -> int:
    """One letter for each who left an address; the unique key makes it one however often the event comes."""
    reachable = [one for one in followers if one.user_id is None and one.contact_email]
    rows = [[pk := new_id(), one.pk, letters.message_id(pk)] for one in reachable]
    if not rows:
        return 0
    shared = {
        "channel": Channel.EMAIL,
        "state": Delivery.State.PENDING,
        "attempts": 0,
        "available_at": now,
        "letter": f"{report_mail.LETTER}{what}",
        "subject": shorten(f"Report: {order.resource.name}"),
        "fact_key": f"report_{what}:{order.pk}",
        "correlation_id": correlation.current(),
        **dict.fromkeys(("address", "provider_id", "last_error"), ""),
        **{"created_at": now, "updated_at": now},
    }
    columns = ("id", "follower", "message_id")
    return len(insert_new_rows(Delivery, columns, rows, shared=shared))
