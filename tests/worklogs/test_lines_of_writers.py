"""Writers who need several rows take them in one order, so that none waits for the other for ever."""

import time
from datetime import timedelta
from typing import Any

import pytest

import tests.flush  # noqa: F401
from accounts.models import Organization, User, WorkingCalendar
from accounts.rights import Role
from accounts.services import calendars
from core.errors import Conflict, Invalid
from tests import factories
from tests.worklogs.conftest import race
from worklogs.models import LaborEntry, Log, SlaPolicy, WorkOrder, WorkOrderLink
from worklogs.services import assigning, chain, labor, orders, sla_policies, sla_sweep, talk
from worklogs.services.corrections import correct_log

pytestmark = pytest.mark.thorough

NOW = factories.START
LATER = NOW + timedelta(hours=1)
ROUNDS = 6


def people(house: Organization, count: int) -> list[User]:
    return [factories.user(house, role=Role.TECHNICIAN) for _ in range(count)]


def timer(order: WorkOrder, person: User) -> LaborEntry:
    entry = LaborEntry(work_order=order, person=person, started_at=NOW)
    return labor.add_labor(entry, by=None, now=NOW)


def together(house: Organization, *acts: Any) -> list[Exception]:
    """What went wrong but for refusals in words."""

    _, errors = race(house, len(acts), lambda number: acts[number]())
    return [error for error in errors if not isinstance(error, Conflict)]


def test_stopping_the_time_while_the_order_ends(house: Organization) -> None:
    (person,) = people(house, 1)
    for _ in range(ROUNDS):
        order = factories.work_order_in("in_progress", assigned_to=person, now=NOW)
        entry = timer(order, person)

        def stop(key: Any = entry.pk) -> object:
            mine = LaborEntry.objects.select_related("work_order__resource", "person").get(pk=key)
            return labor.change_labor(mine, {"ended_at": LATER}, by=None, now=LATER)

        def end(key: Any = order.pk) -> object:
            mine = WorkOrder.objects.select_related("resource").get(pk=key)
            return orders.give(mine, "cancel", {"reason": "Over"}, by=None, now=LATER)

        assert together(house, stop, end) == []
        entry.refresh_from_db()
        assert entry.ended_at == LATER


def test_two_people_who_swap_their_work(house: Organization) -> None:
    first, second = people(house, 2)
    for _ in range(ROUNDS):
        here = factories.work_order_in("in_progress", assigned_to=first, now=NOW)
        there = factories.work_order_in("in_progress", assigned_to=second, now=NOW)
        timer(here, first)
        timer(there, second)

        def go(key: Any, person: User) -> None:
            mine = WorkOrder.objects.select_related("resource").get(pk=key)
            labor.follow(mine, "start", person=person, keeps_time=True, now=LATER)

        errors = together(
            house,
            lambda key=there.pk: go(key, first),
            lambda key=here.pk: go(key, second),
        )
        assert errors == []
        running = LaborEntry.objects.running()
        assert {row.person_id: row.work_order_id for row in running} == {
            first.pk: there.pk,
            second.pk: here.pk,
        }
        running.update(ended_at=LATER + timedelta(hours=1))


def test_giving_out_work_while_promises_change(house: Organization) -> None:
    for person in people(house, 3):
        factories.shift(person)
    always = WorkingCalendar(name="Always", is_round_the_clock=True)
    calendars.create_calendar(always, [], by=None, now=NOW)
    sla_policies.create_policy(SlaPolicy(name="All", response_minutes=30), by=None, now=NOW)
    for _ in range(ROUNDS):
        for _ in range(10):
            factories.work_order(status="scheduled", due_at=LATER, now=NOW)
        errors = together(
            house,
            lambda: assigning.auto_assign(None, by=None, now=NOW),
            lambda: sla_sweep.look_again(now=NOW),
            lambda: sla_sweep.look_again(now=NOW),
            lambda: sla_sweep.sweep(now=LATER),
        )
        assert errors == []
        assert not WorkOrder.objects.pending().exists()
        assert not WorkOrder.objects.filter(response_due_at=None).exists()


def test_no_timer_begins_on_what_has_ended(house: Organization) -> None:
    """Whoever read the order before it ended learns that it has."""
    (person,) = people(house, 1)
    seen = factories.work_order_in("in_progress", assigned_to=person, now=NOW)
    ended = WorkOrder.objects.select_related("resource").get(pk=seen.pk)
    orders.give(ended, "cancel", {"reason": "Over"}, by=None, now=NOW)
    with pytest.raises(Conflict, match="no more time"):
        timer(seen, person)
    assert LaborEntry.objects.count() == 0


def close_a_ring(house: Organization) -> tuple[list[Any], list[Exception]]:
    """Four orders, each of which is to block the next, all at once."""
    ring = [factories.work_order() for _ in range(4)]

    def link(number: int) -> WorkOrderLink:
        first, second = ring[number], ring[(number + 1) % len(ring)]
        return talk.add_link(first, second, "blocks", by=None, now=NOW)

    return race(house, len(ring), link)


def test_no_ring_of_orders_that_wait_for_each_other(house: Organization) -> None:
    for _ in range(ROUNDS):
        done, errors = close_a_ring(house)
        assert (len(done), [type(error) for error in errors]) == (3, [Invalid])


def test_the_ring_is_real(house: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where each looks before the others have written, nothing else keeps them apart."""
    monkeypatch.setattr(talk, "_blocks", lambda first, last: False)
    done, errors = close_a_ring(house)
    assert (len(done), errors) == (4, [])


def test_correcting_notes_while_the_order_is_completed_again(
    house: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    (person,) = people(house, 1)
    append = chain.append

    def slowly(*given: Any, **named: Any) -> None:
        append(*given, **named)
        time.sleep(0.05)

    monkeypatch.setattr(chain, "append", slowly)
    for turn in range(ROUNDS):
        order = factories.work_order_in("completed", assigned_to=person, now=NOW)
        log = Log.objects.get(order_link__work_order=order)
        for name in ("reopen", "start"):
            order = WorkOrder.objects.select_related("resource").get(pk=order.pk)
            orders.give(order, name, {"reason": "Drips"}, by=None, now=LATER)

        def correct(log: Log = log, notes: str = f"Washer {turn}") -> object:
            changes, why = {"notes": notes}, "Mistyped"
            return correct_log(log=log, changes=changes, reason=why, by=None, now=LATER)

        def end(key: Any = order.pk) -> object:
            mine = WorkOrder.objects.select_related("resource").get(pk=key)
            return orders.give(mine, "complete", {"notes": "Done"}, by=None, now=LATER)

        assert together(house, correct, end) == []
        assert WorkOrder.objects.matching(f'"washer {turn}"').get() == order
