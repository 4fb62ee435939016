"""A round through resources of one plan: each place where something was done moves its own date, once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import tests.flush  # noqa: F401
from accounts.models import Organization, User
from accounts.rights import Role
from core.errors import Conflict
from core.models import OutboxEvent
from scheduling.models import DueState, Resource, Schedule
from scheduling.services import due_check
from tests import factories
from tests.events import relay_all
from tests.threads import after_all
from tests.worklogs.conftest import race
from worklogs.models import Log, WorkOrder
from worklogs.querysets import WorkOrderQuerySet
from worklogs.services import finishing, generation, logs, moving, orders, stops
from worklogs.services.corrections import correct_log
from worklogs.services.verify import Walk, verify

START = factories.START
NOW = START + timedelta(hours=3)
FEBRUARY = datetime(2026, 2, 28, 7, tzinfo=UTC)
RACERS = 8


def plan_for(technician: User, places: int, **values: Any) -> Schedule:
    """A monthly plan for a whole type, whose first date has come on each resource."""
    kind = factories.resource_type()
    for number in range(places):
        factories.resource(name=f"Lamp {number}", type=kind)
    made = factories.schedule(resource_type=kind, assigned_to=technician, **values)
    due_check.check_now(organization=technician.organization, by=None, now=NOW)
    generation.generate(now=NOW)
    return made


def round_of(plan: Schedule, *, is_begun: bool = True) -> tuple[WorkOrder, list[Resource]]:
    """The order of the plan's first resource, whose route leads on to the others."""
    places = list(Resource.objects.filter(due_states__schedule=plan).order_by("name"))
    order: WorkOrder = WorkOrder.objects.get(schedule=plan, resource=places[0])
    orders.change_order(order, {"resources": places[1:]}, by=None, now=NOW)
    if is_begun:
        orders.give(order, "start", {}, by=None, now=NOW)
    return order, places


@pytest.fixture
def plan(technician: User) -> Schedule:
    return plan_for(technician, 4)


def due(plan: Schedule) -> list[datetime | None]:
    """What is due next on each place, by its name."""
    states = DueState.objects.filter(schedule=plan).order_by("resource__name")
    return list(states.values_list("next_due_at", flat=True))


def effects() -> list[tuple[str, str]]:
    """What each log did, by its place."""
    rows = Log.objects.order_by("sequence").values_list("resource__name", "effect")
    return [(name, effect) for name, effect in rows]


def complete(order: WorkOrder, *, at: datetime = NOW, **given: Any) -> None:
    orders.give(order, "complete", given, by=None, now=at)


def test_each_place_that_was_done_moves_its_own_date(plan: Schedule, technician: User) -> None:
    order, places = round_of(plan)
    for place in (places[0], places[1]):
        stops.say(order, place.pk, "done", by=technician, now=NOW)
    stops.say(order, places[3].pk, "not_done", reason="Guests", by=technician, now=NOW)
    with pytest.raises(Conflict, match="still open: Lamp 2"):
        complete(WorkOrder.objects.get(pk=order.pk))
    assert (effects(), due(plan)) == ([], [START] * 4)
    complete(WorkOrder.objects.get(pk=order.pk), all_done=True)
    assert effects() == [("Lamp 0", "satisfied"), ("Lamp 1", "satisfied"), ("Lamp 2", "satisfied")]
    assert due(plan) == [FEBRUARY, FEBRUARY, FEBRUARY, START]
    assert set(Log.objects.values_list("schedule", flat=True)) == {plan.pk}
    assert order.order_logs.count() == 3
    relay_all(timezone.now())
    standing = WorkOrder.objects.order_by("resource__name").values_list("status", "close_reason")
    gone = ("cancelled", "The work was logged without this order.")
    assert list(standing) == [("completed", ""), gone, gone, ("assigned", "")]
    assert list(verify(Walk())) == []


def test_the_next_completion_does_what_was_left(plan: Schedule, technician: User) -> None:
    """Reopening keeps what was done; what is ticked since is logged, and nothing else again."""
    order, places = round_of(plan)
    stops.say(order, places[0].pk, "not_done", reason="Locked", by=technician, now=NOW)
    complete(order, all_done=True)
    assert due(plan) == [START, FEBRUARY, FEBRUARY, FEBRUARY]
    orders.give(order, "reopen", {"reason": "Lamp 0 is left"}, by=None, now=NOW)
    orders.give(order, "start", {}, by=technician, now=NOW)
    stops.say(order, places[0].pk, "done", by=technician, now=NOW)
    complete(order)
    assert effects()[3:] == [("Lamp 0", "satisfied")]
    assert due(plan) == [FEBRUARY] * 4
    orders.give(order, "verify", {}, by=None, now=NOW)
    assert list(verify(Walk())) == []


def test_done_again_after_reopening_is_extra_work_everywhere(
    plan: Schedule, technician: User
) -> None:
    order, places = round_of(plan)
    complete(order)
    orders.give(order, "reopen", {"reason": "Dirty"}, by=None, now=NOW)
    orders.give(order, "start", {}, by=technician, now=NOW)
    later = FEBRUARY + timedelta(hours=1)
    complete(order, at=later)
    assert effects()[4:] == [(place.name, "extra") for place in places]
    assert set(Log.objects.filter(effect="extra").values_list("performed_at", flat=True)) == {later}
    assert due(plan) == [FEBRUARY] * 4


def test_what_was_declared_void_is_done_by_the_next_completion(
    plan: Schedule, technician: User, admin: User
) -> None:
    order, places = round_of(plan)
    complete(order)
    wrong = Log.objects.get(resource=places[2])
    changed = {"notes": "Which one?"}
    newer = correct_log(log=wrong, changes=changed, reason="Unclear", by=admin, now=NOW)
    correct_log(log=newer, changes={}, reason="Other lamp", is_void=True, by=admin, now=NOW)
    assert due(plan) == [FEBRUARY, FEBRUARY, START, FEBRUARY]
    orders.give(order, "reopen", {"reason": "Lamp 2 is left"}, by=None, now=NOW)
    orders.give(order, "start", {}, by=technician, now=NOW)
    complete(order)
    assert effects()[6:] == [("Lamp 2", "satisfied")]
    assert due(plan) == [FEBRUARY] * 4


def test_a_place_that_was_done_by_itself_is_extra_work(plan: Schedule, technician: User) -> None:
    order, places = round_of(plan)
    values: dict[str, Any] = {"performed_by": technician, "by": None, "now": NOW}
    logs.record_log(resource=places[1], schedule=plan, performed_at=NOW, **values)
    complete(order, at=NOW + timedelta(days=1))
    assert effects()[1:] == [
        *(("Lamp 0", "satisfied"), ("Lamp 1", "extra")),
        *(("Lamp 2", "satisfied"), ("Lamp 3", "satisfied")),
    ]
    assert due(plan) == [FEBRUARY] * 4


def test_work_ahead_of_the_date_counts_on_the_whole_way(technician: User) -> None:
    """The order was asked for before its date had come; the other places have no date to show yet."""
    plan = plan_for(technician, 3, start_at=START + timedelta(days=20))
    first = Resource.objects.filter(due_states__schedule=plan).order_by("name")[:1]
    generation.generate_now(plan, [place.pk for place in first], by=None, now=NOW)
    order, _ = round_of(plan)
    before = due(plan)
    complete(order)
    assert {effect for _, effect in effects()} == {"satisfied"}
    assert all(new > old for new, old in zip(due(plan), before, strict=True) if new and old)


def test_a_place_of_another_plan_is_logged_outside_of_it(plan: Schedule, technician: User) -> None:
    other = factories.schedule(title="Other")
    due_check.check_now(organization=plan.organization, by=None, now=NOW)
    order, _ = round_of(plan, is_begun=False)
    orders.change_order(order, {"resources": [other.resource]}, by=None, now=NOW)
    orders.give(order, "start", {}, by=None, now=NOW)
    complete(order)
    assert [log.schedule for log in Log.objects.order_by("sequence")] == [plan, None]
    assert due(other) == [START]


def test_the_same_statements_however_long_the_way(technician: User) -> None:
    counts = []
    for places in (2, 2, 12):
        order, _ = round_of(plan_for(technician, places))
        with CaptureQueriesContext(connection) as asked:
            complete(order)
        counts.append(len(asked))
    assert counts[1] == counts[2] <= 45


# -- races -------------------------------------------------------------------------------------------------------------


def begun(house: Organization) -> tuple[Schedule, WorkOrder]:
    plan = plan_for(factories.user(house, role=Role.TECHNICIAN), 4)
    return plan, round_of(plan)[0]


def completed_at_once(house: Organization, order: WorkOrder) -> tuple[list[Any], list[Exception]]:
    copies = [
        WorkOrder.objects.select_related("resource", "schedule").get(pk=order.pk)
        for _ in range(RACERS)
    ]
    return race(house, RACERS, lambda number: complete(copies[number], all_done=True))


def test_of_many_completions_one_logs_each_place_once(house: Organization) -> None:
    plan, order = begun(house)
    done, errors = completed_at_once(house, order)
    assert (len(done), len(errors)) == (1, RACERS - 1)
    assert [error for error in errors if not isinstance(error, Conflict)] == []
    assert sorted(effects()) == [(f"Lamp {number}", "satisfied") for number in range(4)]
    assert due(plan) == [FEBRUARY] * 4
    assert OutboxEvent.objects.filter(name="scheduling.occurrence.completed").count() == 4


@pytest.mark.postgres
def test_the_race_to_complete_a_round_is_real(
    house: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the lock all come to the logs; the history's unique step has let only one past."""
    _, order = begun(house)
    monkeypatch.setattr(
        WorkOrderQuerySet,
        "hold",
        lambda rows, keys: {row.pk: row for row in rows.filter(pk__in=keys)},
    )
    monkeypatch.setattr(finishing, "move", after_all(RACERS, moving.move))
    done, errors = completed_at_once(house, order)
    assert (len(done), len(errors)) == (1, RACERS - 1)
    assert len(effects()) == 4


def test_a_tick_and_a_completion_at_once_leave_no_place_behind(house: Organization) -> None:
    """Whoever is first: a place that is ticked is logged, or the tick is refused because the work is done."""
    _, order = begun(house)
    places = [place.resource for place in stops.places_of(order)]
    stops.say(order, places[0].pk, "done", by=None, now=NOW)
    copy = WorkOrder.objects.select_related("resource", "schedule").get(pk=order.pk)

    def act(number: int) -> None:
        if number == 0:
            complete(copy, all_done=True)
        else:
            stops.say(order, places[number].pk, "not_done", reason="Locked", by=None, now=NOW)

    race(house, 4, act)
    stand = {place.resource.name: place.status for place in stops.places_of(order)}
    assert {name for name, _ in effects()} == {n for n, status in stand.items() if status == "done"}
