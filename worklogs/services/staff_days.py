"""The staff workload picture: who has how much to do on which day, against the time they are there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from accounts.rights import Right, has_right
from worklogs.rules.assignment import Person
from worklogs.rules.workload import Job
from worklogs.services import staff

if TYPE_CHECKING:
    from accounts.models import User

MOST_DAYS = 28


@dataclass(slots=True)
class Day:
    """A person's day in minutes. `jobs` are those of which a part is done on it."""

    day: date
    capacity: int = 0
    planned: int = 0
    is_absent: bool = False
    jobs: list[Job] = field(default_factory=list)

    @property
    def is_overloaded(self) -> bool:
        """More to do than time."""
        return self.planned > self.capacity


@dataclass(frozen=True, slots=True)
class Row:
    """A person with their days."""

    person: Person
    days: Sequence[Day]

    @property
    def capacity(self) -> int:
        return sum(day.capacity for day in self.days)

    @property
    def planned(self) -> int:
        return sum(day.planned for day in self.days)


@dataclass(frozen=True, slots=True)
class Picture:
    """Everybody's days, on the organisation's clock."""

    days: Sequence[date]
    rows: Sequence[Row]
    zone: str


def picture(*, by: "User", now: datetime, days: int) -> Picture:
    """From today on. People with neither shifts nor work are left out; who plans nobody sees only themselves."""
    found = staff.load(now=now, until=now + timedelta(days=days))
    there = ZoneInfo(found.zone)
    today = now.astimezone(there).date()
    calendar = [today + timedelta(days=number) for number in range(days)]
    rows = [
        Row(person, _days(person, found.work.get(person.key, []), calendar, there))
        for person in found.people
        if _is_shown(person, found, by)
    ]
    return Picture(calendar, rows, found.zone)


def _is_shown(person: Person, found: staff.Staff, by: "User") -> bool:
    if person.key == by.pk:
        return True
    is_busy = person.slots or found.work.get(person.key) or person.absences
    return has_right(by, Right.STAFF_MANAGE) and bool(is_busy)


def _days(
    person: Person, work: Sequence[Job], calendar: Sequence[date], there: ZoneInfo
) -> list[Day]:
    known = {day: Day(day) for day in calendar}
    first = known[calendar[0]]
    for slot in person.slots:
        day = known.get(slot.stretch.day)
        if day is None and slot.stretch.day < calendar[0]:
            day = first  # what is left of the night shift
        if day is not None:
            day.capacity += slot.stretch.capacity
            day.planned += slot.planned
            day.jobs += [job for job in slot.jobs if job not in day.jobs]
    placed = {job.key for slot in person.slots for job in slot.jobs}
    for job in work:
        if job.key not in placed:
            _put_outside(job, known, first, there)
    for absence in person.absences:
        for day in known.values():
            noon = datetime.combine(day.day, datetime.min.time(), there) + timedelta(hours=12)
            day.is_absent = day.is_absent or absence.start <= noon < absence.end
    return list(known.values())


def _put_outside(job: Job, known: dict[date, Day], first: Day, there: ZoneInfo) -> None:
    """Work in no shift stands on its day, which it overloads; what is late stands on today."""
    moment = job.start or job.due_at
    day = first if moment is None else known.get(max(moment.astimezone(there).date(), first.day))
    if day is not None:
        day.planned += job.minutes
        day.jobs.append(job)
