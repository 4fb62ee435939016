"""What waits for a team: its people see it, and one of them takes it, by any door."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization, Team, User
from accounts.rights import Role
from tests import api as programs
from tests import factories
from tests.console import signed_in
from worklogs.models import WorkOrder

pytestmark = pytest.mark.usefixtures("morning")
LIST = "/admin/my-work/"


@pytest.fixture
def team(technician: User) -> Team:
    """The technician's."""
    return factories.team(technician, name="Plumbers")


def waiting(team: Team | None, title: str = "Tap drips", **values: Any) -> WorkOrder:
    return factories.work_order(status="scheduled", team=team, title=title, **values)


def seen(answer: Any) -> list[str]:
    return [card["order"].title for card in answer.context["team_cards"]]


def take(order: WorkOrder) -> str:
    return f"{LIST}{order.pk}/do/take/"


def test_what_waits_for_the_own_team_stands_below_the_own_work(
    phone: Client, technician: User, team: Team
) -> None:
    now = datetime.now(UTC)
    waiting(team, "Any day", priority="low")
    waiting(team, "Later", priority="high", due_at=now + timedelta(days=2))
    waiting(team, "Urgent", priority="critical", due_at=now + timedelta(days=9))
    waiting(team, "Sooner", priority="high", due_at=now + timedelta(days=1))
    waiting(factories.team(), "Of others")
    waiting(factories.team(technician, is_active=False), "Of a team that is no more")
    waiting(None, "Of nobody")
    factories.work_order(team=team, title="Not planned yet")
    factories.work_order_in("assigned", assigned_to=technician, team=team, title="Mine")
    answer = phone.get(LIST)
    assert seen(answer) == ["Urgent", "Sooner", "Later", "Any day"]
    text = answer.content.decode()
    assert "Plumbers" in text
    assert '<a href="#group-team">4 for your team</a>' in text
    assert seen(signed_in(factories.user(technician.organization)).get(LIST)) == []


def test_of_much_the_list_of_orders_has_the_rest(phone: Client, team: Team) -> None:
    for number in range(12):
        waiting(team, f"Tap {number}")
    waiting(factories.team(), "Of others")
    answer = phone.get(LIST)
    assert len(seen(answer)) == 10
    rest = "/admin/worklogs/workorder/?standing=pending&team=mine"
    assert rest.replace("&", "&amp;") in answer.content.decode()
    text = phone.get(rest).content.decode()
    assert all(f"Tap {number}<" in text for number in range(12))
    assert "Of others" not in text


def test_the_number_of_queries_does_not_depend_on_how_much_waits(phone: Client, team: Team) -> None:
    counts = []
    for _ in range(3):
        waiting(team)
        with CaptureQueriesContext(connection) as queries:
            phone.get(LIST)
        counts.append(len(queries))
    assert counts[1] == counts[2] <= 5


def test_one_tap_makes_it_ones_own_and_another_changes_nothing(
    phone: Client, technician: User, team: Team
) -> None:
    order = waiting(team)
    for _ in range(2):
        answer = phone.post(take(order))
        assert answer["Location"] == f"{LIST}{order.pk}/"
    order.refresh_from_db()
    assert (order.status, order.assigned_to, order.step) == ("assigned", technician, 2)
    assert seen(phone.get(LIST)) == []
    assert "Start" in phone.get(f"{LIST}{order.pk}/").content.decode()
    history = phone.get(f"/admin/worklogs/workorder/{order.pk}/?tab=history").content.decode()
    assert "Taken" in history


def test_who_comes_second_is_told_who_has_it(phone: Client, technician: User, team: Team) -> None:
    order = waiting(team)
    other = factories.user(technician.organization, name="Mia Berg", role=Role.TECHNICIAN)
    team.memberships.create(user=other)
    assert programs.Client(other).post(f"work-orders/{order.pk}/take").status_code == 200
    said = "Mia Berg has this work order now."
    page = phone.post(take(order))
    assert page.status_code == 422
    assert said in page.content.decode()
    answer = programs.Client(technician).post(f"work-orders/{order.pk}/take")
    assert (answer.status_code, answer.json()["detail"]) == (409, said)
    address = f"/admin/worklogs/workorder/{order.pk}/take/"
    dialog = phone.post(address, headers={"X-Dialog": "page"})
    assert (dialog.status_code, dialog.json()["detail"]) == (409, said)


def test_the_program_learns_what_speaks_against_it(technician: User, team: Team) -> None:
    order = waiting(team)
    program = programs.Client(technician)
    assert "take" in program.get(f"work-orders/{order.pk}/commands").json()
    answer = program.post(f"work-orders/{order.pk}/take").json()
    assert (answer["status"], answer["assigned_to"]) == ("assigned", str(technician.pk))
    assert answer["warnings"] != []


@pytest.mark.parametrize("of_others", [True, False])
def test_what_is_not_for_the_own_team_is_not_taken(
    of_others: bool, phone: Client, technician: User, team: Team
) -> None:
    order = waiting(factories.team() if of_others else None)
    answer = programs.Client(technician).post(f"work-orders/{order.pk}/take")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_your_team")
    assert phone.post(take(order)).status_code == 422
    page = phone.get(f"/admin/worklogs/workorder/{order.pk}/").content.decode()
    assert 'data-command="take"' not in page
    assert WorkOrder.objects.get().assigned_to is None


def test_who_is_entrusted_with_another_place_does_not_take_it(
    scope: Organization, user_with: Callable[[Role], User]
) -> None:
    elsewhere = user_with(Role.VENUE_ADMIN)
    order = waiting(factories.team(elsewhere), reported_by=elsewhere)
    WorkOrder.objects.update(reported_by=elsewhere)
    answer = programs.Client(elsewhere).post(f"work-orders/{order.pk}/take")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_entrusted")
    assert seen(signed_in(elsewhere).get(LIST)) == []


def test_the_board_offers_it_to_the_team(phone: Client, team: Team) -> None:
    waiting(team, "Ours")
    waiting(factories.team(), "Of others")
    answer = phone.get("/admin/worklogs/workorder/board/")
    assert answer.context is not None
    offered = {
        card["order"].title: "take" in card["moves"].split()
        for column in answer.context["columns"]
        for card in column["cards"]
    }
    assert offered == {"Ours": True, "Of others": False}
