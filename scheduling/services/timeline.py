"""What the timeline shows: resources in the order of their tree, and what lies on each of them in a range.

Reads only. Every question is asked for a page of resources at once, so their number does not depend on the rows.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q

from accounts.rights import Right, has_right
from scheduling import states
from scheduling.models import Booking, Resource, Window, WindowBlock
from scheduling.services import calendar, conflicts

if TYPE_CHECKING:
    from accounts.models import User

MOST_ROWS = 500
#: Bars of one kind in an answer; more is no picture any more.
MOST_BARS = 20_000
WINDOWS, BOOKINGS = "windows", "bookings"
LAYERS = frozenset({WINDOWS, BOOKINGS, calendar.DUE})

_WINDOW = (
    *("pk", "resource_id", "resource__path", "title", "status", "kind", "effect"),
    *("starts_at", "ends_at", "blocked_from", "blocked_to", "series_id", "is_apart"),
)
_BOOKING = ("pk", "resource_id", "reference", "status", "starts_at", "ends_at", "people", "source")
_BLOCK = ("resource_id", "blocked_from", "blocked_to", "window_id", "window__effect")
_ABOVE = ("title", "status", "kind", "starts_at", "ends_at", "resource__name")


@dataclass(frozen=True, slots=True)
class View:
    """What is asked for: `[start, end)` in UTC and `limit` resources from `offset` on; None does not narrow.

    `path` is that of a resource whose subtree is meant, `type` a resource type, `status` one of resources.
    """

    start: datetime
    end: datetime
    layers: frozenset[str] = LAYERS
    offset: int = 0
    limit: int = 100
    path: str | None = None
    type: UUID | None = None
    status: str | None = None
    search: str = ""


class _Window(NamedTuple):
    id: UUID
    resource: UUID
    path: str
    title: str
    status: str
    kind: str
    effect: str
    starts_at: datetime
    ends_at: datetime
    blocked_from: datetime
    blocked_to: datetime
    series: UUID | None
    is_apart: bool


class _Booking(NamedTuple):
    id: UUID
    resource: UUID
    reference: str
    status: str
    starts_at: datetime
    ends_at: datetime
    people: int
    source: str


class _Block(NamedTuple):
    resource: UUID
    start: datetime
    end: datetime
    window: UUID
    effect: str


def page(user: "User", view: View, *, now: datetime) -> dict[str, Any]:
    """How many resources there are, and a page of those with their bars; `cut` where some had to be left out.

    A window lies on its own resource and, as `inherited_from`, on each below. A booking and a window that share a
    moment where only one of them can be are marked: `conflict`, and `bookings` for how many a window meets.
    """
    wanted = _resources(user, view)
    listed = list(
        wanted.annotate(has_children=Exists(Resource.objects.filter(parent=OuterRef("pk"))))
        .order_by("path")
        .values(
            "id", "name", "code", "status", "path", "type__name", "parent__name", "has_children"
        )[view.offset : view.offset + view.limit]
    )
    rows = {row["id"]: row for row in listed}
    bars: dict[str, dict[UUID, list[Any]]] = {name: defaultdict(list) for name in view.layers}
    bookings = _bookings(user, rows, view)
    windows = _windows(user, rows, bookings, view)
    blocks = _blocks(rows, view) if WINDOWS in view.layers else []
    if BOOKINGS in view.layers:
        bars[BOOKINGS] = _booking_bars(user, rows, bookings, windows, blocks)
    if WINDOWS in view.layers:
        bars[WINDOWS] = _window_bars(user, rows, bookings, windows, blocks)
    due = _due(user, rows, view, now=now)
    for event in due.events:
        bars[calendar.DUE][event["extendedProps"]["resource"]].append(_marker(event))
    for row in listed:
        row["depth"] = row.pop("path").count("/") - 1
        row["type"], row["parent"] = row.pop("type__name"), row.pop("parent__name")
        row |= {name: bars[name].get(row["id"], []) for name in view.layers}
    cut = due.cut or max(len(bookings), len(windows), len(blocks)) > MOST_BARS
    return {"count": wanted.count(), "offset": view.offset, "cut": cut, "resources": listed}


def _resources(user: "User", view: View) -> Any:
    rows = Resource.objects.visible_to(user)
    if view.path is not None:
        rows = rows.subtree(view.path)
    if view.type is not None:
        rows = rows.filter(type=view.type)
    rows = rows.filter(status=view.status) if view.status else rows.in_service()
    return rows.named_like(view.search) if view.search else rows


def _bookings(user: "User", rows: dict[UUID, Any], view: View) -> list[_Booking]:
    """On these resources, and on those above, which the windows here keep away as well."""
    if BOOKINGS not in view.layers or not has_right(user, Right.BOOKING_VIEW):
        return []
    above = {key for row in rows.values() for key in _ancestry(row["path"])}
    found = Booking.objects.on(above | rows.keys()).sharing(view.start, view.end)
    kept = found.exclude(status=states.CANCELLED).order_by("starts_at", "pk")
    return [_Booking._make(row) for row in kept.values_list(*_BOOKING)[: MOST_BARS + 1]]


def _windows(
    user: "User", rows: dict[UUID, Any], bookings: list[_Booking], view: View
) -> list[_Window]:
    """On these resources, and below those that are booked, whose bookings they keep away."""
    if WINDOWS not in view.layers:
        return []
    wanted = Q(resource__in=list(rows))
    for key in {booking.resource for booking in bookings} & rows.keys():
        if rows[key]["has_children"]:
            wanted |= Q(resource__path__startswith=rows[key]["path"])
    found = Window.objects.filter(wanted).sharing(view.start, view.end)
    kept = found.exclude(status=states.CANCELLED).order_by("starts_at", "pk")
    return [_Window._make(row) for row in kept.values_list(*_WINDOW)[: MOST_BARS + 1]]


def _blocks(rows: dict[UUID, Any], view: View) -> list[_Block]:
    """What standing windows above take of these resources."""
    found = WindowBlock.objects.on(list(rows)).sharing(view.start, view.end)
    above = found.exclude(window__resource=F("resource")).order_by("blocked_from", "pk")
    return [_Block._make(row) for row in above.values_list(*_BLOCK)[: MOST_BARS + 1]]


def _booking_bars(
    user: "User",
    rows: dict[UUID, Any],
    bookings: list[_Booking],
    windows: list[_Window],
    blocks: list[_Block],
) -> dict[UUID, list[Any]]:
    taken: dict[UUID, list[tuple[datetime, datetime]]] = defaultdict(list)
    booked = {booking.resource for booking in bookings}
    for window in windows:
        if window.effect == Window.Effect.OUT_OF_ORDER and window.status in states.BLOCKING:
            for key in booked.intersection(_ancestry(window.path)):
                taken[key].append((window.blocked_from, window.blocked_to))
    for block in blocks:
        if block.effect == Window.Effect.OUT_OF_ORDER:
            taken[block.resource].append((block.start, block.end))
    may_change = has_right(user, Right.BOOKING_MANAGE)
    bars: dict[UUID, list[Any]] = defaultdict(list)
    for one in bookings:
        if one.resource not in rows:
            continue
        standing = one.status in states.CLAIMING
        bars[one.resource].append(
            {
                "id": one.id,
                "title": one.reference or "Booking",
                "status": one.status,
                "starts_at": one.starts_at,
                "ends_at": one.ends_at,
                "people": one.people,
                "conflict": standing and _meets(taken.get(one.resource, ()), one),
                "editable": may_change and standing and not one.source,
            }
        )
    return bars


def _meets(taken: Iterable[tuple[datetime, datetime]], booking: _Booking) -> bool:
    return any(start < booking.ends_at and booking.starts_at < end for start, end in taken)


def _window_bars(
    user: "User",
    rows: dict[UUID, Any],
    bookings: list[_Booking],
    windows: list[_Window],
    blocks: list[_Block],
) -> dict[UUID, list[Any]]:
    own = [one for one in windows if one.resource in rows]
    met = _met(rows, bookings, own)
    may_change = has_right(user, Right.WINDOW_CHANGE)
    bars: dict[UUID, list[Any]] = defaultdict(list)
    for one in own:
        count = met.get(one.id, 0)
        bars[one.resource].append(
            {
                "id": one.id,
                "title": one.title,
                "status": one.status,
                "kind": one.kind,
                "effect": one.effect,
                "starts_at": one.starts_at,
                "ends_at": one.ends_at,
                "blocked_from": one.blocked_from,
                "blocked_to": one.blocked_to,
                "recurs": one.series is not None and not one.is_apart,
                "bookings": count,
                "conflict": bool(count) and one.status in states.BLOCKING,
                "editable": may_change and one.status in states.BLOCKING | {states.DRAFT},
            }
        )
    for block, above in _inherited(user, blocks):
        bars[block.resource].append({**above, "blocked_from": block.start, "blocked_to": block.end})
    return bars


def _met(rows: dict[UUID, Any], bookings: list[_Booking], own: list[_Window]) -> dict[UUID, int]:
    """How many bookings each window meets. Those on it and above are known here; below, the database counts."""
    by_resource: dict[UUID, list[_Booking]] = defaultdict(list)
    for booking in bookings:
        if booking.status in states.CLAIMING:
            by_resource[booking.resource].append(booking)
    wide, met = [], {}
    for one in own:
        if one.effect != Window.Effect.OUT_OF_ORDER:
            continue
        if rows[one.resource]["has_children"]:
            wide.append(
                conflicts.Taking(one.id, one.path, one.effect, one.blocked_from, one.blocked_to)
            )
            continue
        taken = [(one.blocked_from, one.blocked_to)]
        met[one.id] = sum(
            _meets(taken, booking)
            for key in _ancestry(one.path)
            for booking in by_resource.get(key, ())
        )
    return met | (conflicts.booked_counts(wide) if wide and bookings else {})


def _inherited(user: "User", blocks: list[_Block]) -> Iterable[tuple[_Block, dict[str, Any]]]:
    """Each block with the window above that takes it; of one that is out of the person's reach only that it is."""
    found = Window.objects.visible_to(user).filter(pk__in={block.window for block in blocks})
    known = {row.pop("pk"): row for row in found.values("pk", *_ABOVE)} if blocks else {}
    for block in blocks:
        shown = dict(known.get(block.window, ()))
        above = shown.pop("resource__name", "above")
        identity = block.window if shown else None
        hidden = {"title": "Maintenance", "status": states.SCHEDULED, "kind": Window.Kind.PLANNED}
        times = {"starts_at": block.start, "ends_at": block.end}
        yield (
            block,
            {
                **({"id": identity, "effect": block.effect, "inherited_from": above}),
                **(shown or {**hidden, **times}),
                **{"recurs": False, "bookings": 0, "conflict": False, "editable": False},
            },
        )


def _due(user: "User", rows: dict[UUID, Any], view: View, *, now: datetime) -> calendar.Feed:
    if calendar.DUE not in view.layers or not has_right(user, Right.SCHEDULE_VIEW):
        return calendar.Feed([], cut=False)
    layers = frozenset({calendar.DUE, calendar.COMPLETED})
    wanted = calendar.Range(view.start, view.end, layers, resources=frozenset(rows))
    return calendar.feed(user, wanted, now=now, may_move=False)


def _marker(event: dict[str, Any]) -> dict[str, Any]:
    shown = event["extendedProps"]
    return {
        "id": event["id"],
        "title": event["title"],
        "starts_at": event["start"],
        "status": shown["status"],
        "schedule": shown["schedule"],
        "occurrence": shown["occurrence"],
    }


@lru_cache(maxsize=16_384)
def _ancestry(path: str) -> tuple[UUID, ...]:
    """The resource at `path` and everything above it."""
    return tuple(UUID(hex=part) for part in path.split("/")[:-1])
