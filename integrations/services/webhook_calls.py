"""Handing events to one receiver, one after the other. Speaks to the network and never to the database."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import orjson
from django.conf import settings

from core import correlation, tracing
from integrations.rules import webhook_retries, webhook_signatures
from integrations.rules.envelopes import CONTENT_TYPE, Event, envelope
from integrations.services.foreign import Answer, Line, NotReached, Patience

#: For one event, from looking the receiver up to the end of its answer.
PATIENCE = 15.0
#: After this a receiver with more to come waits for its next turn, so that others get theirs.
TURN = 2.0
_MOST_BYTES = 65_536
_SHOWN = 300
_GONE = 410
_BROKEN = "It could not be sent. The log of the program says why."
logger = logging.getLogger(__name__)
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Call:
    """What is sent to one webhook in one turn.

    `events` are its next ones after `position`; `up_to` is how far these bring it, or None when more follow.
    `asked` are deliveries that a person asked for, with their events.
    """

    webhook_id: UUID
    organization_id: UUID
    lease_until: datetime
    address: str
    secrets: tuple[str, ...]
    position: int
    events: tuple[Event, ...]
    up_to: int | None
    asked: tuple[tuple[UUID, Event], ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """How it went. `status` is None when there was no answer; `said` is the beginning of the answer, or the reason."""

    event: Event
    at: datetime
    milliseconds: int
    status: int | None
    said: str
    problem: str = ""
    wait: timedelta | None = None
    delivery_id: UUID | None = None

    @property
    def is_taken(self) -> bool:
        return not self.problem

    @property
    def is_gone(self) -> bool:
        """The receiver wants to hear nothing any more."""
        return self.status == _GONE


def schemes() -> frozenset[str]:
    """In production the way is encrypted, unless receivers in the own network are allowed."""
    is_strict = settings.PRODUCTION and not settings.WEBHOOKS_PRIVATE
    return frozenset({"https"} if is_strict else {"https", "http"})


def make(call: Call, clock: Clock) -> list[Attempt]:
    """Send what was asked for, then the events in their order until one is not taken or the turn is over."""
    done: list[Attempt] = []
    try:
        for attempt in _attempts(call, clock):
            done.append(attempt)
    except Exception:
        logger.exception("Webhook %s could not be called.", call.webhook_id)
        delivery_id, event = _items(call)[len(done)]
        done.append(Attempt(event, clock(), 0, None, _BROKEN, _BROKEN, None, delivery_id))
    return done


def _items(call: Call) -> list[tuple[UUID | None, Event]]:
    return [*call.asked, *((None, event) for event in call.events)]


def _attempts(call: Call, clock: Clock) -> Iterator[Attempt]:
    ends = time.monotonic() + TURN
    private = settings.WEBHOOKS_PRIVATE
    line = Line(call.address, may_be_private=private, schemes=schemes())
    try:
        for delivery_id, event in _items(call):
            attempt = _attempt(line, call, event, clock, delivery_id)
            yield attempt
            is_stuck = delivery_id is None and not attempt.is_taken
            if is_stuck or time.monotonic() > ends:
                return
    finally:
        line.close()


def _attempt(
    line: Line, call: Call, event: Event, clock: Clock, delivery_id: UUID | None
) -> Attempt:
    at, begun = clock(), time.monotonic()
    try:
        answer = _post(line, call, event, at)
    except NotReached as error:
        taken = round((time.monotonic() - begun) * 1000)
        return Attempt(event, at, taken, None, str(error), str(error), None, delivery_id)
    return Attempt(
        event,
        at,
        round((time.monotonic() - begun) * 1000),
        answer.status,
        _beginning(answer.data),
        _problem(answer),
        webhook_retries.retry_after(answer.headers.get("Retry-After") or "", at),
        delivery_id,
    )


def _post(line: Line, call: Call, event: Event, at: datetime) -> Answer:
    if not all(call.secrets):
        raise NotReached("Its secret cannot be read any more. Rotate it.")
    body = orjson.dumps(envelope(event, site=settings.SITE_URL))
    signed = webhook_signatures.headers(
        call.secrets, event_id=str(event.id), timestamp=int(at.timestamp()), body=body
    )
    headers = {"Content-Type": CONTENT_TYPE, "Accept": "*/*", **signed}
    if event.correlation_id:
        headers["X-Correlation-ID"] = event.correlation_id
    with (
        correlation.correlated(event.correlation_id),
        tracing.span("webhook", kind="client", event=event.type),
    ):
        headers |= tracing.headers()
        patience = Patience(PATIENCE)
        answer = line.ask("POST", headers, body, most_bytes=_MOST_BYTES, patience=patience)
        tracing.note(**{"http.response.status_code": answer.status})
        if _problem(answer):
            tracing.fail(str(answer.status))
        return answer


def _problem(answer: Answer) -> str:
    if 200 <= answer.status < 300:
        return ""
    if 300 <= answer.status < 400:
        said = "and named another address, which is not followed: enter that one"
        return f"The receiver answered {answer.status} {said}."
    return f"The receiver answered {answer.status} {answer.reason}".strip()[:200] + "."


def _beginning(data: bytes) -> str:
    """As much of an answer as a person reads, on one line."""
    text = data[: 4 * _SHOWN].decode("utf-8", "replace")
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:_SHOWN]
