"""What the lists show beside schedules: logs of the past, messages to one person, bookings, and windows among them."""

from datetime import datetime, timedelta

from accounts.models import User
from core.ids import new_id
from core.querysets.rowset import insert_rows
from notifications.models import Notification
from scheduling.models import Booking, Resource, Schedule, Window, WindowBlock
from worklogs.models import Log

_MESSAGES = 20_000
_WINDOWS = 20_000
_HOURS = timedelta(hours=2)
_LOG = (
    *("id", "schedule", "resource", "performed_by", "performed_at", "duration_minutes", "notes"),
    *("issues_found", "effect", "attachment_hashes", "is_void", "correction_reason", "external_id"),
    *("recorded_by", "recorded_at", "sequence", "previous_hash", "hash"),
)
_BOOKING = ("id", "resource", "reference", "starts_at", "ends_at", "created_at", "updated_at")
_WINDOW = (
    *("id", "resource", "title", "starts_at", "ends_at", "blocked_from", "blocked_to"),
    *("created_at", "updated_at"),
)
_BLOCK = (*("id", "window", "resource", "blocked_from", "blocked_to", "created_at", "updated_at"),)
_MESSAGE = ("id", "fact_key", "title", "object_id", "created_at", "updated_at")


def fill(reader: User, *, size: int, now: datetime) -> None:
    """`size` logs and bookings in the organisation in scope, and 20,000 messages and windows at most."""
    _work(logs=size, now=now)
    _messages(reader, count=min(size, _MESSAGES), now=now)
    _use(bookings=size, windows=min(size, _WINDOWS), now=now)


def _work(*, logs: int, now: datetime) -> None:
    """The hashes of the logs are invented: nothing here verifies them."""
    people = list(User.objects.values_list("pk", flat=True))
    work = list(Schedule.objects.exclude(resource=None).values_list("pk", "resource_id")[:10_000])

    def log(number: int) -> list[object]:
        at, who = now - timedelta(minutes=7 * number), people[number % len(people)]
        schedule, resource = work[number % len(work)]
        notes = f"Cleaned, checked and greased, round {number}."
        return [
            *(new_id(), schedule, resource, who, at, 30, notes, "none", "satisfied", [], False),
            *("", "", who, at, number + 1, f"{number:064x}", f"{number + 1:064x}"),
        ]

    insert_rows(Log, _LOG, map(log, range(logs)))


def _messages(reader: User, *, count: int, now: datetime) -> None:
    def message(number: int) -> list[object]:
        at = now - timedelta(minutes=number)
        title = f"Due today: Inspection {number} – Machine {number % 1000}"
        return [new_id(), f"bench:{number}", title, new_id(), at, at]

    shared = {
        "recipient": reader.pk,
        "kind": "maintenance_due",
        "priority": "normal",
        "message": "The inspection is due today.",
        "why": "You are assigned to it.",
        "object_type": "occurrence",
        "action_url": "/admin/worklogs/log/add/",
        "in_app": True,
        "expires_at": now + timedelta(days=90),
        "correlation_id": "",
    }
    insert_rows(Notification, _MESSAGE, map(message, range(count)), shared=shared)


def _use(*, bookings: int, windows: int, now: datetime) -> None:
    """Each resource is booked every other two hours; each window meets one booking."""
    places = list(Resource.objects.filter(kind="equipment").values_list("pk", flat=True))

    def booking(number: int) -> list[object]:
        start = now + 2 * _HOURS * (number // len(places))
        place = places[number % len(places)]
        return [new_id(), place, f"B{number}", start, start + _HOURS, now, now]

    insert_rows(
        Booking,
        _BOOKING,
        map(booking, range(bookings)),
        shared={
            **{"source": "bench", "status": "confirmed", "people": 2, "guest_id": ""},
            **{"contact_name": "Nora Guest", "contact_email": "nora@example.org"},
        },
    )
    keys = [new_id() for _ in range(windows)]

    def stretch(number: int) -> list[object]:
        start = now + _HOURS / 2 + 2 * _HOURS * (number // len(places))
        return [places[number % len(places)], start, start + _HOURS]

    def window(number: int) -> list[object]:
        place, start, end = stretch(number)
        return [keys[number], place, f"Service {number}", start, end, start, end, now, now]

    def block(number: int) -> list[object]:
        return [new_id(), keys[number], *stretch(number), now, now]

    insert_rows(
        Window,
        _WINDOW,
        map(window, range(windows)),
        shared={
            **{"description": "", "kind": "planned", "effect": "out_of_order"},
            **{"status": "scheduled", "setup_minutes": 0, "cleanup_minutes": 0, "sequence": 0},
            **{"override_reason": "", "cancel_reason": "", "series_key": "", "is_apart": False},
            "former_status": "",
        },
    )
    insert_rows(WindowBlock, _BLOCK, map(block, range(windows)), shared={"is_exclusive": False})
