"""What booking systems say of thousands of their bookings at once; by the rules of `bookings.upsert_booking`."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from core import outbox
from core.errors import DomainError, Invalid
from core.querysets import rowset
from core.services import records
from core.tenancy import current_organization_id
from scheduling.models import Booking
from scheduling.services import bookings, conflicts

_KEY = ("source", "reference")
_NAMES = ("id", *_KEY, *bookings.TOLD, "source_at")
#: How many references one question names; SQLite takes only so many parameters.
_ASKED = 5_000
_CHECKED = frozenset({*_KEY, *bookings.TOLD} - {"resource"})
_UNCHECKED = frozenset(field.name for field in Booking._meta.fields) - _CHECKED


class Fate(StrEnum):
    """What became of what was told."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Told:
    """What a booking system says of its booking `reference`: `values` of the fields that it tells (`bookings.TOLD`).

    `source_at` is when it said so. Each booking is told once in a portion.
    """

    source: str
    reference: str
    values: Mapping[str, Any]
    source_at: datetime | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.source, self.reference


@transaction.atomic
def upsert_bookings(told: Sequence[Told], *, now: datetime) -> list[Fate | DomainError]:
    """Add and change bookings in a constant number of statements per thousands; what became of each, in their order.

    A refused one is answered with its error, the others are written. There is no audit entry per booking: whoever
    imports records the import. Events tell of those that are not over yet: of the past nobody has to hear.
    """
    conflicts.lock(*(one.values["resource"] for one in told if "resource" in one.values))
    known = _known(told)
    fates: list[Fate | DomainError] = []
    new: list[Booking] = []
    changed: list[tuple[Booking, bool]] = []
    for one in told:
        try:
            fates.append(_decide(one, known.get(one.key), new, changed))
        except DomainError as error:
            fates.append(error)
    rows = [_row(booking, now) for booking in new]
    shared = {"created_at": now, "updated_at": now}
    rowset.insert_rows(Booking, _NAMES, (row[:-1] for row in rows), shared=shared)
    names = [*_NAMES[3:], "updated_at"]
    written = (_row(booking, now) for booking, _ in changed)
    rowset.update_rows(Booking, names, ((row[0], *row[3:]) for row in written))
    _publish("created", new, now=now)
    _publish("changed", [booking for booking, is_news in changed if is_news], now=now)
    return fates


def _decide(
    one: Told, stored: Booking | None, new: list[Booking], changed: list[tuple[Booking, bool]]
) -> Fate:
    """Keep it for writing. Raises `Invalid`."""
    if stored is None:
        if not one.source or not one.reference:
            raise Invalid("Name the booking system and its reference.", field="reference")
        booking = Booking(
            source=one.source, reference=one.reference, source_at=one.source_at, **one.values
        )
        _check(booking, _CHECKED)
        new.append(booking)
        return Fate.CREATED
    if bookings.is_old_news(stored, one.source_at):
        return Fate.UNCHANGED
    changes = bookings.news(stored, one.values)
    for name, value in changes.items():
        setattr(stored, name, value)
    _check(stored, frozenset(changes))
    is_newer = one.source_at is not None and one.source_at != stored.source_at
    stored.source_at = one.source_at or stored.source_at
    if changes or is_newer:
        changed.append((stored, bool(changes)))
    return Fate.CHANGED if changes else Fate.UNCHANGED


def _check(booking: Booking, names: frozenset[str]) -> None:
    """The model's own rules for these fields, without the questions to the database that a single edit asks."""
    try:
        booking.clean_fields(exclude=_UNCHECKED | (_CHECKED - names))
        if "contact_email" in names and booking.contact_email:
            validate_email(booking.contact_email)
    except ValidationError as error:
        if not hasattr(error, "error_dict"):
            error = ValidationError({"contact_email": error.messages})
        raise records.invalid(error) from error
    if booking.starts_at >= booking.ends_at:
        raise Invalid("The end must be after the start.", field="ends_at")


def _known(told: Sequence[Told]) -> dict[tuple[str, str], Booking]:
    by_source: dict[str, list[str]] = defaultdict(list)
    for one in told:
        by_source[one.source].append(one.reference)
    found: dict[tuple[str, str], Booking] = {}
    for source, references in by_source.items():
        for part in _parts(references):
            rows = Booking.objects.filter(source=source, reference__in=part).exclude(reference="")
            for booking in rows.select_for_update(of=("self",), no_key=True):
                found[(source, booking.reference)] = booking
    return found


def _parts(texts: list[str]) -> Iterator[list[str]]:
    for at in range(0, len(texts), _ASKED):
        yield texts[at : at + _ASKED]


def _row(booking: Booking, now: datetime) -> tuple[Any, ...]:
    return (
        *(booking.pk, booking.source, booking.reference, booking.resource_id),
        *(getattr(booking, name) for name in bookings.TOLD[1:]),
        *(booking.source_at, now),
    )


def _publish(what: str, rows: Sequence[Booking], *, now: datetime) -> None:
    organization_id = current_organization_id()
    payloads = [
        {"booking_id": str(row.pk), "resource_id": str(row.resource_id)}
        for row in rows
        if row.ends_at > now
    ]
    if payloads and organization_id is not None:
        outbox.publish_many(
            f"scheduling.booking.{what}", payloads, organization_id=organization_id, now=now
        )
