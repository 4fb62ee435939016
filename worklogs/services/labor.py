"""Time that people spend on work orders, and what it costs: dated rates × time."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from accounts.rights import Right, has_right
from core.errors import Conflict, Invalid, NotAllowed
from core.services import records
from scheduling.rules import zones
from worklogs import states
from worklogs.models import CostEntry, LaborEntry, LaborRate, WorkOrder
from worklogs.services import moving, warranties

if TYPE_CHECKING:
    from accounts.models import User

_HOUR = timedelta(hours=1)
_LONGEST = timedelta(days=7)
_CLOCK_SKEW = timedelta(minutes=5)
_CENT = Decimal("0.01")
#: The note of time that nobody kept, but told when the work was done.
TOLD = "Told on completion"


@transaction.atomic
def add_labor(entry: LaborEntry, *, by: "User | None", now: datetime) -> LaborEntry:
    """Add time; without an end the person's timer runs. Others' time is for those who may change orders."""
    _check_person(entry, by)
    entry.work_order.status = _locked({entry.work_order_id})[0].status
    _check_kept(entry)
    _check_timer(entry)
    _check_span(entry)
    _price(entry, now=now)
    records.create(entry, by=by, now=now)
    sum_up(entry.work_order, now=now)
    return entry


@transaction.atomic
def add_told(
    order: WorkOrder,
    person: "User",
    minutes: int,
    *,
    ended_at: datetime,
    by: "User | None",
    now: datetime,
) -> None:
    """Let the minutes that were told on completion count as the person's time, up to when the work was done.

    Not where they kept time on the order already, since it was reopened last if it was: that is the same work.
    """
    kept = LaborEntry.objects.filter(work_order=order, person=person)
    reopened = order.transitions.filter(command="reopen").order_by("-step").first()
    if reopened is not None:
        kept = kept.filter(ended_at__gt=reopened.at)
    if minutes < 1 or kept.exists():
        return
    entry = LaborEntry(
        work_order=order,
        person=person,
        started_at=ended_at - timedelta(minutes=minutes),
        ended_at=ended_at,
        note=TOLD,
    )
    _price(entry, now=now)
    records.create(entry, by=by, now=now)
    sum_up(order, now=now)


@transaction.atomic
def change_labor(
    entry: LaborEntry, changes: Mapping[str, Any], *, by: "User | None", now: datetime
) -> LaborEntry:
    """Correct time, or stop its timer by giving its end; what is verified stays as it is."""
    _check_person(entry, by)
    entry.work_order.status = _locked({entry.work_order_id})[0].status
    if by is not None:  # timers end with the order
        _check_kept(entry)
    for name, value in changes.items():
        setattr(entry, name, value)
    _check_span(entry)
    _price(entry, now=now)
    priced = {"hourly_rate": entry.hourly_rate, "cost": entry.cost}
    records.update(entry, {**changes, **priced}, by=by, now=now)
    sum_up(entry.work_order, now=now)
    return entry


@transaction.atomic
def remove_labor(entry: LaborEntry, *, by: "User | None", now: datetime) -> None:
    """Remove time that was entered by mistake."""
    _check_person(entry, by)
    order = entry.work_order
    order.status = _locked({order.pk})[0].status
    _check_kept(entry)
    records.delete(entry, by=by, now=now)
    sum_up(order, now=now)


@transaction.atomic
def add_cost(
    entry: CostEntry, *, by: "User | None", now: datetime, despite_warranty: bool = False
) -> CostEntry:
    """Add money that was spent besides labour; invoices come late, so at any time.

    Raises Conflict where a warranty may pay, unless somebody says that it does not.
    """
    moving.check_reach(entry.work_order, by)
    if by is not None and not despite_warranty:
        warranties.check(entry.work_order)
    entry.created_by = by
    records.create(entry, by=by, now=now)
    sum_up(entry.work_order, now=now)
    return entry


@transaction.atomic
def remove_cost(entry: CostEntry, *, by: "User | None", now: datetime) -> None:
    """Remove money that was entered by mistake, until the work is verified."""
    moving.check_reach(entry.work_order, by)
    order = entry.work_order
    order.status = _locked({order.pk})[0].status
    if order.status not in (*states.OPEN, states.COMPLETED):
        message = "This work order is settled; enter a credit note, an amount below zero, instead."
        raise Conflict(message, code="over")
    records.delete(entry, by=by, now=now)
    sum_up(order, now=now)


@transaction.atomic
def follow(
    order: WorkOrder, command: str, *, person: "User", keeps_time: bool, now: datetime
) -> None:
    """Let the person's time begin with the work, for those who want it; one that runs elsewhere ends then."""
    if command not in {"start", "resume"} or not keeps_time:
        return
    elsewhere = LaborEntry.objects.running().filter(person=person).exclude(work_order=order)
    _locked({order.pk, *elsewhere.values_list("work_order", flat=True)})
    for entry in elsewhere:
        stop_timers(entry.work_order, now=now, person=person)
    if not LaborEntry.objects.running().filter(person=person).exists():
        entry = LaborEntry(work_order=order, person=person, started_at=now)
        add_labor(entry, by=person, now=now)


def stop_timers(order: WorkOrder, *, now: datetime, person: "User | None" = None) -> None:
    """End what still runs when the order ends; of one person or of all."""
    rows = LaborEntry.objects.running().filter(work_order=order)
    for entry in rows.filter(person=person) if person else rows:
        entry.ended_at = max(now, entry.started_at + timedelta(seconds=1))
        change_labor(entry, {"ended_at": entry.ended_at}, by=None, now=now)


def sum_up(order: WorkOrder, *, now: datetime) -> None:
    """Write the sums of labour and costs to the order, with what was spent before it was taken over.

    Writers queue on its row.
    """
    rows = WorkOrder.objects.filter(pk=order.pk)
    stored = rows.select_for_update(of=("self",), no_key=True).get()
    spent = LaborEntry.objects.filter(work_order=order).aggregate(total=Sum("cost"))["total"]
    costs = dict(
        CostEntry.objects.filter(work_order=order).values_list("kind").annotate(total=Sum("amount"))
    )
    parts, other = (costs.get(kind, Decimal(0)) for kind in CostEntry.Kind)
    order.labor_cost = stored.imported_labor_cost + (spent or Decimal(0))
    order.parts_cost = stored.imported_parts_cost + parts
    order.other_cost = stored.imported_other_cost + other
    rows.update(
        labor_cost=order.labor_cost,
        parts_cost=order.parts_cost,
        other_cost=order.other_cost,
        updated_at=now,
    )


def _locked(orders: Collection[UUID]) -> list[WorkOrder]:
    """The orders as they stand, always before the time on them and in one order: nobody ends or sums them meanwhile."""
    rows = WorkOrder.objects.filter(pk__in=orders).order_by("pk")
    return list(rows.select_for_update(of=("self",), no_key=True))


def rate_on(person: "User", moment: datetime, zone: str) -> Decimal:
    """What an hour of the person costs on that local day: their own rate, else everybody's, else nothing."""
    day = zones.local_date(moment, zone)
    valid = LaborRate.objects.filter(valid_from__lte=day).order_by("-valid_from")
    for rows in (valid.filter(person=person), valid.filter(person=None)):
        rate: Decimal | None = rows.values_list("hourly_rate", flat=True).first()
        if rate is not None:
            return rate
    return Decimal(0)


def cost_of(span: timedelta, hourly_rate: Decimal) -> Decimal:
    """To the cent, half a cent up."""
    seconds = Decimal(int(span.total_seconds()))
    return (hourly_rate * seconds / 3600).quantize(_CENT, rounding=ROUND_HALF_UP)


def _price(entry: LaborEntry, *, now: datetime) -> None:
    if entry.started_at > now + _CLOCK_SKEW:
        raise Invalid("Time cannot be spent in the future.", field="started_at")
    zone = entry.work_order.resource.effective_time_zone
    entry.hourly_rate = rate_on(entry.person, entry.started_at, zone)
    entry.cost = Decimal(0)
    if entry.ended_at is None:
        return
    entry.cost = cost_of(entry.ended_at - entry.started_at, entry.hourly_rate)


def _check_span(entry: LaborEntry) -> None:
    if entry.ended_at is None:
        return
    span = entry.ended_at - entry.started_at
    if span <= timedelta(0):
        raise Invalid("The end must be after the start.", field="ended_at")
    if span > _LONGEST:
        raise Invalid("One entry takes seven days at most.", field="ended_at")


def _check_timer(entry: LaborEntry) -> None:
    """One timer at a time; the database refuses the second of two that start at once."""
    if entry.ended_at is None and LaborEntry.objects.running().filter(person=entry.person).exists():
        message = "This person's timer runs already. Stop it first."
        raise Conflict(message, code="timer_running")


def _check_person(entry: LaborEntry, by: "User | None") -> None:
    if by is None:
        return
    if entry.person_id != by.pk and not has_right(by, Right.WORK_ORDER_CHANGE):
        raise NotAllowed("You can enter your own time only.", field="person")
    moving.check_reach(entry.work_order, by)


def _check_kept(entry: LaborEntry) -> None:
    if entry.work_order.status not in (*states.OPEN, states.COMPLETED):
        raise Conflict("This work order takes no more time.", code="over")
