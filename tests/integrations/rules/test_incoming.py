"""Reading what others send, whatever they send."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.errors import Invalid
from integrations.rules import incoming
from integrations.rules.consumed import CONSUMED
from worklogs.rules import categories

leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
documents = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = (
    *("booking_reference", "venue_id", "starts_at", "ends_at", "status", "people", "guest_id"),
    *("guest_email", "item_id", "description", "category", "safety_concern", "room"),
    *("device_id", "risk_level", "health_score", "confidence", "predicted_failure_at"),
)


def refusal(act: Callable[[], Any]) -> dict[str, list[str]] | None:
    """What is wrong, by field; None when nothing is. Any other error fails the test."""
    try:
        act()
    except Invalid as error:
        return error.errors
    return None


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    assert refusal(lambda: incoming.read(incoming.from_bytes(body))) != {}


@example({"specversion": "1.0", "data_base64": "\x80"})
@given(
    st.dictionaries(
        st.sampled_from(
            ["specversion", "id", "source", "type", "time", "data", "data_base64", "event_type"]
        ),
        documents | st.just("1.0"),
    )
)
def test_any_document_is_read_or_refused(document: Any) -> None:
    assert refusal(lambda: incoming.read(document)) != {}


@given(st.sampled_from(sorted(CONSUMED)), st.dictionaries(st.sampled_from(FIELDS), documents))
def test_any_data_are_read_or_refused_with_the_field(name: str, data: Any) -> None:
    found = refusal(lambda: CONSUMED[name].read(data)) or {}
    assert all(field.startswith("data.") for field in found)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("opera", "opera"),
        ("/services/booking", "booking"),
        ("https://pms.example.com", "pms.example.com"),
        ("https://example.com/booking-service/", "booking-service"),
        ("urn:example:booking-service", "booking-service"),
        ("x" * 90, "x" * 50),
    ],
)
def test_the_sender_has_a_short_name(source: str, name: str) -> None:
    assert incoming.system_name(source) == name


def test_base64_and_binary_mode_say_the_same() -> None:
    attributes = {"specversion": "1.0", "id": "1", "source": "/x", "type": "a.b"}
    structured = incoming.read({**attributes, "data": {"a": 1}})
    encoded = incoming.read({**attributes, "data_base64": "eyJhIjogMX0="})
    headers = {f"Ce-{name.title()}": value for name, value in attributes.items()}
    binary = incoming.read(incoming.with_headers(headers, {"a": 1}))
    assert structured == encoded == binary


def test_times_without_an_offset_are_utc() -> None:
    noon = datetime(2026, 3, 4, 12, tzinfo=UTC)
    assert incoming.moment("2026-03-04T12:00:00") == noon
    assert incoming.moment("2026-03-04T14:00:00+02:00") == noon
    moments: tuple[Any, ...] = ("2026-03-04", "0001-01-01T00:00:00Z", 5, [], "2026-03-04T25:00:00")
    for wrong in moments:
        event = {"specversion": "1.0", "id": "1", "source": "/x", "type": "a.b", "time": wrong}
        with pytest.raises(Invalid) as refused:
            incoming.read(event)
        assert list(refused.value.errors) == ["time"]


def test_what_no_database_holds_is_refused() -> None:
    deep: Any = {}
    for _ in range(40):
        deep = {"a": deep}
    for body in (b'{"a": "\\u0000"}', orjson.dumps(deep), b" " * (incoming.MOST_BYTES + 1)):
        with pytest.raises(Invalid):
            incoming.from_bytes(body)


@pytest.mark.parametrize(
    ("named", "text", "found"),
    [
        ("plumbing", "It is cold", "plumbing"),
        ("Air conditioning", "", "hvac"),
        ("noise", "The neighbours are loud", "other"),
        ("", "There is smoke and water", "safety"),
        ("", "The tap drips", "plumbing"),
        ("", "The TV shows nothing", "appliance"),
    ],
)
def test_the_trade_is_guessed(named: str, text: str, found: str) -> None:
    assert categories.guess(named, text) == found
