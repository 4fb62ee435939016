"""When a resource is free, and which slot for a window harms least."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.models import WorkingHours
from core.errors import Invalid
from scheduling import states
from scheduling.models import Booking, Resource, Window, WindowBlock
from scheduling.rules import slots
from scheduling.rules.phrases import listed, plural
from scheduling.rules.working_time import stretches
from scheduling.services import conflicts
from scheduling.services.conflicts import Collision

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
    """What keeps the resource from being used in `[start, end)`: bookings and windows, here, above and below."""
    if end <= start:
        raise Invalid("The end must be after the start.", field="end")
    return conflicts.against_window(resource, start, end, effect=Window.Effect.OUT_OF_ORDER)


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
    hours = _working_week()
    found = [
        Suggestion(resource, slot)
        for resource in resources
        for slot in slots.find_slots(
            request, _surroundings(resource, request, effect, hours, other_than), limit=limit
        )
    ]
    found.sort(key=lambda one: (one.slot.harm, one.slot.start, one.resource.name))
    return found[:limit]


def reasons(harm: slots.Harm) -> list[str]:
    """What a slot costs, in words; "Nobody is affected" where it costs nothing."""
    parts = []
    if harm.firm_bookings:
        people = "1 person" if harm.people == 1 else f"{harm.people} people"
        parts.append(f"displaces {_counted(harm.firm_bookings, 'booking')} with {people}")
    if harm.tentative_bookings:
        parts.append(f"takes {_counted(harm.tentative_bookings, 'option')}")
    if harm.booked_time:
        parts.append(f"{_hours(harm.booked_time)} of booked time")
    if harm.outside_working_hours:
        parts.append(f"{_hours(harm.outside_working_hours)} outside working hours")
    return [part[0].upper() + part[1:] for part in parts] or ["Nobody is affected"]


def in_words(harm: slots.Harm) -> str:
    """The reasons as one sentence."""
    return listed(reasons(harm)) + "."


def _surroundings(
    resource: Resource,
    request: slots.Request,
    effect: str,
    hours: list[Any],
    other_than: UUID | None = None,
) -> slots.Surroundings:
    low, high = request.earliest - request.setup, request.latest + request.cleanup
    blocks = WindowBlock.objects.filter(resource__path__startswith=resource.path).sharing(low, high)
    if other_than is not None:
        blocks = blocks.exclude(window=other_than)
    claims = []
    if effect == Window.Effect.OUT_OF_ORDER:
        rows = Booking.objects.standing().on(conflicts.family(resource)).sharing(low, high)
        claims = [
            slots.Claim(start, end, status in states.FIRM, people)
            for start, end, status, people in rows.values_list(
                "starts_at", "ends_at", "status", "people"
            )
        ]
    return slots.Surroundings(
        claims=claims,
        taken=list(blocks.values_list("blocked_from", "blocked_to").distinct()),
        working=list(stretches(hours, resource.effective_time_zone, low, high)) if hours else None,
    )


def _working_week() -> list[Any]:
    """The hours of the organisation's default calendar."""
    rows = WorkingHours.objects.filter(calendar__is_default=True)
    return list(rows.values_list("weekday", "opens_at", "closes_at"))


def _hours(time: timedelta) -> str:
    minutes = time // timedelta(minutes=1)
    if minutes < 60:
        return _counted(minutes, "minute")
    return _counted(round(minutes / 60), "hour")


def _counted(count: int, noun: str) -> str:
    return f"1 {noun}" if count == 1 else plural(count, noun)
