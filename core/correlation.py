"""What ties together everything that one request, task or command caused."""

import re
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import uuid4

_SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{7,63}")
_correlation_id: ContextVar[str] = ContextVar("correlation_id", default="")
_address: ContextVar[str | None] = ContextVar("client_address", default=None)


def current() -> str:
    """The correlation id of the running request, task or command; empty when there is none."""
    return _correlation_id.get()


def client_address() -> str | None:
    """The network address of the client whose request is served; None outside requests."""
    return _address.get()


def new() -> str:
    return uuid4().hex


def sane(candidate: str | None) -> str:
    """The caller's own id when it is 8 to 64 harmless characters, otherwise a new one."""
    return candidate if candidate and _SANE.fullmatch(candidate) else new()


@contextmanager
def correlated(correlation_id: str | None = None, *, address: str | None = None) -> Iterator[str]:
    """Everything inside carries `correlation_id` (a new one when None or empty)."""
    chosen = correlation_id or new()
    id_token, address_token = _correlation_id.set(chosen), _address.set(address)
    try:
        yield chosen
    finally:
        _address.reset(address_token)
        _correlation_id.reset(id_token)


def add_to_log(
    _logger: Any, _method: str, entry: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A structlog processor that puts the correlation id on every line."""
    if chosen := current():
        entry["correlation_id"] = chosen
    return entry
