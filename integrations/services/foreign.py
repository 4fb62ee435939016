"""Talking to addresses that somebody entered, without becoming a tunnel into the network that the site stands in.

The name is looked up once for each connection, every address it has is checked, and the connection goes to a checked
one. Limits of time and size hold for the whole answer. Never used inside a transaction.
"""

import socket
import ssl
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from http.client import (
    HTTPConnection,
    HTTPException,
    HTTPMessage,
    HTTPResponse,
    HTTPSConnection,
)
from threading import Timer
from urllib.parse import SplitResult, urlsplit

from core.rules.addresses import is_inside, is_public

_CHUNK = 65_536
_CONNECT_SECONDS = 10.0
_SCHEMES = frozenset({"http", "https"})


_PRIVATE = "The address lies in a private network, where this site asks nobody."


class NotReached(Exception):
    """There was no answer; the message says why, in a sentence for people."""


class Patience:
    """So many seconds, over however many steps."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._end = seconds, time.monotonic() + seconds

    @property
    def left(self) -> float:
        """In seconds; never nothing, because to a socket that means for ever."""
        return max(0.1, self._end - time.monotonic())

    def check(self) -> None:
        """Raises `NotReached` when it is over."""
        if time.monotonic() >= self._end:
            raise NotReached(f"The server takes longer than {self._seconds:.0f} seconds.")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `is_whole` says whether `data` is all of it."""

    status: int
    reason: str
    headers: HTTPMessage
    data: bytes
    is_whole: bool


def check_address(
    address: str, *, schemes: Collection[str] = _SCHEMES, may_be_private: bool = True
) -> SplitResult:
    """The parts of an address that can be talked to. Raises `NotReached`.

    Where a name leads to is looked at when it is asked; `may_be_private` judges numbers here, and names like localhost.
    """
    try:
        parts = urlsplit(address.strip())
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise NotReached("This is not a web address.") from error
    if parts.scheme not in schemes or not host:
        said = " or ".join(f"{scheme}://" for scheme in sorted(schemes, reverse=True))
        raise NotReached(f"The address must begin with {said}.")
    if parts.username or parts.password:
        raise NotReached("An address with a password in it is not used.")
    if any(sign <= " " or sign == "\x7f" for sign in parts.geturl()):
        raise NotReached("This is not a web address.")
    if not may_be_private and is_inside(host):
        raise NotReached(_PRIVATE)
    return parts


class Line:
    """To one server; stays connected between questions as long as both sides like.

    `may_be_private` lets it lead into private networks. The address is looked at when it is asked.
    """

    def __init__(
        self, address: str, *, may_be_private: bool, schemes: Collection[str] = _SCHEMES
    ) -> None:
        self._address, self._may_be_private, self._schemes = address, may_be_private, schemes
        self._connection: HTTPConnection | None = None

    def ask(
        self,
        method: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        *,
        most_bytes: int,
        patience: Patience,
    ) -> Answer:
        """The answer, whatever its status. Raises `NotReached`."""
        was_open = self._is_open
        try:
            try:
                return self._ask(method, headers, body, most_bytes, patience)
            except ConnectionError:
                if not was_open:
                    raise
                patience.check()
                self.close()  # the server had let go of it meanwhile
                return self._ask(method, headers, body, most_bytes, patience)
        except NotReached:
            self.close()
            raise
        except (OSError, HTTPException, ValueError, AttributeError) as error:
            self.close()
            patience.check()
            raise NotReached("The server broke off or did not speak HTTP.") from error

    def close(self) -> None:
        """Let go of the server."""
        if self._connection is not None:
            self._connection.close()

    @property
    def _is_open(self) -> bool:
        return self._connection is not None and self._connection.sock is not None

    def _ask(
        self,
        method: str,
        headers: Mapping[str, str],
        body: bytes,
        most_bytes: int,
        patience: Patience,
    ) -> Answer:
        is_new, parts = not self._is_open, check_address(self._address, schemes=self._schemes)
        if self._connection is None or is_new:
            self._connection = _connected(parts, patience, self._may_be_private)
        connection = self._connection
        # a server that sends a byte now and then keeps every single read alive, but not the whole
        guillotine = Timer(patience.left, _cut, [connection])
        guillotine.daemon = True
        guillotine.start()
        try:
            if is_new and isinstance(connection.sock, ssl.SSLSocket):
                _shake_hands(connection.sock)
            path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
            named = {"Host": parts.netloc, "User-Agent": "Mainstay", **headers}
            connection.request(method, path.encode().decode("latin-1"), body or None, named)
            _hurry(connection.sock)
            answer = _answer(connection.getresponse(), most_bytes, patience)
        finally:
            guillotine.cancel()
        if not answer.is_whole:
            self.close()
        return answer


def _answer(response: HTTPResponse, most_bytes: int, patience: Patience) -> Answer:
    data = bytearray()
    while len(data) <= most_bytes and (chunk := response.read(_CHUNK)):
        data += chunk
        patience.check()
    patience.check()
    is_whole = len(data) <= most_bytes
    reason = "".join(sign for sign in response.reason if sign.isprintable())
    return Answer(response.status, reason, response.headers, bytes(data), is_whole)


def _connected(parts: SplitResult, patience: Patience, may_be_private: bool) -> HTTPConnection:
    """A connection to an address that was checked."""
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    target = _checked_address(host, port, may_be_private)
    timeout = min(_CONNECT_SECONDS, patience.left)
    connection = (HTTPSConnection if secure else HTTPConnection)(host, port, timeout=timeout)
    connection.auto_open = 0  # by itself it would look the name up once more, and check nothing
    try:
        plain = socket.create_connection((target, port), timeout=timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sock = plain
        if secure:
            connection.sock = _encryption().wrap_socket(
                plain, server_hostname=host, do_handshake_on_connect=False
            )
    except OSError as error:
        raise NotReached("The server does not answer.") from error
    return connection


def _hurry(line: socket.socket) -> None:
    """Many servers send head and body apart, and the body only when the head is confirmed, which Linux puts off."""
    if hasattr(socket, "TCP_QUICKACK"):
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def _shake_hands(line: ssl.SSLSocket) -> None:
    try:
        line.do_handshake()
    except ssl.SSLCertVerificationError as error:
        raise NotReached("The server's certificate is not valid.") from error


@cache
def _encryption() -> ssl.SSLContext:
    """Reading the certificates of the system takes longer than most questions."""
    return ssl.create_default_context()


def _checked_address(host: str, port: int, may_be_private: bool) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotReached("There is no server of this name.") from error
    addresses = [str(row[4][0]).partition("%")[0] for row in found]
    if not may_be_private and not all(is_public(one) for one in addresses):
        raise NotReached(_PRIVATE)
    return addresses[0]


def _cut(connection: HTTPConnection) -> None:
    if connection.sock is not None:
        try:
            connection.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it was closed already
