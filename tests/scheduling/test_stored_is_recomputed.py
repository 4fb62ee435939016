"""Whatever happens to a schedule, what is stored equals what definitions and rows give."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db.models import Exists, OuterRef

from accounts.models import Organization, User
from accounts.rights import Role
from core.errors import DomainError
from scheduling.models import DueState, Occurrence, Resource, Schedule
from scheduling.services import due_check, occurrences, resources, schedules
from scheduling.services.rebuild import rebuild
from tests import factories
from tests.scheduling.conftest import assert_rebuilt, rows, utc

pytestmark = pytest.mark.thorough

SEQUENCES, STEPS = 12, 40
_RULES: list[dict[str, Any]] = [
    {"frequency": "daily"},
    {"frequency": "weekly"},
    {"frequency": "monthly"},
    {"frequency": "custom", "interval": 10, "interval_unit": "day"},
    {"frequency": "custom", "rrule": "FREQ=MONTHLY;BYDAY=-1FR"},
    {"frequency": "custom", "rrule": "FREQ=WEEKLY;COUNT=9"},
]


class World:
    """One type with two resources, one schedule for it, one for a single resource, and a clock that only goes on."""

    def __init__(self, seed: int, organization: Organization, admin: User) -> None:
        self.random, self.organization, self.admin = Random(seed), organization, admin
        self.now = utc(2026, 1, 1)
        self.type = factories.resource_type()
        self.lifts = [factories.resource(type=self.type) for _ in range(2)]
        start = utc(2026, 1, self.random.randint(1, 31), self.random.randint(0, 23))
        self.schedules = [
            factories.schedule(start_at=start, resource_type=self.type, **self.definition()),
            factories.schedule(start_at=start, resource=self.lifts[0], **self.definition()),
        ]

    def definition(self) -> dict[str, Any]:
        """A random rule with random policies."""
        plain = {"interval": 1, "interval_unit": "day", "rrule": ""}
        return {
            **plain,
            **self.random.choice(_RULES),
            "basis": self.random.choice(["fixed", "floating"]),
            "backlog": self.random.choice(["one_open", "supersede", "stack"]),
            "advance_notice_days": self.random.choice([1, 5]),
        }

    def step(self) -> None:
        """One random thing happens; what the rules refuse is refused."""
        self.now += timedelta(hours=self.random.choice([0, 1, 20, 24, 24 * 7, 24 * 40]))
        schedule: Schedule = Schedule.objects.get(pk=self.random.choice(self.schedules).pk)
        lift: Resource = Resource.objects.get(pk=self.random.choice(self.lifts).pk)
        acts = [
            self.check,
            self.check,
            self.complete,
            self.complete,
            self.skip,
            self.move,
            self.pause,
        ]
        acts += [self.life, self.redefine, self.except_, self.change, self.reopen]
        act = self.random.choice(acts)
        with suppress(DomainError):
            act(schedule, lift)

    def check(self, schedule: Schedule, lift: Resource) -> None:
        due_check.check_now(organization=self.organization, by=None, now=self.now)

    def key(self, schedule: Schedule, lift: Resource) -> str:
        state = DueState.objects.filter(schedule=schedule, resource=lift).first()
        return state.next_due_key if state else ""

    def complete(self, schedule: Schedule, lift: Resource) -> None:
        occurrences.complete(
            schedule_id=schedule.pk,
            resource_id=lift.pk,
            performed_at=self.now - timedelta(days=self.random.choice([0, 0, 1, 30])),
            by=None,
            now=self.now,
            counts=self.random.choice([None, True, False]),
            occurrence_key=self.random.choice(["", self.key(schedule, lift)]),
        )

    def skip(self, schedule: Schedule, lift: Resource) -> None:
        occurrences.skip(
            schedule_id=schedule.pk,
            resource_id=lift.pk,
            reason="No need",
            by=None,
            now=self.now,
        )

    def move(self, schedule: Schedule, lift: Resource) -> None:
        occurrences.move(
            schedule_id=schedule.pk,
            resource_id=lift.pk,
            occurrence_key=self.key(schedule, lift),
            due_at=self.now + timedelta(days=self.random.randint(0, 20)),
            by=None,
            now=self.now,
        )

    def pause(self, schedule: Schedule, lift: Resource) -> None:
        if schedule.is_active:
            schedules.pause_schedule(schedule, reason="Later", by=self.admin, now=self.now)
        else:
            schedules.resume_schedule(schedule, by=self.admin, now=self.now)

    def life(self, schedule: Schedule, lift: Resource) -> None:
        if schedule.deleted_at is None and self.random.random() < 0.5:
            schedules.delete_schedule(schedule, by=self.admin, now=self.now)
        else:
            schedules.restore_schedule(schedule, by=self.admin, now=self.now)

    def redefine(self, schedule: Schedule, lift: Resource) -> None:
        schedules.update_schedule(schedule, self.definition(), by=None, now=self.now)

    def except_(self, schedule: Schedule, lift: Resource) -> None:
        chosen = self.random.choice([[], [lift]])
        schedules.update_schedule(schedule, {}, by=None, now=self.now, exceptions=chosen)

    def change(self, schedule: Schedule, lift: Resource) -> None:
        changes: list[dict[str, Any]] = [
            {"status": "retired"},
            {"status": "operational"},
            {"type": None},
        ]
        changes += [{"type": self.type}, {"time_zone": "Asia/Tokyo"}, {"time_zone": ""}]
        resources.update_resource(lift, self.random.choice(changes), by=None, now=self.now)

    def reopen(self, schedule: Schedule, lift: Resource) -> None:
        done = Occurrence.objects.filter(schedule=schedule, status="done").order_by("-performed_at")
        for row in self.random.sample(list(done), min(1, len(done))):
            occurrences.reopen(occurrence_id=row.pk, by=None, now=self.now)


def assert_nothing_is_planned_where_nothing_comes_due() -> None:
    """A date that was moved by hand goes with what it belonged to: coming back, it would keep its place empty."""
    states = DueState.objects.filter(schedule=OuterRef("schedule"), resource=OuterRef("resource"))
    left = Occurrence.objects.filter(status__in=["planned", "open"]).exclude(Exists(states))
    assert not left.exists()


@pytest.mark.parametrize("seed", range(SEQUENCES))
def test_after_every_step(scope: Organization, admin: User, seed: int) -> None:
    world = World(seed, scope, admin)
    for _ in range(STEPS):
        world.step()
        assert_rebuilt(world.now)
        assert_nothing_is_planned_where_nothing_comes_due()
    due_check.check_now(organization=scope, by=None, now=world.now)
    assert not DueState.objects.needing_attention(now=world.now).exists()
    assert_rebuilt(world.now)


@pytest.mark.parametrize("way", ["retired", "other type", "left out"])
def test_a_date_moved_by_hand_goes_with_what_it_belonged_to(scope: Organization, way: str) -> None:
    kind = factories.resource_type()
    lift = factories.resource(type=kind)
    schedule = factories.schedule(resource_type=kind)
    state = DueState.objects.get(schedule=schedule)
    assert state.next_due_at is not None
    occurrences.move(
        schedule_id=schedule.pk,
        resource_id=lift.pk,
        occurrence_key=state.next_due_key,
        due_at=state.next_due_at + timedelta(days=2),
        by=None,
        now=factories.START - timedelta(days=1),
    )
    assert Occurrence.objects.filter(status="planned").exists()
    lift.refresh_from_db()
    schedule.refresh_from_db()
    if way == "retired":
        resources.update_resource(lift, {"status": "retired"}, by=None, now=factories.START)
    elif way == "other type":
        resources.update_resource(lift, {"type": None}, by=None, now=factories.START)
    else:
        schedules.update_schedule(schedule, {}, by=None, now=factories.START, exceptions=[lift])
    assert not Occurrence.objects.filter(status="planned").exists()


def test_what_was_spoiled_is_mended(
    scope: Organization, user_with: Callable[[Role], User], now: datetime
) -> None:
    lifts = factories.resource_type()
    factories.resource(type=lifts)
    schedule = factories.schedule(resource_type=lifts)
    single = factories.schedule()
    before = rows(schedule)
    DueState.objects.filter(schedule=schedule).delete()
    DueState.objects.filter(schedule=single).update(position="2030-01-01T00:00", next_due_at=now)
    Schedule.objects.filter(pk=single.pk).update(overdue_at=None)
    found = {
        (str(difference.label), difference.field) for difference in rebuild(now=now, write=False)
    }
    assert ("Inspection", "coverage") in found
    assert ("Inspection", "next_due_at") in found
    assert {field for _, field in found} >= {"position", "next_due_at"}
    assert list(rebuild(now=now, write=True))
    assert_rebuilt(now)
    assert rows(schedule) == before
