"""Wall time and instants, on the days the clocks change and on all others."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from dateutil import tz
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scheduling.rules.zones import local_date, start_of_day, to_local, to_utc

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Havana",
    "America/St_Johns",
    "America/Toronto",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
    "Pacific/Chatham",
]
zones = st.sampled_from(ZONES)
moments = st.datetimes(datetime(1950, 1, 1), datetime(2060, 1, 1))


@pytest.mark.parametrize(
    ("local", "zone", "utc"),
    [
        ("2025-03-30T02:30", "Europe/Berlin", "2025-03-30T01:30"),  # gap: becomes 03:30
        ("2025-10-26T02:30", "Europe/Berlin", "2025-10-26T00:30"),  # fold: the first
        ("2025-03-09T02:00", "America/New_York", "2025-03-09T07:00"),
        ("2025-11-02T01:30", "America/New_York", "2025-11-02T05:30"),
        ("2025-10-05T02:15", "Australia/Lord_Howe", "2025-10-04T15:45"),  # a gap of 30 minutes
        ("2025-07-01T08:00", "Europe/Berlin", "2025-07-01T06:00"),
    ],
)
def test_wall_time_to_instant(local: str, zone: str, utc: str) -> None:
    expected = datetime.fromisoformat(utc).replace(tzinfo=UTC)

    assert to_utc(datetime.fromisoformat(local), zone) == expected
    assert to_utc(datetime.fromisoformat(local).replace(fold=1), zone) == expected


@settings(max_examples=400, deadline=None)
@given(local=moments, zone=zones)
@example(local=datetime(2025, 3, 30, 2, 30), zone="Europe/Berlin")
@example(local=datetime(2011, 12, 30, 12), zone="Pacific/Apia")
def test_agrees_with_dateutil_on_times_that_do_not_exist(local: datetime, zone: str) -> None:
    aware = local.replace(tzinfo=ZoneInfo(zone), fold=0)

    assert to_utc(local, zone) == tz.resolve_imaginary(aware).astimezone(UTC)


@settings(max_examples=400, deadline=None)
@given(moment=moments, zone=zones)
def test_instants_come_back_except_in_the_repeated_hour(moment: datetime, zone: str) -> None:
    instant = moment.replace(tzinfo=UTC)
    local = to_local(instant, zone)
    again = to_utc(local, zone)

    assert local.tzinfo is None
    assert local_date(instant, zone) == local.date()
    if again != instant:
        assert tz.datetime_ambiguous(local.replace(tzinfo=ZoneInfo(zone)))
        assert again < instant
    assert to_local(again, zone) == local


@pytest.mark.parametrize(
    ("day", "zone", "utc"),
    [
        (date(2018, 11, 4), "America/Sao_Paulo", "2018-11-04T03:00"),  # midnight is skipped
        (date(2022, 3, 27), "Asia/Beirut", "2022-03-26T22:00"),  # midnight is skipped
        (date(1919, 3, 31), "America/Toronto", "1919-03-31T04:30"),  # 23:30 became 00:30
        (date(2025, 11, 2), "America/Havana", "2025-11-02T04:00"),  # midnight comes twice
        (date(2011, 12, 30), "Pacific/Apia", "2011-12-30T10:00"),  # the whole day is skipped
        (date(2025, 3, 30), "Europe/Berlin", "2025-03-29T23:00"),
    ],
)
def test_first_instant_of_a_day(day: date, zone: str, utc: str) -> None:
    assert start_of_day(day, zone) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@settings(max_examples=400, deadline=None)
@given(day=st.dates(date(1900, 1, 2), date(2060, 1, 1)), zone=zones)
def test_a_day_starts_where_the_one_before_ends(day: date, zone: str) -> None:
    instant = start_of_day(day, zone)

    assert local_date(instant, zone) >= day
    assert local_date(instant - timedelta(seconds=1), zone) < day


def test_refuses_what_has_no_answer() -> None:
    with pytest.raises(ValueError, match="pass an aware datetime"):
        to_local(datetime(2025, 1, 1), "UTC")
    with pytest.raises(ZoneInfoNotFoundError):
        to_utc(datetime(2025, 1, 1), "Mars/Olympus")
