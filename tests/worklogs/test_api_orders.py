"""Work orders, requests, tasks and time by API."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from scheduling.models import Resource
from tests import factories
from tests.api import Client
from worklogs.models import LaborRate, Log, WorkOrder
from worklogs.states import COMMANDS, WORK_ORDER

NOW = datetime(2026, 3, 4, 6, tzinfo=UTC)


@pytest.fixture
def room(scope: Organization) -> Resource:
    return factories.resource(criticality="high")


def test_from_report_to_verified(
    room: Resource, technician: User, user_with: Callable[[Role], User]
) -> None:
    requester, planner = user_with(Role.REQUESTER), Client(user_with(Role.MAINTENANCE_COORDINATOR))
    room.owner = requester
    room.save()
    told = {"resource": str(room.pk), "title": "Tap drips", "category": "plumbing"}
    report = Client(requester).post("requests", told).json()
    assert (report["status"], report["priority"], report["task_state"]) == (
        "reported",
        "high",
        "pending",
    )
    assert report["priority_reasons"] == [
        "the resource is of high criticality (2 points)",
        "it concerns plumbing (2 points)",
    ]
    address, hands = f"work-orders/{report['id']}", Client(technician)
    due = (NOW + timedelta(days=1)).isoformat()
    for client, name, values in (
        (planner, "triage", {"kind": "corrective"}),
        (planner, "schedule", {"due_at": due}),
        (planner, "assign", {"assigned_to": str(technician.pk)}),
        (hands, "start", {}),
        (hands, "hold", {"reason": "No washer", "hold_kind": "parts"}),
        (hands, "resume", {}),
        (hands, "complete", {"notes": "New washer", "remedy": "Replaced"}),
        (planner, "verify", {}),
    ):
        answer = client.post(f"{address}/{name}", values)
        assert answer.status_code == 200, (name, answer.json())
        assert answer.json()["status"] == (COMMANDS[name].target or answer.json()["status"])
    seen = Client(requester).get(f"requests/{report['id']}").json()
    assert (seen["status"], seen["remedy"], seen["completed_by"]) == (
        *("verified", "Replaced"),
        str(technician.pk),
    )
    lines = planner.get(f"{address}/history").json()
    assert [line["command"] for line in lines] == [
        *("report", "triage", "schedule", "assign", "start", "hold", "resume", "complete", "verify")
    ]
    assert lines[5]["pauses_clock"] is True
    assert Log.objects.get().notes == "New washer"
    log = planner.get("logs", {"work_order": report["id"]}).json()["results"][0]
    assert (log["work_order"], log["notes"]) == (report["id"], "New washer")
    assert planner.get(f"logs/{log['id']}").json() == log


def test_what_is_missing_is_said_by_field_and_after_the_state(api: Client, room: Resource) -> None:
    made = api.post("work-orders", {"resource": str(room.pk), "title": "Lamp"}).json()
    refused = api.post(f"work-orders/{made['id']}/reject", {})
    assert (refused.status_code, refused.json()) == (400, {"reason": ["Say why."]})
    assert api.post(f"work-orders/{made['id']}/hold", {}).status_code == 409


def test_the_same_key_changes_nothing_twice(api: Client, room: Resource) -> None:
    made = api.post("work-orders", {"resource": str(room.pk), "title": "Lamp"}).json()
    address = f"work-orders/{made['id']}/triage"
    first, second = (api.post(address, {}, HTTP_IDEMPOTENCY_KEY="k1") for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert len(api.get(f"work-orders/{made['id']}/history").json()) == 2


def test_a_list_shows_what_the_row_shows(api: Client, technician: User) -> None:
    for status in WORK_ORDER.states:
        factories.work_order_in(status, assigned_to=technician, now=NOW)
    rows = api.get("work-orders", {"page_size": 100}).json()["results"]
    assert len(rows) == len(WORK_ORDER.states) + 1
    for row in rows:
        assert row == api.get(f"work-orders/{row['id']}").json()


def test_the_list_asks_the_same_however_long_it_is(api: Client, technician: User) -> None:
    counts = []
    for _ in range(2):
        for _ in range(5):
            factories.work_order_in("assigned", assigned_to=technician, now=NOW)
        api.get("work-orders")
        with CaptureQueriesContext(connection) as asked:
            api.get("work-orders")
        counts.append(len(asked))
    assert counts == [2, 2]


def test_filters(api: Client, technician: User, room: Resource) -> None:
    late = factories.work_order(due_at=NOW, resource=room, now=NOW)
    assigned = factories.work_order_in("assigned", assigned_to=technician, due_at=None, now=NOW)
    done = factories.work_order_in("completed", assigned_to=technician, now=NOW)
    task = api.post("tasks", {"resource": str(room.pk), "task_type": "turndown"}).json()

    def found(**query: Any) -> set[str]:
        answer = api.get("work-orders", query)
        assert answer.status_code == 200, answer.json()
        return {row["id"] for row in answer.json()["results"]}

    every = {str(late.pk), str(assigned.pk), str(done.pk), task["id"]}
    assert found() == every
    assert found(open="false") == {str(done.pk)}
    assert found(open="true") == every - {str(done.pk)}
    assert found(is_overdue="true") == {str(late.pk), str(assigned.pk)}
    assert found(is_overdue="false") == {str(done.pk), task["id"]}
    assert found(is_delayed="true") | found(is_delayed="false") == every
    assert found(assigned_to=str(technician.pk)) == {str(assigned.pk), str(done.pk)}
    assert found(unassigned="true", status="scheduled") == {task["id"]}
    assert found(resource=str(room.pk)) == {str(late.pk), task["id"]}
    assert found(task_type="turndown", search="Turndown") == {task["id"]}
    ordered = api.get("work-orders", {"ordering": "number"}).json()["results"]
    assert [row["number"] for row in ordered] == [1, 2, 3, 4]
    assert len(api.get("work-orders", {"ordering": "-due_at"}).json()["results"]) == 4


def test_three_views_of_the_same_rows(api: Client, room: Resource) -> None:
    task = api.post("tasks", {"resource": str(room.pk), "task_type": "checkout_cleaning"}).json()
    assert (task["title"], task["kind"], task["status"], task["task_state"]) == (
        *("Checkout cleaning", "cleaning", "scheduled", "pending"),
    )
    asked = api.post("requests", {"resource": str(room.pk), "title": "Lamp"}).json()
    lists = {
        name: {row["id"] for row in api.get(name).json()["results"]}
        for name in ("tasks", "requests", "work-orders")
    }
    assert lists == {
        "tasks": {task["id"]},
        "requests": {asked["id"]},
        "work-orders": {task["id"], asked["id"]},
    }
    assert api.get(f"requests/{task['id']}").status_code == 404


def test_edits_and_their_version(api: Client, room: Resource) -> None:
    answer = api.post(
        "work-orders",
        {"resource": str(room.pk), "title": "Lamp", "priority": "low", "status": "triaged"},
    )
    made = answer.json()
    assert (made["priority"], made["priority_reasons"]) == ("low", ["a person set it"])
    address = f"work-orders/{made['id']}"
    changed = api.patch(address, {"priority": ""}, HTTP_IF_MATCH=answer["ETag"])
    assert changed.json()["priority"] == "medium"
    assert api.patch(address, {"title": "X"}, HTTP_IF_MATCH=answer["ETag"]).status_code == 412
    assert api.patch(address, {"status": "verified"}).status_code == 400
    assert api.get(address).json()["status"] == "triaged"
    assert api.delete(address).status_code == 204
    assert api.get(address).json()["status"] == "cancelled"
    assert api.delete(address).status_code == 409
    assert api.patch(address, {"title": "X"}).status_code == 409


def test_a_round_and_a_first_state_that_is_none(api: Client, room: Resource) -> None:
    stop = factories.resource()
    body = {"resource": str(room.pk), "title": "Round", "resources": [str(stop.pk)]}
    made = api.post("work-orders", body).json()
    assert [one.resource for one in WorkOrder.objects.get(pk=made["id"]).stops.all()] == [stop]
    way = api.get(f"work-orders/{made['id']}/resources").json()
    assert way == [{"position": 1, "resource": str(stop.pk)}]
    assert api.post("work-orders", {**body, "status": "verified"}).status_code == 400


def test_comments_links_and_costs(
    api: Client, room: Resource, technician: User, stranger: Organization
) -> None:
    one, two, three = (factories.work_order(resource=room, now=NOW) for _ in range(3))
    address = f"work-orders/{one.pk}"
    said = api.post(f"{address}/comments", {"text": "Look", "mentioned": [str(technician.pk)]})
    assert (said.status_code, said.json()["mentioned"]) == (201, [str(technician.pk)])
    assert [row["text"] for row in api.get(f"{address}/comments").json()["results"]] == ["Look"]
    with tenant_scope(stranger.pk):
        foreign = factories.user(stranger)
    body = {"text": "Look", "mentioned": [str(foreign.pk)]}
    assert api.post(f"{address}/comments", body).status_code == 404
    for source, target in ((one, two), (two, three)):
        body = {"other": str(target.pk), "kind": "blocks"}
        assert api.post(f"work-orders/{source.pk}/links", body).status_code == 201
    ring = api.post(f"work-orders/{three.pk}/links", {"other": str(one.pk), "kind": "blocks"})
    assert ring.json() == {"other": ["These orders would block each other."]}
    again = api.post(f"{address}/links", {"other": str(two.pk), "kind": "blocks"})
    assert again.status_code in {400, 409}
    assert len(api.get(f"work-orders/{two.pk}/links").json()["results"]) == 2
    cost = {"amount": "12.50", "description": "Invoice 7", "kind": "other"}
    assert api.post(f"{address}/costs", cost).json()["amount"] == "12.50"
    assert (
        api.post(f"{address}/costs", {**cost, "amount": "-1", "kind": "parts"}).status_code == 400
    )
    assert api.get(address).json()["total_cost"] == "12.50"


def test_whoever_only_sees_an_order_changes_nothing(
    room: Resource, technician: User, user_with: Callable[[Role], User]
) -> None:
    """Reporters comment on theirs; what it says, what hangs on it and what it costs is for planners."""
    requester = user_with(Role.REQUESTER)
    Resource.objects.filter(pk=room.pk).update(owner=requester)
    order, other = (factories.work_order(resource=room, now=NOW) for _ in range(2))
    for person in (requester, technician):
        client, address = Client(person), f"work-orders/{order.pk}"
        assert client.get(address).status_code == 200
        assert client.post(f"{address}/comments", {"text": "Still loud"}).status_code == 201
        refused = [
            client.patch(address, {"title": "Other"}),
            client.delete(address),
            client.post(f"{address}/links", {"other": str(other.pk), "kind": "blocks"}),
            client.post(f"{address}/costs", {"amount": "1", "description": "X", "kind": "other"}),
            client.post("work-orders", {"resource": str(room.pk), "title": "Lamp"}),
            client.post("tasks", {"resource": str(room.pk), "task_type": "turndown"}),
        ]
        assert [answer.status_code for answer in refused] == [403] * len(refused), person.role


def test_timers(technician: User, admin: User, time_machine: Any) -> None:
    LaborRate.objects.create(hourly_rate=60, valid_from=NOW.date())
    order = factories.work_order_in("in_progress", assigned_to=technician, now=NOW)
    time_machine.move_to(NOW, tick=False)
    hands, api = Client(technician), Client(admin)
    timer = hands.post("labor-entries", {"work_order": str(order.pk)}).json()
    assert (timer["person"], timer["ended_at"]) == (str(technician.pk), None)
    assert hands.post("labor-entries", {"work_order": str(order.pk)}).status_code == 409
    time_machine.move_to(NOW + timedelta(minutes=15), tick=False)
    end = {"ended_at": (NOW + timedelta(minutes=15)).isoformat()}
    stopped = hands.patch(f"labor-entries/{timer['id']}", end).json()
    assert (stopped["cost"], stopped["hourly_rate"]) == ("15.00", "60.00")
    assert api.get(f"work-orders/{order.pk}").json()["labor_cost"] == "15.00"
    assert [row["id"] for row in api.get("labor-entries").json()["results"]] == [timer["id"]]
    other = Client(factories.user(technician.organization, role=Role.TECHNICIAN))
    assert other.delete(f"labor-entries/{timer['id']}").status_code == 403
    assert api.delete(f"labor-entries/{timer['id']}").status_code == 204
    assert api.get(f"work-orders/{order.pk}").json()["labor_cost"] == "0.00"


def test_buttons(technician: User) -> None:
    order = factories.work_order_in("assigned", assigned_to=technician, now=NOW)
    found = Client(technician).get(f"work-orders/{order.pk}/commands").json()
    assert found == ["start", "give_back", "delay", "escalate"]


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        ("2026-03-04T06:00:00-21:12", 200),
        ("0001-01-01T00:00:00+10:00", 400),
        ("9999-12-31T23:59:59-10:00", 400),
    ],
)
def test_moments_at_the_end_of_the_scale(moment: str, status: int, api: Client) -> None:
    """PostgreSQL knows no offsets beyond sixteen hours, and no calendar goes on for ever."""
    answer = api.get("work-orders", {"due_at_after": moment})
    assert answer.status_code == status, answer.json()
