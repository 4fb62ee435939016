"""Who stands in the way of a window or a booking: the one answer that every door and service uses."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Any
from uuid import UUID

from django.db import IntegrityError

from core.errors import Conflict, Invalid
from scheduling import states
from scheduling.models import Booking, Resource, Window, WindowBlock

Interval = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Collision:
    """A booking or window that shares a moment. `is_hard`: it does not give way to planned maintenance.

    It takes `[blocked_from, blocked_to)`: a window's buffers belong to it. Of one that is not `is_known` the reader
    learns only when it is, and of one that is not `is_near` no place either (`services.discretion`).
    """

    type: str
    id: UUID
    resource_id: UUID
    resource_name: str
    title: str
    status: str
    starts_at: datetime
    ends_at: datetime
    blocked_from: datetime
    blocked_to: datetime
    is_hard: bool
    people: int = 0
    effect: str = ""
    is_known: bool = True
    is_near: bool = True

    def as_row(self) -> dict[str, Any]:
        """For an answer of the API."""
        return {
            "type": self.type,
            "id": str(self.id) if self.is_known else None,
            "resource": str(self.resource_id) if self.is_near else None,
            "resource_name": self.resource_name,
            "title": self.title,
            "status": self.status,
            "starts_at": self.starts_at,
            "ends_at": self.ends_at,
            "severity": "hard" if self.is_hard else "soft",
        }


@dataclass(frozen=True, slots=True)
class Taking:
    """A window as far as counting needs it: what it takes of the resource at `path` and of all below."""

    id: UUID
    path: str
    effect: str
    blocked_from: datetime
    blocked_to: datetime


def lock(*resources: Resource) -> None:
    """Let nobody else write windows or bookings in the trees of these resources until the transaction ends.

    The lock is on the root, so that up and down the tree exclude each other. Who writes in several trees locks them
    all at once: they are taken in one order, so that nobody waits for each other. Where a resource was moved since it
    was read, its `path` is renewed and the tree it stands in now is locked as well, as `lock_found` does. On SQLite
    the transaction is the only one that writes anyway.
    """
    roots = {_root(one) for one in resources}
    _hold(roots, waits=True)
    _follow(resources, roots)


def lock_found(resource: Resource, *, beside: Resource) -> None:
    """Lock the tree of a resource found while the tree of `beside` is locked already.

    It is not waited for, because waits could go in circles: raises `Conflict` where somebody else has it.
    """
    _follow([resource], {_root(beside)})


def _follow(resources: Sequence[Resource], held: set[UUID]) -> None:
    """Renew what was read before the lock, and lock what stands outside the trees that are `held`."""
    while True:
        rows = Resource.objects.filter(id__among={one.pk for one in resources})
        stored = {
            pk: (path, status) for pk, path, status in rows.values_list("pk", "path", "status")
        }
        for one in resources:
            one.path, one.status = stored.get(one.pk, (one.path, one.status))
        missing = {_root(one) for one in resources} - held
        if not missing:
            return
        _hold(missing, waits=False)
        held = held | missing


def _hold(roots: set[UUID], *, waits: bool) -> None:
    rows = Resource.objects.filter(pk__in=roots).order_by("pk")
    rows = rows.select_for_update(of=("self",), no_key=True, skip_locked=not waits)
    found = rows.values_list("pk", flat=True)
    if len(found) < len(roots) and not waits:
        raise Conflict("Somebody is moving this right now. Please try again.", code="busy")


def _root(resource: Resource) -> UUID:
    return UUID(hex=resource.path.split("/", 1)[0])


def check_in_service(resource: Resource) -> None:
    """Refuse what would be new on a retired resource. Ask while holding the lock, which renews what was read."""
    if resource.status == Resource.Status.RETIRED:
        raise Invalid(
            f"{resource.name} is retired. Choose a resource that is in use.", field="resource"
        )


def against_window(
    resource: Resource,
    low: datetime,
    high: datetime,
    *,
    effect: str,
    other_than: UUID | None = None,
) -> list[Collision]:
    """What shares a moment of `[low, high)` with a window on `resource` and everything below it.

    Windows on it, above and below; and, when the window keeps bookings away, bookings there. Soonest first.
    """
    below = _below(resource.path)
    found = _windows(below, low, high, other_than=other_than)
    if effect == Window.Effect.OUT_OF_ORDER:
        found += _bookings([*_above(resource.path), *below], low, high)
    return sorted(found, key=lambda one: (one.starts_at, one.id))


def against_windows(resource: Resource, wanted: Sequence[Window]) -> list[list[Collision]]:
    """For each of these windows on `resource`, none of them saved, what is in its way; two questions for all."""
    if not wanted:
        return []
    edges = [(window.blocked_from, window.blocked_to) for window in wanted]
    low, high = min(edges)[0], max(end for _, end in edges)
    found = against_window(resource, low, high, effect=wanted[0].effect)
    return [
        [one for one in found if one.blocked_from < end and start < one.blocked_to]
        for start, end in edges
    ]


def against_booking(
    resource: Resource, wanted: Sequence[Interval], *, other_than: UUID
) -> list[Collision]:
    """What keeps a booking of `resource` from these stretches, soonest first.

    Windows, and the firm bookings of the resource where they leave no room for another. A resource that stands for
    many, such as all double rooms of a hotel, says in its attribute “units” how many bookings it holds at a time.
    """
    found: list[Collision] = []
    units = resource.attributes.get("units")
    for low, high in wanted:
        found += _windows(_below(resource.path), low, high, effect=Window.Effect.OUT_OF_ORDER)
        booked = _bookings([resource.pk], low, high)
        firm = [one for one in booked if one.is_hard and one.id != other_than]
        if _most_at_once(firm, low, high) >= (units if isinstance(units, int) else 1):
            found += firm
    return sorted({one.id: one for one in found}.values(), key=lambda one: (one.starts_at, one.id))


def added(wanted: Interval, had: Interval | None) -> list[Interval]:
    """What is wanted beyond what one `had`: at most a stretch before that and one after it."""
    if had is None:
        return [wanted]
    stretches = (wanted[0], min(had[0], wanted[1])), (max(had[1], wanted[0]), wanted[1])
    return [(start, end) for start, end in stretches if start < end]


def booked_counts(windows: Iterable[Taking]) -> dict[UUID, int]:
    """How many bookings each window meets, by its id: those that `against_window` would name. One statement for all."""
    windows = list(windows)
    wanted = [window for window in windows if window.effect == Window.Effect.OUT_OF_ORDER]
    members = families({window.path for window in wanted})
    counted = Booking.objects.met_by(
        (window.id, resource_id, window.blocked_from, window.blocked_to)
        for window in wanted
        for resource_id in members[window.path]
    )
    return {window.id: counted.get(window.id, 0) for window in windows}


def overtaken(error: IntegrityError) -> Exception:
    """The database's own refusal, in words; the lock makes it unreachable while everybody takes it."""
    if "no_overlap" not in str(error):
        return error
    return Conflict("Another window has just taken this time.", code="conflict")


def _windows(
    below: Collection[UUID],
    low: datetime,
    high: datetime,
    *,
    effect: str = "",
    other_than: UUID | None = None,
) -> list[Collision]:
    """A window blocks everything below it, so those above and below all stand in the blocks of this subtree."""
    blocks = WindowBlock.objects.on(below, low, high)
    if other_than is not None:
        blocks = blocks.exclude(window=other_than)
    if effect:
        blocks = blocks.filter(window__effect=effect)
    keys = blocks.values_list("window", flat=True).distinct()
    windows = Window.objects.filter(pk__in=list(keys)).select_related("resource")
    return [
        Collision(
            type="window",
            id=window.pk,
            resource_id=window.resource_id,
            resource_name=window.resource.name,
            title=window.title,
            status=window.status,
            starts_at=window.starts_at,
            ends_at=window.ends_at,
            blocked_from=window.blocked_from,
            blocked_to=window.blocked_to,
            is_hard=True,
            effect=window.effect,
        )
        for window in windows
    ]


def _bookings(resources: Collection[UUID], low: datetime, high: datetime) -> list[Collision]:
    rows = Booking.objects.standing().on(resources, low, high)
    return [
        Collision(
            type="booking",
            id=booking.pk,
            resource_id=booking.resource_id,
            resource_name=booking.resource.name,
            title=str(booking),
            status=booking.status,
            starts_at=booking.starts_at,
            ends_at=booking.ends_at,
            blocked_from=booking.starts_at,
            blocked_to=booking.ends_at,
            is_hard=booking.status in states.FIRM,
            people=booking.people,
        )
        for booking in rows.prefetch_related("resource").defer("contact_name", "contact_email")
    ]


def _most_at_once(found: Sequence[Collision], low: datetime, high: datetime) -> int:
    """How many of these stand at the same moment of `[low, high)`. One that ends makes room for one that begins."""
    begins = [(max(one.blocked_from, low), 1) for one in found]
    ends = [(min(one.blocked_to, high), -1) for one in found]
    return max(accumulate(step for _, step in sorted(begins + ends)), default=0)


def families(paths: Collection[str]) -> dict[str, list[UUID]]:
    """The resource at each path, everything above it and everything below it.

    Level by level: as many questions as the tree is deep, however many paths.
    """
    found = {path: [*_above(path), _last(path)] for path in paths}
    level = {_last(path): [path] for path in paths}
    while level:
        children = Resource.objects.filter(parent__id__among=level).values_list("pk", "parent_id")
        level, above = {}, level
        for key, parent in children:
            level[key] = above[parent]
            for path in above[parent]:
                found[path].append(key)
    return found


def _below(path: str) -> list[UUID]:
    """The resource at `path` and everything below it."""
    return list(Resource.objects.subtree(path).values_list("pk", flat=True))


def _above(path: str) -> list[UUID]:
    return [UUID(hex=part) for part in path.split("/")[:-2]]


def _last(path: str) -> UUID:
    return UUID(hex=path.split("/")[-2])
