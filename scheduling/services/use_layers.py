"""The calendar's layers of use: maintenance windows and bookings. Reads only; few queries, a fixed number."""

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F

from accounts.rights import Right, has_right
from core.querysets.epoch import Epoch
from core.querysets.key_text import KeyText
from scheduling import states
from scheduling.models import Booking, Resource, Window
from scheduling.rules.claims import Claims, ancestry
from scheduling.services import conflicts, discretion
from scheduling.services.calendar import Range, named

if TYPE_CHECKING:
    from accounts.models import User

WINDOWS, BOOKINGS = "windows", "bookings"
_WINDOW = (
    *("pk", "title", "status", "kind", "effect", "starts_at", "ends_at", "blocked_from"),
    *("blocked_to", "series_id", "is_apart", "assigned_to__name", "resource_id"),
    *("resource__path", "resource__name", "resource__effective_time_zone"),
)
#: The columns of a booking that calendar and timeline show; moments as seconds since 1970.
SHOWN = (
    *(KeyText("pk"), KeyText("resource_id")),
    *("reference", "status", "low", "high", "people", "source"),
)
_zone = lru_cache(maxsize=1024)(ZoneInfo)


class _Place(NamedTuple):
    path: str
    name: str
    zone: str


def windows(user: "User", wanted: Range, limit: int) -> list[dict[str, Any]]:
    """Windows that share a moment with the range, cancelled ones left out; of a resource also those above it.

    The filters for type and person mean the schedule that a window is for, and whom it is assigned to: of windows
    above what the person may see neither is told, so these filters leave them out.
    """
    is_narrowed = wanted.maintenance_type is not None or wanted.assignee is not None
    rows = Window.objects.visible_to(user) if is_narrowed else Window.objects.told_to(user)
    rows = rows.sharing(wanted.start, wanted.end)
    if wanted.path is not None:
        rows = rows.taking(wanted.path)
    if wanted.maintenance_type is not None:
        rows = rows.filter(occurrence__schedule__maintenance_type=wanted.maintenance_type)
    if wanted.assignee is not None:
        rows = rows.filter(assigned_to=None if wanted.assignee == "none" else wanted.assignee)
    kept = rows.exclude(status=states.CANCELLED).order_by("starts_at", "pk")
    found = list(kept.values(*_WINDOW)[:limit])
    met = conflicts.booked_counts(
        conflicts.Taking(
            row["pk"], row["resource__path"], row["effect"], row["blocked_from"], row["blocked_to"]
        )
        for row in found
    )
    may_move = has_right(user, Right.WINDOW_CHANGE)
    unseen = discretion.unseen(user, (row["pk"] for row in found))
    taken_along = discretion.TakenAlong(user)
    return [
        _above(row, taken_along(row["resource__path"]))
        if row["pk"] in unseen
        else _window(row, met.get(row["pk"], 0), may_move)
        for row in found
    ]


def _above(row: dict[str, Any], taken_along: str) -> dict[str, Any]:
    """A window above what the person may see: only from when to when it takes that along."""
    nobody = {"resource__name": taken_along, "resource_id": None, "assigned_to__name": None}
    event = _window({**row, **nobody, "title": "Maintenance", "series_id": None}, 0, may_move=False)
    return event | {"id": None}


def _window(row: dict[str, Any], bookings: int, may_move: bool) -> dict[str, Any]:
    status, zone = row["status"], _zone(row["resource__effective_time_zone"])
    return {
        "id": row["pk"],
        "title": row["title"],
        "start": row["starts_at"].astimezone(zone),
        "end": row["ends_at"].astimezone(zone),
        "className": f"windows-{status}",
        # work that has begun keeps its start
        "startEditable": may_move and status in {states.DRAFT, states.SCHEDULED},
        "durationEditable": may_move and status in states.BLOCKING | {states.DRAFT},
        "extendedProps": {
            "layer": WINDOWS,
            "status": status,
            "kind": row["kind"],
            "effect": row["effect"],
            "resource": row["resource_id"],
            "resource_name": row["resource__name"],
            "assigned_to": row["assigned_to__name"],
            "blocked_from": row["blocked_from"].astimezone(zone),
            "blocked_to": row["blocked_to"].astimezone(zone),
            "recurs": row["series_id"] is not None and not row["is_apart"],
            "bookings": bookings,
            "conflict": bookings > 0 and status in states.BLOCKING,
        },
    }


def bookings(user: "User", wanted: Range, limit: int) -> list[dict[str, Any]]:
    """Bookings that share a moment with the range, cancelled ones left out; none without the right to see bookings.

    They have neither a type of maintenance nor an assignee, so a filter by these shows none. Contacts are not here.
    """
    if not has_right(user, Right.BOOKING_VIEW) or wanted.maintenance_type or wanted.assignee:
        return []
    inside = named(wanted)
    rows = shown_on(inside.resources, wanted.start, wanted.end)
    if inside.path is not None:
        rows = rows.filter(resource__path__within=inside.path)
    found = list(rows.visible_to(user).values_list(*SHOWN)[:limit])
    places = _places({row[1] for row in found})
    claims = taken(wanted.start, wanted.end, {place.path for place in places.values()})
    may_move = has_right(user, Right.BOOKING_MANAGE)
    return [_booking(row, places[row[1]], claims, may_move) for row in found]


def _booking(row: tuple[Any, ...], place: _Place, claims: Claims, may_move: bool) -> dict[str, Any]:
    pk, resource, reference, status, start, end, people, source = row
    standing = status in states.CLAIMING
    return {
        "id": pk,
        "title": reference or "Booking",
        "start": shown(start, place.zone),
        "end": shown(end, place.zone),
        "className": f"bookings-{status}",
        # what comes from a booking system is moved there
        "editable": may_move and standing and not source,
        "extendedProps": {
            "layer": BOOKINGS,
            "status": status,
            "resource": resource,
            "resource_name": place.name,
            "people": people,
            "conflict": standing and claims.count(place.path, start, end) > 0,
        },
    }


def shown_on(
    resources: Collection[UUID] | Collection[str] | None, start: datetime, end: datetime
) -> Any:
    """Bookings that share a moment with `[start, end)`, all or on these resources, with their moments as seconds."""
    rows: Any = Booking.objects.exclude(status=states.CANCELLED)
    if resources is None:
        rows = rows.sharing(start, end)
    else:
        # by resource, and not by time: there PostgreSQL would read the whole organisation's
        rows = rows.filter(resource__id__among=resources, starts_at__lt=end, ends_at__gt=start)
    moments = {"low": Epoch("starts_at"), "high": Epoch("ends_at")}
    return rows.annotate(**moments).order_by("starts_at", "pk")


def taken(start: datetime, end: datetime, paths: Collection[str]) -> Claims:
    """What standing windows keep bookings on the resources at `paths` away from: theirs, and those above and below.

    As many questions as the tree is deep below them.
    """
    above = {key for path in paths for key in ancestry(path)}
    level = below = {ancestry(path)[-1] for path in paths}
    while level:
        children = Resource.objects.filter(parent__id__among=level)
        level = {key.hex for key in children.values_list("pk", flat=True)} - below
        below = below | level
    rows = Window.objects.standing().filter(effect=Window.Effect.OUT_OF_ORDER).sharing(start, end)
    moments = {"low": Epoch("blocked_from"), "high": Epoch("blocked_to")}
    found = rows.filter(resource__id__among=above | below).annotate(
        path=F("resource__path"), **moments
    )
    return Claims(found.values_list("path", "low", "high"))


def _places(keys: Collection[str]) -> dict[str, _Place]:
    rows = Resource.objects.filter(pk__among=keys)
    found = rows.values_list(KeyText("pk"), "path", "name", "effective_time_zone")
    return {pk: _Place(*place) for pk, *place in found}


@lru_cache(maxsize=16_384)
def shown(moment: int, zone: str) -> datetime:
    """A moment on the clock of a place; many share theirs."""
    return datetime.fromtimestamp(moment, _zone(zone))
