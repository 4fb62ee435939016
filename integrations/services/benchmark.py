"""A large invented organisation to measure with."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import connection, transaction

from accounts.models import Organization, User
from accounts.rights import Role
from core.errors import Conflict
from core.ids import new_id
from core.tenancy import tenant_scope
from scheduling.models import DueState, Resource, ResourceType, Schedule
from scheduling.services import cases
from scheduling.services.plans import plan_of

SLUG = "benchmark"
#: A resource above the first ones, whose month holds some two thousand dates whatever the size of the whole.
HALL = "HALL"
_IN_HALL = 160
_PEOPLE = 200
_BATCH = 5000
_RULES = (
    ("daily", ""),
    ("weekly", ""),
    ("monthly", ""),
    ("monthly", ""),
    ("quarterly", ""),
    ("semiannual", ""),
    ("annual", ""),
    ("custom", "FREQ=DAILY;INTERVAL=28"),
    ("custom", "FREQ=WEEKLY;INTERVAL=3"),
    ("monthly", ""),
)


def load(*, schedules: int, due_percent: int, now: datetime) -> Organization:
    """An organisation with `schedules` schedules, `due_percent` of them due around `now`, on a tenth as many resources.

    Raises `Conflict` when it is there already.
    """
    if Organization.objects.filter(slug=SLUG).exists():
        raise Conflict("The benchmark organisation is already there. Use a fresh database.")
    generator = random.Random(20260304)  # noqa: S311
    organization = Organization.objects.create(
        name="Benchmark", slug=SLUG, time_zone="Europe/Berlin", maintenance_scheduling_enabled=True
    )
    with tenant_scope(organization.pk):
        people = _people(organization)
        resources = _resources(organization, max(schedules // 10, 1), people, generator)
        rows = _schedules(organization, schedules, due_percent, resources, people, generator, now)
        while batch := list(islice(rows, _BATCH)):
            _store(batch)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return organization


def _people(organization: Organization) -> list[User]:
    administrator = User(
        email="benchmark-admin@example.org", name="Benchmark admin", role=Role.ADMIN
    )
    administrator.set_password("benchmark")
    people = [
        User(
            email=f"benchmark{n}@example.org",
            name=f"Person {n}",
            role=Role.TECHNICIAN,
            password=UNUSABLE_PASSWORD_PREFIX,
        )
        for n in range(_PEOPLE)
    ]
    User.objects.bulk_create([administrator, *people])
    return people


def _resources(
    organization: Organization, count: int, people: list[User], generator: random.Random
) -> list[Resource]:
    types = ResourceType.objects.bulk_create(
        [ResourceType(code=f"type-{n}", name=f"Type {n}", kind="equipment") for n in range(20)]
    )
    top = new_id()
    hall = Resource(
        id=top,
        code=HALL,
        name="Hall",
        type=types[0],
        kind="venue",
        path=f"{top.hex}/",
        effective_time_zone=organization.time_zone,
    )
    rows = []
    for number in range(count):
        key, inside = new_id(), number < _IN_HALL
        rows.append(
            Resource(
                id=key,
                code=f"BM-{number:07d}",
                name=f"Machine {number}",
                type=generator.choice(types),
                kind="equipment",
                parent=hall if inside else None,
                path=f"{hall.path if inside else ''}{key.hex}/",
                owner=generator.choice(people),
                effective_time_zone=organization.time_zone,
            )
        )
    Resource.objects.bulk_create([hall, *rows], batch_size=_BATCH, check_foreign_keys=False)
    return rows


def _schedules(
    organization: Organization,
    count: int,
    due_percent: int,
    resources: list[Resource],
    people: list[User],
    generator: random.Random,
    now: datetime,
) -> Iterator[Schedule]:
    for number in range(count):
        is_due = number % 100 < due_percent
        offset = (
            timedelta(hours=generator.randint(-24, 23))
            if is_due
            else timedelta(hours=generator.randint(72, 2400))
        )
        frequency, rrule = _RULES[number % len(_RULES)]
        yield Schedule(
            organization=organization,
            title=f"Inspection {number}",
            resource=resources[number % len(resources)],
            frequency=frequency,
            rrule=rrule,
            start_at=(now + offset).replace(minute=0, second=0, microsecond=0),
            assigned_to=generator.choice(people),
        )


@transaction.atomic
def _store(batch: list[Schedule]) -> None:
    states = []
    for schedule in batch:
        resource = schedule.resource
        assert resource is not None  # noqa: S101
        state = DueState(
            organization_id=schedule.organization_id, schedule=schedule, resource=resource
        )
        case = cases.Case(
            state=state, schedule=schedule, plan=plan_of(schedule, resource), pending=[], rows={}
        )
        cases.apply_projection(case)
        schedule.next_due_at, schedule.overdue_at = state.next_due_at, state.overdue_at
        states.append(state)
    Schedule.objects.bulk_create(batch, batch_size=_BATCH, check_foreign_keys=False)
    DueState.objects.bulk_create(states, batch_size=_BATCH, check_foreign_keys=False)
