"""When a resource is free, and which slot for a window harms least."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from core.errors import Invalid
from scheduling import states
from scheduling.models import Booking, Resource, Window, WindowBlock
from scheduling.rules import slots
from scheduling.rules.phrases import counted, listed
from scheduling.rules.working_time import stretches
from scheduling.services import conflicts
from scheduling.services.conflicts import Collision
from scheduling.services.occupancy import working_week

#: The longest period in which slots are looked for; the finder is exact, so its work grows with the bookings.
LONGEST_SEARCH = timedelta(days=92)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A ranked slot on a resource: its harm as figures and in words."""

    resource: Resource
    slot: slots.Slot

    def as_row(self) -> dict[str, Any]:
        harm = self.slot.harm
        return {
            "resource": str(self.resource.pk),
            "resource_name": self.resource.name,
            "starts_at": self.slot.start,
            "ends_at": self.slot.end,
            "is_free": not (harm.firm_bookings or harm.tentative_bookings),
            "bookings": harm.firm_bookings,
            "people": harm.people,
            "tentative_bookings": harm.tentative_bookings,
            "booked_minutes": harm.booked_time // timedelta(minutes=1),
            "minutes_outside_working_hours": harm.outside_working_hours // timedelta(minutes=1),
            "reasons": reasons(harm),
        }


def taken(resource: Resource, start: datetime, end: datetime) -> list[Collision]:
    """Who has the resource in `[start, end)`: bookings and windows, here, above and below.

    Windows that leave it usable are soft (`is_usable`).
    """
    if end <= start:
        raise Invalid("The end must be after the start.", field="end")
    found = conflicts.against_window(resource, start, end, effect=Window.Effect.OUT_OF_ORDER)
    usable = Window.Effect.OUT_OF_SERVICE
    return [replace(one, is_hard=False) if one.effect == usable else one for one in found]


def is_usable(found: Iterable[Collision]) -> bool:
    """Whether nothing of this keeps the resource from being used: no booking, not even an option, and no window."""
    return all(one.type == "window" and not one.is_hard for one in found)


def suggest(
    resources: Iterable[Resource],
    request: slots.Request,
    *,
    effect: str = Window.Effect.OUT_OF_ORDER,
    limit: int = 5,
    other_than: UUID | None = None,
) -> list[Suggestion]:
    """The least harmful slots for a window on any of `resources`, best first; exact (see `rules.slots`).

    What the window `other_than` takes counts as free, for one that moves. Raises `Invalid` where the period cannot
    hold the window.
    """
    if request.duration <= timedelta():
        raise Invalid("A window needs a duration.", field="duration_minutes")
    if request.latest - request.earliest < request.duration:
        raise Invalid("The window does not fit between earliest and latest.", field="latest")
    if request.latest - request.earliest > LONGEST_SEARCH:
        raise Invalid(f"Search {LONGEST_SEARCH.days} days at most.", field="latest")
    rows = {resource.pk: resource for resource in resources}
    around = _surroundings(list(rows.values()), request, effect, other_than)
    found = [
        Suggestion(rows[key], slot)
        for key in rows
        for slot in slots.find_slots(request, around[key], limit=limit)
    ]
    found.sort(key=lambda one: (one.slot.harm, one.slot.start, one.resource.name))
    return found[:limit]


def reasons(harm: slots.Harm) -> list[str]:
    """What a slot costs, in words; "Nobody is affected" where it costs nothing."""
    parts = []
    if harm.firm_bookings:
        people = "1 person" if harm.people == 1 else f"{harm.people} people"
        parts.append(f"displaces {counted(harm.firm_bookings, 'booking')} with {people}")
    if harm.tentative_bookings:
        parts.append(f"takes {counted(harm.tentative_bookings, 'option')}")
    if harm.booked_time:
        parts.append(f"{_hours(harm.booked_time)} of booked time")
    if harm.outside_working_hours:
        parts.append(f"{_hours(harm.outside_working_hours)} outside working hours")
    return [part[0].upper() + part[1:] for part in parts] or ["Nobody is affected"]


def in_words(harm: slots.Harm) -> str:
    """The reasons as one sentence."""
    return listed(reasons(harm)) + "."


def _surroundings(
    resources: Sequence[Resource], request: slots.Request, effect: str, other_than: UUID | None
) -> dict[UUID, slots.Surroundings]:
    """What stands around a window on each resource; a fixed number of statements, whatever their number."""
    low, high = request.earliest - request.setup, request.latest + request.cleanup
    families = conflicts.families({resource.path for resource in resources})
    members = {one for family in families.values() for one in family}
    claims = _claims(members, low, high) if effect == Window.Effect.OUT_OF_ORDER else {}
    blocks = WindowBlock.objects.on(members, low, high).exclude(window=other_than)
    taken: dict[UUID, list[slots.Interval]] = defaultdict(list)
    for key, start, end in blocks.values_list("resource", "blocked_from", "blocked_to"):
        taken[key].append((start, end))
    hours = working_week()
    zones = {resource.effective_time_zone for resource in resources}
    working = {zone: list(stretches(hours, zone, low, high)) if hours else None for zone in zones}
    return {
        resource.pk: slots.Surroundings(
            claims=[one for key in families[resource.path] for one in claims.get(key, ())],
            taken=list({one for key in families[resource.path] for one in taken.get(key, ())}),
            working=working[resource.effective_time_zone],
        )
        for resource in resources
    }


def _claims(
    resources: Collection[UUID], low: datetime, high: datetime
) -> dict[UUID, list[slots.Claim]]:
    """The standing bookings of each resource in `[low, high)`."""
    rows = Booking.objects.standing().on(resources, low, high)
    found: dict[UUID, list[slots.Claim]] = defaultdict(list)
    for key, start, end, status, people in rows.values_list(
        "resource", "starts_at", "ends_at", "status", "people"
    ):
        found[key].append(slots.Claim(start, end, status in states.FIRM, people))
    return found


def _hours(time: timedelta) -> str:
    minutes = time // timedelta(minutes=1)
    if minutes < 60:
        return counted(minutes, "minute")
    return counted(round(minutes / 60), "hour")
