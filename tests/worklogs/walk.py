"""The whole table walked through one door: every command in every state by every role, in one small house."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import Organization, User
from accounts.rights import RIGHTS, Role
from tests import factories
from worklogs.models import WorkOrder, WorkOrderTransition
from worklogs.states import COMMANDS, WORK_ORDER, Command


@dataclass(frozen=True)
class House:
    """One order in each state at a place that everybody sees, for a team that everybody is in.

    Those in somebody's hands are the technician's.
    """

    people: dict[Role, User]
    colleague: User
    orders: dict[str, WorkOrder]
    other: WorkOrder

    def person_for(self, command: Command) -> User:
        """To whom an order goes."""
        return self.colleague if command.name == "reassign" else self.people[Role.TECHNICIAN]


@dataclass(frozen=True)
class Cell:
    """A role, a state and a command, and what is to come of them."""

    role: Role
    person: User
    order: WorkOrder
    status: str
    command: Command

    @property
    def may(self) -> bool:
        """Whether the person has the right; who has the order is asked only where it obeys."""
        is_own = self.command.name != "give_back" or self.role == Role.TECHNICIAN
        return self.command.right in RIGHTS[self.role] and (is_own or not self.can)

    @property
    def can(self) -> bool:
        """Whether the order obeys."""
        return self.status in self.command.sources

    @property
    def target(self) -> str:
        """Where the command leads."""
        return self.command.target or self.status

    @property
    def answer(self) -> int:
        """What a door says: forbidden without the right, in conflict with the state, or done."""
        return 403 if not self.may else 200 if self.can else 409

    def __str__(self) -> str:
        return f"{self.role} gives {self.command.name} to an order that is {self.status}"


def house_of(organization: Organization, *, now: datetime) -> House:
    """People of every role, and an order in every state."""
    people = {role: factories.user(organization, role=role) for role in Role}
    place = factories.resource(owner=people[Role.REQUESTER])
    people[Role.VENUE_ADMIN].entrustments.create(resource=place)
    hands, team = people[Role.TECHNICIAN], factories.team(*people.values())
    orders = {
        status: factories.work_order_in(
            status, assigned_to=hands, resource=place, team=team, now=now
        )
        for status in WORK_ORDER.states
    }
    other = factories.work_order(resource=place, now=now)
    return House(people, factories.user(organization), orders, other)


def cells(house: House) -> Iterator[Cell]:
    """All of them; afterwards every order stands as it stood."""
    before = _standing()
    for role, person in house.people.items():
        for status, order in house.orders.items():
            for command in COMMANDS.values():
                yield Cell(role, person, order, status, command)
    assert _standing() == before, "what was refused has moved an order"


def _standing() -> list[object]:
    rows = WorkOrder.objects.order_by("pk").values_list("pk", "status", "step", "assigned_to")
    return [*rows, WorkOrderTransition.objects.count()]


@contextmanager
def undone() -> Iterator[None]:
    """What happens within is taken back at the end."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
