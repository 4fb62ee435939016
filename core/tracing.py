"""Spans: what was done within what and how long it took, for whoever watches; without a tracer nothing, at no cost.

A span belongs to the trace that its correlation id names, so whatever keeps the correlation id keeps the trace: rows of
the outbox, tasks, deliveries, published events. What is done inside a span for another cause is a trace of its own,
linked with it.
"""

import re
from collections.abc import Mapping, MutableMapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal, Protocol

from core import correlation

Kind = Literal["internal", "server", "client", "producer", "consumer"]
Fact = str | int | float | bool

_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?"
)
_NOTHING = nullcontext()


class Tracer(Protocol):
    """Whoever keeps the spans; `maintenance_site.tracing` sends them to a collector."""

    def span(
        self, name: str, kind: Kind, caller: str, facts: Mapping[str, Fact]
    ) -> AbstractContextManager[object]: ...

    def rename(self, name: str) -> None: ...

    def note(self, facts: Mapping[str, Fact]) -> None: ...

    def fail(self, kind: str) -> None: ...

    def headers(self) -> dict[str, str]: ...

    def ids(self) -> dict[str, str]: ...


_tracer: Tracer | None = None


def wire(tracer: Tracer | None) -> None:
    """From now on spans go there; None: nowhere."""
    global _tracer
    _tracer = tracer


def is_wired() -> bool:
    """Whether anybody keeps the spans."""
    return _tracer is not None


def span(
    name: str, *, kind: Kind = "internal", caller: str = "", **facts: Fact
) -> AbstractContextManager[object]:
    """What is done inside is one span; an error that leaves it marks it as failed, by its class.

    `name` has few values (a route, a handler, a job), `facts` tell the rest, but nothing secret and nobody's address.
    `caller` is the traceparent of whoever asked from outside.
    """
    return _NOTHING if _tracer is None else _tracer.span(name, kind, caller, facts)


def rename(name: str) -> None:
    """Name the running span once it is known what it is."""
    if _tracer is not None:
        _tracer.rename(name)


def note(**facts: Fact) -> None:
    """Tell more of the running span."""
    if _tracer is not None:
        _tracer.note(facts)


def fail(kind: str) -> None:
    """Mark the running span as failed where the error goes no further; `kind` is a class of errors or a status.

    What an error says may name people and stays in the log.
    """
    if _tracer is not None:
        _tracer.fail(kind)


def headers() -> dict[str, str]:
    """What a request or message to others carries, so that their spans join: `traceparent`, or nothing."""
    return {} if _tracer is None else _tracer.headers()


def carried(name: str, correlation_id: str, **facts: Fact) -> dict[str, str]:
    """Headers for one of many messages that leave together: its moment is a span in the trace of what caused it.

    `traceparent` is also the name by which CloudEvents carry it.
    """
    if _tracer is None:
        return {}
    with correlation.correlated(correlation_id), _tracer.span(name, "producer", "", facts):
        return headers()


def add_to_log(
    _logger: Any, _method: str, entry: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A structlog processor that names the running trace and span."""
    if _tracer is not None:
        entry.update(_tracer.ids())
    return entry


def trace_of(traceparent: str | None) -> str:
    """The trace id of a W3C traceparent; empty when there is none or it is none."""
    parts = parts_of(traceparent)
    return parts[0] if parts else ""


def parts_of(traceparent: str | None) -> tuple[str, str, str] | None:
    """Trace id, span id and flags of a W3C traceparent, in hexadecimal digits."""
    match = _TRACEPARENT.fullmatch(traceparent or "")
    return (match[1], match[2], match[3]) if match else None
