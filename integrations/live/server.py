"""The Socket.IO server of one process: who comes in, what they listen to, and that they still may.

Questions to the database are put in threads, so that no slow answer holds up the others' sockets.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

import socketio
from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from socketio.exceptions import ConnectionRefusedError

from integrations.live import signing_in
from integrations.live.seats import MOST_SUBJECTS, Seat, Seats
from integrations.outlets.sockets import CHANNEL
from integrations.rules import rooms
from integrations.services import live

PING_EVERY_SECONDS, PING_PATIENCE_SECONDS = 15, 10
LARGEST_MESSAGE = 16 * 1024
_THREADS = 4
_AFTER_FAILURE_SECONDS = 5.0
_AFTER_RECONNECTION_SECONDS = 1.0
_JOINED = {"ok": True}
logger = logging.getLogger(__name__)
Given = ParamSpec("Given")
Found = TypeVar("Found")


def _refused(why: str) -> dict[str, Any]:
    return {"ok": False, "error": why}


class _Manager(socketio.AsyncRedisManager):
    """Hears from Redis; what was said while it did not, pages and programs fetch when it hears. The first visitor of a
    process is there before it does.
    """

    def _redis_connect(self) -> None:
        super()._redis_connect()
        self.server.start_background_task(self._catch_up)

    async def _catch_up(self) -> None:
        await self.server.sleep(_AFTER_RECONNECTION_SECONDS)
        await self.server.emit("changed", {"topics": [rooms.EVERYTHING]}, ignore_queue=True)


class LiveServer:
    """With Redis, which carries the events from the relay, there may be any number of processes; without it each
    process reads them itself. Intervals are in seconds.
    """

    look_every = 0.1
    ring_every = 0.5
    hint_every = 0.4
    check_every = 60.0
    rounds_every = 15.0

    def __init__(self) -> None:
        self.shares = bool(settings.REDIS_URL)
        manager = self.shares and _Manager(
            settings.REDIS_URL, channel=CHANNEL, redis_options={"client_name": CHANNEL}
        )
        self.sockets = socketio.AsyncServer(
            async_mode="asgi",
            client_manager=manager or None,
            cors_allowed_origins=signing_in.is_ours,
            ping_interval=PING_EVERY_SECONDS,
            ping_timeout=PING_PATIENCE_SECONDS,
            max_http_buffer_size=LARGEST_MESSAGE,
        )
        for name in ("connect", "disconnect", "join", "leave", "missed"):
            self.sockets.on(name, getattr(self, name))
        self._seats = Seats()
        self._position: int | None = None
        self._rung: set[Any] = set()
        self._hinted: set[Any] = set()
        self._strangers: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin what goes on beside the sockets."""
        self._threads = ThreadPoolExecutor(_THREADS, "live")
        rounds = [
            *((self._ring, self.ring_every), (self._hint, self.hint_every)),
            (self._check, self.rounds_every),
        ]
        if not self.shares:
            rounds.append((self._read, self.look_every))
        self._tasks = [asyncio.create_task(_repeat(*one)) for one in rounds]

    async def stop(self) -> None:
        """End it, without waiting for the database."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def connect(self, sid: str, environ: dict[str, Any], auth: object) -> None:
        """Let in whoever is signed in. They hear events in full, or what `auth: {"events": …, "hints": …}` asks for."""
        made = signing_in.claim(environ, auth)
        holder = await self._ask(signing_in.holder, made)
        if holder is None:
            raise ConnectionRefusedError("Sign in first.")
        if not self._seats.take(sid, Seat(made, holder)):
            raise ConnectionRefusedError("You have too many connections open.")
        owner = holder.organization_id
        asked = auth if isinstance(auth, dict) else {}
        has_events = asked.get("events", True)
        names = [rooms.of_person(owner, holder.user_id)]
        if has_events:
            names.append(rooms.of_role(owner, holder.role))
        if asked.get("hints", not has_events):
            names.append(rooms.of_hints(owner))
        for name in names:
            await self.sockets.enter_room(sid, name)
        if not self.shares and self._position is None:
            self._position = await self._ask(live.head)

    async def disconnect(self, sid: str, reason: object = None) -> None:
        """Forget who went."""
        self._seats.leave(sid)

    async def join(self, sid: str, data: object = None) -> dict[str, Any]:
        """`{"subject": "work-order/<id>"}`: hear of an object that one may see."""
        seat, subject = self._seats.get(sid), _subject(data)
        if seat is None or not seat.may_ask():
            return _refused("Too many requests. Wait a few seconds.")
        if len(seat.subjects) >= MOST_SUBJECTS:
            return _refused("You listen to too many objects. Leave some.")
        holder = seat.holder
        owner = holder.organization_id
        if not await self._ask(live.seen, holder.user, [subject], organization_id=owner):
            return _refused("There is no such object, or you may not see it.")
        seat.subjects.add(subject)
        await self.sockets.enter_room(sid, rooms.of_object(owner, holder.role, subject))
        return _JOINED

    async def leave(self, sid: str, data: object = None) -> dict[str, Any]:
        """The reverse of `join`."""
        seat, subject = self._seats.get(sid), _subject(data)
        if seat is not None and subject in seat.subjects:
            await self._forget(sid, seat, subject)
        return _JOINED

    async def missed(self, sid: str, data: object = None) -> dict[str, Any]:
        """`{"since": <moment>}`: whether something has happened that a page of that moment does not show."""
        seat, moment = self._seats.get(sid), _moment(data)
        if seat is None or not seat.may_ask() or moment is None:
            return _refused("Give a moment such as 2026-03-04T06:00:00Z, and not too often.")
        owner = seat.holder.organization_id
        changed = await self._ask(live.has_changed_since, moment, organization_id=owner)
        return {"ok": True, "changed": changed}

    async def _read(self) -> None:
        """Carry on what was published, as long as anybody listens."""
        if not self._seats:
            self._position = None
        while self._position is not None:
            before = self._position
            self._position, said = await self._ask(live.messages_after, before, now=timezone.now())
            for one in said:
                await self.sockets.emit(one.name, one.data, to=one.rooms)
            if self._position == before:
                return

    async def _ring(self) -> None:
        """Tell people's pages that there are messages for them."""
        people = self._seats.people()
        found = await self._ask(live.bells, people, now=timezone.now()) if people else []
        for room in sorted({bell.room for bell in found if bell.id not in self._rung}):
            await self.sockets.emit("bell", {}, to=room, ignore_queue=True)
        self._rung = {bell.id for bell in found}

    async def _hint(self) -> None:
        """Tell pages what changed without a public event."""
        owners = self._seats.organizations()
        found = await self._ask(live.changes, owners, now=timezone.now()) if owners else []
        fresh = {str(one.hint): one.hint for one in found if one.id not in self._hinted}
        for hint in fresh.values():
            await self.sockets.emit(hint.name, hint.data, to=hint.rooms, ignore_queue=True)
        self._hinted = {one.id for one in found}

    async def _check(self) -> None:
        """Close what nobody signed in on, and ask again whether the others may still listen."""
        await self._close_strangers()
        due = time.monotonic() - self.check_every
        for sid, seat in self._seats:
            if seat.checked_at > due:
                continue
            seat.checked_at = time.monotonic()
            if await self._ask(signing_in.holder, seat.claim) != seat.holder:
                await self.sockets.disconnect(sid)
            elif seat.subjects:
                await self._check_subjects(sid, seat)

    async def _check_subjects(self, sid: str, seat: Seat) -> None:
        holder, known = seat.holder, set(seat.subjects)
        owner = holder.organization_id
        seen = await self._ask(live.seen, holder.user, known, organization_id=owner)
        for subject in known - seen:
            await self._forget(sid, seat, subject)

    async def _forget(self, sid: str, seat: Seat, subject: str) -> None:
        seat.subjects.discard(subject)
        owner, role = seat.holder.organization_id, seat.holder.role
        await self.sockets.leave_room(sid, rooms.of_object(owner, role, subject))

    async def _close_strangers(self) -> None:
        """Connections that were there a round ago already and on which nobody has come in."""
        manager = self.sockets.manager
        nameless = {
            key for key in list(self.sockets.eio.sockets) if not manager.sid_from_eio_sid(key, "/")
        }
        for key in nameless & self._strangers:
            await self.sockets.eio.disconnect(key)
        self._strangers = nameless

    async def _ask(
        self, question: Callable[Given, Found], *args: Given.args, **kwargs: Given.kwargs
    ) -> Found:
        """The answer of something that asks the database."""

        def answer() -> Found:
            try:
                return question(*args, **kwargs)
            finally:
                close_old_connections()

        return await asyncio.get_running_loop().run_in_executor(self._threads, answer)


async def _repeat(work: Callable[[], Coroutine[Any, Any, None]], pause: float) -> None:
    while True:
        try:
            await work()
            await asyncio.sleep(pause)
        except Exception:
            logger.exception("Live updates pause for a moment.")
            await asyncio.sleep(_AFTER_FAILURE_SECONDS)


def _subject(data: object) -> str:
    return str(data.get("subject", "")) if isinstance(data, dict) else ""


def _moment(data: object) -> Any:
    text = str(data.get("since", "")) if isinstance(data, dict) else ""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
