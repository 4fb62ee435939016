"""Socket.IO: who may listen, to what, and for how long."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any
from uuid import UUID

import engineio
import pytest
from django.conf import settings
from django.utils import timezone
from socketio.exceptions import ConnectionError

import tests.flush  # noqa: F401
from accounts.api import tokens
from accounts.models import Organization, User
from accounts.rights import RIGHTS, Right, Role
from accounts.services import api_keys, users
from core import catalogue
from core.ids import new_id
from core.middleware import CHOSEN_ORGANIZATION
from core.tenancy import tenant_scope
from integrations.live import seats
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
    Listener,
    Served,
    cookie,
    listeners,
    serving,
    session_of,
)
from tests.maintenance_site.site_processes import until
from worklogs.models import Log, WorkOrder
from worklogs.services import orders

pytestmark = pytest.mark.django_db(transaction=True)
Listen = Callable[..., Listener]
SEE_ALL_ORDERS = frozenset(Role) - {Role.VENUE_ADMIN, Role.REQUESTER}


@pytest.fixture
def served(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Sockets without Redis: the process reads the publication itself."""
    monkeypatch.setattr(settings, "REDIS_URL", "")
    monkeypatch.setattr(LiveServer, "rounds_every", 0.05)
    with serving() as found:
        yield found


@pytest.fixture
def listen(served: Served) -> Iterator[Listen]:
    """A listener that has come in by the person's session, or as the values say."""
    with listeners() as make:

        def come(person: User | None = None, **values: Any) -> Listener:
            headers = cookie(session_of(person)) if person else {}
            return make().connect(served.url, **{"headers": headers, **values})

        yield come


def report(by: User, **values: Any) -> WorkOrder:
    """An order made just now, and published."""
    now = timezone.now()
    with tenant_scope(by.organization_id):
        resource = values.pop("resource", None) or factories.resource()
        order = WorkOrder(resource=resource, title="Tap drips", kind="corrective", **values)
        orders.create_order(order, by=by, now=now)
    publication.publish_waiting(now)
    return order


def settle(listener: Listener) -> None:
    """Until all that is under way has arrived: the answer to a question comes after it."""
    time.sleep(WHILE_SECONDS)
    listener.ask("leave", {"subject": "nothing"})


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
    assert listener.names() == ["work-order:updated", "changed"]
    assert listener.heard[0][1]["subject"] == f"work-order/{own.pk}"

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


def _token(person: User) -> dict[str, Any]:
    return {"auth": {"token": tokens.issue(person).access}}


def _key(person: User) -> dict[str, Any]:
    now = timezone.now()
    with tenant_scope(person.organization_id):
        _, secret = api_keys.create_key(
            name="Wall",
            user=person,
            scope="read",
            expires_at=now + timedelta(days=1),
            by=person,
            now=now,
        )
    return {"auth": {"token": secret}}


@pytest.mark.parametrize("credential", [_token, _key])
def test_programs_come_in_by_token_or_key(admin: User, listen: Listen, credential: Any) -> None:
    listener = listen(**credential(admin))
    report(admin)
    listener.hear("changed")
    assert "work-order:created" in listener.names()


def test_a_platform_operator_names_where_they_work(
    organization: Organization, stranger: Organization, listen: Listen, admin: User
) -> None:
    operator = factories.user(stranger, role=Role.SUPER_ADMIN)
    said = {**_token(operator)["auth"], "organization": organization.slug}
    listener = listen(auth=said)
    report(admin)
    until(lambda: "work-order:created" in listener.names())
    plain = {**_token(admin)["auth"], "organization": stranger.slug}
    with pytest.raises(ConnectionError):
        listen(auth=plain)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"headers": {"Cookie": "sessionid=abcdefghijklmnopqrstuvwxyz012345"}},
        {"auth": {"token": "nonsense"}},
        {"auth": {"token": "msk_12345678_nonsense"}},
        {"auth": {"token": ["a", "list"]}},
        {"auth": "a word"},
    ],
)
def test_nobody_else_comes_in(listen: Listen, values: dict[str, Any]) -> None:
    with pytest.raises(ConnectionError):
        listen(**values)


def test_pages_of_other_sites_get_no_connection(
    admin: User, served: Served, listen: Listen
) -> None:
    kept = cookie(session_of(admin))
    for foreign in ("https://evil.example", "http://127.0.0.1:1", "null"):
        with pytest.raises(ConnectionError):
            listen(headers={**kept, "Origin": foreign})
        assert _polls(served, {**kept, "Origin": foreign}) == 400
    for own in (served.url, settings.SITE_URL):
        assert listen(headers={**kept, "Origin": own}).client.connected
        assert _polls(served, {**kept, "Origin": own}) == 200


def _polls(served: Served, headers: dict[str, str]) -> int:
    """The answer to the first request of a connection by polling."""
    connection = HTTPConnection("localhost", served.port, timeout=30)
    connection.request("GET", "/socket.io/?EIO=4&transport=polling", headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status


def _sign_out(person: User, session: Any) -> None:
    session.delete()


def _deactivate(person: User, session: Any) -> None:
    boss = factories.user(person.organization, role=Role.ADMIN)
    with tenant_scope(person.organization_id):
        users.deactivate_user(person, by=boss, now=timezone.now())


def _take_role(person: User, session: Any) -> None:
    with tenant_scope(person.organization_id):
        User.objects.filter(pk=person.pk).update(role=Role.REQUESTER)


def _new_password(person: User, session: Any) -> None:
    person.set_password("Another-password-1")
    with tenant_scope(person.organization_id):
        User.objects.filter(pk=person.pk).update(password=person.password)


def _switch(person: User, session: Any) -> None:
    other = factories.organization(name="Elsewhere", slug="elsewhere")
    session[CHOSEN_ORGANIZATION] = str(other.pk)
    session.save()


@pytest.mark.parametrize("end", [_sign_out, _deactivate, _take_role, _new_password, _switch])
def test_a_socket_ends_with_what_it_was_opened_by(
    organization: Organization, listen: Listen, monkeypatch: pytest.MonkeyPatch, end: Any
) -> None:
    role = Role.SUPER_ADMIN if end is _switch else Role.TECHNICIAN
    person = factories.user(organization, role=role)
    session = session_of(person)
    listener = listen(headers=cookie(session))
    other = listen(factories.user(organization, role=role))
    monkeypatch.setattr(LiveServer, "check_every", 0.0)
    end(person, session)
    until(lambda: listener.ended)
    assert other.ended == []


@pytest.mark.parametrize("credential", [_token, _key])
def test_a_socket_ends_with_its_token_or_key(
    admin: User, listen: Listen, monkeypatch: pytest.MonkeyPatch, credential: Any
) -> None:
    listener = listen(**credential(admin))
    monkeypatch.setattr(LiveServer, "check_every", 0.0)
    time.sleep(WHILE_SECONDS)
    assert listener.ended == []
    later = timezone.now() + timedelta(days=2)
    monkeypatch.setattr("accounts.api.holders.timezone.now", lambda: later)
    monkeypatch.setattr("accounts.api.authentication.aware_utcnow", lambda: later)
    monkeypatch.setattr("rest_framework_simplejwt.tokens.aware_utcnow", lambda: later)
    until(lambda: listener.ended)


def test_one_person_has_so_many_sockets(
    admin: User, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seats, "MOST_SOCKETS", 2)
    first = listen(admin)
    listen(admin)
    with pytest.raises(ConnectionError):
        listen(admin)
    listen(factories.user(admin.organization))
    first.close()
    until(lambda: _comes_in(listen, admin))


def _comes_in(listen: Listen, person: User) -> bool:
    try:
        listen(person)
    except ConnectionError:
        return False
    return True


def test_a_socket_asks_so_much_and_no_more(
    admin: User, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seats, "A_SECOND", 0.0)
    order = report(admin)
    listener, question = listen(admin), {"subject": f"work-order/{order.pk}"}
    answers = [listener.ask("join", question)["ok"] for _ in range(seats.MOST_AT_ONCE + 1)]
    assert answers == [True] * seats.MOST_AT_ONCE + [False]


def test_a_large_message_ends_the_socket(admin: User, listen: Listen) -> None:
    listener = listen(admin)
    listener.wait(listener.client.emit("join", {"subject": "x" * 20_000}))
    until(lambda: listener.ended)


def test_whoever_never_says_who_they_are_is_sent_away(
    served: Served, listen: Listen, monkeypatch: pytest.MonkeyPatch, admin: User
) -> None:
    """A connection without sign-in is closed; the others stay."""
    known, nameless = listen(admin), engineio.AsyncClient()
    way = {"transports": ["websocket"], "engineio_path": "socket.io"}
    known.wait(nameless.connect(served.url, **way))
    assert nameless.state == "connected"
    monkeypatch.setattr(LiveServer, "check_every", 0.0)
    until(lambda: nameless.state != "connected")
    assert known.client.connected


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
