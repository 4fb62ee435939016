"""Whom a window harms, and how much."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from scheduling import states
from scheduling.models import Booking, Window
from scheduling.rules import zones
from scheduling.services import windows
from scheduling.services.conflicts import Collision
from scheduling.services.discretion import seen_by

if TYPE_CHECKING:
    from accounts.models import User

#: So many bookings are named; the figures count all.
MOST_NAMED = 100


@dataclass(frozen=True, slots=True)
class Share:
    """What a window takes from bookings of one severity."""

    bookings: int = 0
    people: int = 0
    nights: int = 0
    hours: float = 0.0


@dataclass(frozen=True, slots=True)
class Affected:
    """A booking in the way, and the nights and hours that it loses; `seen` is what the reader may know of it."""

    booking: Booking
    seen: Collision
    is_hard: bool
    nights: int
    hours: float

    def as_row(self) -> dict[str, Any]:
        """For an answer of the API; nothing of the contact."""
        return {
            "booking": str(self.booking.pk) if self.seen.is_known else None,
            "reference": self.booking.reference if self.seen.is_known else "",
            "resource": str(self.booking.resource_id) if self.seen.is_near else None,
            "resource_name": self.seen.resource_name,
            "severity": "hard" if self.is_hard else "soft",
            "status": self.booking.status,
            "starts_at": self.booking.starts_at,
            "ends_at": self.booking.ends_at,
            "people": self.booking.people,
            "nights": self.nights,
            "hours": self.hours,
        }


@dataclass(frozen=True, slots=True)
class Impact:
    """The whole harm of a window, firm bookings apart from options; the first bookings by name."""

    hard: Share
    soft: Share
    affected: list[Affected]

    def as_row(self) -> dict[str, Any]:
        """For an answer of the API."""
        return {
            "hard": asdict(self.hard),
            "soft": asdict(self.soft),
            "bookings": [one.as_row() for one in self.affected],
        }


def impact_of(window: Window, *, by: "User") -> Impact:
    """The bookings that share a moment with the window, and what each loses of its time.

    A night counts when its midnight, where the resource stands, lies in what is lost. `by` is told what they may know.
    """
    met = [one for one in windows.collisions_of(window) if one.type == "booking"]
    known = {one.id: seen for one, seen in zip(met, seen_by(by, met), strict=True)}
    rows = Booking.objects.filter(pk__in=known).select_related("resource")
    found = [
        _affected(row, known[row.pk], window)
        for row in rows.defer("contact_name", "contact_email").order_by("starts_at", "pk")
    ]
    return Impact(
        hard=_share(one for one in found if one.is_hard),
        soft=_share(one for one in found if not one.is_hard),
        affected=found[:MOST_NAMED],
    )


def _share(found: Iterable[Affected]) -> Share:
    rows = list(found)
    return Share(
        bookings=len(rows),
        people=sum(one.booking.people for one in rows),
        nights=sum(one.nights for one in rows),
        hours=round(sum(one.hours for one in rows), 1),
    )


def _affected(booking: Booking, seen: Collision, window: Window) -> Affected:
    zone = booking.resource.effective_time_zone
    start = max(booking.starts_at, window.blocked_from)
    end = min(booking.ends_at, window.blocked_to)
    nights = (zones.local_date(end, zone) - zones.local_date(start, zone)).days
    hours = round((end - start) / timedelta(hours=1), 1)
    return Affected(booking, seen, booking.status in states.FIRM, nights, hours)
