"""Subscriptions to booking systems: bookings come, change and go; a bad server harms nobody."""

import http.server
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Organization, User
from accounts.rights import Role
from core.errors import Invalid
from core.models import AuditEntry
from core.rules.addresses import is_public
from core.tenancy import tenant_scope
from integrations.models import BookingFeed
from integrations.services import booking_feeds, fetching, foreign
from scheduling.models import Booking, Resource
from tests import factories
from tests.api import Client
from tests.console import signed_in
from tests.integrations.test_import_calendar import calendar

EVENT = "UID:{uid}\nDTSTART:202604{day}T090000Z\nDTEND:202604{day}T100000Z\nDTSTAMP:20260301T0{hour}0000Z"


def entry(uid: str, day: str = "01", hour: int = 8) -> str:
    return EVENT.format(uid=uid, day=day, hour=hour)


@dataclass
class Server:
    """A booking system on this machine; `answer` may be set, `asked` has the headers of each request."""

    address: str
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0
    asked: list[dict[str, str]] = field(default_factory=list)


@pytest.fixture
def server(settings: Any) -> Iterator[Server]:
    settings.BOOKING_FEEDS_PRIVATE = True

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(dict(self.headers))
            time.sleep(state.wait)
            self.send_response(state.status)
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(state.body)

        def log_message(self, *_: Any) -> None:
            """Nothing on the terminal."""

    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state = Server(f"http://127.0.0.1:{running.server_port}/room.ics")
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield state
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture
def room(scope: Organization) -> Resource:
    return factories.resource(code="101")


@pytest.fixture
def feed(server: Server, room: Resource, now: datetime) -> BookingFeed:
    made = BookingFeed(resource=room, source="Opera", secret_url=server.address)
    return booking_feeds.create_feed(made, by=None, now=now)


def states() -> dict[str, str]:
    return dict(Booking.objects.values_list("reference", "status"))


def test_bookings_come_change_and_go(feed: BookingFeed, server: Server, now: datetime) -> None:
    server.body = calendar(entry("a"), entry("b", "02")).encode()
    assert booking_feeds.read_due(now=now) == 1
    assert states() == {"a": "confirmed", "b": "confirmed"}
    feed.refresh_from_db()
    assert (feed.state, feed.bookings, feed.problem) == ("fine", 2, "")

    server.body = calendar(entry("a", "05", hour=9)).encode()
    later = now + timedelta(minutes=31)
    assert booking_feeds.read_due(now=later) == 1

    assert states() == {"a": "confirmed", "b": "cancelled"}
    assert Booking.objects.get(reference="a").starts_at.day == 5
    entries = AuditEntry.objects.filter(action="import").order_by("pk")
    assert entries[1].changes == {
        "created": [None, 0],
        "changed": [None, 1],
        "cancelled": [None, 1],
    }
    assert booking_feeds.read_due(now=later) == 0


def test_what_is_past_or_of_others_does_not_vanish(
    feed: BookingFeed, server: Server, room: Resource, now: datetime
) -> None:
    hour = timedelta(hours=1)
    past = {"resource": room, "source": "Opera", "reference": "past"}
    factories.booking(now - 2 * hour, now - hour, **past)
    factories.booking(now + hour, now + 2 * hour, resource=room, source="Fax", reference="other")
    factories.booking(now + hour, now + 2 * hour, source="Opera", reference="elsewhere")
    server.body = calendar(entry("a")).encode()

    booking_feeds.read_due(now=now)

    assert set(states().values()) == {"confirmed"}


def test_an_unreadable_entry_keeps_bookings_from_being_cancelled(
    feed: BookingFeed, server: Server, now: datetime
) -> None:
    server.body = calendar(entry("a"), entry("b", "02")).encode()
    booking_feeds.read_due(now=now)
    server.body = calendar(entry("a"), "UID:b\nDTSTART:20260402T090000Z").encode()

    booking_feeds.read_due(now=now + timedelta(hours=1))

    assert states() == {"a": "confirmed", "b": "confirmed"}
    feed.refresh_from_db()
    assert feed.state == "fine"
    assert "The end must be after the start." in feed.problem


def test_an_unchanged_calendar_is_not_read_twice(
    feed: BookingFeed, server: Server, now: datetime
) -> None:
    server.body, server.headers = calendar(entry("a")).encode(), {"ETag": '"1"'}
    booking_feeds.read_due(now=now)
    server.status, server.body = 304, b""

    booking_feeds.read_due(now=now + timedelta(hours=1))

    assert server.asked[1]["If-None-Match"] == '"1"'
    feed.refresh_from_db()
    assert (feed.state, feed.checked_at) == ("fine", now + timedelta(hours=1))
    assert states() == {"a": "confirmed"}
    booking_feeds.read_due(now=now + timedelta(days=2))
    assert "If-None-Match" not in server.asked[2]


@pytest.mark.parametrize(
    ("status", "body", "headers", "problem"),
    [
        (500, b"", {}, "answers 500"),
        (200, b"<html>Sign in</html>", {}, "not a calendar"),
        (200, b"x", {"Content-Encoding": "gzip"}, "compresses"),
        (302, b"", {"Location": "file:///etc/passwd"}, "must begin with"),
        (302, b"", {"Location": "/room.ics"}, "on and on"),
        (200, b"BEGIN:VCALENDAR\r\n" + b"X" * 11_000_000, {}, "larger than 10 MB"),
    ],
)
def test_a_bad_server_is_told_and_asked_less_often(
    feed: BookingFeed,
    server: Server,
    now: datetime,
    status: int,
    body: bytes,
    headers: dict[str, str],
    problem: str,
) -> None:
    server.status, server.body, server.headers = status, body, headers

    booking_feeds.read_due(now=now)
    feed.refresh_from_db()
    first = feed.next_at
    booking_feeds.read_due(now=first)
    feed.refresh_from_db()

    assert (feed.state, feed.failures) == ("failed", 2)
    assert problem in feed.problem
    assert feed.next_at - first == 2 * (first - now)


def test_a_server_that_never_ends_is_cut_off(
    feed: BookingFeed, server: Server, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "PATIENCE", 0.3)
    server.wait = 1.5

    booking_feeds.read_due(now=now)

    feed.refresh_from_db()
    assert "takes longer than" in feed.problem


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.0.1", "0.1.2.3", "::1", "fe80::1",
     "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fc00::1", "224.0.0.1", "100.64.0.1"],
)  # fmt: skip
def test_private_networks_are_not_read(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 80)),
             (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80))]  # fmt: skip
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    with pytest.raises(foreign.NotReached, match="private network"):
        fetching.fetch("http://calendar.example/room.ics")


def test_a_redirect_into_a_private_network_is_not_followed(
    server: Server, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.status, server.headers = 302, {"Location": "http://intranet.example/"}
    monkeypatch.setattr(foreign, "is_public", lambda one: one == "127.0.0.1" or is_public(one))
    settings.BOOKING_FEEDS_PRIVATE = False
    looked_up = socket.getaddrinfo

    def names(host: str, *args: Any, **named: Any) -> Any:
        return looked_up("10.0.0.1" if host == "intranet.example" else host, *args, **named)

    monkeypatch.setattr(socket, "getaddrinfo", names)

    with pytest.raises(foreign.NotReached, match="private network"):
        fetching.fetch(server.address)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "address", ["", "room.ics", "ftp://x.example/a", "http://", "http://u:p@x.example/a", "http://[",
                "http://x.example:abc/", "http://x.example/a\r\nHost: y"]
)  # fmt: skip
def test_what_is_no_address_is_refused_at_once(address: str, room: Resource, now: datetime) -> None:
    feed = BookingFeed(resource=room, source="Opera", secret_url=address)
    with pytest.raises(Invalid):
        booking_feeds.create_feed(feed, by=None, now=now)


@pytest.mark.parametrize(
    "address", ["http://localhost/a", "https://10.0.0.1/a", "webcal://[::1]/a", "http://127.1/a"]
)  # fmt: skip
def test_an_address_in_the_own_network_is_refused_at_once(
    address: str, room: Resource, admin: User, settings: Any
) -> None:
    """By form and API, also when one is changed; unless the operator allows it."""
    settings.BOOKING_FEEDS_PRIVATE = False
    api, browser = Client(admin), signed_in(admin)
    body = {"resource": str(room.pk), "source": "Opera", "secret_url": address}
    answer = api.post("booking-feeds", body)
    assert answer.status_code == 400
    assert "private network" in answer.json()["secret_url"][0]
    page = browser.post("/admin/integrations/bookingfeed/add/", {**body, "every_minutes": 30})
    assert "private network" in page.context["adminform"].form.errors["secret_url"][0]
    public = {**body, "secret_url": "https://93.184.216.34/room.ics"}
    made = api.post("booking-feeds", public)
    changed = api.patch(f"booking-feeds/{made.json()['id']}", {"secret_url": address})
    assert (changed.status_code, list(changed.json())) == (400, ["secret_url"])


def test_one_worker_reads_a_feed(feed: BookingFeed, server: Server, now: datetime) -> None:
    server.body = calendar(entry("a")).encode()
    lease = now + booking_feeds.LEASE
    assert BookingFeed.objects.claim(feed.pk, now=now, lease_until=lease)

    assert booking_feeds.read_due(now=now) == 0
    assert booking_feeds.read_due(now=lease) == 1


def test_switched_off_is_not_read(
    feed: BookingFeed, organization: Organization, now: datetime
) -> None:
    Organization.objects.update(maintenance_scheduling_enabled=False)
    assert booking_feeds.read_due(now=now) == 0
    Organization.objects.update(maintenance_scheduling_enabled=True)
    booking_feeds.change_feed(feed, {"is_active": False}, by=None, now=now)
    assert booking_feeds.read_due(now=now) == 0


def test_another_organization_is_not_touched(
    feed: BookingFeed, server: Server, stranger: Organization, now: datetime
) -> None:
    with tenant_scope(stranger.pk):
        start = now + timedelta(days=30)
        theirs = factories.booking(start, start + timedelta(hours=1), source="Opera", reference="b")
    server.body = calendar(entry("a")).encode()
    booking_feeds.read_due(now=now)
    with tenant_scope(stranger.pk):
        theirs.refresh_from_db()
        assert theirs.status == "confirmed"
        assert Booking.objects.count() == 1


def test_the_console(
    room: Resource, admin: User, user_with: Callable[..., User], server: Server
) -> None:
    client = signed_in(admin)
    server.body = calendar(entry("a")).encode()
    form = {
        "resource": str(room.pk),
        "source": "Opera",
        "secret_url": "nowhere",
        "every_minutes": "30",
        "is_active": "on",
    }
    refused = client.post("/admin/integrations/bookingfeed/add/", form)
    assert "must begin with https://" in refused.content.decode()

    client.post("/admin/integrations/bookingfeed/add/", {**form, "secret_url": server.address})
    assert booking_feeds.read_due(now=timezone.now()) == 1

    listed = client.get("/admin/integrations/bookingfeed/").content.decode()
    assert "Opera" in listed
    assert server.address not in listed
    assert (
        signed_in(user_with(Role.TECHNICIAN)).get("/admin/integrations/bookingfeed/").status_code
        == 403
    )
    secrets = str(list(AuditEntry.objects.values()))
    assert server.address not in secrets
