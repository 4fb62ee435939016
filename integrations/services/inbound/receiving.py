"""Taking events in: stored once, then applied, in two transactions, so that nothing that came is lost.

A try that fails is repeated with growing pauses; after the last one a person decides. What refers to something unknown
is parked until that appears.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import transaction

from accounts.rights import Right, require
from core import audit, correlation, tracing
from core.errors import Conflict, DomainError, Invalid, NotAllowed
from core.sweeps import in_each
from core.tenancy import all_tenants, current_organization_id
from integrations import states
from integrations.models import InboundEvent
from integrations.rules.consumed import CONSUMED
from integrations.rules.envelopes import source as own_source
from integrations.rules.incoming import Incoming
from integrations.services.inbound import effects
from scheduling.services import resources

if TYPE_CHECKING:
    from accounts.models import User

MOST_ATTEMPTS = 3
#: After the first and after the second failure.
WAITS = (timedelta(seconds=30), timedelta(minutes=5))
#: A door that stores an event applies it at once; one that died in between is succeeded after this.
GRACE = timedelta(minutes=1)
#: A sender whose clock goes ahead by more than this would be right for ever.
MOST_AHEAD = timedelta(hours=1)
KEEP = timedelta(days=90)
_AT_ONCE = 200
_CLEAN_UP_STEP = 1_000
_PROBLEM = 1_000
_OWN = "It is one of our own events, come back."
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an event: its state, a word on it, the row that was kept, and whether it came just now."""

    state: str
    problem: str = ""
    event: InboundEvent | None = None
    is_new: bool = False


def take(came: Incoming, *, via: str, by: "User | None", now: datetime) -> Taken:
    """Store and apply an event of the organisation in scope. An event that came before is not applied again.

    What fails now is tried again later, so this raises no refusals but `Invalid` for data that cannot be read.
    """
    if is_own(came):
        return Taken(states.IGNORED, _OWN)
    event, is_new = receive(came, via=via, by=by, now=now)
    return _applied(event, is_new, now)


def take_all(
    came: Sequence[Incoming], *, via: str, by: "User | None", now: datetime
) -> list[Taken]:
    """The same for many events: all are stored together, and then applied one after the other."""
    others = [one for one in came if not is_own(one)]
    taken: dict[UUID, Taken] = {}
    found = []
    for event, is_new in receive_all(others, via=via, by=by, now=now):
        taken[event.pk] = taken.get(event.pk) or _applied(event, is_new, now)
        found.append(replace(taken[event.pk], is_new=is_new))
    rest = iter(found)
    return [Taken(states.IGNORED, _OWN) if is_own(one) else next(rest) for one in came]


def _applied(event: InboundEvent, is_new: bool, now: datetime) -> Taken:
    if is_new and event.state == states.WAITING:
        event = apply(event.pk, now=now)
    return Taken(event.state, event.problem, event, is_new)


def is_own(came: Incoming) -> bool:
    """Whether this installation sent it."""
    return came.source.startswith(own_source("", site=settings.SITE_URL))


def receive(
    came: Incoming, *, via: str, by: "User | None", now: datetime
) -> tuple[InboundEvent, bool]:
    """Keep an event; returns its row, and whether it is new. Data that cannot be read make it fail at once."""
    return receive_all([came], via=via, by=by, now=now)[0]


def receive_all(
    came: Sequence[Incoming], *, via: str, by: "User | None", now: datetime
) -> list[tuple[InboundEvent, bool]]:
    """The same for many, in one transaction. Of two that are the same the first is new."""
    rows = [_row(one, via, by, now) for one in came]
    # in one order, so that two who send the same do not wait for each other
    in_order = sorted(rows, key=lambda row: (row.source, row.event_id))
    InboundEvent.objects.bulk_create(in_order, ignore_conflicts=True)
    stored = InboundEvent.objects.known_as([(row.source, row.event_id) for row in rows])
    return [
        (found, found.pk == row.pk) for row in rows for found in [stored[row.source, row.event_id]]
    ]


def _row(came: Incoming, via: str, by: "User | None", now: datetime) -> InboundEvent:
    state, problem = _first_state(came)
    is_waiting = state == states.WAITING
    return InboundEvent(
        source=came.source,
        event_id=came.id,
        type=came.type,
        subject=came.subject,
        secret_data=orjson.dumps(came.data).decode(),
        happened_at=min(came.time, now + MOST_AHEAD) if came.time else now,
        received_at=now,
        via=via,
        sent_by=by,
        correlation_id=correlation.sane(came.correlation_id or correlation.current()),
        state=state,
        problem=problem,
        next_at=now + GRACE if is_waiting else None,
    )


def _first_state(came: Incoming) -> tuple[str, str]:
    known = CONSUMED.get(came.type)
    if known is None:
        return states.IGNORED, f"Nothing is done here when {came.type} is told."[:_PROBLEM]
    try:
        known.read(came.data)
    except Invalid as error:
        return states.FAILED, in_words(error)
    return states.WAITING, ""


def apply(pk: UUID, *, now: datetime) -> InboundEvent:
    """Carry out a stored event that waits; its effect and its state are one transaction. Nothing that fails comes
    through: it is noted, and tried again later.
    """
    try:
        with transaction.atomic():
            return _apply(pk, now)
    except Exception as error:
        if not isinstance(error, DomainError):
            logger.exception("Incoming event %s could not be applied.", pk)
        return _note_failure(pk, error, now)


def _apply(pk: UUID, now: datetime) -> InboundEvent:
    here: Any = current_organization_id()
    resources.lock_tree(here)
    rows = InboundEvent.objects.select_for_update(of=("self",)).select_related("sent_by")
    event: InboundEvent = rows.get(pk=pk)
    if event.state not in {states.WAITING, states.PARKED}:
        return event
    with (
        correlation.correlated(event.correlation_id),
        tracing.span("inbound", kind="consumer", event=event.type),
    ):
        done = _carried_out(event, now)
        tracing.note(state=done.state)
        return done


def _carried_out(event: InboundEvent, now: datetime) -> InboundEvent:
    try:
        with transaction.atomic():
            effect = effects.carry_out(event, by=event.sent_by, now=now)
    except effects.Waits as found:
        return _park(event, found, now)
    return _settle(
        event,
        state=states.APPLIED,
        problem=effect.note,
        thing=effect.thing,
        led_to_type=effect.row._meta.label_lower,
        led_to_id=effect.row.pk,
    )


def _park(event: InboundEvent, found: effects.Waits, now: datetime) -> InboundEvent:
    """What it waits for may appear at this moment, unseen: it is looked at once more after a while."""
    again = event.received_at + GRACE
    return _settle(
        event,
        state=states.PARKED,
        problem=str(found),
        waits_for=found.thing,
        next_at=again if again > now else None,
    )


def _settle(event: InboundEvent, *, state: str, **values: Any) -> InboundEvent:
    if state != event.state:
        states.INBOUND.check(event.state, state)
    changed = {"problem": "", "waits_for": "", "next_at": None, **values, "state": state}
    changed["problem"] = changed["problem"][:_PROBLEM]
    for name, value in changed.items():
        setattr(event, name, value)
    event.save(update_fields=[*changed, "updated_at"])
    return event


@transaction.atomic
def _note_failure(pk: UUID, error: Exception, now: datetime) -> InboundEvent:
    """Another try after a pause; what no try can mend, and what failed too often, waits for a person."""
    event: InboundEvent = InboundEvent.objects.select_for_update(of=("self",)).get(pk=pk)
    if event.state not in {states.WAITING, states.PARKED}:
        return event
    if event.state == states.PARKED:
        event = _settle(event, state=states.WAITING, next_at=now)
    event.attempts += 1
    is_final = isinstance(error, Invalid | NotAllowed) or event.attempts >= MOST_ATTEMPTS
    again = {} if is_final else {"next_at": now + WAITS[event.attempts - 1]}
    event.save(update_fields=["attempts"])
    state = states.FAILED if is_final else states.WAITING
    return _settle(event, state=state, problem=in_words(error), **again)


def in_words(error: Exception) -> str:
    if isinstance(error, Invalid):
        parts = [
            " ".join(texts) if name == "__all__" else f"{name}: {' '.join(texts)}"
            for name, texts in error.errors.items()
        ]
        return " ".join(parts)[:_PROBLEM]
    if isinstance(error, DomainError):
        return error.message[:_PROBLEM]
    return f"A fault of ours, which is in the log: {type(error).__name__}."


def apply_due(*, now: datetime) -> int:
    """Try what is due of every organisation, in the order in which it happened; returns how many were tried."""
    with all_tenants(reason="one worker tries every organisation's events"):
        rows = InboundEvent.objects.due(now=now).order_by()
        found = sorted(set(rows.values_list("organization", flat=True)))
    return in_each(found, lambda: _apply_due(now))


def _apply_due(now: datetime) -> int:
    keys = list(InboundEvent.objects.due(now=now).values_list("pk", flat=True)[:_AT_ONCE])
    for key in keys:
        apply(key, now=now)
    return len(keys)


def let_go_on(things: Collection[str], *, now: datetime) -> int:
    """Something appeared: what waits for it is applied within seconds. Returns how many that are."""
    return InboundEvent.objects.let_go_on(things, now=now) if things else 0


def retry(event: InboundEvent, *, by: "User", now: datetime) -> InboundEvent:
    """Try a parked or failed event again at once, with all its tries. Raises `Conflict` for others."""
    require(by, Right.EVENT_SEND)
    with transaction.atomic():
        stored = _lock(event)
        _settle(stored, state=states.WAITING, attempts=0, next_at=now + GRACE)
        audit.record("retry", stored, by=by, now=now)
    return apply(event.pk, now=now)


@transaction.atomic
def ignore(event: InboundEvent, *, by: "User", now: datetime) -> InboundEvent:
    """Leave a parked or failed event alone for good."""
    require(by, Right.EVENT_SEND)
    stored = _lock(event)
    if stored.state not in {states.PARKED, states.FAILED}:
        raise Conflict("Only what is parked or failed can be left alone.", code="over")
    said = f"{by} left it alone. {stored.problem}"
    _settle(stored, state=states.IGNORED, problem=said)
    audit.record("ignore", stored, by=by, now=now)
    return stored


def _lock(event: InboundEvent) -> InboundEvent:
    found: InboundEvent = InboundEvent.objects.select_for_update(of=("self",)).get(pk=event.pk)
    return found


def clean_up(now: datetime) -> int:
    """Remove what came more than `KEEP` ago and is over, in steps that hold up nobody for long; returns how many."""
    removed = 0
    while True:
        with all_tenants(reason="the clean-up serves every organisation"), transaction.atomic():
            old = InboundEvent.objects.before(now - KEEP).order_by("received_at")
            ids = list(old.values_list("pk", flat=True)[:_CLEAN_UP_STEP])
            removed += InboundEvent.objects.filter(pk__in=ids).delete()[0]
        if len(ids) < _CLEAN_UP_STEP:
            return removed
