"""Business time against published vectors, a city's own deadlines, and minute by minute."""

import json
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared_data import shared_data
from worklogs.rules import sla_clock
from worklogs.rules.sla_clock import Calendar, Clock, NeverOpens, Pause, Target

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NINE, FIVE = time(9), time(17)
OFFICE = Calendar("Europe/Berlin", tuple((day, NINE, FIVE) for day in range(5)))
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def vectors(name: str) -> list[Any]:
    path = shared_data(name)
    return json.loads(path.read_text()) if path else []


def wall(text: str) -> time:
    return time.min if text == "24:00" else time.fromisoformat(text)


def calendar_of(vector: Any) -> Calendar:
    hours = tuple(
        (DAYS.index(day), wall(opens), wall(closes))
        for day, stretches in vector["hours"].items()
        for opens, closes in stretches
    )
    holidays = frozenset(date.fromisoformat(day) for day in vector["holidays"])
    return Calendar(vector["tz"], hours, holidays)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def test_published_vectors() -> None:
    wrong = []
    for vector in vectors("sla_vectors/sla_vectors.shown.json"):
        calendar, start = calendar_of(vector), moment(vector["start"])
        if vector["op"] == "elapsed_seconds":
            found: Any = sla_clock.elapsed(calendar, start, moment(vector["end"])).total_seconds()
            expected: Any = vector["expected_seconds"]
        else:
            span = timedelta(minutes=vector["minutes"])
            move = sla_clock.add if vector["op"] == "add_minutes" else sla_clock.subtract
            found, expected = move(calendar, start, span), moment(vector["expected"])
        if found != expected:
            wrong.append((vector["source"], vector["ref"], vector["start"], found, expected))
    assert not wrong


BOSTON = Calendar(
    "America/New_York",
    tuple((day, time(8, 30), FIVE) for day in range(5)),
    frozenset(
        date.fromisoformat(day)
        for day in (
            *("2015-01-01", "2015-01-19", "2015-02-16", "2015-04-20", "2015-05-25", "2015-07-04"),
            *("2015-09-07", "2015-10-12", "2015-11-11", "2015-11-26", "2015-12-25"),
            *("2016-01-01", "2016-01-18"),
        )
    ),
)


def test_the_deadlines_of_a_city() -> None:
    zone = ZoneInfo(BOSTON.zone)
    wrong = []
    for vector in vectors("boston311/sla_exact_vectors.shown.json"):
        opened = datetime.fromisoformat(vector["opened"]).replace(tzinfo=zone)
        due = sla_clock.add_days(BOSTON, opened, vector["business_days"])
        if due.astimezone(zone).replace(tzinfo=None) != datetime.fromisoformat(vector["due"]):
            wrong.append((vector, due))
    assert not wrong


def test_over_a_weekend_and_a_holiday() -> None:
    closed = Calendar(OFFICE.zone, OFFICE.hours, frozenset({date(2026, 3, 9)}))
    friday = utc(2026, 3, 6, 15)  # 16:00 in Berlin
    assert sla_clock.add(OFFICE, friday, 2 * HOUR) == utc(2026, 3, 9, 9)
    assert sla_clock.add(closed, friday, 2 * HOUR) == utc(2026, 3, 10, 9)
    assert sla_clock.add(OFFICE, friday, HOUR) == utc(2026, 3, 6, 16), "the end of the day itself"
    assert sla_clock.add(OFFICE, utc(2026, 3, 6, 16), timedelta(0)) == utc(2026, 3, 9, 8)


def test_hours_keep_their_wall_time_when_clocks_change() -> None:
    """29 March 2026: at night two becomes three in Berlin."""
    friday = utc(2026, 3, 27, 15)
    assert sla_clock.add(OFFICE, friday, 2 * HOUR) == utc(2026, 3, 30, 8)
    always = sla_clock.round_the_clock("Europe/Berlin")
    midnight = utc(2026, 3, 28, 23)
    assert sla_clock.elapsed(always, midnight, midnight + 23 * HOUR) == 23 * HOUR
    assert sla_clock.add(always, midnight, 24 * HOUR) == midnight + 24 * HOUR


def test_pauses_stop_the_clock_and_an_open_one_leaves_no_deadline() -> None:
    start = utc(2026, 3, 4, 9)
    pauses = ((utc(2026, 3, 4, 10), utc(2026, 3, 4, 12)),)
    clock = Clock(OFFICE, start, Target(4 * HOUR), pauses)
    assert clock.due_at() == utc(2026, 3, 4, 15)
    assert clock.elapsed(utc(2026, 3, 4, 13)) == 2 * HOUR
    assert clock.running(utc(2026, 3, 4, 13)) == [
        (start, utc(2026, 3, 4, 10)),
        (utc(2026, 3, 4, 12), utc(2026, 3, 4, 13)),
    ]
    assert clock.share(utc(2026, 3, 4, 13)) == 0.5
    assert clock.reached_at(0.75) == utc(2026, 3, 4, 14)
    waiting = Clock(OFFICE, start, Target(4 * HOUR), ((utc(2026, 3, 4, 10), None),))
    assert waiting.due_at() is None
    assert waiting.elapsed(utc(2026, 3, 9, 12)) == HOUR
    assert waiting.reached_at(0.25) == utc(2026, 3, 4, 10), "what was reached before stays"


def test_a_pause_at_night_costs_nothing() -> None:
    night = ((utc(2026, 3, 4, 18), utc(2026, 3, 5, 6)),)
    start = utc(2026, 3, 4, 15)
    assert sla_clock.add(OFFICE, start, 2 * HOUR, night) == sla_clock.add(OFFICE, start, 2 * HOUR)


def test_days_are_prolonged_by_what_was_paused() -> None:
    start = utc(2026, 3, 4, 9)
    assert Clock(OFFICE, start, Target(days=2)).due_at() == utc(2026, 3, 6, 9)
    pauses = ((utc(2026, 3, 5, 9), utc(2026, 3, 5, 11)),)
    assert Clock(OFFICE, start, Target(days=2), pauses).due_at() == utc(2026, 3, 6, 11)


def test_whoever_never_opens_says_so() -> None:
    closed = Calendar("UTC", ())
    start = utc(2026, 3, 4)
    for act in (
        lambda: sla_clock.add(closed, start, HOUR),
        lambda: sla_clock.subtract(closed, start, HOUR),
        lambda: sla_clock.add_days(closed, start, 1),
    ):
        with pytest.raises(NeverOpens):
            act()
    assert sla_clock.elapsed(closed, start, start + 1000 * HOUR) == timedelta(0)


# -- by chance --------------------------------------------------------------------------------------------------------

QUARTER = timedelta(minutes=15)
BASE = utc(2026, 3, 25)  # the clocks of Berlin change four days later
quarters = st.integers(0, 4 * 24 * 10)
moments = quarters.map(lambda number: BASE + number * QUARTER)
times = st.integers(0, 95).map(lambda number: time(number // 4, number % 4 * 15))
stretches = st.tuples(st.integers(0, 6), times, times).filter(
    lambda hours: hours[1] < hours[2] or hours[2] == time.min
)
calendars = st.builds(
    Calendar,
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]),
    st.lists(stretches, min_size=1, max_size=8).map(tuple),
    st.sets(
        st.integers(0, 12).map(lambda n: date(2026, 3, 24) + timedelta(days=n)), max_size=3
    ).map(frozenset),
)
pauses = st.lists(st.tuples(moments, moments), max_size=4).map(tuple)
spans = st.integers(1, 200).map(lambda number: number * QUARTER)


def works(calendar: Calendar, at: datetime) -> bool:
    """By looking at the clock on the wall."""
    local = at.astimezone(ZoneInfo(calendar.zone))
    if local.date() in calendar.holidays:
        return False
    return any(
        weekday == local.weekday()
        and opens <= local.time()
        and (local.time() < closes or closes == time.min)
        for weekday, opens, closes in calendar.hours
    )


def counted(
    calendar: Calendar, start: datetime, end: datetime, paused: tuple[Pause, ...]
) -> timedelta:
    """Quarter by quarter."""
    total, at = timedelta(0), start
    while at < end:
        stands = any(begin <= at and (stop is None or at < stop) for begin, stop in paused)
        total += QUARTER if works(calendar, at) and not stands else timedelta(0)
        at += QUARTER
    return total


@given(calendars, moments, moments, pauses)
@settings(max_examples=200, deadline=None)
def test_elapsed_is_what_counting_finds(
    calendar: Calendar, start: datetime, end: datetime, paused: tuple[Pause, ...]
) -> None:
    # hours that begin or end in the hour that clocks leave out or repeat have no one answer
    tricky = any(
        not (opens.hour not in {1, 2} and closes.hour not in {1, 2, 3})
        for _, opens, closes in calendar.hours
    )
    if not tricky:
        assert sla_clock.elapsed(calendar, start, end, paused) == counted(
            calendar, start, end, paused
        )


@given(calendars, moments, spans, pauses)
@settings(max_examples=200, deadline=None)
def test_adding_is_the_inverse_of_elapsed(
    calendar: Calendar, start: datetime, span: timedelta, paused: tuple[Pause, ...]
) -> None:
    due = sla_clock.add(calendar, start, span, paused)
    assert due is not None
    assert sla_clock.elapsed(calendar, start, due, paused) == span
    assert sla_clock.elapsed(calendar, start, due - timedelta(seconds=1), paused) < span, (
        "the first"
    )
    if not paused:
        assert sla_clock.elapsed(calendar, sla_clock.subtract(calendar, due, span), due) == span


@given(calendars, moments, moments, moments, pauses)
@settings(max_examples=150, deadline=None)
def test_stretches_add_up_and_are_apart(
    calendar: Calendar, one: datetime, two: datetime, three: datetime, paused: tuple[Pause, ...]
) -> None:
    start, middle, end = sorted((one, two, three))
    parts = [
        sla_clock.elapsed(calendar, *edges, paused) for edges in ((start, middle), (middle, end))
    ]
    assert sum(parts, timedelta(0)) == sla_clock.elapsed(calendar, start, end, paused)
    listed = list(sla_clock.running(calendar, start, end, paused))
    assert all(begin < finish for begin, finish in listed)
    assert all(first[1] <= second[0] for first, second in pairwise(listed))
    assert all(start <= begin and finish <= end for begin, finish in listed)


@given(calendars, moments, spans, pauses, pauses)
@settings(max_examples=100, deadline=None)
def test_more_pauses_never_bring_a_deadline_forward(
    calendar: Calendar,
    start: datetime,
    span: timedelta,
    some: tuple[Pause, ...],
    more: tuple[Pause, ...],
) -> None:
    early = sla_clock.add(calendar, start, span, some)
    late = sla_clock.add(calendar, start, span, (*some, *more))
    assert early is not None
    assert late is not None
    assert early <= late
