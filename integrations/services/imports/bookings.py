"""Bookings: by the booking system's name and its reference, thousands at a time."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from core.errors import DomainError, Invalid
from integrations.services.imports.outcomes import Outcome, State, Work
from integrations.services.imports.source import Row
from integrations.services.imports.values import moment
from scheduling.models import Resource
from scheduling.services.booking_import import Told, upsert_bookings

#: The name of a booking system that nobody named.
UNNAMED = "import"
_BATCH = 5_000
#: A date without a time is the midnight with which it begins.
_HOUR = 0
_AS_THEY_ARE = ("status", "people", "guest_id", "contact_name", "contact_email")


def take_bookings(rows: Iterable[Row], work: Work) -> Iterator[Outcome]:
    """Take over what the booking system says; what it said earlier never overwrites what it said later."""
    remaining = iter(rows)
    while batch := list(islice(remaining, _BATCH)):
        yield from _take_batch(batch, work)


def _take_batch(batch: list[Row], work: Work) -> Iterator[Outcome]:
    told: list[tuple[Row, Told]] = []
    for row in batch:
        try:
            one = told_by(row, work)
            work.claim(one.key, row)
            told.append((row, one))
        except DomainError as error:
            yield work.rejected(row, error)
    fates = upsert_bookings([one for _, one in told], now=work.now)
    for (row, _), fate in zip(told, fates, strict=True):
        if isinstance(fate, DomainError):
            yield work.rejected(row, fate)
        else:
            yield Outcome(row, State(fate.value))


def told_by(row: Row, work: Work, *, resource: Resource | None = None) -> Told:
    """What a row says, of `resource` where that is known. Times without an offset are on the clock of the resource."""
    values: dict[str, Any] = work.reader.values(row)
    for name in ("reference", "resource", "starts_at"):
        if name not in values:
            raise Invalid("It is missing.", field=name)
    resource = resource or work.lookups.resource(values["resource"], "resource")
    starts_at = _instant(values["starts_at"], resource)
    said_at = values.get("source_at")
    return Told(
        source=values.get("source") or work.options.source or UNNAMED,
        reference=values["reference"],
        values={
            "resource": resource,
            "starts_at": starts_at,
            "ends_at": _end(values, starts_at, resource),
            **{name: values[name] for name in _AS_THEY_ARE if name in values},
        },
        source_at=_instant(said_at, resource) if said_at is not None else None,
    )


def _end(values: dict[str, Any], starts_at: datetime, resource: Resource) -> datetime:
    if "ends_at" in values:
        return _instant(values["ends_at"], resource)
    if "duration_minutes" not in values:
        raise Invalid("It is missing, and so are the minutes that it lasts.", field="ends_at")
    try:
        return starts_at + timedelta(minutes=values["duration_minutes"])
    except OverflowError:
        raise Invalid("It lasts too long.", field="duration_minutes") from None


def _instant(value: Any, resource: Resource) -> datetime:
    return moment(value, resource.effective_time_zone, hour=_HOUR).astimezone(UTC)
