"""The mirror of the booking systems, and bookings entered here."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from core import outbox
from core.errors import Conflict
from core.services import records
from scheduling import states
from scheduling.models import Booking
from scheduling.services import conflicts, discretion

if TYPE_CHECKING:
    from accounts.models import User

_PLACE = frozenset({"resource", "starts_at", "ends_at", "status"})
#: What a booking system tells of its bookings, beside which one it means.
TOLD = (
    *("resource", "starts_at", "ends_at", "status", "people", "guest_id"),
    *("contact_name", "contact_email"),
)


@transaction.atomic
def create_booking(booking: Booking, *, by: "User | None", now: datetime) -> Booking:
    """Add a booking. One entered here needs a free resource (`_admit`); a booking system's is a fact and is kept."""
    conflicts.lock(booking.resource)
    return _create(booking, by, now)


def _create(booking: Booking, by: "User | None", now: datetime) -> Booking:
    """Call it with the lock of the resource's tree."""
    _admit(booking, None, by=by)
    records.create(booking, by=by, now=now)
    _publish("created", booking, now=now)
    return booking


@transaction.atomic
def update_booking(
    booking: Booking, changes: Mapping[str, Any], *, by: "User | None", now: datetime
) -> Booking:
    """Change a booking; a new place or time passes the same check as a new one."""
    place = changes.get("resource", booking.resource)
    conflicts.lock(place)
    stored = Booking.objects.select_for_update(of=("self",), no_key=True).get(pk=booking.pk)
    if "resource" not in changes and stored.resource_id != place.pk:
        conflicts.lock_found(stored.resource, beside=place)
    records.catch_up(booking, stored, changes)
    for name, value in changes.items():
        setattr(booking, name, value)
    if any(getattr(stored, name) != getattr(booking, name) for name in _PLACE):
        _admit(booking, stored, by=by)
    records.update(booking, changes, by=by, now=now)
    _publish("changed", booking, now=now, was=_stands(stored))
    return booking


@transaction.atomic
def upsert_booking(
    booking: Booking,
    *,
    source_at: datetime | None,
    by: "User | None",
    now: datetime,
    told: Collection[str] = TOLD,
) -> tuple[Booking, bool]:
    """What the booking system says of its booking (`source`, `reference`) at `source_at`.

    Of a booking that is known only the fields in `told` change: what an event leaves out stays. Returns the row and
    whether anything changed: an event older than the newest one applied changes nothing.
    """
    conflicts.lock(booking.resource)
    stored = (
        Booking.objects.select_for_update(of=("self",), no_key=True)
        .filter(source=booking.source, reference=booking.reference)
        .first()
    )
    if stored is None:
        booking.source_at = source_at
        return _create(booking, by, now), True
    if is_old_news(stored, source_at):
        return stored, False
    changes = news(stored, {name: getattr(booking, name) for name in TOLD if name in told})
    stored.source_at = source_at or stored.source_at
    stored.save(update_fields=["source_at", "updated_at"])
    if not changes:
        return stored, False
    if "resource" not in changes and stored.resource_id != booking.resource_id:
        conflicts.lock_found(stored.resource, beside=booking.resource)
    was = _stands(stored)
    records.update(stored, changes, by=by, now=now)
    _publish("changed", stored, now=now, was=was)
    return stored, True


def is_old_news(stored: Booking, source_at: datetime | None) -> bool:
    """Whether something newer was applied already; an event that does not say when it happened is never old."""
    return bool(stored.source_at and source_at and source_at < stored.source_at)


def news(stored: Booking, told: Mapping[str, Any]) -> dict[str, Any]:
    """What of `told` is not so yet."""
    return {
        name: value
        for name, value in told.items()
        if (
            stored.resource_id != value.pk if name == "resource" else getattr(stored, name) != value
        )
    }


def delete_booking(booking: Booking, *, by: "User | None", now: datetime) -> None:
    """Remove a booking that nothing refers to; others are cancelled instead. Raises `Conflict`."""
    if booking.overrides.exists():
        raise Conflict(
            "An emergency displaced this booking, which is on record. Cancel it instead.",
            code="still_used",
        )
    records.delete(booking, by=by, now=now)


def _admit(booking: Booking, stored: Booking | None, *, by: "User | None") -> None:
    """Refuse a booking entered here that cannot be. Raises `Conflict`, or `Invalid` on a retired resource.

    What it claims already, as `stored`, is not asked again: it can be checked in or shortened whatever came on top.
    """
    if booking.source or booking.status not in states.CLAIMING:
        return
    had = (stored.starts_at, stored.ends_at) if stored and _claimed(stored, booking) else None
    if had is None:
        conflicts.check_in_service(booking.resource)
    wanted = conflicts.added((booking.starts_at, booking.ends_at), had)
    found = conflicts.against_booking(booking.resource, wanted, other_than=booking.pk)
    if found:
        raise discretion.refusal(found, by)


def _claimed(stored: Booking, booking: Booking) -> bool:
    """Whether it had a claim of this strength on this resource before: an option that becomes firm had not."""
    same_place = stored.resource_id == booking.resource_id
    return same_place and (
        stored.status in states.FIRM
        or (stored.status in states.CLAIMING and booking.status not in states.FIRM)
    )


def _stands(booking: Booking) -> dict[str, Any]:
    return {"status": booking.status, "resource_id": booking.resource_id}


def _publish(
    what: str, booking: Booking, *, now: datetime, was: Mapping[str, Any] | None = None
) -> None:
    """`was`: how and where it stood before, which is told where either changed."""
    payload = {
        **{"booking_id": str(booking.pk), "resource_id": str(booking.resource_id)},
        **({"was": was} if was and was != _stands(booking) else {}),
    }
    outbox.publish(
        f"scheduling.booking.{what}", payload, organization_id=booking.organization_id, now=now
    )
