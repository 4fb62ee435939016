"""Socket.IO: who may listen, and for how long."""

import time
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any

import engineio
import pytest
from django.conf import settings
from django.utils import timezone
from socketio.exceptions import ConnectionError

import tests.flush  # noqa: F401
from accounts.api import tokens
from accounts.models import Organization, User
from accounts.rights import Role
from accounts.services import api_keys, users
from core.middleware import CHOSEN_ORGANIZATION
from core.tenancy import tenant_scope
from integrations.live import seats
from integrations.live.server import LiveServer
from tests import factories
from tests.live import (
    WHILE_SECONDS,
    Listen,
    Served,
    cookie,
    report,
    session_of,
)
from tests.maintenance_site.site_processes import until

pytestmark = pytest.mark.django_db(transaction=True)


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
