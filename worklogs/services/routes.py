"""The route of an order: further resources than its own, in the order of the way."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from core import audit
from core.errors import Conflict, Invalid
from scheduling.models import Resource
from worklogs import states
from worklogs.models import WorkOrder, WorkOrderResource

if TYPE_CHECKING:
    from accounts.models import User

MOST_STOPS = 200


def stops_of(order: WorkOrder) -> list[Resource]:
    """Where the order goes after its own resource."""
    stops = order.stops.select_related("resource").order_by("position")
    return [stop.resource for stop in stops]


def check(order: WorkOrder, stops: Sequence[Resource]) -> None:
    """Raises Invalid for a route that is too long or comes to a resource twice."""
    if len(stops) > MOST_STOPS:
        raise Invalid(f"An order goes to {MOST_STOPS} more resources at most.", field="resources")
    if order.resource in stops or len({stop.pk for stop in stops}) < len(stops):
        raise Invalid("Each resource stands in the order once.", field="resources")


def put(order: WorkOrder, stops: Sequence[Resource]) -> None:
    """Give the order this route."""
    WorkOrderResource.objects.bulk_create(
        [
            WorkOrderResource(work_order=order, resource=stop, position=position)
            for position, stop in enumerate(stops, start=1)
        ]
    )


def change(
    order: WorkOrder,
    former: Sequence[Resource],
    stops: Sequence[Resource],
    *,
    by: "User | None",
    now: datetime,
) -> bool:
    """Another route for an order that is open, held by the caller; whether it is another.

    What was said about places that are no longer on the way goes with them.
    """
    check(order, stops)
    if order.status in states.OPEN:
        places = {order.resource_id, *(stop.pk for stop in stops)} if stops else ()
        order.stop_marks.exclude(resource__in=places).delete()
    if list(stops) == list(former):
        return False
    if order.status not in states.OPEN:
        raise Conflict("The work is done; its route stays as it was.", code="over")
    order.stops.all().delete()
    put(order, stops)
    ways = {"resources": [", ".join(stop.name for stop in way) for way in (former, stops)]}
    audit.record("update", order, by=by, now=now, changes=ways)
    return True
