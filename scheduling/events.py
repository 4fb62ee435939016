"""What others may hear of schedules, windows and bookings, and how it is told."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from accounts.rights import Right
from core import catalogue
from core.catalogue import ID, MOMENT, TEXT, EventType, each, or_nothing, record
from core.models import OutboxEvent
from core.telling import Told, tells
from scheduling.models import Booking, Occurrence, Resource, Schedule, Window

#: Dates told in one event at the most.
MOST_DATES = 500
PLACE = record({"id": ID, "code": TEXT, "name": TEXT, "external_id": TEXT})
KEY = "01939d2e-7c4c-7a31-9d2b-5f8f5a1c0e11"
PLACE_EXAMPLE = {"id": KEY, "code": "R-204", "name": "Room 204", "external_id": "room-204"}

_WINDOW = {
    **{"window_id": ID, "title": TEXT, "resource": PLACE, "kind": TEXT, "effect": TEXT},
    **{"status": TEXT, "starts_at": MOMENT, "ends_at": MOMENT},
}
_WINDOW_EXAMPLE = {
    **{"window_id": KEY, "title": "Filter change", "resource": PLACE_EXAMPLE, "kind": "planned"},
    **{"effect": "out_of_order", "status": "scheduled"},
    **{"starts_at": "2026-11-23T08:00:00Z", "ends_at": "2026-11-23T10:00:00Z"},
}
_WINDOWS = {
    "scheduled": "A maintenance window was scheduled.",
    "changed": "A maintenance window has another time, place or content.",
    "started": "The work in a maintenance window began.",
    "completed": "The work in a maintenance window is done.",
    "cancelled": "A maintenance window was cancelled.",
}
_BOOKING = {
    **{"booking_id": ID, "reference": TEXT, "resource": PLACE, "venue_id": TEXT, "status": TEXT},
    **{"starts_at": MOMENT, "ends_at": MOMENT, "guest_id": TEXT},
}
_BOOKING_EXAMPLE = {
    **{"booking_id": KEY, "reference": "M-7", "resource": PLACE_EXAMPLE, "venue_id": "room-204"},
    **{"status": "confirmed", "starts_at": "2026-11-23T15:00:00Z"},
    **{"ends_at": "2026-11-25T10:00:00Z", "guest_id": "g-551"},
}
_SCHEDULE = {"schedule_id": ID, "title": TEXT, "assigned_to_id": or_nothing(ID)}
_SCHEDULE_EXAMPLE = {"schedule_id": KEY, "title": "Filter change", "assigned_to_id": None}
_DATE = {"occurrence_id": ID, "schedule_id": ID, "resource_id": ID, "due_at": MOMENT, "stage": TEXT}
_DATE_EXAMPLE = {
    **{"occurrence_id": KEY, "schedule_id": KEY, "resource_id": KEY},
    **{"due_at": "2026-11-23T08:00:00Z", "stage": "due"},
}
_ONE_DATE = {
    "occurrence_id": ID,
    "schedule_id": ID,
    "title": TEXT,
    "resource": PLACE,
    "due_at": MOMENT,
}
_ONE_DATE_EXAMPLE = {
    **{"occurrence_id": KEY, "schedule_id": KEY, "title": "Filter change"},
    **{"resource": PLACE_EXAMPLE, "due_at": "2026-11-23T08:00:00Z"},
}
_DATES = {
    "completed": "A due date was met by work on record.",
    "skipped": "A due date was left out.",
    "moved": "A due date was moved by a person.",
}

_RESOURCE = {
    **{"resource": PLACE, "venue_id": TEXT, "kind": TEXT, "status": TEXT, "criticality": TEXT},
    "parent_id": or_nothing(ID),
}
_RESOURCE_EXAMPLE = {
    **{"resource": PLACE_EXAMPLE, "venue_id": "room-204", "kind": "room"},
    **{"status": "operational", "criticality": "medium", "parent_id": KEY},
}

catalogue.register(
    *(
        EventType(
            f"resource.{what}",
            f"A room, vehicle, machine or other resource {said}.",
            record(_RESOURCE),
            _RESOURCE_EXAMPLE,
            Right.RESOURCE_VIEW.value,
        )
        for what, said in {"created": "was added", "changed": "was changed"}.items()
    ),
    *(
        EventType(f"window.{what}", said, record(_WINDOW), _WINDOW_EXAMPLE, Right.WINDOW_VIEW.value)
        for what, said in _WINDOWS.items()
    ),
    *(
        EventType(
            f"booking.{what}",
            f"A booking entered here {said}; those of booking systems are theirs to tell.",
            record(_BOOKING),
            _BOOKING_EXAMPLE,
            Right.BOOKING_VIEW.value,
        )
        for what, said in {"created": "came to be", "updated": "was changed"}.items()
    ),
    *(
        EventType(
            f"schedule.{what}",
            f"A maintenance schedule {said}.",
            record(_SCHEDULE),
            _SCHEDULE_EXAMPLE,
            Right.SCHEDULE_VIEW.value,
        )
        for what, said in {"created": "came to be", "assigned": "was given to somebody"}.items()
    ),
    EventType(
        "maintenance.due",
        f"Dates came due or are overdue; up to {MOST_DATES} in one event.",
        record({"as_of": MOMENT, "dates": each(record(_DATE))}),
        {"as_of": "2026-11-22T06:00:00Z", "dates": [_DATE_EXAMPLE]},
        Right.SCHEDULE_VIEW.value,
    ),
    *(
        EventType(
            f"maintenance.{what}",
            said,
            record(_ONE_DATE),
            _ONE_DATE_EXAMPLE,
            Right.SCHEDULE_VIEW.value,
        )
        for what, said in _DATES.items()
    ),
)


@tells("scheduling.resource.created", "scheduling.resource.changed")
def tell_resources(events: Sequence[OutboxEvent]) -> Iterator[Told]:
    """Resources as they stand now."""
    rows = _found(Resource.objects.all(), events, "resource_id")
    for event in events:
        found = rows.get(UUID(event.payload["resource_id"]))
        if found is not None:
            kept = ("kind", "status", "criticality", "parent_id")
            data = {
                **{"resource": place(found), "venue_id": found.external_id},
                **{name: getattr(found, name) for name in kept},
            }
            what = event.name.rpartition(".")[2]
            yield Told(event, f"resource.{what}", f"resource/{found.pk}", data)


@tells(*(f"scheduling.window.{what}" for what in _WINDOWS))
def tell_windows(events: Sequence[OutboxEvent]) -> Iterator[Told]:
    """Windows as they stand now."""
    rows = _found(Window.objects.select_related("resource"), events, "window_id")
    for event in events:
        window = rows.get(UUID(event.payload["window_id"]))
        if window is not None:
            kept = ("title", "kind", "effect", "status", "starts_at", "ends_at")
            data = {"window_id": window.pk, "resource": place(window.resource)} | {
                name: getattr(window, name) for name in kept
            }
            what = event.name.rpartition(".")[2]
            yield Told(event, f"window.{what}", f"window/{window.pk}", data)


@tells("scheduling.booking.created", "scheduling.booking.changed")
def tell_bookings(events: Sequence[OutboxEvent]) -> Iterator[Told]:
    """Bookings entered here, as they stand now; nobody's name or address."""
    rows = _found(
        Booking.objects.filter(source="").select_related("resource"), events, "booking_id"
    )
    for event in events:
        booking = rows.get(UUID(event.payload["booking_id"]))
        if booking is not None:
            kept = ("reference", "status", "starts_at", "ends_at", "guest_id")
            data = {
                **{"booking_id": booking.pk, "resource": place(booking.resource)},
                "venue_id": booking.resource.external_id,
                **{name: getattr(booking, name) for name in kept},
            }
            what = "created" if event.name.endswith("created") else "updated"
            yield Told(event, f"booking.{what}", f"booking/{booking.pk}", data)


@tells("scheduling.schedule.created", "scheduling.schedule.assigned")
def tell_schedules(events: Sequence[OutboxEvent]) -> Iterator[Told]:
    """New plans, and whose they are."""
    rows = _found(Schedule.objects.all(), events, "schedule_id")
    for event in events:
        schedule = rows.get(UUID(event.payload["schedule_id"]))
        if schedule is not None:
            data = {
                **{"schedule_id": schedule.pk, "title": schedule.title},
                "assigned_to_id": event.payload["assigned_to_id"],
            }
            what = event.name.rpartition(".")[2]
            yield Told(event, f"schedule.{what}", f"schedule/{schedule.pk}", data)


@tells("scheduling.occurrences.came_due")
def tell_due(events: Sequence[OutboxEvent]) -> Iterator[Told]:
    """What a due check found."""
    for event in events:
        alerts = event.payload["alerts"]
        for start in range(0, len(alerts), MOST_DATES):
            stages = {UUID(key): stage for key, stage in alerts[start : start + MOST_DATES]}
            rows = Occurrence.objects.filter(pk__among=set(stages)).order_by("due_at", "pk")
            names = ("pk", "schedule_id", "resource_id", "due_at")
            dates = [
                dict(zip(_DATE, (*row, stages[row[0]]), strict=True))
                for row in rows.values_list(*names)
            ]
            data = {"as_of": event.payload["as_of"], "dates": dates}
            yield Told(event, "maintenance.due", f"due-check/{event.payload['run_id']}", data)


@tells(*(f"scheduling.occurrence.{what}" for what in _DATES))
def tell_dates(events: Sequence[OutboxEvent]) -> Iterator[Told]:
    """What became of single dates."""
    related = ("schedule", "resource")
    rows = _found(Occurrence.objects.select_related(*related), events, "occurrence_id")
    for event in events:
        row = rows.get(UUID(event.payload["occurrence_id"]))
        if row is not None:
            data = {
                **{"occurrence_id": row.pk, "schedule_id": row.schedule_id, "due_at": row.due_at},
                **{"title": row.schedule.title, "resource": place(row.resource)},
            }
            what = event.name.rpartition(".")[2]
            yield Told(event, f"maintenance.{what}", f"schedule/{row.schedule_id}", data)


def place(resource: Resource) -> dict[str, Any]:
    """A resource as events name it: `external_id` is what other services know it by."""
    return {name: getattr(resource, name) for name in ("id", "code", "name", "external_id")}


def _found(rows: Any, events: Iterable[OutboxEvent], key: str) -> Mapping[UUID, Any]:
    found: Mapping[UUID, Any] = rows.filter(
        pk__among={UUID(event.payload[key]) for event in events}
    ).in_bulk()
    return found
