"""The same done to many work orders, each by itself: one that is refused keeps no other back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from core.errors import DomainError
from worklogs import states
from worklogs.models import WorkOrder
from worklogs.services import orders

if TYPE_CHECKING:
    from accounts.models import User

#: At once.
MOST = 500
UseCase = Callable[[WorkOrder], object]


@dataclass(frozen=True, slots=True)
class Outcome:
    """An order, and why nothing was done with it; None when it was."""

    order: WorkOrder
    refusal: DomainError | None


def assigning(person: "User", *, by: "User", now: datetime) -> UseCase:
    """Give an order to a person, whoever has it."""

    def assign(order: WorkOrder) -> object:
        name = "reassign" if order.status in states.HELD_BY_SOMEBODY else "assign"
        return orders.give(order, name, {"assigned_to": person}, by=by, now=now)

    return assign


def prioritising(level: str, *, by: "User", now: datetime) -> UseCase:
    """Set the priority; an empty one is computed again."""
    return lambda order: orders.change_order(order, {"priority": level}, by=by, now=now)


def cancelling(reason: str, *, by: "User", now: datetime) -> UseCase:
    """Give an order up."""
    return lambda order: orders.give(order, "cancel", {"reason": reason}, by=by, now=now)


def each(rows: Iterable[WorkOrder], use_case: UseCase) -> list[Outcome]:
    """What became of each."""
    return [Outcome(row, _refusal(row, use_case)) for row in rows]


def _refusal(row: WorkOrder, use_case: UseCase) -> DomainError | None:
    try:
        use_case(row)
    except DomainError as error:
        return error
    return None
