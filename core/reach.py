"""Requests to addresses that people entered, made by libraries that open their own connections.

Inside `public_only` urllib3, on which requests stands, connects to public addresses only. The check is made where the
connection is: the name is looked up once, and what was checked is connected to, for redirects as well.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from urllib3.util import connection

from core.rules.addresses import is_public


class Guard:
    """Whether a connection was refused since the guard stands; libraries keep the reason to themselves."""

    def __init__(self) -> None:
        self.refused = False


_standing: ContextVar[Guard | None] = ContextVar("standing", default=None)
_connect = connection.create_connection


class PrivateAddress(OSError):
    """The address lies in a private network."""


@contextmanager
def public_only(*, unless: bool = False) -> Iterator[Guard]:
    """Refuse connections into private networks with `PrivateAddress`, which requests wraps in an error of its own.

    `unless` is the operator's permission.
    """
    guard = Guard()
    token = _standing.set(None if unless else guard)
    try:
        yield guard
    finally:
        _standing.reset(token)


def checked(host: str, port: int) -> str:
    """An IP address of the host, when all that it has are public.

    Raises PrivateAddress, or OSError for a name that nobody knows.
    """
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    addresses = [str(row[4][0]).partition("%")[0] for row in found]
    if not all(is_public(one) for one in addresses):
        raise PrivateAddress("The address lies in a private network.")
    return addresses[0]


def _create_connection(address: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
    host, port = address
    guard = _standing.get()
    if guard is not None:
        try:
            host = checked(host, port)
        except PrivateAddress:
            guard.refused = True
            raise
    return _connect((host, port), *args, **kwargs)


connection.create_connection = _create_connection
