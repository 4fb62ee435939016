"""Rules in words: what a person reads beside a schedule."""

from datetime import date, datetime, timedelta

import pytest

from scheduling.rules.recurrence import InvalidRecurrence, Overflow, Recurrence, Unit
from scheduling.rules.words import in_words

START = datetime(2024, 1, 31, 8)


@pytest.mark.parametrize(
    ("unit", "interval", "overflow", "words"),
    [
        (Unit.DAY, 1, Overflow.CLAMP, "Every day"),
        (Unit.DAY, 90, Overflow.CLAMP, "Every 90 days"),
        (Unit.WEEK, 2, Overflow.CLAMP, "Every 2 weeks on Wednesday"),
        (Unit.MONTH, 3, Overflow.CLAMP, "Every 3 months on the 31st (or the last day of shorter months)"),
        (Unit.MONTH, 1, Overflow.SKIP, "Every month on the 31st (shorter months are left out)"),
        (Unit.MONTH, 1, Overflow.NEXT_DAY, "Every month on the 31st (or the 1st of the month after a shorter one)"),
        (Unit.MONTH, 12, Overflow.CLAMP, "Every 12 months on the 31st"),
        (Unit.YEAR, 1, Overflow.CLAMP, "Every year on 31 January"),
    ],
)  # fmt: skip
def test_units(unit: Unit, interval: int, overflow: Overflow, words: str) -> None:
    recurrence = Recurrence(START, unit, interval, overflow=overflow)

    assert in_words(recurrence) == f"{words}, from 31 January 2024, at 08:00"


@pytest.mark.parametrize(
    ("overflow", "note"),
    [
        (Overflow.CLAMP, "or 28 February outside leap years"),
        (Overflow.SKIP, "leap years only"),
        (Overflow.NEXT_DAY, "or 1 March outside leap years"),
    ],
)
def test_leap_day(overflow: Overflow, note: str) -> None:
    recurrence = Recurrence(datetime(2024, 2, 29, 8), Unit.YEAR, 1, overflow=overflow)

    assert in_words(recurrence).startswith(f"Every year on 29 February ({note}), from")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("FREQ=WEEKLY;BYDAY=TH,MO", "Every week on Monday and Thursday"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "Every week on Monday to Friday"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU;WKST=SU", "Every 2 weeks (weeks start on Sunday) on Sunday"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "Every month on the last day of the month"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15", "Every month on the 1st and the 15th"),
        ("FREQ=MONTHLY", "Every month on the 31st (months without that day are left out)"),
        ("FREQ=MONTHLY;BYDAY=1MO,3MO", "Every month on the first Monday and the third Monday"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "Every month on the last Friday"),
        ("FREQ=MONTHLY;BYDAY=-2MO", "Every month on the second to last Monday"),
        ("FREQ=MONTHLY;BYDAY=3MO,WE", "Every month on every Wednesday and the third Monday"),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "Every month on Friday when that is the 13th"),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "Every month on the last weekday (Monday to Friday) of the month",
        ),
        ("FREQ=MONTHLY;BYDAY=SA,SU;BYSETPOS=1", "Every month on the first Saturday or Sunday of the month"),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=SU;BYSETPOS=-1", "Every year on the last Sunday in March"),
        ("FREQ=YEARLY", "Every year on 31 January"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "Every year on 29 February (leap years only)"),
        ("FREQ=YEARLY;BYMONTH=3,9;BYDAY=1MO", "Every year on the first Monday in March and September"),
        ("FREQ=YEARLY;BYDAY=20MO", "Every year on the 20th Monday of the year"),
        ("FREQ=YEARLY;BYYEARDAY=100,-1", "Every year on the 100th day of the year and the last day of the year"),
        ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "Every year on Monday in week 20 of the year"),
        ("FREQ=DAILY;INTERVAL=3;BYMONTH=6,7,8", "Every 3 days in June to August"),
        ("FREQ=DAILY;BYDAY=MO,TU", "Every day, only on Monday and Tuesday"),
    ],
)  # fmt: skip
def test_rules(text: str, words: str) -> None:
    assert in_words(Recurrence(START, rrule=text)) == f"{words}, from 31 January 2024, at 08:00"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("FREQ=DAILY;BYHOUR=6,18", "Every day, from 31 January 2024, at 06:00 and 18:00"),
        (
            "FREQ=DAILY;BYHOUR=9,10,11,12,13,14;BYMINUTE=0,30",
            "Every day, from 31 January 2024, 12 times a day between 09:00 and 14:30",
        ),
        ("FREQ=HOURLY;INTERVAL=4", "Every 4 hours, from 31 January 2024 at 08:00"),
        (
            "FREQ=HOURLY;BYHOUR=8,9,10,16;BYMINUTE=0,30",
            "Every hour, from 31 January 2024 at 08:00, only in the hours beginning at 08:00 to 10:00 "
            "and 16:00, at 00 and 30 minutes past the hour",
        ),
        (
            "FREQ=MONTHLY;BYDAY=MO;BYHOUR=6,18;BYSETPOS=1,-1",
            "Every month on Monday, from 31 January 2024, at 06:00 and 18:00, of these only the "
            "first and last in each month",
        ),
        ("FREQ=WEEKLY;COUNT=5", "Every week on Wednesday, from 31 January 2024, at 08:00, 5 times in all"),
        ("FREQ=DAILY;COUNT=1", "Every day, from 31 January 2024, at 08:00, once in all"),
        ("FREQ=DAILY;UNTIL=20241231", "Every day, from 31 January 2024, at 08:00, until 31 December 2024"),
        (
            "FREQ=DAILY;UNTIL=20241231T000000Z",
            "Every day, from 31 January 2024, at 08:00, until 31 December 2024 at 00:00",
        ),
    ],
)  # fmt: skip
def test_times_and_ends(text: str, words: str) -> None:
    assert in_words(Recurrence(START, rrule=text)) == words


def test_exceptions_and_the_earlier_end() -> None:
    few = Recurrence(
        START,
        rrule="FREQ=DAILY;UNTIL=20241231",
        exdates=frozenset({date(2024, 5, 1), datetime(2024, 2, 1, 8)}),
        until=datetime(2024, 6, 30, 23, 59),
    )
    many = Recurrence(
        START,
        Unit.DAY,
        exdates=frozenset(date(2024, 5, 1) + timedelta(days=number) for number in range(9)),
    )

    assert in_words(few).endswith(
        "until 30 June 2024, except on 1 February 2024 at 08:00 and 1 May 2024"
    )
    assert in_words(many).endswith("except on 9 days")


def test_a_malformed_rule_has_no_words() -> None:
    with pytest.raises(InvalidRecurrence):
        in_words(Recurrence(START, rrule="FREQ=NEVER"))
