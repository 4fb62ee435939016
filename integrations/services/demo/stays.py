"""Who has booked what around today: guests in the rooms, events in the conference wing, trips of the shuttles."""

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count

from integrations.services.demo.plans import World
from scheduling import states
from scheduling.models import Booking, Resource

Interval = tuple[datetime, datetime]

_BEFORE, _AHEAD = 21, 60
_GUESTS = (
    *("Maria Silva", "John Carter", "Aiko Tanaka", "Lena Hoffmann", "Pierre Moreau", "Olga Petrova"),
    *("Ricardo Santos", "Emma Lindqvist", "Ahmed Hassan", "Chiara Conti", "Sean Murphy", "Ana Costa"),
)  # fmt: skip
_HOSTS = (
    *("Atlantic Shipping congress", "Casa Verde wedding", "Lisbon Choir", "Harbour Rotary Club"),
    *("Porto Tech meet-up", "Nordlys Travel", "Oceano Insurance", "Marina Art fair"),
)
#: Resource, hour of the start, hours, chance of a working day, chance on a Saturday or Sunday, most people.
_EVENTS = (
    ("VEN-BALL", 18, 7, 0.15, 0.6, 380),
    ("VEN-C1", 9, 8, 0.5, 0.15, 85),
    ("VEN-C2", 10, 6, 0.45, 0.1, 55),
    ("VEN-C3", 14, 4, 0.4, 0.0, 35),
    ("VEN-TER", 19, 4, 0.2, 0.5, 110),
    ("FLT-S1", 7, 3, 0.8, 0.8, 19),
    ("FLT-S3", 11, 4, 0.7, 0.7, 19),
    ("FLT-S4", 16, 3, 0.6, 0.7, 19),
)


def add_bookings(
    world: World, busy: dict[str, list[Interval]], generator: random.Random, *, occupied: str
) -> None:
    """What the booking systems told; resources have no bookings while they are `busy`, by code.

    Somebody stays in the room `occupied` now.
    """
    numbers = count(20_410)
    guest = _guest_in(world.resources[occupied], world, next(numbers))
    busy[occupied].append((guest.starts_at, guest.ends_at))
    rows = [guest]
    for code, resource in world.resources.items():
        if resource.type is not None and resource.type.code == "guest-room":
            stays = _stays(world, generator, freely=code not in busy)
            rows += _bookings(resource, "pms", stays, busy.get(code, []), numbers, world, generator)
    for event in _EVENTS:
        resource = world.resources[event[0]]
        source = "events" if event[0].startswith("VEN") else "transfers"
        found = _events(world, event, generator)
        rows += _bookings(
            resource, source, found, busy.get(event[0], []), numbers, world, generator
        )
    Booking.objects.bulk_create(rows)


def _guest_in(room: Resource, world: World, number: int) -> Booking:
    return Booking(
        resource=room,
        source="pms",
        reference=f"GH-{number}",
        starts_at=world.moment(world.today - timedelta(days=1), 15),
        ends_at=world.moment(world.today + timedelta(days=2), 11),
        status=states.CHECKED_IN,
        people=2,
        contact_name=_GUESTS[0],
        contact_email="maria.silva@guests.example",
        guest_id=f"G{number}",
        source_at=world.now - timedelta(days=9),
    )


def _stays(
    world: World, generator: random.Random, *, freely: bool
) -> Iterator[tuple[Interval, int]]:
    """One after another, with nights between them that nobody booked; fewer the further ahead."""
    day = -_BEFORE + generator.randrange(3)
    while day < _AHEAD:
        nights = generator.choice((1, 2, 2, 3, 3, 4, 6))
        start = world.moment(world.today + timedelta(days=day), 15)
        end = world.moment(world.today + timedelta(days=day + nights), 11)
        yield (start, end), generator.choice((1, 2, 2, 2, 3))
        day += nights + generator.choice((0, 0, 1, 2) if freely else (0, 0, 1))
        day += max(0, day) // 8


def _events(
    world: World, event: tuple[str, int, int, float, float, int], generator: random.Random
) -> Iterator[tuple[Interval, int]]:
    _, hour, hours, weekday, weekend, most = event
    for day in range(-_BEFORE, _AHEAD):
        date = world.today + timedelta(days=day)
        if generator.random() < (weekend if date.weekday() >= 5 else weekday):
            start = world.moment(date, hour)
            yield (start, start + timedelta(hours=hours)), generator.randint(most // 4, most)


def _bookings(
    resource: Resource,
    source: str,
    wanted: Iterable[tuple[Interval, int]],
    busy: Sequence[Interval],
    numbers: Iterator[int],
    world: World,
    generator: random.Random,
) -> Iterator[Booking]:
    names = _GUESTS if source == "pms" else _HOSTS
    for (start, end), people in wanted:
        if any(start < high and low < end for low, high in busy):
            continue
        number, name = next(numbers), generator.choice(names)
        yield Booking(
            resource=resource,
            source=source,
            reference=f"{'GH' if source == 'pms' else 'EV'}-{number}",
            starts_at=start,
            ends_at=end,
            status=_status(start, end, world.now, generator.random()),
            people=people,
            contact_name=name,
            contact_email=f"{name.lower().replace(' ', '.')}@guests.example",
            guest_id=f"G{number}",
            source_at=min(world.now, start) - timedelta(days=generator.randint(1, 20)),
        )


def _status(start: datetime, end: datetime, now: datetime, chance: float) -> str:
    if chance < 0.04:
        return states.CANCELLED
    if end <= now:
        return states.COMPLETED
    if start <= now:
        return states.CHECKED_IN
    return states.TENTATIVE if chance < 0.14 else states.CONFIRMED
