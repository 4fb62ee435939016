"""Cleaning plans: make, change, switch on and off, generate now. A plan by time goes with its schedule."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q

from accounts import rights
from accounts.rights import Right, Role
from core.errors import Conflict, Invalid, NotAllowed
from core.models import AuditEntry
from core.services import records
from scheduling.models import Resource, Schedule
from scheduling.services import schedules
from scheduling.services.reach import check_active, check_change, check_schedule
from worklogs.models import CleaningPlan
from worklogs.services import generation, housekeeping

if TYPE_CHECKING:
    from accounts.models import User

#: Kinds of resources that people book for themselves.
BOOKED = ("room", "vehicle")
#: Those that are cleaned when guests have left, without anybody having planned it.
_GUESTS = ("room", "venue")
_CLEANING = Schedule.MaintenanceType.CLEANING


@transaction.atomic
def create_plan(
    plan: CleaningPlan,
    *,
    by: "User | None",
    now: datetime,
    frequency: str = "",
    start_at: datetime | None = None,
) -> CleaningPlan:
    """Add a plan. With `frequency` it is by time, from `start_at` on: its schedule is made along, for the plan's
    resource or type."""
    _check_reach(plan, by)
    if frequency:
        plan.schedule = _schedule_of(plan, frequency, start_at or now, by=by, now=now)
        plan.resource = plan.resource_type = None
        plan.on_event, plan.with_below = "", False
    _check(plan)
    return records.create(plan, by=by, now=now)


@transaction.atomic
def change_plan(
    plan: CleaningPlan, changes: Mapping[str, Any], *, by: "User | None", now: datetime
) -> CleaningPlan:
    """Change a plan; tasks that were made keep what they say, and go on to follow their bookings."""
    stored = CleaningPlan.objects.get(pk=plan.pk)
    _check_reach(stored, by)
    for name, value in changes.items():
        setattr(plan, name, value)
    _check_reach(plan, by)
    _check(plan)
    return records.update(plan, changes, by=by, now=now)


@transaction.atomic
def delete_plan(plan: CleaningPlan, *, by: "User | None", now: datetime) -> None:
    """Remove a plan; its tasks stay, and so does its schedule."""
    _check_reach(plan, by)
    records.delete(plan, by=by, now=now)


@transaction.atomic
def activate(plan: CleaningPlan, *, by: "User | None", now: datetime) -> CleaningPlan:
    """Let it make tasks again."""
    _check_reach(plan, by)
    if plan.is_at_work:
        raise Conflict("This plan is active already.", code="already_active")
    if plan.schedule is not None and not plan.schedule.is_active:
        schedules.resume_schedule(plan.schedule, by=by, now=now)
    return records.update(plan, {"is_active": True}, by=by, now=now)


@transaction.atomic
def pause(
    plan: CleaningPlan, *, by: "User | None", now: datetime, reason: str = ""
) -> CleaningPlan:
    """Make no more tasks until it is activated; those that exist stay."""
    _check_reach(plan, by)
    if not plan.is_at_work:
        raise Conflict("This plan is paused already.", code="already_paused")
    if plan.schedule is not None and plan.schedule.is_active:
        why = reason or "The cleaning plan was paused."
        schedules.pause_schedule(plan.schedule, reason=why, by=by, now=now)
    return records.update(plan, {"is_active": False}, by=by, now=now)


def generate(plan: CleaningPlan | None, *, by: "User | None", now: datetime) -> int:
    """Make now what the plan wants of the bookings as they stand, or the task of its next date; returns how many.

    None: every plan, those by time as far as they are due. Only on resources that the person sees.
    """
    if by is not None:
        rights.require(by, Right.WORK_ORDER_ADD)
    if plan is not None:
        _check_reach(plan, by)
        if not plan.is_at_work:
            raise Conflict("This plan is paused. Activate it first.", code="paused")
    if plan is not None and plan.schedule is not None:
        return len(generation.generate_next(plan.schedule, by=by, now=now))
    places = Resource.objects.all() if by is None else Resource.objects.visible_to(by)
    made = 0
    if plan is None:
        due = Q(schedule__cleaning_plan__isnull=False, resource__in=places)
        made = generation.generate(now=now, of=due)
    else:
        places = places.filter(_condition_of(plan))
    return made + housekeeping.settle_all(housekeeping.known_plans(), now=now, places=places)


def _check(plan: CleaningPlan) -> None:
    check_active(plan.assigned_to, "assigned_to")
    if plan.with_below and plan.resource_id is None:
        raise Invalid("Choose the resource that everything is below of.", field="resource")
    if plan.schedule is not None and plan.schedule.maintenance_type != _CLEANING:
        raise Invalid("Choose a schedule of the kind “cleaning”.", field="schedule")
    if plan.on_event and not (plan.resource_id or plan.resource_type_id):
        raise Invalid("Say for which resource or which type of resource.", field="resource")
    if not plan.on_event and plan.schedule_id is None:
        raise Invalid(
            "Say when: an event of bookings, or a schedule by its frequency.", field="on_event"
        )


def _check_reach(plan: CleaningPlan, by: "User | None") -> None:
    """Venue admins plan inside their venues only."""
    if by is None or Role(by.role) != Role.VENUE_ADMIN:
        return
    if plan.schedule is not None:
        check_change(by, plan.schedule)
        return
    place = Resource.objects.visible_to(by).filter(pk=plan.resource_id)
    if plan.resource_id is None or not place.exists():
        raise NotAllowed(
            "This plan reaches beyond your venues. Choose a resource in one of them.",
            field="resource",
        )


def _schedule_of(
    plan: CleaningPlan, frequency: str, start_at: datetime, *, by: "User | None", now: datetime
) -> Schedule:
    if by is not None:
        check_schedule(by, resource=plan.resource, resource_type=plan.resource_type)
    made = Schedule(
        title=plan.title,
        maintenance_type=_CLEANING,
        priority=plan.priority or Schedule.Priority.MEDIUM,
        resource=plan.resource,
        resource_type=plan.resource_type,
        frequency=frequency,
        start_at=start_at,
        assigned_to=plan.assigned_to,
        estimated_duration_minutes=plan.estimated_duration_minutes,
    )
    return schedules.create_schedule(made, by=by, now=now)


@transaction.atomic
def ensure_checkout(place: Resource, *, now: datetime) -> bool:
    """Whether a plan sees to the cleaning when guests leave, if need be the usual one, which is made for it here.

    It is for the type of the resource, or for the resource alone where it has none. Not for vehicles and machines, and
    not once a person has made, changed or removed a plan: what is not planned then is so on purpose.
    """
    if any(_is_for_checkout(plan, place) for plan in housekeeping.known_plans()):
        return True
    decided = AuditEntry.objects.filter(object_type=CleaningPlan._meta.label_lower)
    if place.kind not in _GUESTS or decided.filter(actor_id__isnull=False).exists():
        return False
    target = {"resource_type": place.type} if place.type else {"resource": place}
    usual = CleaningPlan(
        title="Checkout cleaning", on_event=CleaningPlan.OnEvent.COMPLETED, **target
    )
    create_plan(usual, by=None, now=now)
    return True


def _is_for_checkout(plan: CleaningPlan, place: Resource) -> bool:
    is_asked = plan.is_active and plan.on_event == CleaningPlan.OnEvent.COMPLETED
    return is_asked and bool(housekeeping.reaches(plan, place))


def condition_of_all() -> Q:
    """The resources that any active plan by event is for; of a subtree what people book, not floors and machines."""
    found = Q(pk__in=[])
    for plan in housekeeping.known_plans():
        if plan.is_active:
            booked = Q(kind__in=BOOKED) | Q(pk=plan.resource_id) if plan.with_below else Q()
            found |= _condition_of(plan) & booked
    return found


def _condition_of(plan: CleaningPlan) -> Q:
    """The resources whose bookings a plan by event follows."""
    if plan.resource is None:
        return Q(type=plan.resource_type_id)
    return Q(path__within=plan.resource.path) if plan.with_below else Q(pk=plan.resource_id)
