"""Guests who move to another room in mid-stay leave one behind that was used: it is cleaned as after a departure."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from scheduling.models import Booking, Resource
from worklogs.models import BookingTask, WorkOrder
from worklogs.rules import cleaning
from worklogs.rules.cleaning import Demand
from worklogs.services import housekeeping, numbers

_PART = "moved"


@transaction.atomic
def clean_after_move(
    booking_id: UUID, left_id: UUID, place_id: UUID, *, now: datetime
) -> list[WorkOrder]:
    """The checkout cleaning of the room `left_id` whose guests, who were in, live in `place_id` since `now`.

    It follows nothing that becomes of the booking later, so it belongs to no plan any more.
    """
    booking = Booking.objects.filter(pk=booking_id).first()
    room = Resource.objects.filter(pk=left_id).exclude(status=Resource.Status.RETIRED).first()
    if booking is None or room is None or left_id == place_id:
        return []
    numbers.draw(0)  # wait in line
    found = housekeeping.nearest(housekeeping.known_plans(), room)
    demands = [(plan, housekeeping.demand_of(plan)) for plan in found]
    made = []
    for plan, demand in demands:
        if demand.on_checkout:
            order = housekeeping.order_of(plan, booking, room, _due_at(room, demand, now))
            housekeeping.hand_over(order, plan, now=now)
            made.append(order)
            BookingTask.objects.create(
                **{"plan": None, "booking": booking, "part": _PART, "work_order": order},
                **{"begins_at": now, "due_at": order.due_at},
                needs_inspection=plan.needs_inspection,
            )
    return made


def _due_at(room: Resource, demand: Demand, now: datetime) -> datetime:
    coming = Booking.objects.standing().filter(resource=room, starts_at__gt=now)
    starts_at = coming.order_by("starts_at").values_list("starts_at", flat=True).first()
    return cleaning.due_after(now, starts_at, demand)
