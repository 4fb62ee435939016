"""Failure events and the figures drawn from them."""

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from reporting.rules.reliability import Stretch, merged, reliability

ZERO = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = ZERO + timedelta(days=365)


def at(hours: float) -> datetime:
    return ZERO + timedelta(hours=hours)


@st.composite
def stretches(draw: st.DrawFn) -> list[Stretch]:
    found: list[Stretch] = []
    for _ in range(draw(st.integers(0, 12))):
        start = draw(st.integers(0, 100))
        length = draw(st.none() | st.integers(0, 30))
        found.append((at(start), None if length is None else at(start + length)))
    return found


def test_what_comes_while_it_is_down_is_one_failure() -> None:
    found = reliability(
        [(at(0), at(4)), (at(1), at(6)), (at(6), at(8)), (at(20), None)], ZERO, YEAR
    )

    assert (found.failures, found.ended) == (3, 2)
    assert found.time_to_repair == timedelta(hours=4)
    assert found.time_between_failures == timedelta(hours=10)
    assert found.downtime == timedelta(hours=8) + (YEAR - at(20))


def test_reports_of_one_day_without_times_are_one_failure() -> None:
    found = reliability([(at(12), at(12)), (at(12), at(12)), (at(36), at(36))], ZERO, YEAR)

    assert found.failures == 2


def test_too_few_failures_say_nothing_about_the_time_between() -> None:
    assert reliability([(at(0), at(1)), (at(9), at(10))], ZERO, YEAR).time_between_failures is None
    nothing = reliability([], ZERO, YEAR)
    assert (nothing.failures, nothing.time_to_repair, nothing.first) == (0, None, None)


def test_stretches_are_clipped_to_the_period() -> None:
    found = reliability([(at(-5), at(2)), (at(8), at(30))], ZERO, at(10))

    assert (found.failures, found.ended) == (1, 0)
    assert found.downtime == timedelta(hours=4)


@given(stretches())
def test_merged_stretches_are_apart_and_cover_the_same(given_: list[Stretch]) -> None:
    found = merged(given_)

    for (_, end), (start, _) in itertools.pairwise(found):
        assert end is not None
        assert end <= start
    for hour in range(0, 140):
        moment = at(hour + 0.5)
        inside = any(low <= moment and (high is None or moment < high) for low, high in given_)
        assert inside == any(
            low <= moment and (high is None or moment < high) for low, high in found
        )
    assert merged(reversed(given_)) == found
