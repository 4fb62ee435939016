"""What a window that is being typed would meet, and where else it fits: the answer that the form shows while typing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from core.errors import Conflict, DomainError, Invalid
from scheduling import states
from scheduling.models import Window
from scheduling.rules import recurrence as rules
from scheduling.rules import zones
from scheduling.rules.recurrence import InvalidRecurrence, Recurrence
from scheduling.rules.slots import Request
from scheduling.rules.words import in_words
from scheduling.services import availability, conflicts, discretion, windows
from scheduling.services.availability import Suggestion
from scheduling.services.conflicts import Collision

if TYPE_CHECKING:
    from accounts.models import User

_SUGGESTED = 3
_LOOK_AROUND = timedelta(days=7)
_DATES_SHOWN, _DATES_CHECKED = 5, 60


@dataclass(frozen=True, slots=True)
class Repetition:
    """A rule in words, its next dates, and how many of the dates looked at collide."""

    words: str
    dates: list[datetime]
    looked_at: int
    colliding: list[datetime]


@dataclass(frozen=True, slots=True)
class Preview:
    """What is in the way, firm first, and up to three places that harm less."""

    hard: list[Collision]
    soft: list[Collision]
    slots: list[Suggestion] = field(default_factory=list)
    repetition: Repetition | None = None

    @property
    def people(self) -> int:
        return sum(one.people for one in (*self.hard, *self.soft))


def problems(
    window: Window,
    changes: Collection[str],
    found: Sequence[Collision],
    *,
    by: "User",
    now: datetime,
    is_back_dated: bool,
) -> dict[str, list[str]]:
    """What creating the window, or changing it so, would be refused for beside what it `found` in its way; by field."""
    stored = None
    try:
        if not window._state.adding:
            stored = Window.objects.get(pk=window.pk)
            windows.check_open(stored, changes)
        windows.judge(window, stored, by=by, now=now, is_back_dated=is_back_dated, found=found)
    except Invalid as error:
        return error.errors
    except DomainError as error:
        is_told = isinstance(error, Conflict) and error.conflicts
        return {} if is_told else {"detail": [error.message]}
    return {}


def preview(window: Window, *, rrule: str, by: "User", now: datetime) -> Preview:
    """The one check on a window that is not written, with slots where it meets something. Raises `Invalid`.

    What is in the way is told as far as the person may know it.
    """
    if window._state.adding:
        conflicts.check_in_service(window.resource)
    found = discretion.seen_by(by, windows.collisions_of(window))
    return Preview(
        hard=[one for one in found if one.is_hard],
        soft=[one for one in found if not one.is_hard],
        slots=_slots(window, now) if found else [],
        repetition=_repetition(window, rrule, now) if rrule else None,
    )


def _slots(window: Window, now: datetime) -> list[Suggestion]:
    """Around the time that was wanted, from now on."""
    length = window.ends_at - window.starts_at
    earliest = max(now, window.starts_at - _LOOK_AROUND)
    latest = max(window.ends_at, earliest + length) + _LOOK_AROUND
    if latest - earliest > availability.LONGEST_SEARCH:
        return []
    request = Request(
        duration=length,
        earliest=earliest,
        latest=latest,
        setup=timedelta(minutes=window.setup_minutes),
        cleanup=timedelta(minutes=window.cleanup_minutes),
    )
    return availability.suggest(
        [window.resource],
        request,
        effect=window.effect,
        limit=_SUGGESTED,
        other_than=None if window._state.adding else window.pk,
    )


def _repetition(window: Window, rrule: str, now: datetime) -> Repetition:
    """Raises `Invalid` for a rule that cannot hold."""
    zone = window.resource.effective_time_zone
    recurrence = Recurrence(start=zones.to_local(window.starts_at, zone), rrule=rrule)
    try:
        rules.validate(recurrence)
    except InvalidRecurrence as error:
        raise Invalid(errors={"rrule": [error.message]}) from error
    coming = rules.after(recurrence, recurrence.start, inclusive=True)
    length = zones.to_local(window.ends_at, zone) - recurrence.start
    rows = [
        _at(window, *zones.stretch(local, local + length, zone))
        for local in islice(coming, _DATES_CHECKED)
    ]
    dates = [row.starts_at for row in rows]
    found = conflicts.against_windows(window.resource, rows)
    colliding = [
        row.starts_at
        for row, met in zip(rows, found, strict=True)
        if any(one.is_hard for one in met)
    ]
    return Repetition(in_words(recurrence), dates[:_DATES_SHOWN], len(dates), colliding)


def _at(window: Window, start: datetime, end: datetime) -> Window:
    """The same window on another date, not saved."""
    row = Window(
        resource=window.resource,
        effect=window.effect,
        status=states.SCHEDULED,
        starts_at=start,
        ends_at=end,
        setup_minutes=window.setup_minutes,
        cleanup_minutes=window.cleanup_minutes,
    )
    windows.shape(row)
    return row
