"""Twenty at once: one effect. Each race has a twin that shows what happens without its guard."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

import tests.flush  # noqa: F401
from accounts.models import Organization, User
from accounts.rights import Role
from core.errors import Conflict
from core.models import OutboxEvent
from scheduling.services import due_check
from tests import factories
from tests.threads import after_all
from tests.worklogs.conftest import race
from worklogs.models import Log, WorkOrder, WorkOrderTransition
from worklogs.querysets import WorkOrderQuerySet
from worklogs.services import assigning, generation, moving, numbers, orders, talk, told
from worklogs.states import CommandNotAllowed

RACERS = 20
#: Those that wait for each other inside of their transactions: fewer than the pool has connections.
MEETING = 8
NOW = factories.START + timedelta(hours=3)
MOVES = [("assigned", "start"), ("in_progress", "complete"), ("scheduled", "assign")]


@pytest.fixture
def technician(house: Organization) -> User:
    return factories.user(house, role=Role.TECHNICIAN)


def all_at_once(
    house: Organization, order: WorkOrder, name: str
) -> tuple[list[Any], list[Exception]]:
    """The command by twenty people, each of whom saw the order as it is now."""
    copies = [WorkOrder.objects.select_related("resource").get(pk=order.pk) for _ in range(RACERS)]
    people = [factories.user(house) for _ in range(RACERS)]

    def act(number: int) -> Any:
        given = {"assigned_to": people[number], "reason": f"Racer {number}"}
        return orders.give(copies[number], name, given, by=None, now=NOW)

    return race(house, RACERS, act)


@pytest.mark.parametrize(("status", "name"), [*MOVES, ("assigned", "cancel")])
def test_of_twenty_one_gets_through(
    status: str, name: str, house: Organization, technician: User
) -> None:
    order = factories.work_order_in(status, assigned_to=technician, now=NOW)
    before = OutboxEvent.objects.count()
    done, errors = all_at_once(house, order, name)
    assert (len(done), len(errors)) == (1, RACERS - 1)
    assert [error for error in errors if not isinstance(error, Conflict)] == []
    (winner,) = done
    order.refresh_from_db()
    assert (order.status, order.assigned_to_id) == (winner.status, winner.assigned_to_id)
    assert order.step == winner.step == order.transitions.count()
    logged = 1 if name == "complete" else 0
    assert Log.objects.count() == logged
    assert OutboxEvent.objects.count() == before + 1 + logged


@pytest.mark.parametrize(("status", "name"), MOVES)
def test_the_race_for_an_order_is_real(
    status: str,
    name: str,
    house: Organization,
    technician: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without the lock all get past the look; only the history's unique step still stops them."""
    order = factories.work_order_in(status, assigned_to=technician, now=NOW)
    monkeypatch.setattr(WorkOrderQuerySet, "hold", lambda rows, keys: {order.pk: order})
    done, errors = all_at_once(house, order, name)
    assert (len(done), len(errors)) == (1, RACERS - 1)
    assert [error for error in errors if not isinstance(error, IntegrityError)] == []
    assert WorkOrderTransition.objects.filter(work_order=order, command=name).count() == 1


def of_a_team(house: Organization, name: str, racers: int) -> tuple[WorkOrder, list[User]]:
    """An order, and so many of its team who want to take it, or one of them, so many times, who gives it back."""
    people = [factories.user(house, name=f"Racer {number}") for number in range(racers)]
    is_had = name == "give_back"
    status, team = "assigned" if is_had else "scheduled", factories.team(*people)
    order = factories.work_order_in(status, assigned_to=people[0], team=team, now=NOW)
    return order, people[:1] * racers if is_had else people


def by_hand_at_once(
    house: Organization, order: WorkOrder, name: str, people: list[User]
) -> tuple[list[Any], list[Exception]]:
    """The command by each of these people, who saw the order as it is now."""
    copies = [WorkOrder.objects.select_related("resource").get(pk=order.pk) for _ in people]
    done, errors = race(
        house,
        len(people),
        lambda number: orders.give(copies[number], name, {}, by=people[number], now=NOW),
    )
    order.refresh_from_db()
    return done, errors


def test_of_twenty_who_take_it_one_gets_it_and_the_others_learn_who(house: Organization) -> None:
    order, people = of_a_team(house, "take", RACERS)
    done, errors = by_hand_at_once(house, order, "take", people)
    assert (len(done), len(errors)) == (1, RACERS - 1)
    assert {str(error) for error in errors} == {f"{order.assigned_to} has this work order now."}
    assert {type(error) for error in errors} == {CommandNotAllowed}
    assert done[0].assigned_to == order.assigned_to
    assert (order.status, order.step, order.transitions.count()) == ("assigned", 4, 4)


def test_of_twenty_taps_one_gives_it_back(house: Organization) -> None:
    order, people = of_a_team(house, "give_back", RACERS)
    done, errors = by_hand_at_once(house, order, "give_back", people)
    assert (len(done), len(errors)) == (1, RACERS - 1)
    assert {type(error) for error in errors} == {CommandNotAllowed}
    assert (order.status, order.assigned_to, order.step) == ("scheduled", None, 5)
    assert order.transitions.count() == 5
    assert OutboxEvent.objects.filter(name="worklogs.work_order.given_back").count() == 1


@pytest.mark.postgres
@pytest.mark.parametrize("name", ["take", "give_back"])
def test_the_race_to_take_and_to_give_back_is_real(
    name: str, house: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the lock all believe that they may; only the history's unique step still stops them."""
    order, people = of_a_team(house, name, MEETING)
    monkeypatch.setattr(
        WorkOrderQuerySet,
        "hold",
        lambda rows, keys: {row.pk: row for row in rows.filter(pk__in=keys)},
    )
    monkeypatch.setattr(moving, "check_right", after_all(MEETING, moving.check_right))
    done, errors = by_hand_at_once(house, order, name, people)
    assert (len(done), len(errors)) == (1, MEETING - 1)
    assert {type(error) for error in errors} == {IntegrityError}
    assert order.transitions.filter(command=name).count() == 1


# -- generating --------------------------------------------------------------------------------------------------------


@pytest.fixture
def due(house: Organization, technician: User) -> int:
    """So many dates of the technician's have come."""
    for _ in range(7):
        factories.schedule(assigned_to=technician)
    due_check.check_now(organization=house, by=None, now=NOW)
    return 7


def generated() -> int:
    return OutboxEvent.objects.filter(name="worklogs.work_orders.generated").count()


def test_twenty_generators_make_each_order_once(house: Organization, due: int) -> None:
    made, errors = race(house, RACERS, lambda _: generation.generate(now=NOW))
    assert errors == []
    assert sum(made) == due == WorkOrder.objects.count()
    assert WorkOrderTransition.objects.count() == 2 * due
    assert generated() == 1


@pytest.mark.postgres
def test_the_race_to_generate_is_real(
    house: Organization, due: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without waiting in line all find the same dates; only the database's key still refuses a second order."""
    draw = numbers.draw
    monkeypatch.setattr(numbers, "draw", lambda count: draw(count) if count else range(0))
    monkeypatch.setattr(generation, "_make", after_all(MEETING, generation._make))
    made, errors = race(house, MEETING, lambda _: generation.generate(now=NOW))
    assert (made, len(errors)) == ([due], MEETING - 1)
    assert [error for error in errors if not isinstance(error, IntegrityError)] == []
    assert (WorkOrder.objects.count(), generated()) == (due, 1)


# -- giving out work ---------------------------------------------------------------------------------------------------


@pytest.fixture
def waiting(house: Organization) -> list[WorkOrder]:
    """Ten orders that nobody has, and two people at work every day."""
    for name in ("Anna", "Ben"):
        factories.shift(factories.user(house, name=name))
    room, due_at = factories.resource(), NOW + timedelta(days=1)
    return [
        factories.work_order(resource=room, status="scheduled", due_at=due_at, now=NOW)
        for _ in range(10)
    ]


def test_twenty_at_once_assign_each_order_once(
    house: Organization, waiting: list[WorkOrder]
) -> None:
    done, errors = race(house, RACERS, lambda _: assigning.auto_assign(None, by=None, now=NOW))
    assert errors == []
    assert sorted(one.order.pk for found in done for one in found) == [one.pk for one in waiting]
    people = WorkOrder.objects.values_list("assigned_to__name", flat=True)
    assert sorted(people) == ["Anna"] * 5 + ["Ben"] * 5
    assert WorkOrderTransition.objects.filter(command="assign").count() == 10
    assert OutboxEvent.objects.filter(name="worklogs.work_order.assigned").count() == 10
    assert set(WorkOrder.objects.values_list("step", flat=True)) == {2}


@pytest.mark.postgres
def test_the_race_to_assign_is_real(
    house: Organization, waiting: list[WorkOrder], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the line and the lock all choose for the same orders; the conditional update stops all but one."""
    monkeypatch.setattr(numbers, "draw", lambda count: range(count))
    monkeypatch.setattr(WorkOrderQuerySet, "select_for_update", lambda rows, **_: rows)
    monkeypatch.setattr(assigning, "_give", after_all(MEETING, assigning._give))
    done, errors = race(house, MEETING, lambda _: assigning.auto_assign(None, by=None, now=NOW))
    assert (len(done), len(errors)) == (1, MEETING - 1)
    assert {getattr(error, "code", error) for error in errors} == {"overtaken"}
    assert WorkOrderTransition.objects.filter(command="assign").count() == 10


# -- numbers -----------------------------------------------------------------------------------------------------------


def test_numbers_are_unique_and_without_gaps(house: Organization) -> None:
    rooms = [factories.resource() for _ in range(RACERS)]
    done, errors = race(house, RACERS, lambda n: factories.work_order(resource=rooms[n]))
    assert errors == []
    assert sorted(order.number for order in done) == list(range(1, RACERS + 1))


def test_an_undone_transaction_gives_its_number_back(house: Organization) -> None:
    with transaction.atomic():
        numbers.draw(5)
        transaction.set_rollback(True)
    assert factories.work_order().number == 1


def said_at_once(house: Organization) -> tuple[WorkOrder, set[str]]:
    """Several people comment on the same order; which of them the search finds."""
    order = factories.work_order(now=NOW)
    words = [f"squeak{number}" for number in range(MEETING)]
    _, errors = race(
        house, MEETING, lambda number: talk.add_comment(order, words[number], by=None, now=NOW)
    )
    assert errors == []
    return order, {word for word in words if WorkOrder.objects.matching(word).exists()}


def test_what_people_say_at_once_is_all_found(house: Organization) -> None:
    order, found = said_at_once(house)
    assert (order.comments.count(), len(found)) == (MEETING, MEETING)


@pytest.mark.postgres
def test_the_race_of_words_is_real(house: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put together by each of them instead of by the database, they take each other's words away."""
    everybody = after_all(MEETING, lambda: None)

    def add(order: WorkOrder, text: str) -> None:
        mine = WorkOrder.objects.filter(pk=order.pk)
        known = mine.values_list("told", flat=True).get()
        everybody()
        mine.update(told=f"{known} {text}")

    monkeypatch.setattr(told, "add", add)
    order, found = said_at_once(house)
    assert (order.comments.count(), len(found)) == (MEETING, 1)
