"""What was done over the months: completions in time and late, dates that were missed, findings."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from accounts.models import User
from accounts.rights import Role
from integrations.services.demo.plans import World, target_day
from integrations.services.demo.tables import Row, finding
from scheduling.models import Resource, Schedule
from scheduling.rules import recurrence
from scheduling.services.due_states import covered_resources
from scheduling.services.plans import plan_of

#: Chances that a date is done on another day, late, or not at all.
_HABITS = {"steady": (0.10, 0.03, 0.0), "late": (0.30, 0.22, 0.05), "patchy": (0.15, 0.08, 0.12)}


@dataclass(frozen=True, slots=True)
class Work:
    """One completion to be recorded at `recorded_at`."""

    schedule: Schedule
    resource: Resource
    performed_at: datetime
    recorded_at: datetime
    performed_by: User
    issues: str
    notes: str
    minutes: int


def work_of(row: Row, schedule: Schedule, world: World, generator: random.Random) -> Iterator[Work]:
    """Everything done for one schedule before the date that its row speaks of."""
    for number, resource in enumerate(covered_resources(schedule).order_by("code")):
        if row["basis"] == "floating":
            days = _floating_days(row, schedule, number, world)
        else:
            days = _fixed_days(row, schedule, resource, world, generator)
        for day in days:
            performed_at = _moment(row, day, resource, generator)
            if performed_at < world.now - timedelta(minutes=30):
                yield _work(row, schedule, resource, performed_at, world, generator)


def _fixed_days(
    row: Row, schedule: Schedule, resource: Resource, world: World, generator: random.Random
) -> Iterator[date]:
    plan = plan_of(schedule, resource)
    end = target_day(row, world.today)
    series = recurrence.after(plan.recurrence, plan.recurrence.start, inclusive=True)
    dates = [moment.date() for moment in takewhile(lambda moment: moment.date() < end, series)]
    finished = dates[: len(dates) + 1 - int(row["undone"])]
    other_day, late, missed = _HABITS[row["habit"]]
    carried = False
    for number, day in enumerate(finished):
        chance, last = generator.random(), number >= len(finished) - 2
        gap = ((finished[number + 1] if number + 1 < len(finished) else end) - day).days
        if carried:
            # the older one is done at last, when this one counts as missed
            day += timedelta(days=min(plan.late_days + 1, gap - 1))
        elif chance < missed and not last and plan.backlog != "stack":
            carried = plan.backlog == "one_open"
            continue
        elif chance < missed + late:
            day += timedelta(days=min(plan.late_days + generator.randint(1, 4), gap - 1))
        elif chance < missed + late + other_day and plan.late_days:
            shift = generator.randint(-min(plan.early_days, 2), plan.late_days)
            day += timedelta(days=min(shift, gap - 1))
        carried = False
        yield day


def _floating_days(row: Row, schedule: Schedule, number: int, world: World) -> Iterator[date]:
    """Each completion one interval after the one before, so that the last one leads to the target day.

    Of many resources one after the other: a room every second day.
    """
    step = timedelta(days=schedule.interval * (7 if schedule.interval_unit == "week" else 1))
    end = target_day(row, world.today)
    start = schedule.start_at.astimezone(UTC).date()
    turn = timedelta(days=2 * number)
    yield from (start + turn + step * times for times in range((end - start) // step))


def _moment(row: Row, day: date, resource: Resource, generator: random.Random) -> datetime:
    """Some time of the working day after the due hour."""
    hour = min(int(row["hour"]) + generator.randint(0, 5), 22)
    local = datetime.combine(
        day, time(hour, generator.randrange(60)), ZoneInfo(resource.effective_time_zone)
    )
    return local.astimezone(UTC)


def _work(
    row: Row,
    schedule: Schedule,
    resource: Resource,
    performed_at: datetime,
    world: World,
    generator: random.Random,
) -> Work:
    person = schedule.assigned_to or _anybody(world, generator)
    issues, notes = finding(row["topic"], generator)
    recorded_at = performed_at + timedelta(minutes=generator.randint(2, 25))
    minutes = max(5, round(int(row["minutes"]) * generator.uniform(0.7, 1.5) / 5) * 5)
    return Work(schedule, resource, performed_at, recorded_at, person, issues, notes, minutes)


def _anybody(world: World, generator: random.Random) -> User:
    """Work that is nobody's is done by some technician."""
    people = world.people.values()
    return generator.choice(
        [user for user in people if user.role == Role.TECHNICIAN and user.is_active]
    )
