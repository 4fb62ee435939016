"""Windows planned for what comes due."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.errors import Invalid
from scheduling.models import DueState, Occurrence
from scheduling.rules.slots import Request
from scheduling.services import availability

_USUAL_LENGTH = timedelta(hours=2)
#: How far a slot is looked for when the tolerance has ended or lies far ahead.
_LOOK_AHEAD = timedelta(days=14)
#: Nobody plans for the next minutes.
_NOTICE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the work would harm least before its tolerance ends, and the date it is for, if that has its row."""

    starts_at: datetime
    ends_at: datetime
    occurrence: Occurrence | None


def for_due_date(state: DueState, *, now: datetime) -> Plan:
    """The least harmful slot for the next date of a schedule on a resource, from its due date back or on.

    Looks from now to the end of the tolerance; where that has passed or holds no slot, two weeks ahead.
    """
    minutes = state.schedule.estimated_duration_minutes
    length = timedelta(minutes=minutes) if minutes else _USUAL_LENGTH
    earliest = (now + _NOTICE).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    start = _best(state, length, earliest) or earliest
    occurrence = Occurrence.objects.filter(
        schedule=state.schedule, resource=state.resource, occurrence_key=state.next_due_key
    ).first()
    return Plan(start, start + length, occurrence)


def _best(state: DueState, length: timedelta, earliest: datetime) -> datetime | None:
    latest = state.overdue_at or earliest
    if latest - earliest > _LOOK_AHEAD and state.next_due_at:
        earliest = max(earliest, state.next_due_at - _LOOK_AHEAD / 2)
        latest = min(latest, earliest + _LOOK_AHEAD)
    for until in (latest, earliest + _LOOK_AHEAD):
        try:
            request = Request(duration=length, earliest=earliest, latest=until)
            found = availability.suggest([state.resource], request, limit=1)
        except Invalid:  # the tolerance ends before the work could: look further
            continue
        if found:
            return found[0].slot.start
    return None
