"""Every command in every state by every role, through the service, the API and the console."""

from copy import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as site_settings

from accounts.models import Organization, User
from accounts.rights import Role
from core.errors import DomainError, NotAllowed
from core.models import OutboxEvent
from tests.api import Client
from tests.console import signed_in
from tests.worklogs.walk import Cell, House, cells, house_of, undone
from worklogs.models import WorkOrder
from worklogs.services import orders
from worklogs.states import COMMANDS, WORK_ORDER, CommandNotAllowed

pytestmark = pytest.mark.thorough

NOW = datetime(2026, 3, 4, 6, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)


@pytest.fixture
def house(scope: Organization) -> House:
    return house_of(scope, now=NOW)


def values_for(cell: Cell, house: House) -> dict[str, Any]:
    """Everything that any command asks for."""
    return {
        "reason": "Because",
        "due_at": LATER,
        "assigned_to": house.person_for(cell.command),
        **({"duplicate_of": house.other} if cell.command.name == "duplicate" else {}),
    }


def what_came(cell: Cell, by: User | None) -> dict[str, Any]:
    """The order's row, the newest line of its history, and what others are told."""
    row = WorkOrder.objects.get(pk=cell.order.pk)
    line = row.transitions.latest("step")
    event = OutboxEvent.objects.filter(name=f"worklogs.work_order.{cell.command.past}")
    told = event.latest("occurred_at", "pk").payload if event else {}
    return {
        "status": row.status,
        "moves": row.step - cell.order.step,
        "line": (line.step - cell.order.step, line.command, line.source, line.target, line.by),
        "told of": (told.get("work_order_id"), told.get("step")),
    } | ({} if line.by == by else {"by": line.by})


def what_should_come(cell: Cell, by: User | None) -> dict[str, Any]:
    return {
        "status": cell.target,
        "moves": 1,
        "line": (1, cell.command.name, cell.status, cell.target, by),
        "told of": (str(cell.order.pk), cell.order.step + 1),
    }


def test_through_the_service(house: House) -> None:
    wrong: list[object] = []
    for cell in cells(house):
        by: User | None
        # the system takes nothing: it has no hands
        is_twice = cell.role == Role.ADMIN and cell.command.name != "take"
        for by in (cell.person, None) if is_twice else (cell.person,):
            may, given = by is None or cell.may, values_for(cell, house)
            refusal = NotAllowed if not may else None if cell.can else CommandNotAllowed
            with undone():
                try:
                    orders.give(copy(cell.order), cell.command.name, given, by=by, now=LATER)
                except DomainError as error:
                    allowed = getattr(error, "allowed", None)
                    possible = WORK_ORDER.allowed(cell.status) if may else None
                    if (type(error), allowed) != (refusal, possible):
                        wrong.append((str(cell), by, error))
                    continue
                came, expected = what_came(cell, by), what_should_come(cell, by)
                if refusal or came != expected:
                    wrong.append((str(cell), by, came))
    assert wrong == []


# -- API ---------------------------------------------------------------------------------------------------------------


def as_json(cell: Cell, house: House) -> dict[str, Any]:
    """What the command asks for."""
    given = values_for(cell, house)
    asked = {part for names in COMMANDS[cell.command.name].needs for part in names}
    return {
        name: value if isinstance(value, str | datetime) else str(value.pk)
        for name, value in given.items()
        if name in asked
    }


def test_through_the_api(house: House, settings: Any) -> None:
    """403 without the right, 409 with what is possible where the table says no, else 200."""
    limits = dict.fromkeys(("user", "tenant", "alerts", "anon"), None)
    settings.REST_FRAMEWORK = {
        **site_settings.REST_FRAMEWORK,
        "DEFAULT_THROTTLE_RATES": limits,
    }
    clients = {role: Client(person) for role, person in house.people.items()}
    wrong: list[object] = []
    for cell in cells(house):
        address = f"work-orders/{cell.order.pk}/{cell.command.name}"
        with undone():
            answer = clients[cell.role].post(address, as_json(cell, house))
        body = answer.json()
        said = (answer.status_code, body.get("status") if answer.status_code != 403 else "")
        stands = {403: "", 409: cell.status, 200: cell.target}[cell.answer]
        if said != (cell.answer, stands):
            wrong.append((str(cell), cell.answer, said, body))
        elif cell.answer == 409:
            named = (body["code"], body["allowed"])
            possible = sorted(WORK_ORDER.allowed(cell.status))
            assert named == ("transition_not_allowed", possible), str(cell)
    assert wrong == []


# -- console -----------------------------------------------------------------------------------------------------------


def as_form(cell: Cell, house: House) -> dict[str, Any]:
    """Everything that any command asks for."""
    return {
        "reason": "Because",
        "title": "Tap drips",
        "kind": "corrective",
        "category": "other",
        "issues_found": "none",
        "hold_kind": "parts",
        "due_at": "2026-03-05T08:00",
        "assigned_to": str(house.person_for(cell.command).pk),
        "number": str(house.other.number),
    }


def test_through_the_console(house: House) -> None:
    """403 without the right, 409 where the table says no, else done; and the page offers exactly what is possible."""
    browsers = {role: signed_in(person) for role, person in house.people.items()}
    pages: dict[tuple[Role, str], str] = {}
    wrong: list[object] = []
    for cell in cells(house):
        browser, address = browsers[cell.role], f"/admin/worklogs/workorder/{cell.order.pk}/"
        if (cell.role, cell.status) not in pages:
            drawn = browser.get(address).content.decode()
            pages[cell.role, cell.status] = drawn
        is_offered = f'data-command="{cell.command.name}"' in pages[cell.role, cell.status]
        with undone():
            form, headers = as_form(cell, house), {"X-Dialog": "page"}
            answer = browser.post(f"{address}{cell.command.name}/", form, headers=headers)
            row = WorkOrder.objects.filter(pk=cell.order.pk).values_list("status", "step").get()
        done = cell.answer == 200
        stands = (cell.target, cell.order.step + 1) if done else (cell.status, cell.order.step)
        if (is_offered, answer.status_code, row) != (done, cell.answer, stands):
            wrong.append((str(cell), is_offered, answer.status_code, row, answer.content[:300]))
    assert wrong == []
