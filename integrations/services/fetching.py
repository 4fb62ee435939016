"""Reading an address that somebody entered, without becoming a tunnel into the network that the site stands in.

The name is looked up once, every address it has is checked, and the connection goes to a checked one; a redirect is
checked as well. Limits of time and size hold for the whole answer.
"""

import socket
import ssl
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from threading import Timer
from urllib.parse import SplitResult, urljoin, urlsplit

from django.conf import settings

from core.rules.addresses import is_public

MOST_BYTES = 10_000_000
PATIENCE = 30.0
_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK = 65_536


class NotFetched(Exception):
    """It could not be read; the message says why, in a sentence for people."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came back; `data` is None when nothing changed since `etag` and `modified`."""

    data: bytes | None
    etag: str = ""
    modified: str = ""


def check_address(address: str) -> SplitResult:
    """The parts of an address that can be read. Raises `NotFetched`."""
    try:
        parts = urlsplit(address.strip())
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise NotFetched("This is not a web address.") from error
    if parts.scheme not in {"http", "https"} or not host:
        raise NotFetched("The address must begin with https:// or http://.")
    if parts.username or parts.password:
        raise NotFetched("An address with a password in it is not read.")
    if any(sign <= " " or sign == "\x7f" for sign in parts.geturl()):
        raise NotFetched("This is not a web address.")
    return parts


def fetch(address: str, *, etag: str = "", modified: str = "") -> Fetched:
    """Read the address. Raises `NotFetched`. Never called inside a transaction: it may take half a minute."""
    deadline = time.monotonic() + PATIENCE
    parts = check_address(address.replace("webcal://", "https://", 1))
    for _ in range(_MOST_REDIRECTS + 1):
        found = _ask(parts, {"If-None-Match": etag, "If-Modified-Since": modified}, deadline)
        if isinstance(found, Fetched):
            return found
        following = check_address(urljoin(parts.geturl(), found))
        if parts.scheme == "https" and following.scheme != "https":
            raise NotFetched("The address leads on to one without encryption.")
        parts = following
    raise NotFetched("The address leads on and on.")


def _ask(parts: SplitResult, known: dict[str, str], deadline: float) -> Fetched | str:
    """The answer, or where it leads on to."""
    connection = _connected(parts, deadline)
    # a server that sends a byte now and then keeps every single read alive, but not the whole
    guillotine = Timer(max(0.1, deadline - time.monotonic()), _cut, [connection])
    guillotine.daemon = True
    guillotine.start()
    try:
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        headers = {name: value for name, value in known.items() if value}
        connection.request(
            "GET",
            path.encode("utf-8").decode("latin-1"),
            headers={
                "Host": parts.netloc,
                "Accept": "text/calendar, */*;q=0.1",
                "User-Agent": "Mainstay",
                **headers,
            },
        )
        return _answer(connection.getresponse(), deadline)
    except (OSError, HTTPException, ValueError, AttributeError) as error:
        if time.monotonic() >= deadline:
            raise NotFetched(f"The server takes longer than {PATIENCE:.0f} seconds.") from error
        raise NotFetched("The server broke off or did not speak HTTP.") from error
    finally:
        guillotine.cancel()
        connection.close()


def _answer(response: HTTPResponse, deadline: float) -> Fetched | str:
    if response.status == 304:
        return Fetched(None)
    if response.status in _REDIRECTS and (target := response.headers.get("Location")):
        return target
    if response.status != 200:
        raise NotFetched(f"The server answers {response.status} {response.reason}"[:200])
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise NotFetched("The server compresses its answer although it was asked not to.")
    data = bytearray()
    while chunk := response.read(_CHUNK):
        data += chunk
        if len(data) > MOST_BYTES:
            raise NotFetched(f"The calendar is larger than {MOST_BYTES // 1_000_000} MB.")
        if time.monotonic() >= deadline:
            raise NotFetched(f"The server takes longer than {PATIENCE:.0f} seconds.")
    tags = {name: response.headers.get(name, "") for name in ("ETag", "Last-Modified")}
    return Fetched(bytes(data), tags["ETag"][:300], tags["Last-Modified"][:100])


def _connected(parts: SplitResult, deadline: float) -> HTTPConnection:
    """A connection to an address that was checked."""
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    target = _checked_address(host, port)
    timeout = max(0.1, min(10.0, deadline - time.monotonic()))
    kind = HTTPSConnection if secure else HTTPConnection
    connection = kind(host, port, timeout=timeout)
    try:
        plain = socket.create_connection((target, port), timeout=timeout)
        connection.sock = (
            ssl.create_default_context().wrap_socket(plain, server_hostname=host)
            if secure
            else plain
        )
    except ssl.SSLError as error:
        raise NotFetched("The server's certificate is not valid.") from error
    except OSError as error:
        raise NotFetched("The server does not answer.") from error
    return connection


def _checked_address(host: str, port: int) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotFetched("There is no server of this name.") from error
    addresses = [str(row[4][0]).partition("%")[0] for row in found]
    if not settings.BOOKING_FEEDS_PRIVATE and not all(is_public(one) for one in addresses):
        raise NotFetched("The address lies in a private network, which is not read.")
    return addresses[0]


def _cut(connection: HTTPConnection) -> None:
    if connection.sock is not None:
        try:
            connection.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it was closed already
