"""Socket.IO: what whoever listens hears, and what not."""

import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

import tests.flush  # noqa: F401
from accounts.models import Organization, User
from accounts.rights import RIGHTS, Right, Role
from core import catalogue
from core.ids import new_id
from core.tenancy import tenant_scope
from integrations.live.server import LiveServer
from integrations.rules.envelopes import Event, live_name
from integrations.services import live, publication
from notifications.channels.base import Recipient
from notifications.services import telling
from scheduling.models import Booking, Resource, Schedule, Window
from tests import factories
from tests.console import signed_in
from tests.live import (
    WHILE_SECONDS,
    Listen,
    Served,
    cookie,
    listeners,
    report,
    session_of,
    settle,
)
from tests.maintenance_site.site_processes import until
from worklogs.models import Log, WorkOrder
from worklogs.services import orders

pytestmark = pytest.mark.django_db(transaction=True)
SEE_ALL_ORDERS = frozenset(Role) - {Role.VENUE_ADMIN, Role.REQUESTER}


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_events_go_to_their_organisation_only_and_in_full_to_whoever_sees_all_of_them(
    organization: Organization, stranger: Organization, listen: Listen, transport: str
) -> None:
    ours = {role: factories.user(organization, role=role) for role in Role}
    theirs = {role: factories.user(stranger, role=role) for role in Role}
    inside = {role: listen(person, transport=transport) for role, person in ours.items()}
    outside = [listen(person, transport=transport) for person in theirs.values()]

    order = report(ours[Role.ADMIN])

    for listener in inside.values():
        listener.hear("changed")
    for role, listener in inside.items():
        expected = ["work-order:created"] if role in SEE_ALL_ORDERS else []
        assert listener.names() == [*expected, "changed"], role
        assert listener.heard[-1] == ("changed", {"topics": ["work-order"]})
    name, event = inside[Role.TECHNICIAN].heard[0]
    assert (name, event["type"]) == (live_name(event["type"]), "work-order.created")
    assert (event["specversion"], event["subject"]) == ("1.0", f"work-order/{order.pk}")
    assert event["data"]["title"] == "Tap drips"
    settle(outside[-1])
    assert [listener.heard for listener in outside] == [[] for _ in theirs]


@pytest.mark.parametrize(
    ("model", "thing"),
    [
        *((WorkOrder, "work-order"), (WorkOrder, "task"), (Window, "window")),
        *((Booking, "booking"), (Schedule, "schedule"), (Resource, "resource"), (Log, "log")),
    ],
)
def test_the_roles_that_hear_everything_are_those_that_see_every_row(
    organization: Organization, model: Any, thing: str
) -> None:
    """A row that nobody has to do with is seen by exactly these, of those who have the right."""
    with tenant_scope(organization.pk):
        found = live._seeing_all(thing)
        conditions = {
            role: str(model.objects.visible_to(factories.user(organization, role=role)).query)
            for role in found
        }
        assert set(conditions.values()) <= {str(model.objects.all().query)}
    assert {Role.ADMIN, Role.EXECUTIVE_ADMIN, Role.SUPER_ADMIN} <= found
    assert not found & {Role.VENUE_ADMIN, Role.REQUESTER}
    assert (Role.TECHNICIAN in found) == (thing != "schedule")


def test_somebody_hears_of_an_object_that_they_may_see(
    organization: Organization, admin: User, listen: Listen
) -> None:
    guest = factories.user(organization, role=Role.REQUESTER)
    with tenant_scope(organization.pk):
        mine = factories.resource(owner=guest, code="MINE")
    own, other = report(admin, resource=mine), report(admin)
    listener = listen(guest)
    assert listener.ask("join", {"subject": f"work-order/{own.pk}"}) == {"ok": True}
    for subject in (f"work-order/{other.pk}", f"booking/{own.pk}", f"user/{guest.pk}", "", "x/y"):
        assert not listener.ask("join", {"subject": subject})["ok"]
    settle(listener)
    listener.heard.clear()

    for order in (own, other):
        with tenant_scope(organization.pk):
            orders.change_order(order, {"title": "Drips more"}, by=admin, now=timezone.now())
    publication.publish_waiting(timezone.now())
    listener.hear("changed")
    assert ("changed", {"topics": ["work-order"]}) in listener.heard
    told = [data["subject"] for name, data in listener.heard if name != "changed"]
    assert told == [f"work-order/{own.pk}"]

    listener.ask("leave", {"subject": f"work-order/{own.pk}"})
    listener.heard.clear()
    with tenant_scope(organization.pk):
        orders.change_order(own, {"title": "Drips less"}, by=admin, now=timezone.now())
    publication.publish_waiting(timezone.now())
    until(lambda: listener.names() == ["changed"])


def test_what_somebody_may_not_see_any_more_they_hear_no_more_of(
    organization: Organization, admin: User, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest = factories.user(organization, role=Role.REQUESTER)
    with tenant_scope(organization.pk):
        mine = factories.resource(owner=guest, code="MINE")
    order = report(admin, resource=mine)
    listener = listen(guest)
    assert listener.ask("join", {"subject": f"work-order/{order.pk}"})["ok"]
    with tenant_scope(organization.pk):
        Resource.objects.filter(pk=mine.pk).update(owner=admin)
    monkeypatch.setattr(LiveServer, "check_every", 0.0)
    time.sleep(WHILE_SECONDS)
    listener.heard.clear()
    with tenant_scope(organization.pk):
        orders.change_order(order, {"title": "Drips more"}, by=admin, now=timezone.now())
    publication.publish_waiting(timezone.now())
    listener.hear("changed")
    assert listener.names() == ["changed"]


def test_pages_may_ask_for_hints_only(admin: User, listen: Listen) -> None:
    listener = listen(admin, auth={"events": False})
    report(admin)
    listener.hear("changed")
    assert listener.names() == ["changed"]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, {"work-order:created"}),
        ({"events": True, "hints": True}, {"work-order:created", "changed"}),
        ({"events": False}, {"changed"}),
        ({"events": False, "hints": False}, set()),
    ],
)
def test_each_hears_what_it_asks_for(
    asked: dict[str, bool], names: set[str], admin: User, served: Served
) -> None:
    with listeners() as make:
        listener = make().connect(served.url, auth=asked, headers=cookie(session_of(admin)))
        report(admin)
        until(lambda: set(listener.names()) == names)
        time.sleep(WHILE_SECONDS)
        assert set(listener.names()) == names


def test_what_is_older_than_five_minutes_is_no_news(admin: User, listen: Listen) -> None:
    listener = listen(admin)
    with tenant_scope(admin.organization_id):
        factories.work_order(now=timezone.now() - timedelta(minutes=6))
    publication.publish_waiting(timezone.now())
    report(admin)
    listener.hear("changed")
    assert listener.names() == ["work-order:created", "changed"]


def test_a_page_learns_whether_it_missed_something(admin: User, listen: Listen) -> None:
    listener, before = listen(admin), timezone.now()
    question = {"since": before.isoformat()}
    assert listener.ask("missed", question) == {"ok": True, "changed": False}
    report(admin)
    assert listener.ask("missed", question) == {"ok": True, "changed": True}
    for wrong in ("yesterday", "2026-03-04T06:00:00", "2026-13-04T06:00:00Z", ""):
        assert not listener.ask("missed", {"since": wrong})["ok"]
    assert not listener.ask("missed", None)["ok"]


def test_the_bell_rings_for_whom_there_is_a_message(admin: User, listen: Listen) -> None:
    colleague = factories.user(admin.organization, role=Role.ADMIN)
    hers, his = listen(admin), listen(colleague)
    fact = telling.Fact(admin.pk, "system", "system:1", "A message")
    with tenant_scope(admin.organization_id):
        person = Recipient(admin.pk, admin.name, admin.email, "", "UTC")
        telling.tell([fact], {admin.pk: person}, now=timezone.now())
    until(lambda: hers.heard == [("bell", {})])
    settle(his)
    assert (his.heard, hers.heard) == ([], [("bell", {})])


@pytest.mark.parametrize("thing", [*live._THINGS, "due-check", "unheard-of"])
def test_no_event_leaves_its_organisation_or_passes_by_its_right(
    organization: Organization, thing: str
) -> None:
    now, subject = timezone.now(), f"{thing}/{new_id()}"
    for known in catalogue.all_types():
        event = Event(
            id=new_id(),
            position=1,
            type=known.name,
            version=known.version,
            subject=subject,
            organization=organization.slug,
            organization_id=organization.pk,
            occurred_at=now,
            correlation_id="",
            data=known.example,
        )
        told, hint = live.messages([event], now=now)
        for room in told.rooms:
            owner, role, *object_looked_at = room.split("/", 2)
            assert owner == str(organization.pk)
            assert {known.right, Right.EVENT_VIEW} & RIGHTS[Role(role)]
            assert object_looked_at in ([], [subject])
        assert hint.rooms == [str(organization.pk)]
        assert hint.data == {"topics": sorted({known.thing, thing})}


def test_rooms_are_named_by_organisation(organization: Organization, admin: User) -> None:
    """No message goes to a room whose name does not begin with its organisation."""
    report(admin)
    _, said = live.messages_after(0, now=timezone.now())
    assert {message.name for message in said} == {"work-order:created", "changed"}
    for message in said:
        assert {UUID(room.split("/")[0]) for room in message.rooms} == {organization.pk}


def test_a_page_that_looks_for_news_takes_no_message_from_another(admin: User) -> None:
    """Both belong to one person: what one page did is said on that page."""
    browser, board = signed_in(admin), "/admin/worklogs/workorder/board/"
    browser.post("/admin/worklogs/workorder/views/keep/", {"name": "Mine", "query": ""})
    said = "The list is kept as"
    assert said not in browser.get(board, headers={"X-Live": "1"}).content.decode()
    assert said in browser.get(board).content.decode()
    assert said not in browser.get(board).content.decode()
