"""A moved series has the old dates, each moved; or there is no such rule."""

from datetime import datetime, timedelta
from itertools import islice

import pytest

from scheduling.rules.moved_series import moved
from scheduling.rules.recurrence import Recurrence, after

START = datetime(2026, 3, 2, 8)  # a Monday
DAY = timedelta(days=1)


def dates(recurrence: Recurrence, start: datetime, count: int = 20) -> list[datetime]:
    return list(islice(after(recurrence, start, inclusive=True), count))


@pytest.mark.parametrize(
    "shift", [DAY, -DAY, 3 * DAY, timedelta(hours=2), 6 * DAY + timedelta(hours=1)]
)
@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=WEEKLY;BYDAY=MO",
        "FREQ=WEEKLY;BYDAY=MO,TH",
        "FREQ=WEEKLY;BYDAY=MO,TH;COUNT=9",
        "FREQ=WEEKLY;BYDAY=MO;UNTIL=20260601",
        "FREQ=WEEKLY",
        "FREQ=DAILY;INTERVAL=3",
    ],
)
def test_weeks_and_days_move_whole(rule: str, shift: timedelta) -> None:
    before = Recurrence(start=START, rrule=rule)
    for first in dates(before, START, 4):
        found = moved(before, first, shift)
        assert found is not None
        assert dates(found, first + shift) == [date + shift for date in dates(before, first)]


@pytest.mark.parametrize(
    ("rule", "shift"),
    [
        ("FREQ=MONTHLY;BYDAY=1MO", DAY),
        ("FREQ=MONTHLY;BYMONTHDAY=2", DAY),
        ("FREQ=WEEKLY;BYDAY=MO;BYHOUR=8,14", timedelta(hours=1)),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU", DAY),
    ],
)
def test_what_no_rule_can_say_is_refused(rule: str, shift: timedelta) -> None:
    assert moved(Recurrence(start=START, rrule=rule), START, shift) is None


def test_another_hour_keeps_a_rule_of_days() -> None:
    found = moved(
        Recurrence(start=START, rrule="FREQ=MONTHLY;BYDAY=1MO"), START, timedelta(hours=2)
    )
    assert found is not None
    assert found.rrule == "FREQ=MONTHLY;BYDAY=1MO"
