"""What was put off comes back; what is urgent and not taken up is told louder, then to those further up."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from uuid import UUID

from django.db import transaction

from core.sweeps import in_each
from core.tenancy import all_tenants
from notifications.channels.base import Recipient
from notifications.models import Delivery, DeliveryItem, Kind, Notification
from notifications.rules import following_up, words
from notifications.rules.following_up import PATIENCE
from notifications.services import preferences, recipients
from notifications.services.telling import Fact, collect, pace_of, tell
from scheduling.models import Occurrence
from worklogs.models import WorkOrder

#: So many messages of one organisation are looked at in one transaction.
_BATCH = 500
_AUDIENCES = {"coordinators": recipients.coordinators, "executives": recipients.executives}
_REASONS = {"coordinators": "You coordinate the work.", "executives": "You lead the organisation."}
_CHANGED = ("snoozed_until", "follow_up_at", "follow_ups", "read_at", "updated_at")
_Telling = dict[tuple[str, str], dict[UUID, UUID]]


def follow_up(now: datetime) -> int:
    """Look after every message whose time has come; returns how many."""
    with all_tenants(reason="the sweep follows up messages of every organisation"):
        due = Notification.objects.to_follow_up(now=now).order_by()
        found = list(due.values_list("organization_id", flat=True).distinct())
    return in_each(found, lambda: _follow_up_here(now))


@transaction.atomic
def _follow_up_here(now: datetime) -> int:
    """The number of queries does not depend on how many messages there are."""
    due = Notification.objects.to_follow_up(now=now)
    rows = list(due.select_for_update(skip_locked=True)[:_BATCH])
    if not rows:
        return 0
    people = recipients.load(
        {row.recipient_id for row in rows}, organization_id=rows[0].organization_id
    )
    over = _over(rows)
    told_by = _told_by(rows)
    choices = preferences.choices_of(people.keys(), {row.kind for row in rows})
    telling: _Telling = defaultdict(dict)
    stuck = []
    for row in rows:
        person = None if row.pk in over else people.get(row.recipient_id)
        if person is None:
            row.follow_up_at = None
            row.snoozed_until = None
        elif row.snoozed_until is not None:
            _wake(row, person, choices, telling, now=now)
        elif not _louder(row, person, choices, told_by[row.pk], telling, now=now):
            stuck.append(row)
        row.updated_at = now
    Notification.objects.bulk_rewrite(rows, _CHANGED)
    for (channel, pace), messages in sorted(telling.items()):
        collect(channel, messages, people, pace=pace, now=now)
    _escalate(stuck, people, now=now)
    return len(rows)


def _wake(
    row: Notification,
    person: Recipient,
    choices: preferences.Choices,
    telling: _Telling,
    *,
    now: datetime,
) -> None:
    """Told again as it was told first."""
    is_urgent = row.priority == Notification.Priority.URGENT
    row.snoozed_until, row.read_at = None, None
    row.follow_up_at = now + PATIENCE if is_urgent else None
    pace = Delivery.Pace.URGENT if is_urgent else pace_of(person, now)
    for channel in person.channels:
        if preferences.wants(choices, person.pk, row.kind, channel):
            telling[channel, pace][row.pk] = person.pk


def _louder(
    row: Notification,
    person: Recipient,
    choices: preferences.Choices,
    told_by: Collection[str],
    telling: _Telling,
    *,
    now: datetime,
) -> bool:
    """Told through the next stronger channel; false when there is none. What the person switched off stays off."""
    open_channels = {
        channel for channel in person.channels if choices.get((person.pk, row.kind, channel), True)
    }
    channel = following_up.next_channel(told_by, open_channels)
    row.follow_up_at = now + PATIENCE if channel else None
    if channel is None:
        return False
    row.follow_ups += 1
    telling[channel, Delivery.Pace.URGENT][row.pk] = person.pk
    return True


def _escalate(
    rows: Iterable[Notification], people: dict[UUID, Recipient], *, now: datetime
) -> None:
    """Tell those further up, each fact once. Missed deadlines have an escalation of their own."""
    waiting = [row for row in rows if row.kind != Kind.SLA_ESCALATION]
    if not waiting:
        return
    keys = {key for row in waiting for key in following_up.family(row.fact_key)}
    told = Notification.objects.filter(fact_key__in=keys).values_list("fact_key", "recipient_id")
    knowing: defaultdict[str, set[UUID]] = defaultdict(set)
    for key, pk in told:
        knowing[following_up.split(key)[1]].add(pk)
    audiences = [(name, _AUDIENCES[name]()) for name in following_up.LEVELS]
    everybody = {pk for _, found in audiences for pk in found}
    above = recipients.load(everybody, organization_id=waiting[0].organization_id)
    facts = [
        fact
        for row in waiting
        for fact in _facts_above(row, audiences, knowing, above, people[row.recipient_id].name)
    ]
    tell(facts, above, now=now)


def _facts_above(
    row: Notification,
    audiences: list[tuple[str, list[UUID]]],
    knowing: dict[str, set[UUID]],
    above: dict[UUID, Recipient],
    name: str,
) -> Iterator[Fact]:
    """For the nearest level at which somebody does not know yet."""
    level, root = following_up.split(row.fact_key)
    for number, (audience, found) in enumerate(audiences[level:], start=level + 1):
        new = [pk for pk in found if pk in above and pk not in knowing[root]]
        for pk in new:
            yield Fact(
                recipient=pk,
                kind=Kind.UNACKNOWLEDGED.value,
                key=following_up.key_at(number, root),
                title=words.shorten(f"Not taken up: {_plain(row)}"),
                message=f"{name} was told and has not answered. {row.message}".strip(),
                why=_REASONS[audience],
                priority=Notification.Priority.URGENT.value,
                object_type=row.object_type,
                object_id=row.object_id,
                action_url=row.action_url,
            )
        if new:
            return


def _plain(row: Notification) -> str:
    return str(row.title).removeprefix("Not taken up: ")


def _told_by(rows: Iterable[Notification]) -> defaultdict[UUID, set[str]]:
    """Through which channels each was told so far, whether it arrived or not."""
    items = DeliveryItem.objects.filter(notification__in=[row.pk for row in rows])
    found: defaultdict[UUID, set[str]] = defaultdict(set)
    for pk, channel in items.values_list("notification_id", "delivery__channel"):
        found[pk].add(channel)
    return found


def _over(rows: Iterable[Notification]) -> set[UUID]:
    """Messages about work that is done, under way, called off or gone meanwhile."""
    by_type: defaultdict[str, dict[UUID, list[UUID]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row.object_id is not None:
            by_type[row.object_type][row.object_id].append(row.pk)
    waiting = WorkOrder.objects.open().exclude(status=WorkOrder.Status.IN_PROGRESS)
    open_ones = {"occurrence": Occurrence.objects.open(), "work_order": waiting}
    over: set[UUID] = set()
    for object_type, queryset in open_ones.items():
        asked = by_type.get(object_type, {})
        still = set(queryset.filter(pk__among=asked).values_list("pk", flat=True)) if asked else ()
        over |= {pk for key, pks in asked.items() if key not in still for pk in pks}
    return over
