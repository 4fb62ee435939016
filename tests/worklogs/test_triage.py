"""The triage inbox: what waits, in which order, what it may repeat, and one decision that goes on to the next."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from scheduling.models import Resource, ResourceEntrustment
from tests import factories
from tests.console import signed_in
from tests.worklogs.conftest import NOW, form_of
from worklogs.api.command_serializers import TriageInput
from worklogs.models import WorkOrder
from worklogs.services import effects, orders, reports, triage

pytestmark = pytest.mark.usefixtures("today")
INBOX = "/admin/triage/"


@pytest.fixture
def room(scope: Organization) -> Resource:
    return factories.resource(name="Room 104")


def report(room: Resource, title: str, *, hours: int = 1, **values: Any) -> WorkOrder:
    order = WorkOrder(resource=room, title=title, **values)
    reports.submit(order, by=None, now=NOW - timedelta(hours=hours))
    return order


def body(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status
    return str(answer.content.decode())


def test_safety_first_then_the_newest(room: Resource, planner: User) -> None:
    for title, hours, unsafe in (("old", 9, False), ("new", 1, False), ("wire", 5, True)):
        report(room, title, hours=hours, safety_concern=unsafe)
    orders.give(report(room, "seen"), "triage", {}, by=planner, now=NOW)
    assert [row.title for row in triage.inbox(planner)] == ["wire", "new", "old"]


def test_an_empty_inbox_says_so(desk: Client, room: Resource) -> None:
    page = body(desk.get(INBOX))
    assert "Nothing waits for you" in page
    assert "/admin/report/" in page


def test_a_list_that_follows_keeps_the_report_in_hand(desk: Client, room: Resource) -> None:
    report(room, "Tap drips", hours=2)
    source = re.findall(r'id="triage-list"[^>]* data-source="([^"]+)"', body(desk.get(INBOX)))[0]
    report(room, "Bare wire", hours=1, safety_concern=True)
    page = body(desk.get(source))
    current = page.split('aria-current="true"')[1].split("</a>")[0]
    assert "Tap drips" in current
    assert "Bare wire" in page


def test_what_helps_to_decide(desk: Client, room: Resource) -> None:
    known = report(room, "Tap in the bathroom drips", hours=30, category="plumbing")
    reports.follow(known, by=None, now=NOW)
    report(room, "Curtain torn", category="furniture")
    elsewhere = factories.resource(name="Room 105")
    next_door = report(elsewhere, "Tap in the bathroom drips", hours=2, category="plumbing")
    fresh = report(room, "Bathroom tap is dripping", hours=0, category="plumbing")
    page = body(desk.get(INBOX, {"report": str(fresh.pk)}))
    assert f"Duplicate of #{known.number}" in page
    assert f"Duplicate of #{next_door.number}" not in page
    assert "by 2 people" in page
    assert "Both say “bathroom”" in page
    assert "It concerns plumbing (2 points)" in page
    assert "Somebody who scanned the code" in page
    assert page.count("Duplicate of #") == 1


def test_decisions_and_states_look_as_on_the_other_pages(
    desk: Client, room: Resource, planner: User
) -> None:
    report(room, "Curtain torn")
    order = orders.give(report(room, "Tap drips"), "triage", {}, by=planner, now=NOW)
    of_order = body(desk.get(f"/admin/worklogs/workorder/{order.pk}/"))
    for page in (body(desk.get(INBOX)), of_order):
        assert "Plan" in re.findall(r"</span>([A-Z]\w+)", page)
    chip = re.search(r'<span class="chip [^>]*><span [^>]*>\w+</span>Triaged</span>', of_order)
    assert chip
    for what in ("assign", "priority", "cancel"):
        bulk = f"/admin/worklogs/workorder/bulk/{what}/"
        assert chip.group() in body(desk.get(bulk, {"id": str(order.pk)}))


@pytest.mark.parametrize(
    ("what", "data", "status"),
    [
        ("triage", {"title": "Tap leaks", "category": "plumbing", "priority": "high"}, "triaged"),
        ("schedule", {"due_at": "2026-03-06T17:00"}, "scheduled"),
        ("assign", {"due_at": "2026-03-06T17:00"}, "assigned"),
        ("reject", {"reason": "Meant to be so"}, "rejected"),
        ("duplicate", {}, "duplicate"),
    ],
)
def test_a_decision_leads_to_the_next_report(
    desk: Client, planner: User, room: Resource, what: str, data: dict[str, str], status: str
) -> None:
    later = report(room, "Lamp flickers", hours=2)
    order = report(room, "Tap drips", hours=1)
    if what == "assign":
        data = {**data, "assigned_to": str(planner.pk)}
    if what == "duplicate":
        data = {"number": str(later.number)}
    answer = desk.post(f"{INBOX}{order.pk}/{what}/", {**data, "next": str(later.pk)})
    assert answer["Location"] == f"{INBOX}?report={later.pk}"
    order.refresh_from_db()
    assert order.status == status
    if what == "triage":
        assert (order.title, order.priority, order.priority_source) == (
            "Tap leaks",
            "high",
            "person",
        )
    if "due_at" in data:
        assert order.due_at
        assert order.due_at.isoformat() == "2026-03-06T16:00:00+00:00"
    shown = body(desk.get(answer["Location"]))
    assert "Lamp flickers" in shown
    assert 'role="alert"' not in shown


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("reject", {"reason": " "}),
        ("schedule", {"due_at": ""}),
        ("schedule", {"due_at": "nonsense"}),
        ("assign", {"due_at": "2026-03-06T17:00", "assigned_to": ""}),
        ("assign", {"due_at": "2026-03-06T17:00", "assigned_to": "x"}),
        ("duplicate", {"number": "9999"}),
        ("duplicate", {"duplicate_of": "nonsense"}),
        ("triage", {"priority": "nonsense"}),
    ],
)
def test_what_is_missing_is_said_in_the_open_form(
    desk: Client, room: Resource, what: str, data: dict[str, str]
) -> None:
    order = report(room, "Tap drips")
    page = body(desk.post(f"{INBOX}{order.pk}/{what}/", data), 422)
    assert 'role="alert"' in page
    order.refresh_from_db()
    assert (order.status, order.step) == ("reported", 1)


def test_an_order_is_not_its_own_duplicate(desk: Client, room: Resource) -> None:
    order = report(room, "Tap drips")
    answer = desk.post(f"{INBOX}{order.pk}/duplicate/", {"number": str(order.number)})
    assert answer.status_code == 422


def test_whoever_is_slower_goes_on(desk: Client, room: Resource, admin: User) -> None:
    order = report(room, "Tap drips")
    orders.give(order, "reject", {"reason": "No"}, by=admin, now=NOW)
    page = desk.post(f"{INBOX}{order.pk}/triage/", {"title": "Tap"}, follow=True)
    assert "Somebody was faster" in body(page)


def test_venue_admins_decide_only_on_what_is_entrusted_to_them(
    room: Resource, user_with: Callable[[Role], User], today: None
) -> None:
    person = user_with(Role.VENUE_ADMIN)
    client, order = signed_in(person), report(room, "Tap drips")
    assert "Nothing waits" in body(client.get(INBOX))
    assert client.post(f"{INBOX}{order.pk}/reject/", {"reason": "No"}).status_code == 404
    ResourceEntrustment.objects.create(user=person, resource=room)
    assert "Tap drips" in body(client.get(INBOX))


def test_others_stay_out(
    room: Resource, user_with: Callable[[Role], User], stranger: Organization, today: None
) -> None:
    order = report(room, "Tap drips")
    for role in (Role.TECHNICIAN, Role.REQUESTER):
        assert signed_in(user_with(role)).get(INBOX).status_code == 403
    foreign = signed_in(factories.user(stranger, role=Role.ADMIN))
    assert "Tap drips" not in body(foreign.get(INBOX, {"report": str(order.pk)}))
    assert foreign.post(f"{INBOX}{order.pk}/triage/", {}).status_code == 404
    with tenant_scope(stranger.pk):
        theirs = factories.work_order()
    own = signed_in(user_with(Role.ADMIN))
    answer = own.post(f"{INBOX}{order.pk}/duplicate/", {"duplicate_of": str(theirs.pk)})
    assert answer.status_code == 422


def test_triage_asks_the_same_at_every_door(desk: Client, room: Resource, admin: User) -> None:
    """In the inbox, on the order's page and by API."""
    order = report(room, "Tap drips")
    asked = {"csrfmiddlewaretoken", "next", *effects.TRIAGED}
    for address, others in (
        (INBOX, set()),
        (f"/admin/worklogs/workorder/{order.pk}/triage/", {"next"}),
    ):
        page = body(desk.get(address))
        [form] = re.findall(rf'<form[^>]*{order.pk}/triage/".*?</form>', page, re.S)
        assert set(re.findall(r'name="(\w+)"', form)) == asked - others
    assert set(TriageInput().fields) == set(effects.TRIAGED)
    said = {"kind": "emergency", "safety_concern": "on", "estimated_duration_minutes": "45"}
    desk.post(f"{INBOX}{order.pk}/triage/", said)
    order.refresh_from_db()
    assert (order.title, order.kind, order.safety_concern) == ("Tap drips", "emergency", True)
    assert (order.status, order.estimated_duration_minutes) == ("triaged", 45)


def test_a_duplicate_of_a_duplicate_leads_on(desk: Client, room: Resource) -> None:
    """Whoever waits for an order that turns out to be known waits for the one that is left."""
    first, second, third = (report(room, f"Tap drips {number}") for number in range(3))
    for order, original in ((first, second), (second, third)):
        desk.post(f"{INBOX}{order.pk}/duplicate/", {"duplicate_of": str(original.pk)})
    first.refresh_from_db()
    assert first.duplicate_of == third
    page = body(desk.post(f"{INBOX}{third.pk}/duplicate/", {"number": str(first.number)}), 422)
    assert "a duplicate itself" in page


def test_unknown_decisions_and_reports(desk: Client, room: Resource) -> None:
    order = report(room, "Tap drips")
    assert desk.post(f"{INBOX}{order.pk}/explode/").status_code == 404
    assert "Tap drips" in body(desk.get(INBOX, {"report": "nonsense"}))
    assert "Tap drips" in body(desk.get(INBOX, {"report": str(room.pk)}))


def test_the_inbox_asks_the_same_for_any_number_of_reports(desk: Client, room: Resource) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            body(desk.get(INBOX))
        return len(queries)

    report(room, "Tap drips 0")
    report(room, "Tap drips 1")
    before = asked()
    for number in range(60):
        report(room, f"Tap drips {number}")
    assert asked() == before
    assert "50 and more" in body(desk.get(INBOX))
    assert before <= 16


# -- reporting in the console ------------------------------------------------------------------------------------------


def test_reporting_in_the_console(room: Resource, admin: User, today: None) -> None:
    client = signed_in(admin)
    assert "Room 104" in body(client.get("/admin/report/", {"q": "104"}))
    known = report(room, "Lamp flickers")
    page = body(client.get("/admin/report/", {"resource": str(room.pk)}))
    assert "Lamp flickers" in page
    where = f"/admin/report/?resource={room.pk}"
    token = form_of(client.get(where))
    data = {"form": token, "text": "Tap drips", "category": "plumbing", "safety_concern": "on"}
    for _ in range(2):
        sent = client.post(where, data)
        assert sent.status_code == 302
    order = WorkOrder.objects.get(reported_by=admin)
    assert order.safety_concern
    assert "Received." in body(client.get(sent["Location"]))
    for _ in range(2):
        joined = client.post(where, {"form": token, "known": str(known.pk)})
    assert known.followers.filter(user=admin).count() == 1
    assert client.post(joined["Location"], {"text": "I saw it, too"}).status_code == 302
    own = body(client.get("/admin/report/"))
    assert "Tap drips" in own
    assert "Lamp flickers" in own


def test_refusals_in_the_console(
    room: Resource, admin: User, user_with: Callable[[Role], User], today: None
) -> None:
    client = signed_in(admin)
    where = f"/admin/report/?resource={room.pk}"
    token = form_of(client.get(where))
    assert client.post(where, {"form": token, "text": " "}).status_code == 422
    assert client.post(where, {"form": "x", "text": "Tap"}).status_code == 422
    assert client.post(where, {"form": token, "known": str(room.pk)}).status_code == 404
    for wrong in ("?resource=x", f"?resource={admin.pk}", "?code=x"):
        assert client.get(f"/admin/report/{wrong}").status_code == 404
    requester = signed_in(user_with(Role.REQUESTER))
    assert requester.get(where).status_code == 404
    follower = reports.submit(WorkOrder(resource=room, title="Lamp"), by=admin, now=NOW)
    assert requester.get(f"/admin/report/{follower.pk}/").status_code == 404
