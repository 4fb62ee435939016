"""How what happened inside is told outside: tellers turn rows of the outbox into public events.

A teller gets many events at once, all of one organisation and in their order, inside its scope, and asks the database a
constant number of questions. Nothing here sends anything.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core import catalogue
from core.models import OutboxEvent


@dataclass(frozen=True, slots=True)
class Told:
    """One public event: of which type, about what (`work-order/<id>`), with which data, because of which event."""

    cause: OutboxEvent
    type: str
    subject: str
    data: Mapping[str, Any]


Teller = Callable[[Sequence[OutboxEvent]], Iterable[Told]]
_tellers: dict[str, list[Teller]] = {}


def tells(*names: str) -> Callable[[Teller], Teller]:
    """Register a teller for events of these names."""

    def register(teller: Teller) -> Teller:
        for name in names:
            known = _tellers.setdefault(name, [])
            if teller not in known:
                known.append(teller)
        return teller

    return register


def is_told(name: str) -> bool:
    """Whether anybody outside may hear of events of this name."""
    return name in _tellers


def tell(events: Sequence[OutboxEvent]) -> list[Told]:
    """The public events that these give rise to, in the order of their causes. Call in the organisation's scope."""
    by_teller: dict[Teller, list[OutboxEvent]] = {}
    for event in events:
        for teller in _tellers.get(event.name, ()):
            by_teller.setdefault(teller, []).append(event)
    found = list(_each(by_teller))
    place = {event.pk: number for number, event in enumerate(events)}
    found.sort(key=lambda one: place[one.cause.pk])  # stable: a cause's own keep their order
    return found


def _each(by_teller: Mapping[Teller, Sequence[OutboxEvent]]) -> Iterator[Told]:
    for teller, events in by_teller.items():
        for one in teller(events):
            if catalogue.get(one.type) is None:
                raise LookupError(f"{one.type} is not in the catalogue.")
            yield one
