"""The desk: list, form, board and page of work orders."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Organization, Team, User
from accounts.rights import Role
from scheduling.models import Resource
from tests import factories
from tests.console import signed_in
from worklogs.models import LaborEntry, LaborRate, SavedView, WorkOrder

NOW = datetime(2026, 3, 4, 6, tzinfo=UTC)
LIST = "/admin/worklogs/workorder/"


@pytest.fixture(autouse=True)
def present() -> Iterator[None]:
    """Two days after the orders were made."""
    with time_machine.travel(NOW + timedelta(days=2)):
        yield


@pytest.fixture
def room(scope: Organization) -> Resource:
    return factories.resource(criticality="high", name="Room 12")


def page_of(order: WorkOrder, part: str = "") -> str:
    return f"{LIST}{order.pk}/{part}"


def test_the_board_offers_what_each_person_may_do(
    technician: User, desk: Client, room: Resource
) -> None:
    mine = factories.work_order_in("assigned", assigned_to=technician, resource=room, now=NOW)
    theirs = factories.work_order_in(
        "assigned", assigned_to=factories.user(technician.organization), resource=room, now=NOW
    )

    def offered(browser: Client, order: WorkOrder) -> list[str]:
        drawn = browser.get(f"{LIST}board/").content.decode()
        assert 'data-move="start" data-target="in_progress"' in drawn
        return (
            drawn.split(f'data-card="{order.pk}"')[1].split('data-moves="')[1].split('"')[0].split()
        )

    browser = signed_in(technician)
    assert offered(browser, mine) == ["start", "give_back", "delay", "escalate"]
    assert offered(browser, theirs) == ["escalate"]
    assert {"start", "cancel", "reassign"} < {*offered(desk, theirs)}


def test_the_board_tells_what_became_of_a_card(technician: User, room: Resource) -> None:
    order = factories.work_order_in("in_progress", assigned_to=technician, resource=room, now=NOW)
    browser, board = signed_in(technician), {"X-Dialog": "board"}
    held = browser.post(
        page_of(order, "hold/"), {"hold_kind": "parts", "reason": "No seal"}, headers=board
    ).json()
    assert (held["status"], held["undo"]) == ("on_hold", "resume")
    assert f'data-card="{order.pk}"' in held["card"]
    assert browser.post(page_of(order, "resume/"), headers=board).json()["undo"] is None
    refused = browser.post(page_of(order, "resume/"), headers=board)
    assert refused.status_code == 409
    assert "“resume” is not possible" in refused.json()["detail"]
    missing = browser.post(page_of(order, "hold/"), {"hold_kind": "parts"}, headers=board)
    assert (missing.status_code, b"This field is required" in missing.content) == (422, True)


def test_columns_show_the_soonest_and_more_on_request(
    technician: User, desk: Client, room: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worklogs.pages.board.AT_A_TIME", 2)
    monkeypatch.setattr("worklogs.pages.board.MOST_COUNTED", 3)
    for days in (3, 1, 2, 5, 4):
        due = NOW + timedelta(days=days)
        factories.work_order(title=f"In {days}", resource=room, due_at=due, now=NOW)
    drawn = desk.get(f"{LIST}board/").content.decode()
    assert ("In 1" in drawn, "In 2" in drawn, "In 3" in drawn) == (True, True, False)
    assert "3+" in drawn
    more = desk.get(f"{LIST}board/reported/?from=2").content.decode()
    assert ("In 3" in more, "In 4" in more, "In 5" in more) == (True, True, False)
    assert desk.get(f"{LIST}board/nowhere/").status_code == 404
    narrowed = desk.get(f"{LIST}board/?q=In+5&assignee=nobody&priority=&kind=corrective")
    assert "In 5" in narrowed.content.decode()


@pytest.mark.parametrize("address", [LIST, f"{LIST}?standing=all", f"{LIST}board/"])
@pytest.mark.parametrize("role", [Role.MAINTENANCE_COORDINATOR, Role.VENUE_ADMIN])
def test_lists_ask_the_same_however_long_they_are(
    address: str, role: Role, technician: User, room: Resource, user_with: Callable[[Role], User]
) -> None:
    person = user_with(role)
    if role == Role.VENUE_ADMIN:
        person.entrustments.create(resource=room)
    browser, counts = signed_in(person), []
    for _ in range(2):
        for status in ("reported", "scheduled", "assigned", "completed"):
            factories.work_order_in(status, assigned_to=technician, resource=room, now=NOW)
        browser.get(address)
        with CaptureQueriesContext(connection) as asked:
            browser.get(address)
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert counts[0] <= (26 if "board" in address else 16)


def test_the_page_asks_the_same_however_much_belongs_to_the_order(
    technician: User, desk: Client, room: Resource
) -> None:
    order = factories.work_order_in("assigned", assigned_to=technician, resource=room, now=NOW)
    counts = []
    for number in range(2):
        desk.post(page_of(order, "comment/"), {"text": f"Said {number}"})
        times = {"started_at": f"2026-03-04T0{number}:00", "ended_at": f"2026-03-04T0{number}:30"}
        desk.post(page_of(order, "labor/"), {"person": str(technician.pk), **times})
        other = factories.work_order(resource=room, now=NOW)
        desk.post(page_of(order, "link/"), {"number": str(other.number), "kind": "related"})
        desk.get(page_of(order))
        asked = {}
        for tab in ("details", "comments", "files", "time", "links", "history"):
            with CaptureQueriesContext(connection) as queries:
                assert desk.get(page_of(order, f"?tab={tab}")).status_code == 200
            asked[tab] = len(queries)
        counts.append(asked)
    assert counts[0] == counts[1]
    assert max(counts[0].values()) <= 20


def test_the_list_finds_and_narrows(technician: User, desk: Client, room: Resource) -> None:
    late = factories.work_order(title="Late one", due_at=NOW, resource=room, now=NOW)
    done = factories.work_order_in("completed", assigned_to=technician, now=NOW, title="Done one")
    parts = factories.work_order_in("on_hold", assigned_to=technician, now=NOW, title="Held one")
    team = Team.objects.create(name="Plumbers")
    WorkOrder.objects.filter(pk=parts.pk).update(hold_kind="parts", team=team)

    def found(query: str) -> set[str]:
        text = desk.get(f"{LIST}?{query}").content.decode()
        return {order.title for order in (late, done, parts) if order.title in text}

    assert found("") == {"Late one", "Held one"}
    assert found("standing=all") == {"Late one", "Held one", "Done one"}
    assert found("standing=overdue") >= {"Late one"}
    assert found("standing=parts") == {"Held one"}
    assert found("standing=completed") == found("standing=ended") == {"Done one"}
    assert found(f"q=%23{done.number}") == {"Done one"}, (
        "a number finds its order wherever it stands"
    )
    assert found("q=Room+12") == {"Late one"}
    assert found("assignee=nobody") == {"Late one"}
    assert found(f"team={team.pk}") == {"Held one"}
    assert found("team=nonsense") == {"Late one", "Held one"}
    assert found(f"below={room.pk}") == {"Late one"}
    assert found("due=past") >= {"Late one"}
    assert found("priority__exact=low") == set()
    assert desk.get(f"{LIST}?q=%00").status_code == 200
    lines = b"".join(desk.get(f"{LIST}export/?standing=all")).decode().splitlines()
    assert lines[0].startswith("\ufeffNumber,Title,Resource")
    assert len(lines) == 4


def test_many_at_once_and_what_was_refused(technician: User, desk: Client, room: Resource) -> None:
    ready = factories.work_order_in("scheduled", assigned_to=technician, resource=room, now=NOW)
    held = factories.work_order_in("assigned", assigned_to=technician, resource=room, now=NOW)
    fresh = factories.work_order(resource=room, now=NOW)
    other = factories.user(technician.organization, name="Other hands")
    ids = [str(order.pk) for order in (ready, held, fresh)]
    chosen = desk.post(LIST, {"action": "assign", "_selected_action": ids})
    assert "Other hands" in desk.get(chosen["Location"]).content.decode()
    said = desk.post(
        f"{LIST}bulk/assign/", {"id": ids, "person": str(other.pk)}, follow=True
    ).content.decode()
    assert "2 work orders changed." in said
    assert f"#{fresh.number}: This work order is reported" in said
    assert set(WorkOrder.objects.filter(assigned_to=other)) == {ready, held}
    desk.post(f"{LIST}bulk/priority/", {"id": ids, "priority": "low"})
    assert set(WorkOrder.objects.filter(pk__in=ids).values_list("priority", flat=True)) == {"low"}
    assert "Say why" in desk.post(f"{LIST}bulk/cancel/", {"id": ids}).content.decode()
    desk.post(f"{LIST}bulk/cancel/", {"id": ids, "reason": "Sold"})
    assert set(WorkOrder.objects.filter(pk__in=ids).values_list("status", flat=True)) == {
        "cancelled"
    }


def test_lists_are_kept_under_a_name(desk: Client, technician: User) -> None:
    desk.post(
        f"{LIST}views/keep/",
        {"name": "Hot", "query": "priority__exact=critical&p=3", "is_shared": "on"},
    )
    view = SavedView.objects.get()
    assert (view.name, view.query, view.is_shared) == ("Hot", "priority__exact=critical", True)
    other = signed_in(technician)
    assert "Hot" in other.get(LIST).content.decode()
    other.post(f"{LIST}views/{view.pk}/forget/")
    assert SavedView.objects.count() == 1, "it belongs to somebody else"
    other.post(f"{LIST}views/keep/", {"name": "Mine", "query": "", "is_shared": "on"})
    assert SavedView.objects.count() == 1, "only planners share"
    other.post(f"{LIST}views/keep/", {"name": "Mine", "query": "assignee=me"})
    assert "Mine" not in desk.get(LIST).content.decode().split("views-panel")[1].split("</ul>")[0]
    desk.post(f"{LIST}views/{view.pk}/forget/")
    assert [one.name for one in SavedView.objects.all()] == ["Mine"]


def form(room: Resource, **values: Any) -> dict[str, Any]:
    return {
        **{
            "title": "New lamp",
            "resource": str(room.pk),
            "kind": "corrective",
            "category": "other",
        },
        **{"priority": "", "begins": "scheduled", **values},
    }


def test_an_order_is_made_and_changed(technician: User, desk: Client, room: Resource) -> None:
    second = factories.resource(name="Room 13")
    due = {"due_at_0": "2026-07-01", "due_at_1": "08:00"}
    more = {"assignee": str(technician.pk), "route": [str(second.pk)], "safety_concern": "on"}
    made = desk.post(f"{LIST}add/", form(room, **due, **more))
    order = WorkOrder.objects.get()
    assert made["Location"] == page_of(order)
    assert (order.status, order.assigned_to, order.priority) == ("assigned", technician, "critical")
    assert order.due_at == datetime(2026, 7, 1, 6, tzinfo=UTC), "eight in Berlin"
    assert [stop.resource for stop in order.stops.all()] == [second]
    values = form(room, title="New lamp, warm white", category="electrical", **due)
    assert desk.post(page_of(order, "change/"), values).status_code == 302
    order.refresh_from_db()
    assert (order.title, order.status) == ("New lamp, warm white", "assigned")
    assert order.priority_source == "computed"
    follow = desk.get(f"{LIST}add/?follow_up_of={order.pk}").content.decode()
    assert "Follow-up: New lamp, warm white" in follow
    desk.post(f"{LIST}add/?follow_up_of={order.pk}", form(room, title="Paint"))
    assert "Is followed up by" in desk.get(page_of(order, "?tab=links")).content.decode()
    refused = desk.post(
        f"{LIST}add/",
        form(room, scheduled_start_at_0="2026-03-05", scheduled_start_at_1="08:00",
             scheduled_end_at_0="2026-03-05", scheduled_end_at_1="07:00"),
    )  # fmt: skip
    assert "The end must be after the start." in refused.content.decode()


def test_the_priority_shows_while_typing(desk: Client, room: Resource) -> None:
    judge = reverse("admin:work_order_judge")
    assert "Choose the resource first" in desk.post(judge, {"title": "x"}).content.decode()
    plain = desk.post(judge, form(room)).content.decode()
    assert "Medium" in plain
    assert "the resource is of high criticality (2 points)" in plain
    unsafe = desk.post(judge, form(room, safety_concern="on", priority="low")).content.decode()
    assert "Critical" in unsafe
    assert "You set the priority yourself" in unsafe
    assert not WorkOrder.objects.exists()


def test_what_belongs_to_an_order(technician: User, desk: Client, room: Resource) -> None:
    order = factories.work_order_in("assigned", assigned_to=technician, resource=room, now=NOW)
    LaborRate.objects.create(hourly_rate=40, valid_from=NOW.date())
    hands = signed_in(technician)
    hands.post(page_of(order, "timer-start/"))
    assert LaborEntry.objects.running().get().person == technician
    assert "Stop my timer" in hands.get(page_of(order)).content.decode()
    hands.post(page_of(order, "timer-stop/"))
    entry = LaborEntry.objects.get()
    assert entry.ended_at is not None
    hands.post(page_of(order, "labor-remove/"), {"entry": str(entry.pk)})
    desk.post(
        page_of(order, "labor/"),
        {
            "person": str(technician.pk),
            "started_at": "2026-03-05T08:00",
            "ended_at": "2026-03-05T09:30",
        },
    )
    desk.post(page_of(order, "cost/"), {"description": "Seal", "amount": "4,50", "kind": "parts"})
    order.refresh_from_db()
    assert (order.labor_cost, order.parts_cost, order.total_cost) == (
        Decimal(60),
        Decimal("4.5"),
        Decimal("64.5"),
    )
    names = hands.get(page_of(order, "people/?q=techn")).json()["people"]
    assert technician.name in [one["name"] for one in names]
    said = {"text": f"@{technician.name} look", "mentioned": [str(technician.pk)]}
    assert (
        "will hear of it"
        in desk.post(page_of(order, "comment/"), said, follow=True).content.decode()
    )
    assert list(order.comments.get().mentioned.all()) == [technician]
    gone = {"text": "never mind", "mentioned": [str(technician.pk)]}
    desk.post(page_of(order, "comment/"), gone)
    assert order.comments.latest("created_at").mentions.count() == 0
    history = desk.get(page_of(order, "?tab=history")).content.decode()
    assert f"Assigned to {technician.name}" in history


@pytest.mark.parametrize(
    ("part", "tab", "typed", "why"),
    [
        ("link/", "links", {"number": "98765", "kind": "related"}, "There is no order"),
        ("labor/", "time", {"started_at": "soon", "note": "Two hours"}, "Enter start and end"),
        ("cost/", "time", {"description": "Seal", "amount": "cheap"}, "Enter an amount"),
        ("comment/", "comments", {"text": " "}, "blank"),
        ("comment/", "comments", {"text": "x" * 10_001}, "At most 10,000 characters."),
    ],
)
def test_what_is_refused_comes_back_as_it_was_typed(
    desk: Client, room: Resource, part: str, tab: str, typed: dict[str, str], why: str
) -> None:
    order = factories.work_order(resource=room)
    answer = desk.post(page_of(order, part), typed)
    said = answer.content.decode()
    assert answer.status_code == 422
    assert 'class="field-problem wide" role="alert"' in said
    assert why in said
    assert all(text in said for text in typed.values())
    assert f'href="{page_of(order)}?tab={tab}" aria-current="page"' in said


def test_a_schedule_is_asked_for_its_work_now(scope: Organization, admin: User) -> None:
    schedule = factories.schedule(start_at=datetime(2026, 8, 31, 6, tzinfo=UTC))
    browser = signed_in(admin)
    address = reverse("admin:schedule_generate", args=[schedule.pk])
    made = browser.post(address)
    order = WorkOrder.objects.get()
    assert made["Location"] == page_of(order)
    assert (order.schedule, order.status, order.due_at) == (
        schedule,
        "scheduled",
        schedule.start_at,
    )
    assert "has its work order already" in browser.post(address, follow=True).content.decode()
    assert WorkOrder.objects.count() == 1
    tab = browser.get(f"/admin/scheduling/resource/{order.resource_id}/?tab=orders")
    assert order.title in tab.content.decode()
