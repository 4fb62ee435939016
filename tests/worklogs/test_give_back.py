"""Whoever has work that they cannot do gives it back, by any door; then it waits as before."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Team, User
from accounts.rights import Role
from tests import api as programs
from tests import factories
from tests.console import signed_in
from worklogs.models import LaborEntry, WorkOrder
from worklogs.services import labor, orders

pytestmark = pytest.mark.usefixtures("morning")
LIST = "/admin/my-work/"


@pytest.fixture
def team(technician: User) -> Team:
    """The technician's."""
    return factories.team(technician, name="Plumbers")


@pytest.fixture
def order(technician: User, team: Team) -> WorkOrder:
    """Waits for the team, and the technician has taken it."""
    now = timezone.now()
    found = factories.work_order(status="scheduled", team=team, title="Tap drips", now=now)
    return orders.give(found, "take", {}, by=technician, now=now)


def on_phone(order: WorkOrder) -> str:
    return f"{LIST}{order.pk}/do/give_back/"


def on_page(order: WorkOrder) -> str:
    return f"/admin/worklogs/workorder/{order.pk}/"


def stands(order: WorkOrder) -> tuple[str, User | None, datetime | None]:
    order.refresh_from_db()
    return order.status, order.assigned_to, order.assigned_at


def test_taken_by_mistake_it_is_given_back_on_the_phone_and_a_second_tap_changes_nothing(
    phone: Client, order: WorkOrder
) -> None:
    answered = order.responded_at
    assert "/do/give_back/" in phone.get(f"{LIST}{order.pk}/").content.decode()
    for _ in range(2):
        answer = phone.post(on_phone(order), {"reason": "Wrong tap"})
        assert answer["Location"] == LIST
    assert stands(order) == ("scheduled", None, None)
    assert (order.step, order.responded_at) == (3, answered)
    seen: Any = phone.get(LIST)
    assert [card["order"] for card in seen.context["team_cards"]] == [order]
    assert "Given back: Tap drips." in seen.content.decode()
    pending = phone.get("/admin/worklogs/workorder/?standing=pending").content.decode()
    assert "Tap drips" in pending
    history = phone.get(f"{on_page(order)}?tab=history").content.decode()
    assert "Given back" in history
    assert "Wrong tap" in history


def test_what_a_planner_gave_to_somebody_they_give_back_too(
    phone: Client, technician: User
) -> None:
    order = factories.work_order_in("assigned", assigned_to=technician)
    assert phone.post(on_phone(order)).status_code == 302
    assert stands(order) == ("scheduled", None, None)


def test_a_program_gives_it_back_once(technician: User, order: WorkOrder) -> None:
    program, address = programs.Client(technician), f"work-orders/{order.pk}"
    assert "give_back" in program.get(f"{address}/commands").json()
    answer = program.post(f"{address}/give_back", {"reason": "Wrong tap"})
    assert (answer.status_code, answer.json()["assigned_to"]) == (200, None)
    again = program.post(f"{address}/give_back")
    assert (again.status_code, again.json()["code"]) == (409, "transition_not_allowed")
    assert "scheduled: “give back” is not possible" in again.json()["detail"]
    assert program.get(f"{address}/history").json()[-1]["reason"] == "Wrong tap"
    long = program.post(f"{address}/give_back", {"reason": "x" * 301})
    assert (long.status_code, list(long.json())) == (400, ["reason"])


def test_who_plans_hands_it_over_instead(planner: User, technician: User, order: WorkOrder) -> None:
    said = f"{technician} has this work order. Hand it over instead."
    browser = signed_in(planner)
    assert 'data-command="give_back"' not in browser.get(on_page(order)).content.decode()
    dialog = browser.post(f"{on_page(order)}give_back/", headers={"X-Dialog": "page"})
    assert (dialog.status_code, dialog.json()["detail"]) == (403, said)
    answer = programs.Client(planner).post(f"work-orders/{order.pk}/give_back").json()
    assert (answer["code"], answer["detail"]) == ("not_assigned", said)
    page = browser.post(on_phone(order))
    assert page.status_code == 422
    assert said in page.content.decode()
    assert stands(order)[1] == technician


def test_a_colleague_of_the_team_does_not_give_it_back(
    technician: User, team: Team, order: WorkOrder
) -> None:
    colleague = factories.user(technician.organization, role=Role.TECHNICIAN)
    team.memberships.create(user=colleague)
    program = programs.Client(colleague)
    assert "give_back" not in program.get(f"work-orders/{order.pk}/commands").json()
    answer = program.post(f"work-orders/{order.pk}/give_back").json()
    assert answer["detail"] == "This work order is not assigned to you."
    assert stands(order)[1] == technician


@pytest.mark.parametrize("status", ["in_progress", "on_hold"])
def test_what_has_begun_is_not_given_back(status: str, phone: Client, technician: User) -> None:
    order = factories.work_order_in(status, assigned_to=technician)
    said = "This work has begun. Ask somebody who assigns work to hand it over."
    assert "/do/give_back/" not in phone.get(f"{LIST}{order.pk}/").content.decode()
    page = phone.post(on_phone(order))
    assert page.status_code == 422
    assert said in page.content.decode()
    answer = programs.Client(technician).post(f"work-orders/{order.pk}/give_back")
    assert (answer.status_code, answer.json()["detail"]) == (409, said)


def test_the_board_takes_it_back_and_gives_it_back_again(phone: Client, team: Team) -> None:
    order = factories.work_order(status="scheduled", team=team, now=timezone.now())
    board = {"X-Dialog": "board"}
    for name, back in (("take", "give_back"), ("give_back", "take")):
        answer = phone.post(f"{on_page(order)}{name}/", headers=board).json()
        assert answer["undo"] == back
    asked = phone.get(f"{on_page(order)}give_back/", headers=board)
    assert asked.status_code == 409  # nobody has it


def test_the_time_of_whoever_gives_it_back_ends(technician: User, order: WorkOrder) -> None:
    now = timezone.now()
    running = LaborEntry(work_order=order, person=technician, started_at=now)
    labor.add_labor(running, by=technician, now=now)
    later = now + timedelta(minutes=5)
    orders.give(order, "give_back", {}, by=technician, now=later)
    running.refresh_from_db()
    assert running.ended_at == later


def test_giving_back_is_no_answer_to_whoever_reported(technician: User, order: WorkOrder) -> None:
    WorkOrder.objects.update(responded_at=None)  # as of records of another system
    order.refresh_from_db()
    orders.give(order, "give_back", {}, by=technician, now=timezone.now())
    assert stands(order)[0] == "scheduled"
    assert order.responded_at is None
