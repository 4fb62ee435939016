"""What came due, told to whoever has to act (REQUIREMENTS B9)."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from notifications.channels.base import Recipient
from notifications.models import Kind, Notification
from notifications.rules import words
from notifications.services import links, recipients
from notifications.services.telling import Fact, tell
from scheduling.models import Occurrence, Schedule
from scheduling.rules import zones
from scheduling.rules.due import Stage

_Priority = Notification.Priority
_PRIORITIES = {
    (Stage.DUE.value, Schedule.Priority.LOW.value): _Priority.LOW,
    (Stage.DUE.value, Schedule.Priority.CRITICAL.value): _Priority.HIGH,
    (Stage.OVERDUE.value, Schedule.Priority.LOW.value): _Priority.NORMAL,
    (Stage.OVERDUE.value, Schedule.Priority.MEDIUM.value): _Priority.HIGH,
    (Stage.OVERDUE.value, Schedule.Priority.HIGH.value): _Priority.HIGH,
    (Stage.OVERDUE.value, Schedule.Priority.CRITICAL.value): _Priority.URGENT,
}


class _Due(NamedTuple):
    """What is read of an occurrence, in the order of `_COLUMNS`."""

    pk: UUID
    due_at: datetime
    schedule: str
    schedule_priority: str
    resource: str
    code: str
    assignee: UUID | None
    owner: UUID | None


_COLUMNS = (
    "pk",
    "due_at",
    "schedule__title",
    "schedule__priority",
    "resource__name",
    "resource__code",
    "schedule__assigned_to",
    "resource__owner",
)


def tell_due(
    stages: Mapping[UUID, str], *, organization_id: UUID, run_id: UUID, now: datetime
) -> int:
    """Tell the assignee of each occurrence, else the owner of its resource; returns how many messages are new.

    `stages` maps occurrences to "due" or "overdue". An inactive assignee is passed over for the owner; whoever is
    done meanwhile is not told. The number of queries does not depend on how many occurrences there are.
    """
    rows = [
        _Due(*row)
        for row in Occurrence.objects.open()
        .filter(pk__among=stages)
        .order_by(
            "-due_at", "-pk"
        )  # lists show the newest first: of one run that is what waits longest
        .values_list(*_COLUMNS)
    ]
    candidates = {pk for row in rows for pk in (row.assignee, row.owner) if pk is not None}
    people = recipients.load(candidates, organization_id=organization_id)
    return tell(list(_facts(rows, stages, people, now)), people, now=now, run_id=run_id)


def _facts(
    rows: list[_Due], stages: Mapping[UUID, str], people: Mapping[UUID, Recipient], now: datetime
) -> Iterator[Fact]:
    action_url = links.template("occurrence")
    for row in rows:
        person = people.get(row.assignee) if row.assignee else None
        person = person or (people.get(row.owner) if row.owner else None)
        if person is not None:
            yield _fact(row, stages[row.pk], person, action_url, now)


def _fact(row: _Due, stage: str, person: Recipient, action_url: str, now: datetime) -> Fact:
    is_overdue = stage == Stage.OVERDUE
    kind = Kind.MAINTENANCE_OVERDUE if is_overdue else Kind.MAINTENANCE_DUE
    when, message = _told(row.due_at, now, person.time_zone, is_overdue)
    resource = f"{row.resource} ({row.code})"
    pk = str(row.pk)
    return Fact(
        recipient=person.pk,
        kind=kind.value,
        # a date that somebody moves may be told anew
        key=f"{kind.value}:{pk}:{row.due_at:%Y%m%dT%H%M}",
        title=words.due_title(when, row.schedule, resource),
        message=message,
        why=words.due_reason(assigned=person.pk == row.assignee, resource=resource),
        priority=_PRIORITIES.get((stage, row.schedule_priority), _Priority.NORMAL).value,
        object_type="occurrence",
        object_id=row.pk,
        action_url=action_url.format(pk),
    )


@lru_cache(maxsize=4096)
def _told(due_at: datetime, now: datetime, zone: str, is_overdue: bool) -> tuple[str, str]:
    """How far away, and when exactly, on the recipient's clock; many dates of one run are alike."""
    due_local = zones.to_local(due_at, zone)
    today: date = zones.local_date(now, zone)
    when = words.day_words(due_local.date(), today, is_overdue=is_overdue)
    return when, words.due_message(due_local, today, is_overdue=is_overdue)


def stages_of(payload: Mapping[str, Any]) -> dict[UUID, str]:
    """The occurrences of a `scheduling.occurrences.came_due` event and what is to be told about each."""
    return {UUID(pk): Stage(stage).value for pk, stage in payload["alerts"]}
