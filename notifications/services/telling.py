"""Telling people facts: one message per person and fact, and a digest for those who want mail."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import OperationalError

from core import correlation
from core.ids import new_id
from core.querysets.rowset import insert_new_rows, insert_rows
from notifications.channels import registry
from notifications.channels.base import Recipient
from notifications.models import Channel, Delivery, DeliveryItem, Notification
from notifications.rules.following_up import PATIENCE
from notifications.rules.pace import STORM_SPAN, leaves_at
from notifications.services import letters, preferences, rooms

#: How long a digest collects before it leaves, so that one run of the due check is one mail; what shows on a phone at
#: once may come sooner.
COLLECT_FOR = timedelta(minutes=1)
COLLECT_SHORTLY = timedelta(seconds=10)
KEEP = timedelta(days=90)
_DIGEST_TRIES = 5
_IS_URGENT = Notification.Priority.URGENT.value
_NOT_DELIVERED = frozenset({Channel.IN_APP})
_PROMPT, _URGENT, _HELD = Delivery.Pace.PROMPT, Delivery.Pace.URGENT, Delivery.Pace.HELD


class Fact(NamedTuple):
    """What one person is to be told. `key` names the fact; a person is told once per key."""

    recipient: UUID
    kind: str
    key: str
    title: str
    message: str = ""
    why: str = ""
    priority: str = Notification.Priority.NORMAL.value
    object_type: str = ""
    object_id: UUID | None = None
    action_url: str = ""


_FIELDS = (
    "id",
    "follow_up_at",
    "recipient",
    "kind",
    "fact_key",
    "title",
    "message",
    "why",
    "priority",
    "object_type",
    "object_id",
    "action_url",
    "in_app",
)


def tell(
    facts: Sequence[Fact],
    people: Mapping[UUID, Recipient],
    *,
    now: datetime,
    run_id: UUID | None = None,
) -> int:
    """Write the messages and put them into digests, with a constant number of queries; returns how many are new.

    Call inside a transaction and the organisation's scope. What a person wants to hear through no channel is not
    written.
    """
    channels = _wanted_channels(facts, people)
    wanted = [fact for fact in facts if channels[fact.recipient, fact.kind]]
    if not wanted:
        return 0
    rows = [
        _row(fact, in_app=Channel.IN_APP in channels[fact.recipient, fact.kind], now=now)
        for fact in wanted
    ]
    shared = {
        "created_at": now,
        "updated_at": now,
        "run_id": run_id,
        "correlation_id": correlation.current(),
        "expires_at": now + KEEP,
    }
    new = insert_new_rows(Notification, _FIELDS, rows, shared=shared)
    told = [(row[0], fact) for row, fact in zip(rows, wanted, strict=True) if row[0] in new]
    paces = {pk: pace_of(people[pk], now) for pk in {fact.recipient for _, fact in told}}
    groups: defaultdict[tuple[str, str], dict[UUID, UUID]] = defaultdict(dict)
    for pk, fact in told:
        leaves = _URGENT if fact.priority == _IS_URGENT else paces[fact.recipient]
        for channel in channels[fact.recipient, fact.kind] - _NOT_DELIVERED:
            groups[channel, leaves][pk] = fact.recipient
    for (key, pace), messages in sorted(groups.items()):
        collect(key, messages, people, pace=pace, now=now)
    if told:
        rooms.tell([(pk, fact.key, fact.priority) for pk, fact in told], now=now)
    return len(new)


def pace_of(person: Recipient, now: datetime) -> Delivery.Pace:
    """Whether what is not urgent leaves at once, or waits for quiet hours to end or for a digest."""
    habits = person.habits
    return _HELD if habits and leaves_at(now, habits) > now else _PROMPT


def _wanted_channels(
    facts: Sequence[Fact], people: Mapping[UUID, Recipient]
) -> dict[tuple[UUID, str], frozenset[Channel]]:
    """Through which channels each person wants to hear about each kind."""
    pairs = {(fact.recipient, fact.kind) for fact in facts}
    choices = preferences.choices_of(people.keys(), {kind for _, kind in pairs})
    return {
        (pk, kind): frozenset(
            channel
            for channel in Channel
            if (channel == Channel.IN_APP or channel in people[pk].channels)
            and preferences.wants(choices, pk, kind, channel)
        )
        for pk, kind in pairs
    }


def _row(fact: Fact, *, in_app: bool, now: datetime) -> list[Any]:
    """The values of `_FIELDS`."""
    return [
        new_id(),
        now + PATIENCE if fact.priority == _IS_URGENT else None,
        fact.recipient,
        fact.kind,
        fact.key,
        fact.title,
        fact.message,
        fact.why,
        fact.priority,
        fact.object_type,
        fact.object_id,
        fact.action_url,
        in_app,
    ]


def collect(
    channel: str,
    messages: Mapping[UUID, UUID],
    people: Mapping[UUID, Recipient],
    *,
    pace: str,
    now: datetime,
) -> None:
    """Put messages, given with their recipients, into the recipients' open digests."""
    recipients = sorted(set(messages.values()))
    if not recipients:
        return
    digests = _open_digests(channel, [people[pk] for pk in recipients], pace=pace, now=now)
    rows = [[new_id(), digests[pk], message] for message, pk in messages.items()]
    shared = {"created_at": now, "updated_at": now}
    insert_rows(DeliveryItem, ("id", "delivery", "notification"), rows, shared=shared)


def _open_digests(
    channel: str, people: Sequence[Recipient], *, pace: str, now: datetime
) -> dict[UUID, UUID]:
    """Each person's collecting digest, made where there is none, and locked until this transaction ends.

    The unique constraint makes two handlers agree on one digest. A worker may take a digest between the insert and
    the lock; then a new one is opened.
    """
    digests: dict[UUID, UUID] = {}
    missing = list(people)
    for _ in range(_DIGEST_TRIES):
        found = [person.pk for person in missing]
        digests |= Delivery.objects.open_digests(found, channel, pace)
        fresh = {new_id(): person for person in missing if person.pk not in digests}
        for pk in _insert_digests(channel, fresh, pace=pace, now=now):
            digests[fresh[pk].pk] = pk
        missing = [person for person in missing if person.pk not in digests]
        if not missing:
            return digests
    raise OperationalError("Workers take digests faster than they can be filled.")


def _insert_digests(
    channel: str, people: Mapping[UUID, Recipient], *, pace: str, now: datetime
) -> set[UUID]:
    """New digests, by id; returns those whose person had none."""
    address_of = registry.channel(channel).address_of
    rows = [
        [
            pk,
            person.pk,
            address_of(person),
            letters.message_id(pk),
            _leaves(channel, person, pace, now),
        ]
        for pk, person in people.items()
    ]
    shared = {
        "channel": channel,
        "state": Delivery.State.COLLECTING,
        "pace": pace,
        "attempts": 0,
        "correlation_id": correlation.current(),
        "created_at": now,
        "updated_at": now,
        **dict.fromkeys(("subject", "letter", "fact_key", "provider_id", "last_error"), ""),
    }
    names = ("id", "recipient", "address", "message_id", "available_at")
    return insert_new_rows(Delivery, names, rows, shared=shared)


def _leaves(channel: str, person: Recipient, pace: str, now: datetime) -> datetime:
    """When a digest that is opened now leaves."""
    if pace == _URGENT:
        return now
    if pace == _HELD and person.habits:
        return leaves_at(now, person.habits)
    if pace == Delivery.Pace.STORM:
        return now + STORM_SPAN
    return now + (COLLECT_FOR if channel == Channel.EMAIL else COLLECT_SHORTLY)
