"""The desk: list, form, board and page of work orders."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from accounts.models import Organization, User
from accounts.rights import RIGHTS, Role
from scheduling.models import Resource
from tests import factories
from tests.console import signed_in
from worklogs.models import WorkOrder
from worklogs.states import COMMANDS, WORK_ORDER

NOW = datetime(2026, 3, 4, 6, tzinfo=UTC)
LIST = "/admin/worklogs/workorder/"


@pytest.fixture
def technician(scope: Organization, user_with: Callable[[Role], User]) -> User:
    return user_with(Role.TECHNICIAN)


@pytest.fixture
def room(scope: Organization) -> Resource:
    return factories.resource(criticality="high", name="Room 12")


@pytest.fixture
def desk(user_with: Callable[[Role], User]) -> Client:
    return signed_in(user_with(Role.MAINTENANCE_COORDINATOR))


def page_of(order: WorkOrder, part: str = "") -> str:
    return f"{LIST}{order.pk}/{part}"


def given_to(name: str, technician: User, other: WorkOrder) -> dict[str, Any]:
    """Everything that any command asks for, as a form."""
    return {
        "reason": "Because",
        "title": "Tap drips",
        "kind": "corrective",
        "category": "other",
        "issues_found": "none",
        "hold_kind": "parts",
        "due_at": "2026-03-05T08:00",
        "assigned_to": str(technician.pk),
        "number": str(other.number),
    }


@pytest.mark.parametrize("role", list(Role))
def test_every_command_in_every_state_by_every_role(
    role: Role, technician: User, user_with: Callable[[Role], User]
) -> None:
    """403 without the right, 409 where the table says no, else done; and the page offers exactly what is possible."""
    person = technician if role == Role.TECHNICIAN else user_with(role)
    place = factories.resource(owner=person)
    if role == Role.VENUE_ADMIN:
        person.entrustments.create(resource=place)
    browser, other = signed_in(person), factories.work_order(resource=place, now=NOW)
    colleague = factories.user(person.organization, role=Role.TECHNICIAN)
    wrong: list[tuple[object, ...]] = []
    for status in WORK_ORDER.states:
        order = factories.work_order_in(status, assigned_to=technician, resource=place, now=NOW)
        offered = browser.get(page_of(order)).content.decode()
        for name, command in COMMANDS.items():
            if WorkOrder.objects.get(pk=order.pk).status != status:
                order = factories.work_order_in(
                    status, assigned_to=technician, resource=place, now=NOW
                )
            may, can = command.right in RIGHTS[role], status in command.sources
            if (f'data-command="{name}"' in offered) != (may and can):
                wrong.append((status, name, "offered" if may and can else "not offered"))
            step = WorkOrder.objects.get(pk=order.pk).step
            to = colleague if name == "reassign" else technician
            answer = browser.post(
                page_of(order, f"{name}/"), given_to(name, to, other), headers={"X-Dialog": "page"}
            )
            expected = 403 if not may else 200 if can else 409
            moved = WorkOrder.objects.get(pk=order.pk).step - step
            if (answer.status_code, moved) != (expected, int(expected == 200)):
                wrong.append((status, name, answer.status_code, moved, answer.content[:300]))
    assert not wrong
