"""What the lists show beside schedules and resources: logs of the past, and messages to one person."""

from datetime import datetime, timedelta

from accounts.models import User
from core.ids import new_id
from core.querysets.rowset import insert_rows
from notifications.models import Notification
from scheduling.models import Schedule
from worklogs.models import Log

_MESSAGES = 20_000
_LOG = (
    *("id", "schedule", "resource", "performed_by", "performed_at", "duration_minutes", "notes"),
    *("issues_found", "effect", "attachment_hashes", "is_void", "correction_reason", "external_id"),
    *("recorded_by", "recorded_at", "sequence", "previous_hash", "hash"),
)
_MESSAGE = ("id", "fact_key", "title", "object_id", "created_at", "updated_at")


def fill(reader: User, *, logs: int, now: datetime) -> None:
    """In the organisation in scope. The hashes of the logs are invented: nothing here verifies them."""
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

    def message(number: int) -> list[object]:
        at = now - timedelta(minutes=number)
        title = f"Due today: Inspection {number} – Machine {number % 1000}"
        return [new_id(), f"bench:{number}", title, new_id(), at, at]

    insert_rows(Log, _LOG, map(log, range(logs)))
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
    insert_rows(Notification, _MESSAGE, map(message, range(_MESSAGES)), shared=shared)
