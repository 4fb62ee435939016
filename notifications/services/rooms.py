"""Chats of the organisation: each fact is told there once, however many people are told."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import OperationalError
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from core import correlation
from core.errors import Invalid
from core.ids import new_id
from core.querysets.rowset import insert_new_rows, insert_rows
from core.services import records
from notifications.models import Channel, ChatRoom, Delivery, DeliveryItem, Notification
from notifications.rules import service_addresses
from notifications.services import letters, reaching

if TYPE_CHECKING:
    from accounts.models import User

#: How long a room's message collects, so that one run of the due check is one message.
COLLECT_FOR = timedelta(seconds=30)
_TRIES = 5
_RANKS = {priority.value: rank for rank, priority in enumerate(Notification.Priority)}


def create(room: ChatRoom, *, by: "User | None", now: datetime) -> ChatRoom:
    """Let a chat hear what happens. Raises Invalid for an address that is not taken."""
    reaching.check_address("secret_address", room.secret_address, service_addresses.CHAT)
    return records.create(room, by=by, now=now)


def change(
    room: ChatRoom, changes: Mapping[str, Any], *, by: "User | None", now: datetime
) -> ChatRoom:
    """Change it. Raises Invalid for an address that is not taken."""
    if "secret_address" in changes:
        reaching.check_address("secret_address", changes["secret_address"], service_addresses.CHAT)
    return records.update(room, changes, by=by, now=now)


def with_latest(rows: Any) -> Any:
    """Chats with how their last message stands: `latest_state`, empty without one, and `latest_error`."""
    newest = Delivery.objects.filter(room=OuterRef("pk")).order_by("-created_at")
    columns = {"latest_state": "state", "latest_error": "last_error"}
    return rows.annotate(
        **{
            name: Coalesce(Subquery(newest.values(column)[:1]), Value(""))
            for name, column in columns.items()
        }
    )


def send_one(room: ChatRoom, *, now: datetime) -> Delivery:
    """Put a test message for the room on its way. Raises Invalid while it is switched off."""
    if not room.is_active:
        raise Invalid("It is switched off.")
    pk = new_id()
    made: Delivery = Delivery.objects.create(
        id=pk,
        room=room,
        channel=Channel.CHAT,
        message_id=letters.message_id(pk),
        subject=f"Test message for {room.name}",
        letter=letters.TRIAL,
        available_at=now,
        correlation_id=correlation.current(),
    )
    return made


def tell(told: Iterable[tuple[UUID, str, str]], *, now: datetime) -> None:
    """Put messages, given as id, fact and priority, into the open message of every room that hears of them."""
    rooms = ChatRoom.objects.filter(is_active=True).order_by("pk")
    wanted = list(rooms.values_list("pk", "least_priority"))
    for room, least in wanted:
        firsts: dict[str, UUID] = {}
        for pk, fact, priority in told:
            if _RANKS[priority] >= _RANKS[least]:
                firsts.setdefault(fact, pk)
        if firsts:
            digest = _open_digest(room, now=now)
            rows = [[new_id(), digest, pk] for pk in firsts.values()]
            shared = {"created_at": now, "updated_at": now}
            insert_rows(DeliveryItem, ("id", "delivery", "notification"), rows, shared=shared)


def _open_digest(room: UUID, *, now: datetime) -> UUID:
    """The room's collecting message, made where there is none, and locked until this transaction ends."""
    for _ in range(_TRIES):
        pk = new_id()
        shared = {
            "channel": Channel.CHAT,
            "state": Delivery.State.COLLECTING,
            "pace": Delivery.Pace.PROMPT,
            "attempts": 0,
            "available_at": now + COLLECT_FOR,
            "correlation_id": correlation.current(),
            "created_at": now,
            "updated_at": now,
            **dict.fromkeys(("subject", "letter", "address", "fact_key"), ""),
            **dict.fromkeys(("provider_id", "last_error"), ""),
        }
        names = ("id", "room", "message_id")
        insert_new_rows(Delivery, names, [[pk, room, letters.message_id(pk)]], shared=shared)
        mine = Delivery.objects.filter(room=room, state=Delivery.State.COLLECTING)
        found: UUID | None = mine.select_for_update().values_list("pk", flat=True).first()
        if found is not None:
            return found
    raise OperationalError("Workers take messages faster than they can be filled.")
