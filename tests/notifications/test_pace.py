"""When messages leave: digests and quiet hours, on nights when the clock changes too."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.rules import following_up, snoozing
from notifications.rules.pace import Habits, folds, is_quiet, leaves_at

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")
MOMENTS = st.builds(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes),
    st.integers(0, 3 * 365 * 24 * 60),
)
TIMES = st.times().map(lambda moment: moment.replace(second=0, microsecond=0))
HABITS = st.builds(
    Habits,
    zone=st.sampled_from(ZONES),
    rhythm=st.sampled_from(["at_once", "hourly", "daily"]),
    digest_hour=st.integers(0, 23),
    quiet_from=TIMES,
    quiet_until=TIMES,
)
#: Moments around the changes of the clock in Berlin.
NIGHTS = st.builds(
    lambda day, minutes: day + timedelta(minutes=minutes),
    st.sampled_from(
        [datetime(2026, 3, 28, 20, tzinfo=UTC), datetime(2026, 10, 24, 20, tzinfo=UTC)]
    ),
    st.integers(0, 12 * 60),
)


@given(MOMENTS | NIGHTS, HABITS)
def test_nothing_leaves_in_quiet_hours_and_nothing_before_it_was_told(
    now: datetime, habits: Habits
) -> None:
    moment = leaves_at(now, habits)
    assert moment >= now
    assert not is_quiet(moment, habits) or habits.quiet_from == habits.quiet_until
    assert moment - now <= timedelta(hours=50)


@given(MOMENTS | NIGHTS, st.sampled_from(ZONES), TIMES, TIMES)
def test_what_waits_for_quiet_hours_leaves_as_soon_as_they_end(
    now: datetime, zone: str, start: time, end: time
) -> None:
    habits = Habits(zone, quiet_from=start, quiet_until=end)
    moment = leaves_at(now, habits)
    if start == end:
        return
    if not is_quiet(now, habits):
        assert moment == now
        return
    steps = int((moment - now) / timedelta(minutes=1))
    between = (now + timedelta(minutes=step) for step in range(1, steps))
    assert all(is_quiet(one, habits) for one in between if one < moment)


@given(MOMENTS | NIGHTS, st.sampled_from(ZONES), st.integers(0, 23))
def test_a_daily_digest_leaves_at_its_hour_within_a_day(
    now: datetime, zone: str, hour: int
) -> None:
    moment = leaves_at(now, Habits(zone, rhythm="daily", digest_hour=hour))
    assert timedelta() < moment - now <= timedelta(hours=25)
    wall = moment.astimezone(ZoneInfo(zone))
    skipped = wall.replace(hour=hour, minute=0).astimezone(UTC).astimezone(ZoneInfo(zone)).hour
    assert wall.hour == hour or skipped != hour


@given(MOMENTS, st.sampled_from(["Europe/Berlin", "Asia/Kathmandu", "America/New_York"]))
def test_an_hourly_digest_leaves_at_the_full_hour(now: datetime, zone: str) -> None:
    moment = leaves_at(now, Habits(zone, rhythm="hourly"))
    assert timedelta() < moment - now <= timedelta(hours=1)
    assert moment.astimezone(ZoneInfo(zone)).minute == 0


@pytest.mark.parametrize(
    ("now", "leaves"),
    [
        # the night with no 02:30: the clock goes from 02:00 to 03:00, and quiet hours end there
        (datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC)),
        # the night with two: the first 02:30 ends them, a message between the two waits for the second
        (datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (datetime(2026, 10, 25, 1, 10, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
    ],
)
def test_nights_on_which_the_clock_changes(now: datetime, leaves: datetime) -> None:
    quiet = Habits("Europe/Berlin", quiet_from=time(22), quiet_until=time(2, 30))
    assert leaves_at(now, quiet) == leaves


@given(st.integers(0, 200))
def test_a_storm_folds_what_can_wait_first(sent: int) -> None:
    assert folds(sent_lately=sent, is_urgent=False) == (sent >= 30)
    assert folds(sent_lately=sent, is_urgent=True) == (sent >= 100)


CHANNELS = st.frozensets(st.sampled_from(following_up.LADDER))


@given(CHANNELS, CHANNELS)
def test_each_step_is_louder_than_those_before(told: frozenset[str], reach: frozenset[str]) -> None:
    steps = []
    used = set(told)
    while (channel := following_up.next_channel(used, reach)) is not None:
        steps.append(following_up.LADDER.index(channel))
        used.add(channel)
    assert steps == sorted(set(steps))
    assert all(following_up.LADDER[step] in reach for step in steps)
    assert not {following_up.LADDER[step] for step in steps} & told


@given(st.text(min_size=1, max_size=60), st.integers(1, 2))
def test_a_fact_is_found_behind_every_level(fact: str, level: int) -> None:
    root = following_up.split(fact)[1]
    key = following_up.key_at(level, root)
    assert following_up.split(key) == (level, root)
    assert set(following_up.family(key)) == set(following_up.family(root))


@given(MOMENTS | NIGHTS, st.sampled_from(ZONES))
def test_what_is_put_off_comes_back_later_and_in_order(now: datetime, zone: str) -> None:
    found = [choice.until for choice in snoozing.choices(now, ZoneInfo(zone))]
    assert all(now < moment <= now + timedelta(days=8) for moment in found)
    mornings = [moment.astimezone(ZoneInfo(zone)) for moment in found[2:]]
    assert all(moment.hour == 7 for moment in mornings)
