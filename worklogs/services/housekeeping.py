"""Tasks that bookings ask for: made, moved and withdrawn so that they fit the mirror of the booking systems.

What is right follows from the booking as it stands, never from what an event says: events that arrive twice, late or in
the wrong order lead to the same tasks. Writers of one organisation wait in line at its row of numbers and look again;
the database refuses a second task of a plan for a booking besides.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.rights import Right, has_right
from core.errors import Conflict
from core.sweeps import in_each
from core.tenancy import all_tenants
from scheduling.models import Booking, Resource
from worklogs import states
from worklogs.models import BookingTask, CleaningPlan, WorkOrder
from worklogs.rules import cleaning
from worklogs.rules.cleaning import Demand, Wanted
from worklogs.services import (
    checklists,
    finishing,
    judging,
    numbers,
    orders,
    sla_clocks,
    stays,
)
from worklogs.services.moving import move
from worklogs.services.stays import Case

#: So many bookings at a time, so that whoever reports something does not wait for all of them.
_BATCH = 50
_FIRM = (cleaning.CHECKED_IN, "confirmed")


def demand_of(plan: CleaningPlan) -> Demand:
    """The plan as the rules read it."""
    return Demand(
        on_checkout=plan.on_event == CleaningPlan.OnEvent.COMPLETED,
        rhythm=plan.rhythm,
        is_ahead=plan.is_planned_ahead,
        allowed=timedelta(minutes=plan.allowed_minutes),
        setup=timedelta(minutes=plan.setup_minutes),
        due_time=plan.due_time,
    )


@dataclass
class _Work:
    """What has to be done so that the tasks of a booking are right."""

    change: list[tuple[BookingTask, CleaningPlan, Wanted]]
    withdraw: list[BookingTask]
    make: list[tuple[CleaningPlan, Wanted, BookingTask | None]]

    def __bool__(self) -> bool:
        return bool(self.change or self.withdraw or self.make)


def follow(
    booking_id: UUID, *, now: datetime, seen_at: datetime | None = None, has_left: bool = False
) -> int:
    """Settle a booking, and those whose turn-over it decides; returns how many tasks were made.

    `seen_at`: when the change happened, as far as it is known. `has_left`: its guests were told to have left by it.
    """
    plans = known_plans()
    booking = Booking.objects.filter(pk=booking_id).first() if plans else None
    if booking is None:
        return 0
    touched = BookingTask.objects.unfinished().touched_by(booking.pk, booking.resource_id)
    keys = [booking_id, *touched.values_list("booking", flat=True)]
    left = booking.pk if has_left else None
    return settle(keys, plans, now=now, seen_at=seen_at, left=left)


def settle(
    keys: Collection[UUID],
    plans: Sequence[CleaningPlan],
    *,
    now: datetime,
    seen_at: datetime | None = None,
    left: UUID | None = None,
) -> int:
    """Make the tasks of these bookings right; returns how many were made. Looks first, and waits only to write."""
    cases = stays.load(keys, plans, now, seen_at, left)
    found = [(case, _work(case, plans, now)) for case in cases]
    late = [case.booking.pk for case, work in found if work]
    if not late:
        return 0
    made = 0
    for start in range(0, len(late), _BATCH):
        with transaction.atomic():
            numbers.draw(0)  # wait in line before looking again
            for case in stays.load(late[start : start + _BATCH], plans, now, seen_at, left):
                made += _carry_out(case, _work(case, plans, now), now)
    return made


def settle_organizations(*, now: datetime) -> int:
    """Every booking of the days around `now` in every organisation with cleaning plans: what no event told."""
    with all_tenants(reason="the sweep settles every organisation's bookings"):
        rows = CleaningPlan.objects.active().by_event().order_by().values_list("organization")
        found = [key for (key,) in rows.distinct()]
    return in_each(found, lambda: settle_all(known_plans(), now=now))


def settle_all(plans: Sequence[CleaningPlan], *, now: datetime, places: Any = None) -> int:
    """The bookings of the organisation in scope that may want a task now; only those of the resources `places`."""
    near = Booking.objects.sharing(now - cleaning.FRESH, now + cleaning.FRESH)
    wanted = near.filter(status__in=(*_FIRM, cleaning.COMPLETED))
    unfinished = BookingTask.objects.unfinished()
    if places is not None:
        wanted = wanted.filter(resource__in=places)
        unfinished = unfinished.filter(booking__resource__in=places)
    keys = {
        *wanted.values_list("pk", flat=True),
        *unfinished.values_list("booking", flat=True),
    }
    return settle(keys, plans, now=now)


def known_plans() -> list[CleaningPlan]:
    rows = CleaningPlan.objects.by_event().order_by("pk")
    return list(rows.select_related("resource", "checklist", "assigned_to"))


def reaches(plan: CleaningPlan, resource: Resource) -> int:
    """How near the plan is to the resource: 0 when it is not for it."""
    if plan.resource_type_id is not None:
        return int(plan.resource_type_id == resource.type_id)
    if plan.resource is None:
        return 0
    if plan.resource_id == resource.pk:
        return 1000
    is_below = plan.with_below and resource.path.startswith(plan.resource.path)
    return 1 + plan.resource.path.count("/") if is_below else 0


def nearest(plans: Sequence[CleaningPlan], resource: Resource) -> list[CleaningPlan]:
    """Of the active plans for one task the one nearest to the resource."""
    best: dict[tuple[str, str], tuple[int, CleaningPlan]] = {}
    for plan in plans:
        near = reaches(plan, resource) if plan.is_active else 0
        key = (plan.on_event, plan.task_type)
        if near and near > best.get(key, (0, plan))[0]:
            best[key] = (near, plan)
    return [plan for _, plan in best.values()]


def _work(case: Case, plans: Sequence[CleaningPlan], now: datetime) -> _Work:
    """Compare what stands with what is wanted."""
    work = _Work([], [], [])
    again: dict[tuple[UUID, str], BookingTask] = {}
    standing: set[tuple[str, str]] = set()
    wanted: dict[UUID, dict[str, Wanted]] = {}
    known = {plan.pk: plan for plan in plans}
    for plan in plans:
        if reaches(plan, case.booking.resource):
            found = cleaning.wanted(demand_of(plan), case.stay, now=now)
            wanted[plan.pk] = {one.part: one for one in found}
    for row in case.rows:
        if row.plan_id is not None and row.is_withdrawn:
            again[row.plan_id, row.part] = row
            continue
        one = wanted.get(row.plan_id, {}).get(row.part) if row.plan_id else None
        is_loose = row.plan_id is None and case.stay.status != cleaning.CANCELLED
        if one is None and not is_loose and row.work_order.status in states.WAITING:
            work.withdraw.append(row)
            continue
        standing.add((row.work_order.task_type, row.part))
        if row.plan_id and one and _differs(row, one, case):
            work.change.append((row, known[row.plan_id], one))
    for plan in nearest(plans, case.booking.resource):
        for one in wanted[plan.pk].values():
            is_there = (plan.task_type, one.part) in standing
            is_retired = case.booking.resource.status == Resource.Status.RETIRED
            if one.is_new and not is_there and not is_retired:
                work.make.append((plan, one, again.get((plan.pk, one.part))))
    return work


def _differs(row: BookingTask, one: Wanted, case: Case) -> bool:
    order = row.work_order
    if order.status not in states.OPEN:
        return row.left_at is None and case.stay.left_at is not None
    is_elsewhere = order.resource_id != case.booking.resource_id
    return (
        (row.begins_at, row.due_at) != (one.begins_at, one.due_at)
        or (row.left_at, row.next_booking_id) != (case.stay.left_at, _next_of(row.part, case))
        or (is_elsewhere and order.status in states.WAITING)
    )


def _next_of(part: str, case: Case) -> UUID | None:
    return None if part else case.following


def _carry_out(case: Case, work: _Work, now: datetime) -> int:
    for row, plan, one in work.change:
        _change(row, plan, one, case, now)
    free = {row.part: row for row in work.withdraw if row.part}
    made = 0
    for plan, one, former in work.make:
        turned = free.pop(one.day.isoformat(), None) if not one.part and former is None else None
        if turned is not None:
            work.withdraw.remove(turned)
            _turn(turned, plan, one, case, now)
        else:
            _make(plan, one, former, case, now)
            made += 1
    for row in work.withdraw:
        _withdraw(row, case, now)
    return made


def _make(
    plan: CleaningPlan, one: Wanted, former: BookingTask | None, case: Case, now: datetime
) -> None:
    order = order_of(plan, case.booking, case.booking.resource, one.due_at)
    hand_over(order, plan, now=now)
    row = former or BookingTask(plan=plan, booking=case.booking, part=one.part)
    row.work_order, row.is_withdrawn = order, False
    _note(row, plan, one, case, now)


def order_of(plan: CleaningPlan, booking: Booking, room: Resource, due_at: datetime) -> WorkOrder:
    """What the plan asks for in a room because of a booking; not stored yet."""
    return WorkOrder(
        resource=room,
        title=plan.title,
        task_type=plan.task_type,
        due_at=due_at,
        priority=plan.priority,
        team_id=plan.team_id,
        checklist_id=_checklist_of(plan),
        estimated_duration_minutes=plan.estimated_duration_minutes,
        booking_reference=booking.reference,
        guest_id=booking.guest_id,
    )


def hand_over(order: WorkOrder, plan: CleaningPlan, *, now: datetime) -> None:
    """Add the task, with the plan's word on its priority and who does it."""
    orders.create_task(order, by=None, now=now)
    if plan.priority:
        judging.credit(order, WorkOrder.PrioritySource.PLAN)
    if plan.assigned_to is not None and has_right(plan.assigned_to, Right.WORK_ORDER_WORK):
        move(order, "assign", {"assigned_to": plan.assigned_to}, by=None, now=now)


def _turn(row: BookingTask, plan: CleaningPlan, one: Wanted, case: Case, now: datetime) -> None:
    """Guests left early: what was a task of their stay becomes the one after it, in the same hands."""
    changes: dict[str, object] = {
        "title": plan.title,
        "task_type": plan.task_type,
        "due_at": one.due_at,
        "estimated_duration_minutes": plan.estimated_duration_minutes,
        "team": plan.team,
    }
    if not row.work_order.answers.exists():
        uses = checklists.uses_for()
        usual = uses.pick(schedule_id=None, task_type=plan.task_type, kind=row.work_order.kind)
        changes["checklist_id"] = _checklist_of(plan) or usual
    orders.change_order(row.work_order, changes, by=None, now=now)
    row.plan, row.part = plan, one.part
    _note(row, plan, one, case, now)


def _change(row: BookingTask, plan: CleaningPlan, one: Wanted, case: Case, now: datetime) -> None:
    """A due date that a person has set stays; a task that somebody has begun stays where it is."""
    order = row.work_order
    changes: dict[str, object] = {}
    if order.status in states.OPEN and order.due_at == row.due_at:
        changes["due_at"] = one.due_at
    if order.status in states.WAITING:
        changes["resource"] = case.booking.resource
    try:
        if changes:
            orders.change_order(order, changes, by=None, now=now)
    except Conflict:
        return  # it ended at this moment
    _note(row, plan, one, case, now)


def _note(row: BookingTask, plan: CleaningPlan, one: Wanted, case: Case, now: datetime) -> None:
    """What was promised for a task counts from when it can be begun, not from when it was prepared."""
    row.begins_at, row.due_at = one.begins_at, one.due_at
    row.left_at, row.next_booking_id = case.stay.left_at, _next_of(one.part, case)
    row.needs_inspection = plan.needs_inspection
    row.save()
    sla_clocks.renew(row.work_order, now=now)


def _withdraw(row: BookingTask, case: Case, now: datetime) -> None:
    why = {
        cleaning.CANCELLED: "The booking was cancelled.",
        cleaning.COMPLETED: "The guests have left.",
    }
    reason = why.get(case.stay.status, "The booking changed.")
    try:
        finishing.stop(row.work_order, "cancel", {"reason": reason}, by=None, now=now)
    except Conflict:
        return  # somebody began or ended it at this moment
    row.is_withdrawn = True
    row.save(update_fields=["is_withdrawn", "updated_at"])


def _checklist_of(plan: CleaningPlan) -> UUID | None:
    checklist = plan.checklist
    return checklist.current_id if checklist is not None and checklist.is_active else None
