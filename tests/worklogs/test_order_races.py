"""Twenty at once: one effect. Threads with connections of their own, on either database."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError

import tests.flush  # noqa: F401
from accounts.models import Organization, User
from accounts.rights import Role
from core.errors import Conflict
from core.models import OutboxEvent
from core.tenancy import tenant_scope
from scheduling.services import due_check
from tests import factories
from tests.threads import in_threads, shared_database
from worklogs.models import Log, WorkOrder, WorkOrderTransition
from worklogs.querysets import WorkOrderQuerySet
from worklogs.services import generation, numbers, orders

RACERS = 20
NOW = factories.START + timedelta(hours=3)


@pytest.fixture
def house(transactional_db: None, tmp_path: Path) -> Iterator[Organization]:
    organization = factories.organization()
    with tenant_scope(organization.pk), shared_database(tmp_path):
        yield organization


@pytest.fixture
def technician(house: Organization) -> User:
    return factories.user(house, role=Role.TECHNICIAN)


def race(house: Organization, act: Callable[[int], Any]) -> tuple[list[Any], list[Exception]]:
    def run(number: int) -> Any:
        with tenant_scope(house.pk):
            return act(number)

    return in_threads(RACERS, run)


@pytest.mark.parametrize(
    ("status", "name"),
    [
        ("assigned", "start"),
        ("in_progress", "complete"),
        ("scheduled", "assign"),
        ("assigned", "cancel"),
    ],
)
def test_of_twenty_one_gets_through(
    status: str, name: str, house: Organization, technician: User
) -> None:
    order = factories.work_order_in(status, assigned_to=technician, now=NOW)
    people = [factories.user(house) for _ in range(RACERS)]
    step, before = order.step, OutboxEvent.objects.count()

    def act(number: int) -> Any:
        mine = WorkOrder.objects.select_related("resource").get(pk=order.pk)
        given = {"assigned_to": people[number], "reason": f"Racer {number}"}
        return orders.give(mine, name, given, by=None, now=NOW)

    done, errors = race(house, act)
    assert (len(done), len(errors)) == (1, RACERS - 1)
    assert [error for error in errors if not isinstance(error, Conflict)] == []
    order.refresh_from_db()
    assert order.step == step + 1 == order.transitions.count()
    assert Log.objects.count() == (1 if name == "complete" else 0)
    logged = 1 if name == "complete" else 0
    assert OutboxEvent.objects.count() == before + 1 + logged


def test_the_race_is_real(
    house: Organization, technician: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the lock several get past the look; only the history's unique step still stops them."""
    order = factories.work_order_in("assigned", assigned_to=technician, now=NOW)
    copies = [WorkOrder.objects.select_related("resource").get(pk=order.pk) for _ in range(RACERS)]
    monkeypatch.setattr(WorkOrderQuerySet, "hold", lambda rows, keys: {order.pk: order})
    done, errors = race(house, lambda n: orders.give(copies[n], "start", {}, by=None, now=NOW))
    assert len(done) == 1
    assert any(isinstance(error, IntegrityError) for error in errors)
    assert WorkOrderTransition.objects.filter(work_order=order, command="start").count() == 1


def test_twenty_generators_make_each_order_once(house: Organization, technician: User) -> None:
    for _ in range(7):
        factories.schedule(assigned_to=technician)
    due_check.check_now(organization=house, by=None, now=NOW)
    made, errors = race(house, lambda _: generation.generate(now=NOW))
    assert errors == []
    assert sum(made) == 7 == WorkOrder.objects.count()
    assert WorkOrderTransition.objects.count() == 14
    assert OutboxEvent.objects.filter(name="worklogs.work_orders.generated").count() == 1


def test_numbers_are_unique_and_without_gaps(house: Organization) -> None:
    rooms = [factories.resource() for _ in range(RACERS)]
    done, errors = race(house, lambda n: factories.work_order(resource=rooms[n]))
    assert errors == []
    assert sorted(order.number for order in done) == list(range(1, RACERS + 1))


def test_an_undone_transaction_gives_its_number_back(house: Organization) -> None:
    from django.db import transaction

    with transaction.atomic():
        numbers.draw(5)
        transaction.set_rollback(True)
    assert factories.work_order().number == 1
