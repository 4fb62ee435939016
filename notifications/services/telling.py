"""Telling people facts: one message per person and fact, and a digest for those who want mail."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import OperationalError

from core.ids import new_id
from notifications.channels import registry
from notifications.channels.base import Recipient
from notifications.models import Channel, Delivery, DeliveryItem, Notification
from notifications.services import letters, preferences

#: How long a digest collects before it leaves, so that one run of the due check is one mail.
COLLECT_FOR = timedelta(minutes=1)
KEEP = timedelta(days=90)
_DIGEST_TRIES = 5


@dataclass(frozen=True, slots=True)
class Fact:
    """What one person is to be told. `key` names the fact; a person is told once per key."""

    recipient: UUID
    kind: str
    key: str
    title: str
    message: str = ""
    why: str = ""
    priority: str = Notification.Priority.NORMAL
    object_type: str = ""
    object_id: UUID | None = None
    action_url: str = ""


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
    choices = preferences.choices_of(people.keys(), {fact.kind for fact in facts})
    rows: list[Notification] = []
    by_channel: dict[str, list[Notification]] = defaultdict(list)
    for fact in facts:
        wanted = [c for c in Channel if preferences.wants(choices, fact.recipient, fact.kind, c)]
        if not wanted:
            continue
        row = _notification(fact, in_app=Channel.IN_APP in wanted, now=now, run_id=run_id)
        rows.append(row)
        for channel in wanted:
            if channel != Channel.IN_APP:
                by_channel[channel].append(row)
    new = Notification.objects.add_new(rows) if rows else []
    new_ids = {row.pk for row in new}
    for key, messages in by_channel.items():
        _collect(key, [row for row in messages if row.pk in new_ids], people, now=now)
    return len(new)


def _notification(fact: Fact, *, in_app: bool, now: datetime, run_id: UUID | None) -> Notification:
    return Notification(
        recipient_id=fact.recipient,
        kind=fact.kind,
        priority=fact.priority,
        fact_key=fact.key,
        title=fact.title,
        message=fact.message,
        why=fact.why,
        object_type=fact.object_type,
        object_id=fact.object_id,
        action_url=fact.action_url,
        run_id=run_id,
        in_app=in_app,
        expires_at=now + KEEP,
    )


def _collect(
    channel: str,
    messages: Collection[Notification],
    people: Mapping[UUID, Recipient],
    *,
    now: datetime,
) -> None:
    """Put messages into their recipients' open digests."""
    recipients = sorted({row.recipient_id for row in messages})
    if not recipients:
        return
    digests = _open_digests(channel, [people[pk] for pk in recipients], now=now)
    items = [
        DeliveryItem(delivery_id=digests[row.recipient_id], notification=row) for row in messages
    ]
    DeliveryItem.objects.bulk_create(items, check_foreign_keys=False)


def _open_digests(channel: str, people: Sequence[Recipient], *, now: datetime) -> dict[UUID, UUID]:
    """Each person's collecting digest, made where there is none, and locked until this transaction ends.

    The unique constraint makes two handlers agree on one digest. A worker may take a digest between the insert and
    the lock; then a new one is opened.
    """
    digests: dict[UUID, UUID] = {}
    for _ in range(_DIGEST_TRIES):
        missing = [person for person in people if person.pk not in digests]
        if not missing:
            return digests
        Delivery.objects.bulk_create(
            [_digest(channel, person, now=now) for person in missing],
            ignore_conflicts=True,
            check_foreign_keys=False,
        )
        digests |= Delivery.objects.open_digests([person.pk for person in missing], channel)
    raise OperationalError("Workers take digests faster than they can be filled.")


def _digest(channel: str, person: Recipient, *, now: datetime) -> Delivery:
    pk = new_id()
    return Delivery(
        id=pk,
        recipient_id=person.pk,
        channel=channel,
        state=Delivery.State.COLLECTING,
        address=registry.channel(channel).address_of(person),
        message_id=letters.message_id(pk),
        available_at=now + COLLECT_FOR,
    )
