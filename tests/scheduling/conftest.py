"""Schedules at work, and what tests ask of them."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Organization, User
from core.models import OutboxEvent
from scheduling.models import Booking, DueCheckRun, DueState, Occurrence, Resource, Schedule, Window
from scheduling.services import due_check, windows
from scheduling.services.rebuild import rebuild
from tests import factories
from tests.console import signed_in
from tests.scheduling.inquiries import GUEST
from worklogs.models import Log

Check = Callable[[datetime], DueCheckRun]


def utc(year: int, month: int, day: int, hour: int = 6, minute: int = 0) -> datetime:
    """A moment in UTC; 06:00 is the hour of the daily check."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def rows(schedule: Schedule) -> list[tuple[str, str]]:
    """Key and status of every date with a row, in order."""
    found = Occurrence.objects.filter(schedule=schedule).order_by("resource", "occurrence_key")
    return [(row.occurrence_key, row.status) for row in found]


def by_status(schedule: Schedule) -> dict[str, list[str]]:
    """The days of the dates with a row, by status."""
    found: dict[str, list[str]] = {}
    for key, status in rows(schedule):
        found.setdefault(status, []).append(key[:10])
    return found


def state_of(schedule: Schedule) -> DueState:
    """The due state of a schedule for one resource."""
    state: DueState = DueState.objects.select_related("resource").get(schedule=schedule)
    return state


def next_due(schedule: Schedule) -> datetime | None:
    """What is stored as due next on the schedule."""
    return Schedule.objects.values_list("next_due_at", flat=True).get(pk=schedule.pk)


def next_day(schedule: Schedule) -> date | None:
    """Its day in UTC."""
    moment = next_due(schedule)
    return moment.date() if moment else None


def alerts() -> list[tuple[str, str]]:
    """Every alert published so far, as (day of the occurrence, stage)."""
    events = OutboxEvent.objects.filter(name="scheduling.occurrences.came_due").order_by("pk")
    pairs: Iterable[list[str]] = [pair for event in events for pair in event.payload["alerts"]]
    keys = {str(row.pk): row.occurrence_key[:10] for row in Occurrence.objects.all()}
    return [(keys[pk], stage) for pk, stage in pairs]


def assert_rebuilt(now: datetime) -> None:
    """What is stored equals what definitions and logs give; work that a test did without a log gets one meanwhile."""
    with transaction.atomic():
        done = Occurrence.objects.filter(status="done").exclude(logs__effect="satisfied")
        Log.objects.bulk_create(
            Log(
                schedule=row.schedule,
                resource=row.resource,
                occurrence=row,
                performed_at=row.performed_at,
                recorded_at=now,
                effect="satisfied",
                sequence=1_000_000 + number,
            )
            for number, row in enumerate(done.select_related("schedule", "resource"))
        )
        assert list(rebuild(now=now, write=False)) == []
        transaction.set_rollback(True)


@pytest.fixture
def check(scope: Organization) -> Check:
    """Runs the due check of the organisation in scope, as of a moment."""
    return lambda now: due_check.check_now(organization=scope, by=None, now=now)


@pytest.fixture
def console(admin: User, scope: Organization) -> Client:
    """The console as an administrator sees it."""
    return signed_in(admin)


@pytest.fixture
def lift(scope: Organization) -> Resource:
    """A resource called Lift."""
    return factories.resource(code="L1", name="Lift")


@pytest.fixture
def noon() -> datetime:
    """Noon in Berlin, ten days ahead."""
    day = timezone.localtime(timezone.now(), ZoneInfo("Europe/Berlin"))
    return (day + timedelta(days=10)).replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def this_hour() -> datetime:
    """Pages ask the clock, so questions are asked now; on the full hour."""
    return timezone.now().replace(minute=0, second=0, microsecond=0)


@pytest.fixture
def floor_rooms(scope: Organization) -> list[Resource]:
    """Four rooms on one floor."""
    kind = factories.resource_type(name="Room")
    floor = factories.resource(name="Floor 1")
    return [
        factories.resource(name=f"Room {n}", code=f"G{n}", type=kind, parent=floor)
        for n in range(1, 5)
    ]


@pytest.fixture
def painting_start(this_hour: datetime) -> datetime:
    """When the painting begins: ten days ahead."""
    return this_hour + timedelta(days=10)


@pytest.fixture
def gretas_stay(floor_rooms: list[Resource], painting_start: datetime) -> Booking:
    """Greta's booking of the first room, from the day before the window to the day after."""
    return factories.booking(
        painting_start - timedelta(days=1),
        painting_start + timedelta(days=1),
        resource=floor_rooms[0],
        reference="B-77",
        contact_name="Greta Grey",
        contact_email=GUEST,
    )


@pytest.fixture
def painting(
    floor_rooms: list[Resource], gretas_stay: Booking, painting_start: datetime, admin: User
) -> Window:
    """Paint the first room."""
    made = Window(
        title="Paint",
        resource=floor_rooms[0],
        starts_at=painting_start,
        ends_at=painting_start + timedelta(hours=1),
        status="draft",
    )
    return windows.create_window(made, by=admin, now=painting_start - timedelta(days=11))
