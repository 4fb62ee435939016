"""Where else, or when else, a booking could be: what its contact is offered when maintenance needs the resource."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import Case, When

from core.errors import Invalid
from scheduling.models import Booking, Resource, Window
from scheduling.rules import zones
from scheduling.services.free_time import holds
from scheduling.services.occupancy import Interval, occupancy

#: How many of each kind are offered, and of how many resources that are large enough it is asked whether they are free.
MOST_OFFERED = 4
_MOST_TRIED = 200
#: How many days earlier or later other times are looked for, at the same hour.
_DAYS = 14


@dataclass(frozen=True, slots=True)
class Alternative:
    """The booking would be on `resource` for `[starts_at, ends_at)`."""

    resource: Resource
    starts_at: datetime
    ends_at: datetime

    @property
    def key(self) -> str:
        """Names it in a form; what comes back is checked again."""
        return f"{self.resource.pk}@{self.starts_at:%Y%m%dT%H%M%S%z}"


def elsewhere(booking: Booking, window: Window) -> list[Alternative]:
    """Other resources of the same type that are free at the booking's time and hold as many people as it needs.

    The nearest in the tree first.
    """
    distance = Case(When(parent=booking.resource.parent_id, then=0), default=1)
    alike = _alike(booking, window).order_by(distance, "name", "pk")
    large_enough = (one for one in alike.iterator(chunk_size=_MOST_TRIED) if _holds(one, booking))
    candidates = list(islice(large_enough, _MOST_TRIED))
    busy = _busy(candidates, booking.starts_at, booking.ends_at, other_than=booking.pk)
    free = (one for one in candidates if not busy[one.pk])
    return [
        Alternative(one, booking.starts_at, booking.ends_at) for one in islice(free, MOST_OFFERED)
    ]


def another_time(booking: Booking, window: Window, *, now: datetime) -> list[Alternative]:
    """The same resource just before or after the window, or at the same hour up to two weeks away; nearest first."""
    return _other_times(booking, window, now=now)[:MOST_OFFERED]


def chosen(key: str, booking: Booking, window: Window, *, now: datetime) -> Alternative | None:
    """The alternative that `key` names, if it can still be had; None when it cannot. Raises `Invalid` for nonsense.

    Ask while holding the locks on both trees.
    """
    try:
        pk, moment = key.split("@")
        start = datetime.strptime(moment, "%Y%m%dT%H%M%S%z")
        resource_id = UUID(pk)
    except ValueError as error:
        raise Invalid("Choose one of the alternatives.", field="alternative") from error
    if resource_id == booking.resource_id:
        free = _other_times(booking, window, now=now)
        return next((one for one in free if one.starts_at == start), None)
    if start != booking.starts_at:
        return None
    resource = _alike(booking, window).filter(pk=resource_id).first()
    if resource is None or not _holds(resource, booking):
        return None
    if _busy([resource], start, booking.ends_at, other_than=booking.pk)[resource.pk]:
        return None
    return Alternative(resource, start, booking.ends_at)


def resource_of(key: str) -> UUID | None:
    """The resource that a key names, so that its tree can be locked; None for nonsense."""
    try:
        return UUID(key.split("@")[0])
    except ValueError:
        return None


def _alike(booking: Booking, window: Window) -> Any:
    """Resources in use of the booking's type that the window leaves alone."""
    if booking.resource.type_id is None:
        return Resource.objects.none()
    above = [UUID(hex=part) for part in window.resource.path.rstrip("/").split("/")]
    return (
        Resource.objects.filter(type=booking.resource.type_id)
        .filter(status__in=[Resource.Status.OPERATIONAL, Resource.Status.DEGRADED])
        .exclude(pk__in=[*above, booking.resource_id])
        .exclude(path__within=window.resource.path)
        .select_related("parent")
    )


def _holds(resource: Resource, booking: Booking) -> bool:
    """Whether it is large enough, as far as attributes say: for all, or at least as large as what they have."""
    held = holds(resource)
    return not held or held >= min(booking.people, holds(booking.resource) or booking.people)


def _busy(
    resources: Sequence[Resource], low: datetime, high: datetime, *, other_than: UUID
) -> dict[UUID, list[Interval]]:
    """When each resource cannot be used in `[low, high)`, the booking `other_than` apart."""
    effect = Window.Effect.OUT_OF_ORDER
    return occupancy(resources, low, high, effect=effect, other_than=other_than)


def _other_times(booking: Booking, window: Window, *, now: datetime) -> list[Alternative]:
    resource, length = booking.resource, booking.ends_at - booking.starts_at
    starts = sorted(
        {start for start in _starts(booking, window) if start > now},
        key=lambda start: (abs(start - booking.starts_at), start),
    )
    if not starts:
        return []
    low, high = min(starts), max(starts) + length
    busy = _busy([resource], low, high, other_than=booking.pk)[resource.pk]
    if _meets(resource.path, window.resource.path):
        busy.append((window.blocked_from, window.blocked_to))
    return [
        Alternative(resource, start, start + length)
        for start in starts
        if not any(low < start + length and start < high for low, high in busy)
    ]


def _starts(booking: Booking, window: Window) -> Iterator[datetime]:
    """When the booking could begin instead."""
    yield window.blocked_to
    yield window.blocked_from - (booking.ends_at - booking.starts_at)
    zone = booking.resource.effective_time_zone
    local = zones.to_local(booking.starts_at, zone)
    for days in range(1, _DAYS + 1):
        for distance in (timedelta(days=days), timedelta(days=-days)):
            yield zones.to_utc(local + distance, zone)


def _meets(path: str, other: str) -> bool:
    """Whether one lies on or above the other."""
    return path.startswith(other) or other.startswith(path)
