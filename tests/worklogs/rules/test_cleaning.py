"""When cleaning is due: between the guests who leave and those who come."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from worklogs.rules import cleaning
from worklogs.rules.cleaning import Demand, Stay

START = datetime(2026, 3, 4, 10, tzinfo=UTC)
MINUTES = st.integers(0, 3 * 24 * 60)


def _minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


@given(length=MINUTES, gap=MINUTES, allowed=MINUTES, setup=MINUTES, late=MINUTES)
def test_due_lies_between_departure_and_arrival(
    length: int, gap: int, allowed: int, setup: int, late: int
) -> None:
    ends_at = START + _minutes(length + 1)
    arrives = ends_at + _minutes(gap)
    left_at = ends_at + _minutes(late)
    demand = Demand(on_checkout=True, allowed=_minutes(allowed), setup=_minutes(setup))
    for left, status in ((None, "checked_in"), (left_at, "completed")):
        stay = Stay(START, ends_at, status, "Europe/Berlin", left, arrives)
        [one] = cleaning.wanted(demand, stay, now=left_at)
        assert one.due_at >= stay.checkout
        assert one.due_at <= stay.checkout + _minutes(allowed)
        if arrives >= stay.checkout:
            assert one.due_at <= arrives


@given(nights=st.integers(1, 40), zone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata"]))
def test_no_day_of_a_stay_is_asked_for_twice_or_outside_of_it(nights: int, zone: str) -> None:
    ends_at = START + timedelta(days=nights)
    stay = Stay(START, ends_at, "checked_in", zone)
    seen: set[str] = set()
    for day in range(nights + 2):
        now = START + timedelta(days=day)
        for one in cleaning.wanted(Demand(False, cleaning.EACH_DAY), stay, now=now):
            assert START.date() < one.day < ends_at.date()
            seen.add(one.part)
    assert len(seen) == nights - 1


def test_what_is_tight_is_said() -> None:
    leave = START

    def said(gap: int) -> str:
        return cleaning.tightness(leave, leave + _minutes(gap), 45, timedelta(0))

    assert said(-5) == "Tight: the next guests arrive before these have left."
    assert said(30) == "Tight: 30 min until the next guests, the work takes 45 min."
    assert said(60) == "Tight: only 15 min to spare before the next guests."
    assert said(120) == ""
    assert cleaning.tightness(leave, None, 45, timedelta(0)) == ""


def test_bookings_that_are_not_certain_ask_for_nothing() -> None:
    for status in ("tentative", "cancelled"):
        stay = Stay(START, START + timedelta(hours=1), status, "UTC")
        for demand in (Demand(True), Demand(False), Demand(False, cleaning.EACH_EVENING)):
            assert cleaning.wanted(demand, stay, now=START) == []
