"""Reading what others send: CloudEvents 1.0 in each of its forms, and the plain form that older services speak.

Nothing here knows what an event means (`consumed.py` does), nor the database.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import orjson

from core import tracing
from core.errors import Invalid

#: Of one event; larger ones are not read at all.
MOST_BYTES = 256 * 1024
_LENGTHS = {"id": 200, "source": 300, "type": 100, "subject": 300, "organization": 80}
_LONGEST_CORRELATION = 64
_FIRST_YEAR, _LAST_YEAR = 1970, 2200
_PLAIN = {"event_type": "type", "event_id": "id", "timestamp": "time"}
_DEEPEST = 32


@dataclass(frozen=True, slots=True)
class Incoming:
    """An event as it came. `time` is when it happened, if the sender says so; `organization` a short name or empty."""

    id: str
    source: str
    type: str
    data: Mapping[str, Any]
    time: datetime | None = None
    subject: str = ""
    organization: str = ""
    correlation_id: str = ""


def from_bytes(body: bytes) -> Any:
    """The JSON document. Raises `Invalid` for anything that is none, or that no database could hold."""
    if len(body) > MOST_BYTES:
        raise Invalid(f"It has {len(body):,} bytes; {MOST_BYTES:,} are read at most.")
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Invalid(f"It is not JSON: {error}.") from error
    if b"\\u0000" in body or not _is_shallow(document):
        raise Invalid(f"It contains NUL characters, or is nested more than {_DEEPEST} levels deep.")
    return document


def _is_shallow(document: Any) -> bool:
    level = [document]
    for _ in range(_DEEPEST):
        level = [
            item
            for value in level
            if isinstance(value, dict | list)
            for item in (value.values() if isinstance(value, dict) else value)
        ]
    return not level


def with_headers(
    headers: Mapping[str, str], data: Any, *, prefixes: tuple[str, ...] = ("ce-",)
) -> Any:
    """The event of a message in binary mode, whose attributes stand in headers that begin so, or `data` as it is."""
    found = {
        name.lower().removeprefix(prefix): value
        for name, value in headers.items()
        for prefix in prefixes
        if name.lower().startswith(prefix)
    }
    return {**found, "data": data} if "specversion" in found else data


def read(document: Any, *, organization: str = "") -> Incoming:
    """The event that a JSON document says. Raises `Invalid` with a sentence for each attribute that is wrong.

    `organization`: the one that the way it came names, where the event itself names none.
    """
    if not isinstance(document, Mapping):
        raise Invalid("An event is a JSON object.")
    if "specversion" not in document and "event_type" in document:
        document = _from_plain(document)
    elif document.get("specversion") != "1.0":
        known = "“1.0” for a CloudEvent; the plain form has “event_type” instead."
        raise Invalid(f"Say which form this is: {known}", field="specversion")
    errors: dict[str, list[str]] = {}
    texts = {name: _text(document, name, errors) for name in _LENGTHS}
    moment = _time(document.get("time"), errors)
    data = _data(document, errors)
    if errors:
        raise Invalid(errors=errors)
    named = texts.pop("organization") or organization
    sent, parent = document.get("correlationid"), document.get("traceparent")
    known_by = sent if isinstance(sent, str) else ""
    if not known_by and isinstance(parent, str):
        known_by = tracing.trace_of(parent)
    return Incoming(
        **texts,
        data=data,
        time=moment,
        organization=named,
        correlation_id=known_by if len(known_by) <= _LONGEST_CORRELATION else "",
    )


def system_name(source: str) -> str:
    """By which bookings and people know the sender: the last part of its address, such as `booking-service`."""
    parts = urlsplit(source)
    steps = [step for step in parts.path.replace(":", "/").split("/") if step]
    return (steps[-1] if steps else parts.netloc or source)[:50]


def moment(value: Any) -> datetime:
    """An ISO 8601 time; one without an offset is UTC. Raises ValueError."""
    if not isinstance(value, str) or len(value) < len("2026-11-22T10"):
        raise ValueError(value)
    found = datetime.fromisoformat(value.strip())
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise ValueError(value)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _from_plain(document: Mapping[str, Any]) -> dict[str, Any]:
    """`{"event_type", "event_id", "timestamp", "data"}` as a CloudEvent; without a sender it is known by its type."""
    renamed = {_PLAIN.get(name, name): value for name, value in document.items()}
    kind = str(renamed.get("type") or "")
    sender = renamed.get("source") or renamed.get("source_service") or kind.partition(".")[0]
    correlation = renamed.get("correlationid") or renamed.get("correlation_id")
    return {**renamed, "source": sender, "correlationid": correlation}


def _text(document: Mapping[str, Any], name: str, errors: dict[str, list[str]]) -> str:
    value, most = document.get(name), _LENGTHS[name]
    is_needed = name in {"id", "source", "type"}
    if value is None and not is_needed:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or (is_needed and not value.strip()):
        errors[name] = ["Say it in words." if value not in (None, "") else "It is missing."]
        return ""
    if len(value) > most or "\0" in value:
        errors[name] = [f"It has {len(value)} characters; {most} are possible."]
    return value.strip()


def _time(value: Any, errors: dict[str, list[str]]) -> datetime | None:
    if value in (None, ""):
        return None
    try:
        return moment(value)
    except (ValueError, OverflowError):
        errors["time"] = ["A time in ISO 8601, such as 2026-11-22T10:30:00Z."]
        return None


def _data(document: Mapping[str, Any], errors: dict[str, list[str]]) -> Mapping[str, Any]:
    value = document.get("data")
    if value is None and isinstance(document.get("data_base64"), str):
        try:
            value = orjson.loads(base64.b64decode(document["data_base64"], validate=True))
        except ValueError:  # of either
            errors["data_base64"] = ["It is not JSON in Base64."]
            return {}
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        errors["data"] = ["The data of an event are a JSON object."]
        return {}
    return value
