"""What the calendar shows: dates with rows and dates to come, as plain events. Reads only; few queries, a fixed number.

A range may hold thousands of dates, so no model instances are made for them. Rows come from one query, due states
from another; the engine is asked only where more than the stored next date can fall into the range.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import BooleanField, ExpressionWrapper, Q

from core.querysets.epoch import Epoch
from scheduling import states
from scheduling.models import DueState, Occurrence, Schedule
from scheduling.rules import due, forecasts, zones
from scheduling.rules.due import Dated, Plan, Standing
from scheduling.rules.recurrence import FREQUENCIES, Unit
from scheduling.services.plans import begun, plan_of

if TYPE_CHECKING:
    from accounts.models import User
    from scheduling.models import Resource

#: More is no picture any more; the earliest are answered and the reader is told.
MOST_EVENTS = 3_000
LONGEST_RANGE = timedelta(days=400)

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
_ABOUT = (
    "schedule_id",
    "resource_id",
    "schedule__title",
    "resource__name",
    "resource__effective_time_zone",
    "schedule__maintenance_type",
    "schedule__priority",
    "schedule__assigned_to__name",
    "schedule__estimated_duration_minutes",
)
_DEFINITION = (
    "frequency",
    "interval",
    "interval_unit",
    "rrule",
    "exdates",
    "basis",
    "overflow",
    "start_at",
    "until",
    "tolerance_days",
    "tolerance_percent",
    "backlog",
    "lead_days",
    "advance_notice_days",
)
_SHORTEST_UNIT = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 28, Unit.YEAR: 365}


@dataclass(frozen=True, slots=True)
class Range:
    """What is asked for: `[start, end)` in UTC, and what narrows it; None does not narrow.

    `path` is that of a resource whose subtree is meant, `resources` are single ones. `assignee` is a person's id, or "none" for nobody.
    """

    start: datetime
    end: datetime
    layers: frozenset[str]
    path: str | None = None
    maintenance_type: str | None = None
    assignee: UUID | str | None = None
    resources: frozenset[UUID] | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """The events, and whether some were left out because there are more than `MOST_EVENTS`."""

    events: list[dict[str, Any]]
    cut: bool


Layer = Callable[["User", Range, int], list[dict[str, Any]]]
#: The keys of dates that have a row, by schedule and resource.
Known = dict[tuple[UUID, UUID], set[str]]
#: Dates without a row: key, moment as seconds since 1970, whether it is overdue.
Dates = list[tuple[str, float, bool]]
_layers: dict[str, Layer] = {}


def register_layer(name: str, events: Layer) -> None:
    """Let a higher app add a layer: a function of person, range and limit that answers events."""
    _layers[name] = events


def layer_names() -> frozenset[str]:
    """Every layer that can be asked for."""
    return frozenset({DUE, COMPLETED, *_layers})


class _About(NamedTuple):
    schedule: UUID
    resource: UUID
    title: str
    resource_name: str
    zone: str
    maintenance_type: str
    priority: str
    assignee: str | None
    minutes: int | None


class _State(NamedTuple):
    position: str
    baseline_on: Any
    next_due: int
    next_due_key: str
    is_late: bool
    frequency: str
    interval: int
    unit: str
    rrule: str
    joined_at: datetime | None


def feed(user: "User", wanted: Range, *, now: datetime, may_move: bool) -> Feed:
    """The events in the range that `user` may see; those that may be dragged are marked editable."""
    events: list[dict[str, Any]] = []
    if wanted.layers & {DUE, COMPLETED}:
        events = _dates(user, wanted, now=now, may_move=may_move)
    for name in sorted(wanted.layers & _layers.keys()):
        events += _layers[name](user, wanted, MOST_EVENTS + 1)
    cut = len(events) > MOST_EVENTS
    if cut:
        events = sorted(events, key=lambda event: event["start"])[:MOST_EVENTS]
    return Feed(events, cut)


def _dates(user: "User", wanted: Range, *, now: datetime, may_move: bool) -> list[dict[str, Any]]:
    rows = _narrow(Occurrence.objects.visible_to(user).kept(), wanted)
    rows = rows.in_window(wanted.start, wanted.end)
    if COMPLETED not in wanted.layers:
        rows = rows.pending()
    events: list[dict[str, Any]] = []
    known: Known = {}
    columns = ("pk", "occurrence_key", "moment", "status", "is_late")
    rows = rows.annotate(is_late=_late(now), moment=Epoch("due_at")).order_by("due_at", "pk")
    for row in rows.values_list(*_ABOUT, *columns)[: MOST_EVENTS + 1]:
        about = _About._make(row[:9])
        pk, key, moment, status, is_late = row[9:]
        known.setdefault((about.schedule, about.resource), set()).add(key)
        if DUE in wanted.layers or status in _STATUS:
            shown = _STATUS.get(status) or ("overdue" if is_late else "scheduled")
            movable = may_move and status not in _STATUS
            events.append(_event(about, pk, key, moment, shown, movable))
    if DUE in wanted.layers:
        for about, dates in _projections(user, wanted, known, now=now):
            place = f"{about.schedule}/{about.resource}/"
            for key, moment, is_late in dates:
                shown = "overdue" if is_late else "scheduled"
                events.append(_event(about, place + key, key, moment, shown, may_move))
    return events


def _late(now: datetime) -> "ExpressionWrapper[Q]":
    """Compared in the database: a moment costs more to load than a truth value."""
    return ExpressionWrapper(Q(overdue_at__lte=now), output_field=BooleanField())


def _narrow(rows: Any, wanted: Range) -> Any:
    if wanted.path is not None:
        rows = rows.filter(resource__path__startswith=wanted.path)
    if wanted.resources is not None:
        rows = rows.filter(resource__in=wanted.resources)
    if wanted.maintenance_type is not None:
        rows = rows.filter(schedule__maintenance_type=wanted.maintenance_type)
    if wanted.assignee == "none":
        rows = rows.filter(schedule__assigned_to=None)
    elif wanted.assignee is not None:
        rows = rows.filter(schedule__assigned_to=wanted.assignee)
    return rows


def _projections(
    user: "User", wanted: Range, known: Known, *, now: datetime
) -> Iterator[tuple[_About, Dates]]:
    """Dates to come in the range that have no row and that nobody has moved."""
    planned = _planned(user, wanted)
    waiting = _narrow(DueState.objects.visible_to(user), wanted).filter(next_due_at__lt=wanted.end)
    columns = (
        *("position", "baseline_on", "moment", "next_due_key", "is_late"),
        *(f"schedule__{name}" for name in ("frequency", "interval", "interval_unit", "rrule")),
        "joined_at",
    )
    open_questions: list[tuple[_About, _State, list[Dated], set[str]]] = []
    dated = waiting.annotate(is_late=_late(now), moment=Epoch("next_due_at"))
    rows = dated.order_by("next_due_at", "pk").values_list(*_ABOUT, *columns)
    start, nothing = wanted.start.timestamp(), set[str]()
    for row in rows[: MOST_EVENTS + 1]:
        about, state = _About._make(row[:9]), _State._make(row[9:])
        pair = about.schedule, about.resource
        moved, taken = planned.get(pair, []), known.get(pair, nothing)
        if moved or not _only_next(about, state, wanted.end):
            open_questions.append((about, state, moved, taken))
        elif state.next_due >= start and state.position != state.next_due_key not in taken:
            yield about, [(state.next_due_key, state.next_due, state.is_late)]
    plans = _plans((about for about, *_ in open_questions))
    for about, state, moved, taken in open_questions:
        plan = begun(plans[about.schedule, about.zone], state.joined_at)
        places = taken.union(occurrence.key for occurrence in moved)
        coming = _continued if plan.floating else _series
        yield about, coming(plan, state, moved, places, wanted, now)


def _planned(user: "User", wanted: Range) -> dict[tuple[UUID, UUID], list[Dated]]:
    """Dates moved by hand, wherever they lie now: their place in the series must stay empty."""
    rows = _narrow(Occurrence.objects.visible_to(user).kept(), wanted).filter(status=states.PLANNED)
    found: dict[tuple[UUID, UUID], list[Dated]] = {}
    columns = ("schedule_id", "resource_id", "occurrence_key", "due_at", "overdue_at")
    for schedule, resource, key, due_at, overdue_at in rows.values_list(*columns):
        found.setdefault((schedule, resource), []).append(Dated(key, due_at, overdue_at))
    return found


def _only_next(about: _About, state: _State, end: datetime) -> bool:
    """Whether the date after the next one surely lies behind the range, by the shortest length of the interval.

    That holds only while the next date lies where the series put it, and is the last one with a row if it has one.
    """
    if state.rrule and state.frequency == Schedule.Frequency.CUSTOM:
        return False
    if state.position >= state.next_due_key:
        nominal = zones.to_local(datetime.fromtimestamp(state.next_due, UTC), about.zone)
        if state.position != state.next_due_key or due.local_of(state.next_due_key) != nominal:
            return False
    unit, step = FREQUENCIES.get(state.frequency, (None, 1))
    days = _SHORTEST_UNIT[unit or Unit(state.unit or "day")] * step * state.interval
    # two hours: a change of the clocks shortens the way in between
    return state.next_due + timedelta(days=days, hours=-2).total_seconds() >= end.timestamp()


def _plans(asked: Iterable[_About]) -> dict[tuple[UUID, str], Plan]:
    """The plans by schedule and zone. They need columns only, so no model instances are made."""
    wanted = {(about.schedule, about.zone) for about in asked}
    rows = Schedule.objects.filter(pk__in={schedule for schedule, _ in wanted}).values(
        "pk", *_DEFINITION, "resource__effective_time_zone", "organization__time_zone"
    )
    definitions = {row["pk"]: _definition(row) for row in rows}
    return {
        (schedule, zone): plan_of(definitions[schedule], cast("Resource", _Place(zone)))
        for schedule, zone in wanted
    }


class _Place(NamedTuple):
    effective_time_zone: str


def _definition(row: dict[str, Any]) -> Schedule:
    """What `plan_of` reads of a schedule."""
    home = row.pop("resource__effective_time_zone")
    resource = _Place(home) if home else None
    organization = SimpleNamespace(time_zone=row.pop("organization__time_zone"))
    return cast("Schedule", SimpleNamespace(resource=resource, organization=organization, **row))


def _series(
    plan: Plan, state: _State, moved: list[Dated], places: set[str], wanted: Range, now: datetime
) -> Dates:
    """The dates of a fixed series; those that were moved leave their place empty."""
    just_before = zones.to_local(wanted.start, plan.zone) - timedelta(minutes=1)
    position = max(state.position, due.key_of(just_before))
    coming = forecasts.series_after(plan, position, wanted.end)
    return [
        (key, at.timestamp(), at < now and due.overdue_moment(plan, at) <= now)
        for key, at in islice(coming, MOST_EVENTS + 1)
        if at >= wanted.start and key not in places
    ]


def _continued(
    plan: Plan, state: _State, moved: list[Dated], places: set[str], wanted: Range, now: datetime
) -> Dates:
    """The dates of a floating series, each counted from the one before."""
    pending = list(moved)
    if state.position == state.next_due_key:
        # when it became overdue does not matter for what follows it
        moment = datetime.fromtimestamp(state.next_due, UTC)
        pending.append(Dated(state.next_due_key, moment, moment, states.OPEN))
    standing = Standing(state.position, state.baseline_on)
    found = forecasts.forecast(plan, standing, pending, end=wanted.end, limit=MOST_EVENTS + 1)
    return [
        (date.key, date.due_at.timestamp(), date.overdue_at <= now)
        for date in found
        if date.due_at >= wanted.start and date.key not in places and not date.stored
    ]


def _event(
    about: _About,
    identifier: UUID | str,
    key: str,
    moment: float,
    status: str,
    movable: bool,
) -> dict[str, Any]:
    start = _shown(moment, about.zone)
    event: dict[str, Any] = {
        "id": identifier,
        "title": about.title,
        "start": start,
        "className": f"due-{status}",
        "editable": movable,
        "extendedProps": {
            "status": status,
            "schedule": about.schedule,
            "resource": about.resource,
            "resource_name": about.resource_name,
            "occurrence": key,
            "maintenance_type": about.maintenance_type,
            "priority": about.priority,
            "assigned_to": about.assignee,
        },
    }
    if about.minutes:
        event["end"] = start + timedelta(minutes=about.minutes)
    return event


@lru_cache(maxsize=16_384)
def _shown(moment: float, zone: str) -> datetime:
    """On the clock of the place; many dates share their moment."""
    return datetime.fromtimestamp(moment, _zone(zone))
