"""What the calendar shows: dates with rows and dates to come, as plain events. Reads only; few queries, a fixed number.

A range may hold thousands of dates, so no model instances are made for them, and what many dates have in common is read
once: rows and due states come without what they belong to, then schedules and resources by their ids.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import BooleanField, ExpressionWrapper, Q, TextField
from django.db.models.functions import Cast

from accounts.zones import home_zone_name
from core.querysets.epoch import Epoch
from core.querysets.key_text import KeyText
from scheduling import states
from scheduling.models import DueState, Occurrence, Resource, Schedule
from scheduling.rules.due import Dated
from scheduling.services.coming import Definition, Forecast, Place, State

if TYPE_CHECKING:
    from accounts.models import User

#: More is no picture any more; the earliest are answered and the reader is told.
MOST_EVENTS = 3_000
LONGEST_RANGE = timedelta(days=400)
_MOST_NAMED = 1_000

DUE = "due"
COMPLETED = "completed"
_zone = lru_cache(maxsize=1024)(ZoneInfo)
_STATUS = {
    states.DONE: "completed",
    states.COVERED: "completed",
    states.SKIPPED: "skipped",
    states.MISSED: "missed",
    states.SUPERSEDED: "missed",
}


@dataclass(frozen=True, slots=True)
class Range:
    """What is asked for: `[start, end)` in UTC, and what narrows it; None does not narrow.

    `path` is that of a resource whose subtree is meant, `resources` are single ones. `assignee` is a person's id, or
    "none" for nobody.
    """

    start: datetime
    end: datetime
    layers: frozenset[str]
    path: str | None = None
    maintenance_type: str | None = None
    assignee: UUID | str | None = None
    resources: frozenset[UUID] | frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """The events, and whether some were left out because there are more than `MOST_EVENTS`."""

    events: list[dict[str, Any]]
    cut: bool


Layer = Callable[["User", Range, int], list[dict[str, Any]]]
_layers: dict[str, tuple[Layer, Any]] = {}


def register_layer(name: str, events: Layer, model: Any) -> None:
    """Let an app add a layer: a function of person, range and limit that answers events, and whose rows it shows."""
    _layers[name] = (events, model)


def layer_names() -> frozenset[str]:
    """Every layer that can be asked for."""
    return frozenset({DUE, COMPLETED, *_layers})


def has_anything(user: "User") -> bool:
    """Whether there is anything that some range would show to this person."""
    models = (DueState, *(model for _, model in _layers.values()))
    return any(model.objects.visible_to(user).exists() for model in models)


class _Row(NamedTuple):
    schedule_id: str
    resource_id: str
    pk: str
    key: str
    moment: int
    status: str
    is_late: bool


def feed(user: "User", wanted: Range, *, now: datetime, may_move: bool) -> Feed:
    """The events in the range that `user` may see; those that may be dragged are marked editable."""
    events: list[dict[str, Any]] = []
    if wanted.layers & {DUE, COMPLETED}:
        events = _dates(user, wanted, now=now, may_move=may_move)
    for name in sorted(wanted.layers & _layers.keys()):
        events += _layers[name][0](user, wanted, MOST_EVENTS + 1)
    cut = len(events) > MOST_EVENTS
    if cut:
        events = sorted(events, key=lambda event: event["start"])[:MOST_EVENTS]
    return Feed(events, cut)


def _dates(user: "User", wanted: Range, *, now: datetime, may_move: bool) -> list[dict[str, Any]]:
    inside = _inside(wanted)
    if inside is not None:
        wanted = replace(wanted, path=None, resources=frozenset(inside))
    rows = _rows(user, wanted, now)
    waiting = _waiting(user, wanted, now) if DUE in wanted.layers else []
    asked: list[_Row | State] = [*rows, *waiting]
    schedules = _schedules({one.schedule_id for one in asked})
    if inside is None:
        inside = _places(Resource.objects.filter(pk__among={one.resource_id for one in asked}))
    events: list[dict[str, Any]] = []
    known: dict[str, set[str]] = {}
    for row in rows:
        subject = _Subject(schedules[row.schedule_id], inside[row.resource_id])
        known.setdefault(subject.pair, set()).add(row.key)
        if DUE in wanted.layers or row.status in _STATUS:
            shown = _STATUS.get(row.status) or ("overdue" if row.is_late else "scheduled")
            movable = may_move and row.status not in _STATUS
            events.append(subject.event(row.pk, row.key, row.moment, shown, movable))
    planned = _planned(schedules) if waiting else {}
    limit, nothing = MOST_EVENTS + 1, set[str]()
    forecast = Forecast(wanted.start, wanted.end, now, home_zone_name(user), limit)
    for state in waiting:
        schedule, place = schedules[state.schedule_id], inside[state.resource_id]
        subject = _Subject(schedule, place)
        moved, taken = planned.get(subject.pair, []), known.get(subject.pair, nothing)
        events += [
            subject.event(
                subject.pair + key, key, moment, "overdue" if is_late else "scheduled", may_move
            )
            for key, moment, is_late in forecast.dates(schedule, place, state, moved, taken)
        ]
    return events


def _rows(user: "User", wanted: Range, now: datetime) -> list[_Row]:
    """The earliest dates in the range that have a row."""
    rows = _narrow(Occurrence.objects.visible_to(user).kept(), wanted)
    rows = rows.in_window(wanted.start, wanted.end)
    if COMPLETED not in wanted.layers:
        rows = rows.pending()
    rows = rows.annotate(is_late=_late(now), moment=Epoch("due_at")).order_by("due_at", "pk")
    columns = ("occurrence_key", "moment", "status", "is_late")
    keys = map(KeyText, ("schedule_id", "resource_id", "pk"))
    return [_Row._make(row) for row in rows.values_list(*keys, *columns)[: MOST_EVENTS + 1]]


def _waiting(user: "User", wanted: Range, now: datetime) -> list[State]:
    """The due states with a date to come before the end of the range, soonest first."""
    rows = _narrow(DueState.objects.visible_to(user), wanted).annotate(
        is_late=_late(now), moment=Epoch("next_due_at")
    )
    if wanted.resources is None:
        rows = rows.filter(next_due_at__lt=wanted.end)
    else:
        # as a number, which no index knows: in that of the moments PostgreSQL would read the whole organisation's
        rows = rows.filter(moment__lt=wanted.end.timestamp())
    columns = ("position", "baseline_on", "moment", "next_due_key", "is_late", "joined_at")
    keys = map(KeyText, ("schedule_id", "resource_id"))
    rows = rows.order_by("next_due_at", "pk").values_list(*keys, *columns)
    return [State._make(row) for row in rows[: MOST_EVENTS + 1]]


def _schedules(keys: set[str]) -> dict[str, Definition]:
    """By id."""
    rows = Schedule.objects.filter(pk__among=keys)
    rows = rows.annotate(start=Epoch("start_at"), exdates_text=Cast("exdates", TextField()))
    read = rows.values_list(KeyText("pk"), *Definition._fields[1:])
    return {row[0]: Definition._make(row) for row in read}


def _places(resources: Any) -> dict[str, Place]:
    """By id."""
    rows = resources.values_list(KeyText("pk"), "name", "effective_time_zone")
    return {row[0]: Place._make(row) for row in rows}


def named(wanted: Range) -> Range:
    """With the resources of a small subtree named one by one instead of their path."""
    inside = _inside(wanted)
    return wanted if inside is None else replace(wanted, path=None, resources=frozenset(inside))


def _inside(wanted: Range) -> dict[str, Place] | None:
    """The resources of a small subtree, by id; None for a large one, or when no resource is asked for.

    The database looks up the rows of those that are named, where by the path it would read all rows of the range.
    """
    if wanted.resources is not None:
        return _places(Resource.objects.filter(pk__among=wanted.resources))
    if wanted.path is None:
        return None
    inside = _places(Resource.objects.subtree(wanted.path)[: _MOST_NAMED + 1])
    return inside if len(inside) <= _MOST_NAMED else None


def _late(now: datetime) -> "ExpressionWrapper[Q]":
    """Compared in the database: a moment costs more to load than a truth value."""
    return ExpressionWrapper(Q(overdue_at__lte=now), output_field=BooleanField())


def _narrow(rows: Any, wanted: Range) -> Any:
    if wanted.path is not None:
        rows = rows.filter(resource__path__within=wanted.path)
    if wanted.resources is not None:
        rows = rows.filter(resource__id__among=wanted.resources)
    if wanted.maintenance_type is not None:
        rows = rows.filter(schedule__maintenance_type=wanted.maintenance_type)
    if wanted.assignee == "none":
        rows = rows.filter(schedule__assigned_to=None)
    elif wanted.assignee is not None:
        rows = rows.filter(schedule__assigned_to=wanted.assignee)
    return rows


def _planned(schedules: Iterable[str]) -> dict[str, list[Dated]]:
    """Dates moved by hand, wherever they lie now: their place in the series must stay empty."""
    rows = Occurrence.objects.filter(status=states.PLANNED, schedule__id__among=schedules)
    found: dict[str, list[Dated]] = {}
    columns = ("schedule_id", "resource_id", "occurrence_key", "due_at", "overdue_at")
    for schedule, resource, key, due_at, overdue_at in rows.values_list(*columns):
        found.setdefault(_pair(schedule, resource), []).append(Dated(key, due_at, overdue_at))
    return found


def _pair(schedule: UUID | str, resource: UUID | str) -> str:
    """Names a due state, and with a date's key behind it a date without a row."""
    return f"{schedule}/{resource}/"


class _Subject:
    """What the events of one due state have in common."""

    __slots__ = ("_common", "_duration", "_title", "_zone", "pair")

    def __init__(self, schedule: Definition, place: Place) -> None:
        self.pair = _pair(schedule.pk, place.pk)
        self._title, self._zone = schedule.title, place.effective_time_zone
        minutes = schedule.estimated_duration_minutes
        self._duration = timedelta(minutes=minutes) if minutes else None
        self._common = {
            "schedule": schedule.pk,
            "resource": place.pk,
            "resource_name": place.name,
            "maintenance_type": schedule.maintenance_type,
            "priority": schedule.priority,
            "assigned_to": schedule.assigned_to__name,
        }

    def event(
        self, identifier: str, key: str, moment: float, status: str, movable: bool
    ) -> dict[str, Any]:
        start = _shown(moment, self._zone)
        event: dict[str, Any] = {
            "id": identifier,
            "title": self._title,
            "start": start,
            "className": f"due-{status}",
            "editable": movable,
            "extendedProps": {**self._common, "status": status, "occurrence": key},
        }
        if self._duration is not None:
            event["end"] = start + self._duration
        return event


@lru_cache(maxsize=16_384)
def _shown(moment: float, zone: str) -> datetime:
    """On the clock of the place; many dates share their moment."""
    return datetime.fromtimestamp(moment, _zone(zone))
