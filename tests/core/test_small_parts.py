"""Ids, errors, state tables, correlation ids and plain values."""

import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest
from django.db import models

from core import correlation
from core.errors import Conflict, DomainError, Invalid, NotAllowed
from core.ids import new_id
from core.models import both_or_neither
from core.plain import plain
from core.states import StateTable, TransitionNotAllowed


def test_ids_are_version_7_and_sort_by_time() -> None:
    made = []
    for _ in range(200):
        made.append(new_id())
        time.sleep(0.000_01)
    assert made == sorted(made)
    assert {(entry.version, entry.variant) for entry in made} == {(7, "specified in RFC 4122")}
    milliseconds = made[0].int >> 80
    assert abs(milliseconds / 1000 - time.time()) < 60


def test_many_ids_are_all_different() -> None:
    assert len({new_id() for _ in range(50_000)}) == 50_000


def test_errors_carry_code_field_and_sentence() -> None:
    error = Conflict("Taken.", field="starts_at", conflicts=[{"id": "1"}])
    assert (str(error), error.code, error.field) == ("Taken.", "conflict", "starts_at")
    assert error.conflicts == [{"id": "1"}]
    assert NotAllowed("No.").code == "not_allowed"
    assert DomainError("No.", code="special").code == "special"
    assert Invalid("Wrong.", field="name").errors == {"name": ["Wrong."]}
    assert Invalid("Wrong.").errors == {"__all__": ["Wrong."]}
    many = Invalid(errors={"a": ["One."], "b": ["Two."]})
    assert (many.message, many.errors["b"]) == ("One. Two.", ["Two."])


DOOR = StateTable("door", {"open": frozenset({"shut"}), "shut": frozenset({"open", "locked"})})


def test_a_state_table_allows_what_it_lists() -> None:
    assert DOOR.states == ("open", "shut", "locked")
    for source in DOOR.states:
        for target in DOOR.states:
            if target in DOOR.allowed(source):
                DOOR.check(source, target)
            else:
                with pytest.raises(TransitionNotAllowed):
                    DOOR.check(source, target)
    assert DOOR.sources("open") == {"shut"}


def test_a_refused_move_names_the_possible_ones() -> None:
    with pytest.raises(TransitionNotAllowed, match="locked, open") as caught:
        DOOR.check("shut", "burnt")
    assert caught.value.allowed == {"open", "locked"}
    assert caught.value.code == "transition_not_allowed"
    with pytest.raises(TransitionNotAllowed, match="nothing"):
        DOOR.check("locked", "open")


def test_the_diagram_shows_every_edge() -> None:
    assert DOOR.diagram().splitlines() == [
        "stateDiagram-v2",
        "    open --> shut",
        "    shut --> locked",
        "    shut --> open",
        "    locked --> [*]",
    ]


@pytest.mark.parametrize(
    "given", [None, "", "short", "x" * 65, "a b c d e f", "abcdefgh\n", "<script>1"]
)
def test_foolish_correlation_ids_are_replaced(given: str | None) -> None:
    assert correlation.sane(given) != given
    assert len(correlation.sane(given)) == 32


def test_correlation_lasts_as_long_as_its_block() -> None:
    assert correlation.current() == ""
    with correlation.correlated("abcdefgh-1", address="10.0.0.1"):
        assert correlation.sane("abcdefgh-1") == correlation.current() == "abcdefgh-1"
        assert correlation.client_address() == "10.0.0.1"
        with correlation.correlated() as inner:
            assert correlation.add_to_log(None, "", {}) == {"correlation_id": inner}
        assert correlation.current() == "abcdefgh-1"
    assert correlation.client_address() is None
    assert correlation.add_to_log(None, "", {}) == {}


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (3, 3),
        ("x", "x"),
        (Colour.RED, "red"),
        (Decimal("1.10"), "1.10"),
        (datetime(2026, 1, 2, 3, tzinfo=UTC), "2026-01-02T03:00:00+00:00"),
        (date(2026, 1, 2), "2026-01-02"),
        (clock_time(6, 30), "06:30:00"),
        (timedelta(minutes=2), 120.0),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ({Colour.RED: [Decimal(1)]}, {"red": ["1"]}),
        ((1, {2}), [1, [2]]),
    ],
)
def test_plain_values(value: Any, expected: Any) -> None:
    found = plain(value)
    assert found == expected
    assert type(found) is type(expected)


def test_both_or_neither_names_its_columns() -> None:
    made = both_or_neither("done_at", "done_by", label="pair")
    assert made.name == "pair"
    assert made.condition == models.Q(done_at__isnull=True, done_by__isnull=True) | models.Q(
        done_at__isnull=False, done_by__isnull=False
    )
