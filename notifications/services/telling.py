"""Telling people facts: one message per person and fact, and a digest for those who want mail."""

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
from notifications.services import letters, preferences

#: How long a digest collects before it leaves, so that one run of the due check is one mail.
COLLECT_FOR = timedelta(minutes=1)
KEEP = timedelta(days=90)
_DIGEST_TRIES = 5


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
        _row(fact, in_app=Channel.IN_APP in channels[fact.recipient, fact.kind]) for fact in wanted
    ]
    shared = {
        "created_at": now,
        "updated_at": now,
        "run_id": run_id,
        "correlation_id": correlation.current(),
        "expires_at": now + KEEP,
    }
    new = insert_new_rows(Notification, _FIELDS, rows, shared=shared)
    for channel in Channel:
        if channel != Channel.IN_APP:
            messages = {
                row[0]: fact.recipient
                for row, fact in zip(rows, wanted, strict=True)
                if row[0] in new and channel in channels[fact.recipient, fact.kind]
            }
            _collect(channel, messages, people, now=now)
    return len(new)


def _wanted_channels(
    facts: Sequence[Fact], people: Mapping[UUID, Recipient]
) -> dict[tuple[UUID, str], frozenset[Channel]]:
    """Through which channels each person wants to hear about each kind."""
    pairs = {(fact.recipient, fact.kind) for fact in facts}
    choices = preferences.choices_of(people.keys(), {kind for _, kind in pairs})
    return {
        (pk, kind): frozenset(c for c in Channel if preferences.wants(choices, pk, kind, c))
        for pk, kind in pairs
    }


def _row(fact: Fact, *, in_app: bool) -> list[Any]:
    """The values of `_FIELDS`."""
    return [
        new_id(),
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


def _collect(
    channel: str, messages: Mapping[UUID, UUID], people: Mapping[UUID, Recipient], *, now: datetime
) -> None:
    """Put messages, given with their recipients, into the recipients' open digests."""
    recipients = sorted(set(messages.values()))
    if not recipients:
        return
    digests = _open_digests(channel, [people[pk] for pk in recipients], now=now)
    rows = [[new_id(), digests[pk], message] for message, pk in messages.items()]
    shared = {"created_at": now, "updated_at": now}
    insert_rows(DeliveryItem, ("id", "delivery", "notification"), rows, shared=shared)


def _open_digests(channel: str, people: Sequence[Recipient], *, now: datetime) -> dict[UUID, UUID]:
    """Each person's collecting digest, made where there is none, and locked until this transaction ends.

    The unique constraint makes two handlers agree on one digest. A worker may take a digest between the insert and
    the lock; then a new one is opened.
    """
    digests: dict[UUID, UUID] = {}
    missing = list(people)
    for _ in range(_DIGEST_TRIES):
        digests |= Delivery.objects.open_digests([person.pk for person in missing], channel)
        fresh = {new_id(): person for person in missing if person.pk not in digests}
        for pk in _insert_digests(channel, fresh, now=now):
            digests[fresh[pk].pk] = pk
        missing = [person for person in missing if person.pk not in digests]
        if not missing:
            return digests
    raise OperationalError("Workers take digests faster than they can be filled.")


def _insert_digests(channel: str, people: Mapping[UUID, Recipient], *, now: datetime) -> set[UUID]:
    """New digests, by id; returns those whose person had none."""
    address_of = registry.channel(channel).address_of
    rows = [
        [pk, person.pk, address_of(person), letters.message_id(pk)] for pk, person in people.items()
    ]
    shared = {
        "channel": channel,
        "state": Delivery.State.COLLECTING,
        "attempts": 0,
        "available_at": now + COLLECT_FOR,
        "correlation_id": correlation.current(),
        "created_at": now,
        "updated_at": now,
        **dict.fromkeys(("subject", "letter", "fact_key", "provider_id", "last_error"), ""),
    }
    return insert_new_rows(
        Delivery, ("id", "recipient", "address", "message_id"), rows, shared=shared
    )
