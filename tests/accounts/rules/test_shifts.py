"""Weekly shifts on the wall clock, with nights, changes of the clock, absences and extra shifts."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.rules.shifts import (
    ALL_WEEK,
    Change,
    Pattern,
    days_of,
    in_words,
    mask_of,
    stretches,
)

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)
EARLY = Pattern("Early", mask_of(range(5)), time(6), time(14), break_minutes=30)
NIGHT = Pattern("Night", ALL_WEEK, time(22), time(6))
BERLIN = "Europe/Berlin"


def week(
    *patterns: Pattern,
    changes: Any = (),
    start: datetime = MONDAY,
    days: int = 7,
    zone: str = "UTC",
) -> list[tuple[str, str, int]]:
    found = stretches(patterns, changes, start=start, end=start + days * DAY, zone=zone)
    return [(f"{one.start:%a %H:%M}", f"{one.end:%a %H:%M}", one.capacity) for one in found]


def test_a_week() -> None:
    assert week(EARLY) == [
        (f"{day} 06:00", f"{day} 14:00", 450) for day in ("Mon", "Tue", "Wed", "Thu", "Fri")
    ]


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    found = stretches([NIGHT], [], start=MONDAY, end=MONDAY + DAY, zone="UTC")
    assert [(one.day.day, one.end - one.start) for one in found] == [
        (1, timedelta(hours=8)),
        (2, timedelta(hours=8)),
    ]


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 28), 7), (date(2026, 10, 24), 9), (date(2026, 3, 20), 8)]
)
def test_the_night_of_the_change_of_the_clock(day: date, hours: int) -> None:
    start = datetime.combine(day, time(12), UTC)
    (one,) = stretches([NIGHT], [], start=start, end=start + timedelta(hours=15), zone=BERLIN)
    assert one.capacity == hours * 60


def test_the_wall_clock_stays() -> None:
    before = week(EARLY, start=datetime(2026, 3, 23, tzinfo=UTC), zone=BERLIN)
    after = week(EARLY, start=datetime(2026, 3, 30, tzinfo=UTC), zone=BERLIN)
    assert (before[0][0], after[0][0]) == ("Mon 05:00", "Mon 04:00")


def test_a_shift_that_the_clock_skips_is_none() -> None:
    skipped = Pattern("Short", ALL_WEEK, time(2), time(3))
    start = datetime(2026, 3, 28, 23, tzinfo=UTC)
    found = stretches([skipped], [], start=start, end=start + timedelta(hours=5), zone=BERLIN)
    assert all(one.end > one.start and one.capacity <= 60 for one in found)


def test_own_shifts_take_the_place_of_the_teams() -> None:
    team = Pattern("Team", ALL_WEEK, time(8), time(12), is_own=False)
    own = Pattern("Own", mask_of([0]), time(13), time(15), valid_until=date(2026, 3, 4))
    assert week(team, own) == [
        ("Mon 13:00", "Mon 15:00", 120),
        *((f"{day} 08:00", f"{day} 12:00", 240) for day in ("Thu", "Fri", "Sat", "Sun")),
    ]


def test_absences_and_extra_shifts() -> None:
    ill = Change(MONDAY + timedelta(hours=10), MONDAY + 4 * DAY)
    extra = Change(MONDAY + 5 * DAY, MONDAY + 5 * DAY + timedelta(hours=2), is_absence=False)
    assert week(EARLY, changes=[ill, extra]) == [
        ("Mon 06:00", "Mon 10:00", 225),
        ("Fri 06:00", "Fri 14:00", 450),
        ("Sat 00:00", "Sat 02:00", 120),
    ]


#: However slow the machine is.
PATIENT = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
MOMENTS = st.integers(0, 7 * 24).map(lambda hours: MONDAY + timedelta(hours=hours))
SPANS = st.tuples(MOMENTS, MOMENTS).filter(lambda pair: pair[0] < pair[1])
CLOCK = st.integers(0, 23).map(time)
PATTERNS = st.tuples(st.integers(1, ALL_WEEK), CLOCK, CLOCK).map(lambda it: Pattern("x", *it))


@PATIENT
@given(
    st.lists(PATTERNS, max_size=3),
    st.lists(SPANS, max_size=3),
    st.lists(SPANS, max_size=2),
)
def test_nobody_is_there_twice_or_while_away(
    patterns: list[Pattern], away: list[Any], extra: list[Any]
) -> None:
    changes = [
        *(Change(start, end) for start, end in away),
        *(Change(start, end, is_absence=False) for start, end in extra),
    ]
    found = stretches(patterns, changes, start=MONDAY, end=MONDAY + 7 * DAY, zone=BERLIN)
    for one, following in pairwise(found):
        assert one.end <= following.start
    for one in found:
        assert one.start < one.end
        assert 0 <= one.capacity <= (one.end - one.start).total_seconds() / 60
        assert not any(one.start < end and start < one.end for start, end in away)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (range(7), "every day"),
        (range(5), "Mon–Fri"),
        ((5, 6), "Sat, Sun"),
        ((0, 2, 3, 4), "Mon, Wed–Fri"),
        ((6,), "Sun"),
    ],
)
def test_words(days: Any, words: str) -> None:
    assert in_words(mask_of(days)) == words
    assert days_of(mask_of(days)) == list(days)
