"""Bookings and windows of the large invented organisation."""

import random
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from core.ids import new_id
from core.models import TenantModel
from core.querysets.rowset import insert_rows
from scheduling import states
from scheduling.models import Booking, Resource, Window, WindowBlock

_BOOKING = ("id", "resource", "reference", "starts_at", "ends_at", "status", "people")
_WINDOW = ("id", "resource", "title", "starts_at", "ends_at", "blocked_from", "blocked_to")
_BLOCK = ("id", "window", "resource", "blocked_from", "blocked_to")
_DAYS = 365


def load(*, bookings: int, now: datetime) -> None:
    """In the scope's organisation: `bookings` half a year around `now`, and a window for every hundredth of them.

    Each resource is booked stay after stay, from 15:00 to 11:00 UTC; windows lie in the gaps between.
    """
    generator = random.Random(20260304)  # noqa: S311
    resources = list(
        Resource.objects.exclude(parent=None, kind="venue")
        .order_by("id")
        .values_list("pk", flat=True)
    )
    start = (now - timedelta(days=_DAYS // 2)).replace(hour=15, minute=0, second=0, microsecond=0)
    each = -(-bookings // len(resources))
    stays = islice(_stays(resources, each, start, generator), bookings)
    insert(Booking, _BOOKING, stays, now, source="benchmark")
    windows, blocks = _gaps(resources, bookings // 100, now, generator)
    insert(Window, _WINDOW, windows, now)
    insert(WindowBlock, _BLOCK, blocks, now)


def insert(
    model: type[TenantModel],
    names: tuple[str, ...],
    rows: Iterable[list[Any]],
    now: datetime,
    **shared: Any,
) -> None:
    """Rows with the model's defaults in all other columns."""
    kept = {*names, "organization"}
    others = [f for f in model._meta.concrete_fields if f.name not in kept and not f.generated]
    unsaid = {field.name: field.get_default() for field in others}
    stamps = {"created_at": now, "updated_at": now}
    alike = {**unsaid, **stamps, **shared}
    rest = {name: value for name, value in alike.items() if name not in names}
    insert_rows(model, names, rows, shared=rest)


def _stays(
    resources: list[UUID], each: int, start: datetime, generator: random.Random
) -> Iterator[list[Any]]:
    """`each` bookings of every resource, one resource after the other."""
    nights = max(_DAYS // each, 1)
    for place, resource in enumerate(resources):
        for number in range(each):
            arrival = start + timedelta(days=number * _DAYS // each)
            leaves = arrival + timedelta(days=generator.randint(1, nights)) - timedelta(hours=4)
            status = states.TENTATIVE if generator.random() < 0.1 else states.CONFIRMED
            people = generator.randint(1, 4)
            yield [new_id(), resource, f"B{place}-{number}", arrival, leaves, status, people]


def _gaps(
    resources: list[UUID], count: int, now: datetime, generator: random.Random
) -> tuple[list[list[Any]], list[list[Any]]]:
    """Windows of two hours between 12:00 and 14:00 on different days of each resource, and what they take."""
    windows, blocks = [], []
    noon = now.replace(hour=12, minute=0, second=0, microsecond=0)
    for number in range(count):
        key, resource = new_id(), resources[number % len(resources)]
        starts = noon + timedelta(days=number // len(resources) * 7 + generator.randint(1, 7))
        ends = starts + timedelta(hours=2)
        windows.append([key, resource, f"Overhaul {number}", starts, ends, starts, ends])
        blocks.append([new_id(), key, resource, starts, ends])
    return windows, blocks
