"""Giving work to people: one move for each order, with its reason; the API; races."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

import tests.flush  # noqa: F401
from accounts.models import (
    Certificate,
    Organization,
    PersonSkill,
    Shift,
    ShiftException,
    Skill,
    Team,
    User,
)
from accounts.rights import Role
from accounts.services import teams
from core.models import AuditEntry, OutboxEvent
from scheduling.models import ResourceEntrustment
from tests import factories
from tests.api import Client
from tests.worklogs.conftest import waiting
from tests.worklogs.housekeeping import HOUR, NOW, follow, only, plan, stay
from worklogs.models import HomePlace, WorkNeed, WorkOrder, WorkOrderTransition
from worklogs.services import assigning, needs, orders, staff_days

UserWith = Callable[[Role], User]
DAY = timedelta(days=1)


@pytest.fixture
def coordinator(scope: Organization, user_with: UserWith) -> User:
    return user_with(Role.MAINTENANCE_COORDINATOR)


@pytest.fixture
def crew(scope: Organization) -> list[User]:
    return [factories.shift(factories.user(scope, name=name)) for name in ("Anna", "Ben", "Carl")]


def test_each_order_is_one_move_with_its_reason(
    crew: list[User], coordinator: User, now: datetime
) -> None:
    room = factories.resource()
    made = [waiting(now, resource=room, title=f"Job {n}") for n in range(7)]
    report = factories.work_order(now=now, resource=room)
    found = assigning.auto_assign(None, by=coordinator, now=now)
    assert [one.order for one in found] == made
    counts = Counter(
        WorkOrder.objects.filter(status="assigned").values_list("assigned_to", flat=True)
    )
    assert sorted(counts.values()) == [2, 2, 3]
    assert set(counts) == {user.pk for user in crew}
    order = WorkOrder.objects.get(pk=made[0].pk)
    line = WorkOrderTransition.objects.get(work_order=order, step=2)
    assert (order.step, order.assigned_at, order.responded_at) == (2, now, now)
    assert (line.command, line.source, line.target, line.by) == (
        "assign",
        "scheduled",
        "assigned",
        coordinator,
    )
    assert line.assigned_to == order.assigned_to
    assert line.reason == "On shift Wed 4 Mar 2026, 07:00–14:00; least busy (nothing planned)."
    event = OutboxEvent.objects.filter(name="worklogs.work_order.assigned").order_by("pk")[0]
    by_hand = {**event.payload}
    assert (by_hand["work_order_id"], by_hand["step"], by_hand["status"]) == (
        str(order.pk),
        2,
        "assigned",
    )
    assert OutboxEvent.objects.filter(name="worklogs.work_order.assigned").count() == 7
    entry = AuditEntry.objects.get(action="assign", object_id=str(order.pk))
    assert entry.changes["assigned_to"] == [None, str(order.assigned_to)]
    assert entry.actor_id == coordinator.pk
    report.refresh_from_db()
    assert report.assigned_to is None
    orders.give(order, "start", {}, by=order.assigned_to, now=now)


def test_it_leaves_what_a_move_by_hand_leaves(
    crew: list[User], coordinator: User, now: datetime
) -> None:
    """The set-based path and the table of commands write the same columns, history, event and trail."""
    first, second = (waiting(now, resource=factories.resource()) for _ in range(2))
    found = assigning.auto_assign([first.pk], by=coordinator, now=now)
    second = WorkOrder.objects.get(pk=second.pk)
    reason = WorkOrderTransition.objects.get(work_order=first, step=2).reason
    given = {"assigned_to": found[0].person, "reason": reason}
    orders.give(second, "assign", given, by=coordinator, now=now)

    def of(order: WorkOrder) -> Any:
        own = ("id", "number", "resource_id", "created_at", "updated_at")
        row = WorkOrder.objects.filter(pk=order.pk).values().get()
        line = WorkOrderTransition.objects.filter(work_order=order, step=2).values().get()
        entry = AuditEntry.objects.filter(action="assign", object_id=str(order.pk)).values().get()
        events = OutboxEvent.objects.filter(name="worklogs.work_order.assigned")
        event = next(e.payload for e in events if e.payload["work_order_id"] == str(order.pk))
        return (
            {name: value for name, value in row.items() if name not in own},
            {name: value for name, value in line.items() if name not in ("id", "work_order_id")},
            {name: value for name, value in entry["changes"].items() if name != "responded_at"},
            {n: v for n, v in event.items() if n not in ("work_order_id", "number", "resource_id")},
        )

    assert of(first) == of(second)


def test_dry_run_writes_nothing(crew: list[User], coordinator: User, now: datetime) -> None:
    order = waiting(now)
    found = assigning.auto_assign([order.pk], by=coordinator, now=now, dry_run=True)
    assert found[0].person in crew
    order.refresh_from_db()
    assert (order.status, order.step) == ("scheduled", 1)


def test_skills_follow_from_the_needs_of_work(
    crew: list[User], coordinator: User, now: datetime
) -> None:
    anna, ben, _ = crew
    gas = Skill.objects.create(name="Gas", needs_certificate=True)
    PersonSkill.objects.create(user=anna, skill=gas)
    PersonSkill.objects.create(user=ben, skill=gas)
    Certificate.objects.create(
        user=ben, skill=gas, issued_on=now.date(), expires_on=(now + 5 * DAY).date()
    )
    boiler = factories.resource_type()
    WorkNeed.objects.create(category="hvac", resource_type=boiler, skill=gas, minutes=240)
    work = {"category": "hvac", "resource": factories.resource(type=boiler)}
    order = waiting(now, **work)
    assert needs.skills_of(order) == [gas]
    assert assigning.auto_assign([order.pk], by=coordinator, now=now)[0].person == ben
    other = waiting(now, category="hvac")
    assert needs.skills_of(other) == []
    late = waiting(
        now,
        **work,
        scheduled_start_at=now + 7 * DAY,
        scheduled_end_at=now + 7 * DAY + timedelta(hours=4),
    )
    (found,) = assigning.auto_assign([late.pk], by=coordinator, now=now)
    assert found.person is None
    assert "no certificate for Gas that is valid on Wed 11 Mar 2026" in found.reasons[0]
    needs.choose_skills(late, [], by=coordinator, now=now)
    assert needs.skills_of(late) == []
    assert assigning.auto_assign([late.pk], by=coordinator, now=now)[0].person is not None


def test_a_team_shift_place_and_absence_decide(
    scope: Organization, coordinator: User, now: datetime
) -> None:
    anna, ben = (factories.user(scope, name=name) for name in ("Anna", "Ben"))
    team = teams.create_team(Team(name="House"), [anna, ben], by=None, now=now)
    order = waiting(now, team=team)
    (found,) = assigning.auto_assign([order.pk], by=coordinator, now=now)
    assert found.reasons[0].startswith("Nobody has a shift in the next two weeks.")
    Shift.objects.create(name="Day", team=team, weekdays=127, starts_at=time(8), ends_at=time(16))
    HomePlace.objects.create(user=ben, resource=order.resource)
    suggested = assigning.suggest(order, now=now)
    assert [one.person.name for one in suggested.able] == ["Ben", "Anna"]
    assert "usually works here" in suggested.able[0].reasons
    ShiftException.objects.create(user=ben, starts_at=now, ends_at=now + 20 * DAY)
    suggested = assigning.suggest(order, now=now)
    assert [one.person.name for one in suggested.able] == ["Anna"]
    assert suggested.refused[0].refusal.startswith(("is absent until", "is not in the team"))
    factories.shift(coordinator)
    ShiftException.objects.create(user=anna, starts_at=now, ends_at=now + 20 * DAY)
    why = assigning.suggest(order, now=now).why_nobody
    assert "is not in the team House" in why
    assert "is absent until Tue 24 Mar 2026, 07:00" in why


def test_one_click(crew: list[User], coordinator: User, now: datetime) -> None:
    order = waiting(now)
    assigning.give_to(order, crew[1], by=coordinator, now=now)
    line = WorkOrderTransition.objects.get(work_order=order, step=2)
    assert line.reason.startswith("On shift Wed 4 Mar 2026")
    assigning.give_to(order, crew[2], by=coordinator, now=now)
    assert (order.status, order.assigned_to, order.step) == ("assigned", crew[2], 3)
    absent = factories.user(crew[0].organization, name="Away")
    assigning.give_to(order, absent, by=coordinator, now=now)
    assert WorkOrderTransition.objects.get(work_order=order, step=4).reason == ""


def test_who_has_gone_home_does_not_clean_after_the_guests(
    coordinator: User, scope: Organization
) -> None:
    """The task of a departure at two goes to who is on shift then, also in the picture."""
    gone = factories.shift(factories.user(scope, name="Ada"), 5, 10)
    there = factories.shift(factories.user(scope, name="Bo"), 11, 18)
    plan(resource=(room := factories.resource()))
    follow(stay(room, NOW - DAY, NOW + 5 * HOUR))
    order = only()
    with time_machine.travel(NOW, tick=False):
        client = Client(coordinator)
        ranked = client.get(f"work-orders/{order.pk}/candidates").json()
        given = client.post("work-orders/auto-assign", {"ids": [str(order.pk)]}).json()
        picture = client.get("dashboard/staff-workload", {"days": 2}).json()
    assert ranked[0]["user"] == given["results"][0]["assigned_to"] == str(there.pk)
    planned = {row["name"]: row["days"][0]["planned_minutes"] for row in picture}
    assert (planned[gone.name], planned[there.name]) == (0, 45)


def test_venue_admins_give_what_is_entrusted_to_them(
    crew: list[User], user_with: UserWith, now: datetime
) -> None:
    mine, other = waiting(now), waiting(now)
    chief = user_with(Role.VENUE_ADMIN)
    ResourceEntrustment.objects.create(user=chief, resource=mine.resource)
    found = assigning.auto_assign(None, by=chief, now=now)
    assert [one.order for one in found] == [mine]
    other.refresh_from_db()
    assert other.assigned_to is None


def test_statements_do_not_depend_on_orders(
    crew: list[User], coordinator: User, now: datetime
) -> None:
    def statements(count: int) -> int:
        room = factories.resource()
        for _ in range(count):
            waiting(now, resource=room)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assigning.auto_assign(None, by=coordinator, now=now)
        return len(queries)

    few = statements(3)
    assert few == statements(30)
    assert few <= 31


def test_api(crew: list[User], coordinator: User, user_with: UserWith, now: datetime) -> None:
    order = waiting(now, due_at=now + 3000 * DAY)
    client = Client(coordinator)
    tried = client.post("work-orders/auto-assign", {"ids": [str(order.pk)], "dry_run": True}).json()
    assert (tried["assigned"], tried["unassigned"], tried["dry_run"]) == (1, 0, True)
    assert tried["results"][0]["number"] == order.number
    assert tried["results"][0]["reasons"]
    ranked = client.get(f"work-orders/{order.pk}/candidates").json()
    assert [one["is_able"] for one in ranked] == [True, True, True, False]
    assert ranked[0]["user"] == tried["results"][0]["assigned_to"]
    assert ranked[3]["reasons"] == ["has no shift in the next two weeks"]
    gas = Skill.objects.create(name="Gas")
    address = f"work-orders/{order.pk}/skills"
    assert client.put(address, {"skills": [str(gas.pk)]}).json() == {
        "is_chosen": True,
        "skills": [str(gas.pk)],
    }
    nobody = client.post("work-orders/auto-assign", {}).json()
    assert nobody["results"][0]["reasons"] == ["Nobody has the skill Gas."]
    assert client.put(address, {"skills": None}).json() == {"is_chosen": False, "skills": []}
    assert client.post("work-orders/auto-assign").json()["assigned"] == 1
    assert client.post("work-orders/auto-assign").json()["results"] == []
    assert Client(crew[0]).post("work-orders/auto-assign", {}).status_code == 403
    picture = client.get("dashboard/staff-workload", {"days": 3}).json()
    assert [row["name"] for row in picture] == ["Anna", "Ben", "Carl", coordinator.name]
    assert len(picture[0]["days"]) == 3
    own = Client(crew[0]).get("dashboard/staff-workload").json()
    assert [row["name"] for row in own] == ["Anna"]


def test_the_picture(crew: list[User], coordinator: User, now: datetime) -> None:
    anna = crew[0]
    ShiftException.objects.create(user=anna, starts_at=now + DAY, ends_at=now + 2 * DAY)
    for _ in range(2):
        order = waiting(now, estimated_duration_minutes=400, due_at=now + timedelta(hours=5))
        assigning.give_to(order, anna, by=coordinator, now=now)
    found = staff_days.picture(by=coordinator, now=now, days=7)
    today, tomorrow, after = next(row for row in found.rows if row.person.key == anna.pk).days[:3]
    assert (today.capacity, today.planned, today.is_overloaded) == (420, 420, False)
    assert (tomorrow.capacity, tomorrow.is_absent) == (60, True)  # until the absence begins
    assert (tomorrow.planned + after.planned, len(after.jobs)) == (380, 1)
    outside = waiting(now, scheduled_start_at=now + 3 * DAY + timedelta(hours=12))
    assigning.give_to(outside, anna, by=coordinator, now=now)
    found = staff_days.picture(by=coordinator, now=now, days=7)
    day = next(row for row in found.rows if row.person.key == anna.pk).days[3]
    assert day.jobs[-1].key == outside.pk
