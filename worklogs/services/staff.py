"""People with their time, their work and their skills: what `rules/assignment.py` looks at, in a few questions."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import OuterRef, Q, Subquery

from accounts.models import Organization, Skill, Team, User
from accounts.services import rosters
from core.tenancy import current_organization_id
from scheduling.models import Resource
from worklogs import states
from worklogs.models import HomePlace, Log, WorkOrder
from worklogs.rules import workload
from worklogs.rules.assignment import Person
from worklogs.rules.assignment_words import Words
from worklogs.rules.workload import Job, Path
from worklogs.services import needs
from worklogs.services.needs import Needs

#: How far ahead work is planned into shifts.
HORIZON = timedelta(days=14)


class Work(NamedTuple):
    """What is read of an order, in the order of `_COLUMNS`."""

    pk: UUID
    assigned_to: UUID | None
    kind: str
    minutes: int | None
    due_at: datetime | None
    start: datetime | None
    end: datetime | None
    begins_at: datetime | None
    resource: UUID
    path: str
    team: UUID | None
    skills_chosen: bool
    task_type: str
    category: str
    resource_type: UUID | None
    schedule: UUID | None


_COLUMNS = (
    *("pk", "assigned_to", "kind", "estimated_duration_minutes", "due_at", "scheduled_start_at"),
    *("scheduled_end_at", "booking_task__begins_at", "resource", "resource__path"),
    *("team", "skills_chosen"),
    *needs.COLUMNS,
)


@dataclass(slots=True)
class Staff:
    """Everybody who can be given work, with what they have to do already."""

    people: list[Person]
    words: Words
    needs: Needs
    zone: str
    work: dict[UUID, list[Job]] = field(default_factory=dict)

    def jobs(self, orders: Any) -> list[Job]:
        """The work of these orders, in their order, with the skills that it needs."""
        rows = [Work(*row) for row in orders.values_list(*_COLUMNS)]
        picked = needs.chosen([row.pk for row in rows if row.skills_chosen])
        return [self._job(row, picked) for row in rows]

    def _job(self, row: Work, picked: Mapping[UUID, set[UUID]]) -> Job:
        work = row[-4:]
        skills = frozenset(picked[row.pk]) if row.skills_chosen else self.needs.skills(*work)
        return _job(row, self.needs, skills)


def load(*, now: datetime, until: datetime | None = None, without: UUID | None = None) -> Staff:
    """Everybody of the organisation in scope. `without`: an order that counts as nobody's."""
    zone = str(Organization.objects.values_list("time_zone", flat=True).get(pk=_organization()))
    users = list(User.objects.workers().order_by("name", "pk").values_list("pk", "name"))
    keys = [pk for pk, _ in users]
    end = until or now + HORIZON
    there = rosters.rosters(keys, start=now, end=end, zone=zone)
    held, teams, homes = rosters.skills_of(keys), rosters.teams_of(keys), _homes(keys)
    wanted = Needs()
    work = _work_of(keys, wanted, end=end, without=without)
    people = [
        _person(
            Person(
                key=pk,
                name=name,
                slots=workload.slots_of(there[pk].stretches, now=now),
                skills=held.get(pk, {}),
                teams=frozenset(teams.get(pk, ())),
                absences=there[pk].absences,
                home=homes.get(pk, ()),
            ),
            work.get(pk, []),
        )
        for pk, name in users
    ]
    return Staff(people, _words(zone), wanted, zone, work)


def note_last_jobs(staff: Staff, jobs: Iterable[Job]) -> None:
    """Tell each person on which resources of these jobs theirs was the last."""
    last = Log.objects.effective().filter(resource=OuterRef("pk")).newest_first()
    rows = Resource.objects.filter(pk__among={job.resource for job in jobs})
    by_person: dict[UUID, set[UUID]] = defaultdict(set)
    for resource, person in rows.annotate(
        last=Subquery(last.values("performed_by")[:1])
    ).values_list("pk", "last"):
        by_person[person].add(resource)
    for one in staff.people:
        one.last_done = frozenset(by_person.get(one.key, ()))


def _person(person: Person, jobs: Sequence[Job]) -> Person:
    person.capacity = sum(slot.stretch.capacity for slot in person.slots)
    workload.fill(person.slots, jobs)
    person.load = sum(job.minutes for job in jobs)
    person.longest = max((job.minutes for job in jobs), default=0)
    return person


def _work_of(
    keys: Collection[UUID], wanted: Needs, *, end: datetime, without: UUID | None
) -> dict[UUID, list[Job]]:
    """What people have to do until then: begun, due, planned, or without a date."""
    rows = WorkOrder.objects.filter(
        Q(due_at=None) | Q(due_at__lt=end) | Q(scheduled_start_at__lt=end),
        assigned_to__in=keys,
        status__in=states.HELD_BY_SOMEBODY,
    )
    found: dict[UUID, list[Job]] = defaultdict(list)
    for row in map(Work._make, rows.order_by("due_at", "pk").values_list(*_COLUMNS)):
        if row.pk != without and row.assigned_to is not None:
            found[row.assigned_to].append(_job(row, wanted, frozenset()))
    return found


def _job(row: Work, wanted: Needs, skills: frozenset[UUID]) -> Job:
    return Job(
        key=row.pk,
        minutes=row.minutes or wanted.minutes(row.kind, *row[-4:]),
        path=_path(row.path),
        resource=row.resource,
        skills=skills,
        team=row.team,
        due_at=row.due_at,
        start=row.start,
        end=row.end,
        earliest=row.begins_at,
    )


def _homes(keys: Collection[UUID]) -> dict[UUID, Path]:
    rows = HomePlace.objects.filter(user__in=keys).values_list("user", "resource__path")
    return {user: _path(path) for user, path in rows}


def _path(text: str) -> Path:
    return tuple(text.split("/")[:-1])


def _words(zone: str) -> Words:
    names = (dict(model.objects.values_list("pk", "name")) for model in (Skill, Team))
    return Words(zone, *names)


def _organization() -> Any:
    return current_organization_id() or ""
