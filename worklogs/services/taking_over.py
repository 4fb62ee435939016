"""Work orders of another system, as they stand there: thousands at once, by the rules of `orders` where they apply."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction

from core import outbox
from core.errors import Conflict, DomainError, Invalid
from core.ids import new_id
from core.querysets import rowset
from core.services import records
from core.tenancy import TenantScopeMissing, current_organization_id
from scheduling.services.booking_import import Fate
from worklogs import states
from worklogs.models import WorkOrder, WorkOrderTransition
from worklogs.services import judging, numbers, sla_clocks

if TYPE_CHECKING:
    from accounts.models import User

#: The line that such orders have in their history.
COMMAND = "import"
#: Neither whose it is nor what is said of it here.
_KEPT = {"id", "organization", "told", "words"}
_FIELDS = [field for field in WorkOrder._meta.concrete_fields if field.name not in _KEPT]
_COLUMNS = ("pk", *(field.attname for field in _FIELDS))
_LINE_COLUMNS = ("pk", "work_order_id", "step", "target", "source", "assigned_to_id")
_COSTS = ("labor_cost", "parts_cost", "other_cost")
_ALIKE = (
    *("resource_id", "title", "reported_at", "completed_at", "order_type"),
    *(f"imported_{name}" for name in _COSTS),
)
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Foreign:
    """What another system says of one of its orders: `values` of fields, with `resource`, `status` and `reported_at`.

    Without an external id it is the `ordinal`-th of those that say the same.
    """

    values: Mapping[str, Any]
    ordinal: int = 1

    @property
    def external_id(self) -> str:
        return str(self.values.get("external_id", ""))

    @property
    def key(self) -> Key:
        """By what it is recognised without an external id."""
        costs = (self.values.get(name, 0) for name in _COSTS)
        facts = (self.values.get(name) for name in ("reported_at", "completed_at"))
        named = (self.values["resource"].pk, self.values["title"])
        return (*named, *facts, self.values.get("order_type", ""), *costs)


class _Known:
    """What is here already: orders by external id, how many say the same, and which somebody here has moved."""

    def __init__(self, orders: dict[str, WorkOrder], alike: Counter[Key]) -> None:
        self.orders, self.alike = orders, alike
        moves = WorkOrderTransition.objects.filter(
            work_order__in=[one.pk for one in orders.values()]
        )
        here = moves.exclude(command=COMMAND).values_list("work_order", flat=True)
        self.moved = set(here) if orders else set()


@transaction.atomic
def take_over(
    told: Sequence[Foreign], *, by: "User | None", now: datetime
) -> list[Fate | DomainError]:
    """Add and change orders in a constant number of statements; what became of each, in their order.

    Done ones write no log and move no due date: that was the other system's. A known order changes along until
    somebody here has moved it, then it is refused. There is no audit entry per order: whoever imports records the
    import.
    """
    numbers.draw(0)  # wait in line before looking
    known = _Known(_named(told), _alike(told))
    new: list[WorkOrder] = []
    changed: list[tuple[WorkOrder, str]] = []
    fates: list[Fate | DomainError] = []
    for one in told:
        try:
            fates.append(_decide(one, known, new, changed, by, now))
        except DomainError as error:
            fates.append(error)
    for order, number in zip(new, numbers.draw(len(new)), strict=True):
        order.number = number
    sla_clocks.take_over([*new, *(order for order, _ in changed)], now=now)
    rowset.insert_rows(WorkOrder, _COLUMNS, map(_row, new))
    rowset.update_rows(WorkOrder, _COLUMNS[1:], (_row(order) for order, _ in changed))
    lines = [(order, "") for order in new] + changed
    _write_history(lines, by=by, now=now)
    _publish([order for order, _ in lines], now=now)
    return fates


def _decide(
    one: Foreign,
    known: "_Known",
    new: list[WorkOrder],
    changed: list[tuple[WorkOrder, str]],
    by: "User | None",
    now: datetime,
) -> Fate:
    stored = known.orders.get(one.external_id)
    if stored is None and not one.external_id and known.alike[one.key] >= one.ordinal:
        return Fate.UNCHANGED
    order = stored or WorkOrder(reported_by=by, created_at=now)
    source, before = order.status, records.snapshot(order, list(one.values)) if stored else {}
    _fill(order, one.values, now)
    if stored is None:
        new.append(order)
        return Fate.CREATED
    if before == records.snapshot(order, list(one.values)):
        return Fate.UNCHANGED
    if stored.pk in known.moved:
        raise Conflict(f"Work order {order.number} goes on here; change it here.", code="moved")
    order.step += 1
    changed.append((order, source))
    return Fate.CHANGED


def _fill(order: WorkOrder, values: Mapping[str, Any], now: datetime) -> None:
    """Take over the values and what follows from them; money spent here stays beside theirs. Raises `Invalid`."""
    spent_here = {
        name: getattr(order, name) - getattr(order, f"imported_{name}") for name in _COSTS
    }
    for name, value in values.items():
        setattr(order, name, value)
    if order.status == states.SCHEDULED and order.assigned_to_id:
        order.status = states.ASSIGNED
    done = order.status == states.COMPLETED
    _check_times(order, done, now)
    order.step = order.step or 1
    order.updated_at, order.overdue_at = now, order.due_at
    order.assigned_at = order.reported_at if order.assigned_to_id else None
    order.completed_by = order.assigned_to if done else None
    order.closed_at = (order.completed_at or now) if order.status == states.CANCELLED else None
    order.completed_at = order.completed_at if done else None
    is_set = {"priority": values.get("priority", "")}
    for column, value in judging.after(order, is_set, now=now).items():
        setattr(order, column, value)
    try:
        order.clean_fields(
            exclude={f.name for f in _FIELDS} - set(values) - {"priority"} | {"resource"}
        )
    except ValidationError as error:
        raise records.invalid(error) from error
    for name in set(_COSTS) & set(values):
        setattr(order, f"imported_{name}", values[name])
        setattr(order, name, values[name] + spent_here[name])


def _check_times(order: WorkOrder, done: bool, now: datetime) -> None:
    if order.reported_at > now:
        raise Invalid("It lies in the future.", field="reported_at")
    if done and order.completed_at is None:
        raise Invalid("It is missing for an order that is done.", field="completed_at")
    if order.completed_at is None:
        return
    if order.status in states.OPEN:
        raise Invalid("The order is open, yet completed. Mend one of the two.", field="status")
    if not order.reported_at <= order.completed_at <= now:
        raise Invalid("It lies before the report, or in the future.", field="completed_at")


def _named(told: Sequence[Foreign]) -> dict[str, WorkOrder]:
    """The orders with these external ids, locked: nobody moves them or spends money on them meanwhile."""
    names = {one.external_id for one in told} - {""}
    rows = WorkOrder.objects.filter(external_id__in=names).select_related("resource", "assigned_to")
    held = rows.select_for_update(of=("self",), no_key=True).order_by("pk")
    return {order.external_id: order for order in held} if names else {}


def _alike(told: Sequence[Foreign]) -> Counter[Key]:
    """How many orders without external id there are that say the same."""
    plain = [one.values for one in told if not one.external_id]
    rows = WorkOrder.objects.filter(
        external_id="",
        resource__in={values["resource"].pk for values in plain},
        reported_at__in={values["reported_at"] for values in plain},
    )
    return Counter(rows.values_list(*_ALIKE)) if plain else Counter()


def _row(order: WorkOrder) -> tuple[Any, ...]:
    return (order.pk, *(getattr(order, field.attname) for field in _FIELDS))


def _write_history(
    lines: Sequence[tuple[WorkOrder, str]], *, by: "User | None", now: datetime
) -> None:
    rows = (
        (new_id(), order.pk, order.step, order.status, source, order.assigned_to_id)
        for order, source in lines
    )
    shared = {
        "command": COMMAND,
        "reason": "",
        "pauses_clock": False,
        "by_id": by.pk if by else None,
        "at": now,
    }
    rowset.insert_rows(WorkOrderTransition, _LINE_COLUMNS, rows, shared=shared)


def _publish(orders: Sequence[WorkOrder], *, now: datetime) -> None:
    """One event for all."""
    organization_id = current_organization_id()
    if organization_id is None:
        raise TenantScopeMissing("Orders are taken over in the scope of one organization.")
    if orders:
        outbox.publish(
            "worklogs.work_orders.imported",
            {"orders": [str(order.pk) for order in orders]},
            organization_id=organization_id,
            now=now,
        )
