"""What the timeline shows: resources in the order of their tree, and what lies on each of them in a range.

Reads only. Every question is asked for a page of resources at once, so their number does not depend on the rows.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef

from accounts.rights import Right, has_right
from core.querysets.key_text import KeyText
from scheduling import states
from scheduling.models import Resource, Window
from scheduling.rules.claims import Claims, ancestry
from scheduling.services import calendar, conflicts, use_layers
from scheduling.services.use_layers import BOOKINGS, WINDOWS

if TYPE_CHECKING:
    from accounts.models import User

MOST_ROWS = 500
#: Bars of one kind in an answer; more is no picture any more.
MOST_BARS = 20_000
LAYERS = frozenset({WINDOWS, BOOKINGS, calendar.DUE})

_RESOURCE = ("id", "name", "code", "status", "path", "type__name", "parent__name")
_WINDOW = (
    *(
        "pk",
        KeyText("resource_id"),
        "resource__path",
        "resource__name",
        "title",
        "status",
        "kind",
        "effect",
    ),
    *("starts_at", "ends_at", "blocked_from", "blocked_to", "series_id", "is_apart"),
)


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
    resource: str
    path: str
    resource_name: str
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
    id: str
    resource: str
    reference: str
    status: str
    start: int
    end: int
    people: int
    source: str


def page(user: "User", view: View, *, now: datetime) -> dict[str, Any]:
    """How many resources there are, and a page of those with their bars; `cut` where some had to be left out.

    A window lies on its own resource and, as `inherited_from`, on each below. A booking and a window that share a
    moment where only one of them can be are marked: `conflict`, and `bookings` for how many a window meets.
    """
    wanted = _resources(user, view)
    below = Exists(Resource.objects.filter(parent=OuterRef("pk")))
    found = wanted.annotate(has_children=below).order_by("path").values(*_RESOURCE, "has_children")
    listed = list(found[view.offset : view.offset + view.limit])
    rows = {str(row["id"]): row for row in listed}
    bars: dict[str, dict[str, list[Any]]] = {name: defaultdict(list) for name in view.layers}
    bookings = _bookings(user, rows, view)
    windows = _windows(rows, view)
    if bookings:
        bars[BOOKINGS] = _booking_bars(user, rows, bookings, view)
    if windows:
        bars[WINDOWS] = _window_bars(user, rows, windows, bookings, view)
    due = _due(user, rows, view, now=now)
    for event in due.events:
        bars[calendar.DUE][event["extendedProps"]["resource"]].append(_marker(event))
    for key, row in rows.items():
        row["depth"] = row.pop("path").count("/") - 1
        row["type"], row["parent"] = row.pop("type__name"), row.pop("parent__name")
        row |= {name: bars[name].get(key, []) for name in view.layers}
    cut = due.cut or max(len(bookings), len(windows)) > MOST_BARS
    return {"count": wanted.count(), "offset": view.offset, "cut": cut, "resources": listed}


def _resources(user: "User", view: View) -> Any:
    rows = Resource.objects.visible_to(user)
    if view.path is not None:
        rows = rows.subtree(view.path)
    if view.type is not None:
        rows = rows.filter(type=view.type)
    rows = rows.filter(status=view.status) if view.status else rows.in_service()
    return rows.named_like(view.search) if view.search else rows


def _bookings(user: "User", rows: dict[str, Any], view: View) -> list[_Booking]:
    """On these resources, and on those above, which the windows here keep away as well."""
    if not _shows_bookings(user, view):
        return []
    found = use_layers.shown_on(_paths(rows).keys(), view.start, view.end)
    return [_Booking._make(row) for row in found.values_list(*use_layers.SHOWN)[: MOST_BARS + 1]]


def _shows_bookings(user: "User", view: View) -> bool:
    return BOOKINGS in view.layers and has_right(user, Right.BOOKING_VIEW)


def _paths(rows: dict[str, Any]) -> dict[str, str]:
    """The paths of the resources and of all above them."""
    above = {}
    for row in rows.values():
        path = ""
        for part in ancestry(row["path"])[:-1]:
            path += f"{part}/"
            above[part] = path
    found = {str(UUID(hex=part)): path for part, path in above.items()}
    return found | {key: row["path"] for key, row in rows.items()}


def _windows(rows: dict[str, Any], view: View) -> list[_Window]:
    """On these resources, and those above that take them along."""
    if WINDOWS not in view.layers:
        return []
    found = Window.objects.filter(resource__id__among=_paths(rows)).sharing(view.start, view.end)
    kept = found.exclude(status=states.CANCELLED).order_by("starts_at", "pk")
    return [_Window._make(row) for row in kept.values_list(*_WINDOW)[: MOST_BARS + 1]]


def _booking_bars(
    user: "User", rows: dict[str, Any], bookings: list[_Booking], view: View
) -> dict[str, list[Any]]:
    booked = {rows[one.resource]["path"] for one in bookings if one.resource in rows}
    taken = use_layers.taken(view.start, view.end, booked)
    may_change = has_right(user, Right.BOOKING_MANAGE)
    bars: dict[str, list[Any]] = defaultdict(list)
    for one in bookings:
        if one.resource not in rows:
            continue
        standing = one.status in states.CLAIMING
        path = rows[one.resource]["path"]
        bars[one.resource].append(
            {
                "id": one.id,
                "title": one.reference or "Booking",
                "status": one.status,
                "starts_at": use_layers.shown(one.start, "UTC"),
                "ends_at": use_layers.shown(one.end, "UTC"),
                "people": one.people,
                "conflict": standing and taken.count(path, one.start, one.end) > 0,
                "editable": may_change and standing and not one.source,
            }
        )
    return bars


def _window_bars(
    user: "User",
    rows: dict[str, Any],
    windows: list[_Window],
    bookings: list[_Booking],
    view: View,
) -> dict[str, list[Any]]:
    met = _met(rows, windows, bookings, view) if _shows_bookings(user, view) else {}
    may_change = has_right(user, Right.WINDOW_CHANGE)
    bars: dict[str, list[Any]] = defaultdict(list)
    above: dict[str, list[_Window]] = defaultdict(list)
    for one in windows:
        if one.resource in rows:
            bars[one.resource].append(_window_bar(one, met.get(one.id, 0), may_change))
        if one.status in states.BLOCKING:
            above[one.resource.replace("-", "")].append(one)
    reached = _reached(user, rows, above)
    for key, row in rows.items() if above else ():
        for resource in ancestry(row["path"])[:-1]:
            bars[key] += [_inherited_bar(one, one.id in reached) for one in above.get(resource, ())]
    return bars


def _met(
    rows: dict[str, Any], windows: list[_Window], bookings: list[_Booking], view: View
) -> dict[UUID, int]:
    """How many bookings each window meets.

    Those on it and above are known here; below, and before and after the view, the database counts.
    """
    paths = _paths(rows)
    claims = Claims(
        (paths[one.resource], one.start, one.end)
        for one in bookings
        if one.status in states.CLAIMING
    )
    wide, met = [], {}
    for one in windows:
        if one.resource not in rows or one.effect != Window.Effect.OUT_OF_ORDER:
            continue
        edges = one.blocked_from, one.blocked_to
        is_inside = view.start <= edges[0] and edges[1] <= view.end
        if rows[one.resource]["has_children"] or not is_inside:
            wide.append(conflicts.Taking(one.id, one.path, one.effect, *edges))
        else:
            met[one.id] = claims.count(one.path, *(int(edge.timestamp()) for edge in edges))
    return met | (conflicts.booked_counts(wide) if wide else {})


def _window_bar(one: _Window, bookings: int, may_change: bool) -> dict[str, Any]:
    return {
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
        "bookings": bookings,
        "conflict": bookings > 0 and one.status in states.BLOCKING,
        "editable": may_change and one.status in states.BLOCKING | {states.DRAFT},
        "inherited_from": None,
    }


def _inherited_bar(one: _Window, is_reached: bool) -> dict[str, Any]:
    """A window above; of one that is out of the person's reach, only from when to when it takes the resource."""
    bar = _window_bar(one, 0, may_change=False) | {"inherited_from": one.resource_name}
    if is_reached:
        return bar
    return bar | {"id": None, "title": "Maintenance", "inherited_from": "above"}


def _reached(
    user: "User", rows: dict[str, Any], above: dict[str, list[_Window]]
) -> frozenset[UUID]:
    """Which of the windows above the person may see."""
    keys = [one.id for found in above.values() for one in found if one.resource not in rows]
    visible = Window.objects.visible_to(user).filter(pk__in=keys).values_list("pk", flat=True)
    inside = {one.id for found in above.values() for one in found if one.resource in rows}
    return frozenset(inside | set(visible)) if keys else frozenset(inside)


def _due(user: "User", rows: dict[str, Any], view: View, *, now: datetime) -> calendar.Feed:
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
