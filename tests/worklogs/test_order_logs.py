"""What completing a work order does to logs and due dates, and what time and money it gathers."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile

from accounts.models import User
from accounts.rights import Role
from core.errors import Conflict, Invalid, NotAllowed
from core.services import attachments
from scheduling.models import Schedule
from scheduling.services import due_check, schedules
from tests import factories
from tests.worklogs.conftest import next_due
from worklogs.models import CostEntry, LaborEntry, LaborRate, Log, WorkOrder, WorkOrderLog
from worklogs.services import generation, labor, orders
from worklogs.services.corrections import correct_log
from worklogs.services.verify import Walk, verify

START = factories.START
NOW = START + timedelta(hours=3)


@pytest.fixture
def schedule(technician: User) -> Schedule:
    """Monthly from 31 January 2026, assigned to the technician; the first date has come."""
    return factories.schedule(assigned_to=technician)


@pytest.fixture
def order(schedule: Schedule) -> WorkOrder:
    """The order of 31 January, under way."""
    due_check.check_now(organization=schedule.organization, by=None, now=NOW)
    assert generation.generate(now=NOW) == 1
    made: WorkOrder = WorkOrder.objects.get()
    return orders.give(made, "start", {}, by=None, now=NOW)


def faults() -> list[Any]:
    return list(verify(Walk()))


def test_completing_logs_and_moves_the_date(
    order: WorkOrder, schedule: Schedule, technician: User
) -> None:
    given = {"notes": "New washer", "issues_found": "minor", "duration_minutes": 25}
    orders.give(order, "complete", given, by=technician, now=NOW)
    log = Log.objects.get()
    assert (log.schedule, log.resource, log.performed_by) == (schedule, order.resource, technician)
    assert (log.effect, log.occurrence_id) == ("satisfied", order.occurrence_id)
    assert (log.notes, log.issues_found, log.duration_minutes) == ("New washer", "minor", 25)
    assert WorkOrderLog.objects.get().work_order == order
    assert next_due(schedule) == datetime(2026, 2, 28, 7, tzinfo=UTC)
    assert faults() == []


def test_nothing_is_left_of_a_completion_that_fails(
    order: WorkOrder, technician: User, schedule: Schedule
) -> None:
    for given in (
        {"performed_at": NOW + timedelta(days=1)},
        {"attachments": [order.pk]},
    ):
        fresh = WorkOrder.objects.get(pk=order.pk)
        with pytest.raises(Invalid):
            orders.give(fresh, "complete", given, by=technician, now=NOW)
    order.refresh_from_db()
    assert (order.status, order.step) == ("in_progress", 3)
    assert order.transitions.count() == 3
    assert Log.objects.count() == 0
    assert next_due(schedule) == START


def test_the_order_says_who_may_log(order: WorkOrder, user_with: Callable[[Role], User]) -> None:
    """The plan names somebody else, whose schedule the substitute does not even see."""
    substitute = user_with(Role.TECHNICIAN)
    orders.give(order, "reassign", {"assigned_to": substitute}, by=None, now=NOW)
    orders.give(order, "complete", {}, by=substitute, now=NOW)
    log = Log.objects.get()
    assert (log.performed_by, log.recorded_by, log.effect) == (substitute, substitute, "satisfied")


def test_a_photo_belongs_to_the_log(
    order: WorkOrder, technician: User, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    photo = attachments.store(
        upload=ContentFile(b"%PDF-1.4\n%%EOF\n"),
        name="after.pdf",
        target_type="log",
        target_id=None,
        by=technician,
        now=NOW,
    )
    orders.give(order, "complete", {"attachments": [photo.pk]}, by=technician, now=NOW)
    photo.refresh_from_db()
    assert photo.target_id == Log.objects.get().pk
    assert faults() == []


def test_done_again_after_reopening_is_extra_work(
    order: WorkOrder, schedule: Schedule, technician: User
) -> None:
    orders.give(order, "complete", {}, by=technician, now=NOW)
    moved = next_due(schedule)
    assert moved
    orders.give(order, "reopen", {"reason": "Still drips"}, by=None, now=NOW)
    assert (order.status, order.completed_at, next_due(schedule)) == ("assigned", None, moved)
    orders.give(order, "start", {}, by=technician, now=NOW)
    # a month later, when the next date has come too
    much_later = moved + timedelta(hours=1)
    orders.give(order, "complete", {}, by=technician, now=much_later)
    first, second = Log.objects.order_by("sequence")
    assert (first.effect, second.effect, second.schedule) == ("satisfied", "extra", schedule)
    assert next_due(schedule) == moved
    assert [link.step for link in order.order_logs.order_by("step")] == [4, 7]


def test_what_was_declared_void_is_done_by_the_next_completion(
    order: WorkOrder, schedule: Schedule, technician: User, admin: User
) -> None:
    orders.give(order, "complete", {}, by=technician, now=NOW)
    correct_log(
        log=Log.objects.get(), changes={}, reason="Wrong room", is_void=True, by=admin, now=NOW
    )
    orders.give(order, "reopen", {"reason": "Wrong room"}, by=admin, now=NOW)
    orders.give(order, "start", {}, by=technician, now=NOW)
    assert next_due(schedule) == START
    orders.give(order, "complete", {}, by=technician, now=NOW)
    assert Log.objects.order_by("sequence").last().effect == "satisfied"  # type: ignore[union-attr]
    assert next_due(schedule) == datetime(2026, 2, 28, 7, tzinfo=UTC)


def test_work_of_a_plan_that_is_gone_is_logged_outside_of_it(
    order: WorkOrder, schedule: Schedule, admin: User
) -> None:
    schedules.delete_schedule(schedule, by=admin, now=NOW)
    orders.give(order, "complete", {}, by=admin, now=NOW)
    log = Log.objects.get()
    assert (log.schedule, log.effect, order.status) == (None, "extra", "completed")


def test_a_round_leaves_a_log_at_each_stop(technician: User) -> None:
    stops = [factories.resource() for _ in range(3)]
    order = WorkOrder(title="Extinguishers", resource=factories.resource(), status="scheduled")
    orders.create_order(order, by=None, now=NOW, stops=stops)
    orders.give(order, "assign", {"assigned_to": technician}, by=None, now=NOW)
    orders.give(order, "start", {}, by=technician, now=NOW)
    orders.give(order, "complete", {"notes": "All full"}, by=technician, now=NOW)
    logs = Log.objects.order_by("sequence")
    assert [log.resource for log in logs] == [order.resource, *stops]
    assert {log.notes for log in logs} == {"All full"}
    assert order.order_logs.count() == 4
    twice = WorkOrder(title="Twice", resource=stops[0])
    with pytest.raises(Invalid, match="stands in the order once"):
        orders.create_order(twice, by=None, now=NOW, stops=[stops[0]])


# -- time and money ---------------------------------------------------------------------------------------------------


@pytest.fixture
def rates(technician: User) -> None:
    """30 an hour for everybody; the technician 40, and 48 from February."""
    for person, rate, day in (
        (None, "30", date(2025, 1, 1)),
        (technician, "40", date(2026, 1, 1)),
        (technician, "48", date(2026, 2, 1)),
    ):
        LaborRate.objects.create(person=person, hourly_rate=Decimal(rate), valid_from=day)


def test_time_costs_the_rate_of_its_day(
    rates: None, technician: User, user_with: Callable[[Role], User]
) -> None:
    order = factories.work_order_in("in_progress", assigned_to=technician, now=NOW)
    other = user_with(Role.TECHNICIAN)
    hour, february = timedelta(hours=1), datetime(2026, 2, 2, 8, tzinfo=UTC)
    for person, start, length in (
        (technician, START, hour),
        (technician, february, hour / 2),
        (other, START, timedelta(minutes=20)),
    ):
        entry = LaborEntry(
            work_order=order, person=person, started_at=start, ended_at=start + length
        )
        labor.add_labor(entry, by=None, now=february + hour)
    cost = CostEntry(work_order=order, amount=Decimal("12.50"), description="Plumber's invoice")
    labor.add_cost(cost, by=None, now=NOW)
    order.refresh_from_db()
    assert order.labor_cost == Decimal("40.00") + Decimal("24.00") + Decimal("10.00")
    assert (order.other_cost, order.total_cost) == (Decimal("12.50"), Decimal("86.50"))


def test_a_timer_runs_once_and_ends_with_the_order(rates: None, technician: User) -> None:
    order = factories.work_order_in("in_progress", assigned_to=technician, now=START)
    timer = LaborEntry(work_order=order, person=technician, started_at=START)
    labor.add_labor(timer, by=technician, now=START)
    again = LaborEntry(work_order=order, person=technician, started_at=START)
    with pytest.raises(Conflict, match="runs already"):
        labor.add_labor(again, by=technician, now=START)
    orders.give(order, "complete", {}, by=technician, now=START + timedelta(minutes=90))
    timer.refresh_from_db()
    order.refresh_from_db()
    assert (timer.ended_at, timer.cost) == (START + timedelta(minutes=90), Decimal("60.00"))
    assert order.labor_cost == Decimal("60.00")


def test_time_that_cannot_be(technician: User, user_with: Callable[[Role], User]) -> None:
    order = factories.work_order_in("in_progress", assigned_to=technician, now=NOW)
    entry = LaborEntry(work_order=order, person=technician, started_at=NOW, ended_at=NOW)
    with pytest.raises(Invalid):
        labor.add_labor(entry, by=technician, now=NOW)
    late = LaborEntry(work_order=order, person=technician, started_at=NOW + timedelta(days=1))
    with pytest.raises(Invalid, match="future"):
        labor.add_labor(late, by=technician, now=NOW)
    with pytest.raises(NotAllowed, match="own time"):
        labor.add_labor(
            LaborEntry(work_order=order, person=technician, started_at=NOW),
            by=user_with(Role.TECHNICIAN),
            now=NOW,
        )
    ended = factories.work_order_in("cancelled", assigned_to=technician, now=NOW)
    with pytest.raises(Conflict, match="no more time"):
        labor.add_labor(
            LaborEntry(work_order=ended, person=technician, started_at=NOW), by=None, now=NOW
        )


@pytest.mark.parametrize(
    ("seconds", "rate", "cost"),
    [(3600, "40", "40.00"), (1, "36", "0.01"), (1, "17.99", "0.00"), (90, "30", "0.75")],
)
def test_cents_are_rounded_half_up(seconds: int, rate: str, cost: str) -> None:
    assert labor.cost_of(timedelta(seconds=seconds), Decimal(rate)) == Decimal(cost)
