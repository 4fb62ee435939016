"""Who has to put a failure right at no charge: warranties on earlier work, and on the resource itself.

Of the resource it is an attribute of its type whose key begins with “warranty” and whose type is date.
"""

from dataclasses import dataclass
from datetime import date

from django.db.models import Max

from core.errors import Conflict
from core.rules.moments import day as in_words
from scheduling.models import Resource
from scheduling.rules import zones
from worklogs import states
from worklogs.models import WorkOrder

_REPAIRS = frozenset({WorkOrder.Kind.CORRECTIVE, WorkOrder.Kind.EMERGENCY})
_MOST = 5


@dataclass(frozen=True, slots=True)
class Warranty:
    """`order` is the earlier work that is warranted, none where it is the resource itself. `distance` is as written
    in the order: it holds that far or until the day, whichever comes first. Where the counter was read with the work
    it ends at `up_to`; `reading` is the last one known since.
    """

    until: date
    label: str
    order: WorkOrder | None = None
    distance: int | None = None
    up_to: int | None = None
    reading: int | None = None

    def __str__(self) -> str:
        return f"Under warranty until {in_words(self.until)}{self._limit()}: {self.label}"

    def _limit(self) -> str:
        if self.up_to is None:
            return f" or up to {self.distance:,}" if self.distance else ""
        known = (
            "no later reading is known" if self.reading is None else f"last read {self.reading:,}"
        )
        return f" or up to a reading of {self.up_to:,} ({known})"


def of_resource(
    resource: Resource, *, on: date, without: WorkOrder | None = None
) -> list[Warranty]:
    """What still holds on a day, the longest first."""
    rows = WorkOrder.objects.filter(
        resource=resource,
        status__in=(states.COMPLETED, states.VERIFIED),
        warranty_until__gte=on,
    )
    if without is not None:
        rows = rows.exclude(pk=without.pk)
    of_work = [_of_work(row, without) for row in rows.order_by("-warranty_until", "-pk")[:_MOST]]
    held = [one for one in of_work if one.up_to is None or (one.reading or 0) <= one.up_to]
    return sorted([*_own(resource, on), *held], key=lambda one: one.until, reverse=True)


def _of_work(row: WorkOrder, failure: WorkOrder | None) -> Warranty:
    """The warranty on earlier work, with how far the resource has come when the failure was reported, or by now."""
    label, distance, until = f"#{row.number} {row.title}", row.warranty_distance, row.warranty_until
    assert until is not None  # noqa: S101 - the query asks for it
    if row.odometer is None or distance is None:
        return Warranty(until, label, row, distance)
    reading = failure.odometer if failure is not None else None
    if reading is None:
        later = WorkOrder.objects.filter(resource=row.resource_id, odometer__gt=row.odometer)
        if failure is not None:
            later = later.filter(completed_at__lte=failure.reported_at)
        reading = later.aggregate(last=Max("odometer"))["last"]
    return Warranty(until, label, row, distance, row.odometer + distance, reading)


def of_order(order: WorkOrder) -> list[Warranty]:
    """What held when the failure was reported; nothing for work that is no repair."""
    if order.kind not in _REPAIRS:
        return []
    day = zones.local_date(order.reported_at, order.resource.effective_time_zone)
    return of_resource(order.resource, on=day, without=order)


def check(order: WorkOrder) -> None:
    """Raises Conflict while a warranty may pay what somebody wants to spend on the order."""
    found = of_order(order)
    if found:
        message = f"{found[0]}. Say that it does not pay for this, or claim it first."
        raise Conflict(message, code="under_warranty", field="despite_warranty")


def _own(resource: Resource, on: date) -> list[Warranty]:
    kind, values = resource.type, resource.attributes
    found = []
    for field in kind.attribute_fields if kind is not None else []:
        key = str(field["key"])
        if field["type"] == "date" and key.startswith("warranty") and values.get(key):
            until = date.fromisoformat(str(values[key]))
            if until >= on:
                found.append(Warranty(until, resource.name))
    return found
