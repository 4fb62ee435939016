"""What is refused, what it says, and that any text answers at once."""

import sys
from datetime import UTC, date, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.rules.expansion import STEPS_BETWEEN_DATES
from scheduling.rules.recurrence import (
    FREQUENCIES,
    InvalidRecurrence,
    Overflow,
    Recurrence,
    Unit,
    after,
    first_after,
    floating_next,
    interval_days,
    validate,
)
from scheduling.rules.rrule import PARTS
from scheduling.rules.words import in_words

START = datetime(2024, 1, 31, 8)

# The promise is 100 ms. How long a call takes hangs on the machine, so calls are counted: the slowest rule makes
# 232,000, for which a processor of 2020 takes 75 ms; a rule that spins makes millions.
MOST_CALLS = 300_000

MALFORMED = {
    "": "The rule is empty",
    "FREQ": "not of the form NAME=VALUE",
    "FREQ=": "not of the form NAME=VALUE",
    "INTERVAL=2": "FREQ is missing",
    "FREQ=SOMETIMES": "unknown",
    "FREQ=DAILY;BYEASTER=0": "not a part of a recurrence rule",
    "DTSTART:20240101T000000\nRRULE:FREQ=DAILY": "not a part of a recurrence rule",
    "FREQ=DAILY;FREQ=WEEKLY": "given twice",
    "FREQ=DAILY;COUNT=3;UNTIL=20250101": "not by both",
    "FREQ=DAILY;COUNT=0": "COUNT takes whole numbers from 1",
    "FREQ=DAILY;COUNT=10001": "COUNT takes whole numbers from 1 to 10000",
    "FREQ=DAILY;INTERVAL=0": "INTERVAL takes whole numbers from 1",
    "FREQ=DAILY;INTERVAL=-1": "INTERVAL takes whole numbers from 1",
    "FREQ=DAILY;INTERVAL=36526": "INTERVAL takes whole numbers from 1 to 36525",
    "FREQ=DAILY;INTERVAL=99999999999999999999": "INTERVAL takes whole numbers",
    "FREQ=DAILY;INTERVAL=²": "INTERVAL takes whole numbers",
    "FREQ=MONTHLY;BYMONTHDAY=32": "BYMONTHDAY takes whole numbers",
    "FREQ=MONTHLY;BYMONTHDAY=0": "BYMONTHDAY takes whole numbers",
    "FREQ=MONTHLY;BYMONTHDAY=1,,2": "BYMONTHDAY takes whole numbers",
    "FREQ=YEARLY;BYMONTH=13": "BYMONTH takes whole numbers",
    "FREQ=DAILY;BYHOUR=24": "BYHOUR takes whole numbers",
    "FREQ=DAILY;BYSECOND=60": "BYSECOND takes whole numbers",
    "FREQ=MONTHLY;BYDAY=FRIDAY": "BYDAY takes weekdays",
    "FREQ=MONTHLY;BYDAY=0MO": "BYDAY takes weekdays",
    "FREQ=MONTHLY;BYDAY=6MO": "at most five",
    "FREQ=YEARLY;BYMONTH=3;BYDAY=20MO": "at most five",
    "FREQ=WEEKLY;BYDAY=2MO": "counts within a month or a year",
    "FREQ=YEARLY;BYWEEKNO=20;BYDAY=1MO": "counts within a month or a year",
    "FREQ=MONTHLY;BYSETPOS=-1": "add another part",
    "FREQ=WEEKLY;WKST=XX": "WKST is the first day of the week",
    "FREQ=DAILY;UNTIL=20250230": "UNTIL is a date",
    "FREQ=DAILY;UNTIL=tomorrow": "UNTIL is a date",
    "FREQ=DAILY;UNTIL=20230101": "UNTIL lies before the start",
    "FREQ=DAILY;BYHOUR=" + ",".join(["1"] * 600): "longer than 1000 characters",
    "FREQ=MINUTELY": "too frequent",
    "FREQ=SECONDLY;INTERVAL=86400": "too frequent",
    "FREQ=HOURLY;BYMINUTE=0,15,30,45": "more than 48 dates a day",
}

IMPOSSIBLE = [
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=HOURLY;BYMONTH=4;BYMONTHDAY=31",
    "FREQ=YEARLY;BYMONTH=6;BYWEEKNO=53",
    "FREQ=YEARLY;BYMONTH=2;BYYEARDAY=200",
    "FREQ=YEARLY;BYMONTHDAY=8;BYDAY=1MO;BYMONTH=1",
    "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
    "FREQ=MONTHLY;INTERVAL=12;BYMONTH=3",
    "FREQ=MONTHLY;INTERVAL=12;BYMONTH=2;BYMONTHDAY=1",
    "FREQ=HOURLY;INTERVAL=24;BYHOUR=5",
    "FREQ=HOURLY;INTERVAL=48;BYHOUR=5;BYMINUTE=1,2,3;BYSETPOS=4",
    "FREQ=MONTHLY;BYDAY=1MO;BYSETPOS=2",
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=8",
    "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=-366;INTERVAL=100;BYMONTH=1",
]

EXPENSIVE = [
    "FREQ=DAILY;COUNT=10000",
    "FREQ=HOURLY;COUNT=10000",
    "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=366;COUNT=10000",
    "FREQ=DAILY;INTERVAL=7;BYMONTHDAY=13;BYDAY=WE;COUNT=10000",
    "FREQ=DAILY;INTERVAL=13;BYYEARDAY=100;COUNT=10000",
    "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=1;BYMONTHDAY=1;BYDAY=FR;COUNT=10000",
    f"FREQ=DAILY;BYHOUR={','.join(map(str, range(24)))};BYMINUTE={','.join(map(str, range(60)))};"
    f"BYSECOND={','.join(map(str, range(60)))}",
    f"FREQ=HOURLY;BYMINUTE={','.join(map(str, range(60)))};BYSETPOS=366,-366;COUNT=10000",
]

_names = st.sampled_from([*sorted(PARTS), "X-FOO"])
_values = st.lists(
    st.integers(-400, 400).map(str)
    | st.sampled_from(["MO", "2TU", "-1FR", "SU", "YEARLY", "DAILY", "20270101", "", "x"]),
    min_size=1,
    max_size=6,
).map(",".join)
_frequencies = st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY"])


def _part(name: str, low: int, high: int) -> st.SearchStrategy[str]:
    numbers = st.lists(st.integers(low, high).filter(bool), min_size=1, max_size=5)
    return numbers.map(lambda chosen: f"{name}={','.join(map(str, chosen))}")


_valid_parts = st.tuples(
    _part("INTERVAL", 1, 1200).map(lambda text: text.split(",")[0]),
    _part("COUNT", 1, 10_000).map(lambda text: text.split(",")[0]),
    _part("BYMONTH", 1, 12),
    _part("BYMONTHDAY", -31, 31),
    _part("BYYEARDAY", -366, 366),
    _part("BYWEEKNO", -53, 53),
    _part("BYHOUR", 1, 23),
    _part("BYMINUTE", 1, 59),
    _part("BYSETPOS", -366, 366),
    st.lists(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1).map(
        lambda days: f"BYDAY={','.join(days)}"
    ),
)


@st.composite
def plausible_rules(draw: st.DrawFn) -> str:
    """Well-formed rules of any parts at random: most of them rare or impossible."""
    parts = draw(_valid_parts)
    kept = draw(st.sets(st.integers(0, len(parts) - 1), max_size=5))
    return ";".join([f"FREQ={draw(_frequencies)}", *(parts[index] for index in sorted(kept))])


texts = (
    st.text(max_size=60)
    | plausible_rules()
    | st.builds(
        lambda frequency, parts: ";".join([f"FREQ={frequency}", *parts]),
        _frequencies,
        st.lists(st.builds(lambda name, value: f"{name}={value}", _names, _values), max_size=6),
    )
)


class TooManyCalls(Exception):
    """Raised amid the work, so that a rule that spins ends the test."""


def _answer(text: str, start: datetime = START) -> InvalidRecurrence | None:
    """Validates the rule and finds its first dates within the calls allowed; the refusal, if it is one."""
    calls, refused, former = 0, None, sys.getprofile()

    def count(frame: object, event: str, _: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}
        if calls > MOST_CALLS:
            raise TooManyCalls(text)

    sys.setprofile(count)
    try:
        validate(Recurrence(start, rrule=text))
        list(islice(after(Recurrence(start, rrule=text), start + timedelta(days=3000)), 3))
    except InvalidRecurrence as error:
        refused = error
    finally:
        sys.setprofile(former)
    return refused


@pytest.mark.parametrize("text", MALFORMED)
def test_refuses_and_says_what_to_do(text: str) -> None:
    with pytest.raises(InvalidRecurrence) as caught:
        validate(Recurrence(START, rrule=text))

    assert MALFORMED[text] in caught.value.message
    assert caught.value.field == "rrule"
    assert len(caught.value.message) < 250


@pytest.mark.parametrize("text", IMPOSSIBLE)
def test_refuses_rules_that_never_give_a_date(text: str) -> None:
    refused = _answer(text)

    assert refused is not None
    assert "never gives a date" in refused.message
    assert first_after(Recurrence(START, rrule=text), START) is None


@pytest.mark.parametrize("text", EXPENSIVE)
def test_expensive_rules_answer_at_once(text: str) -> None:
    _answer(text)


@settings(max_examples=500, deadline=None)
@given(text=texts, start=st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)))
def test_any_text_answers_at_once(text: str, start: datetime) -> None:
    if _answer(text, start) is None:
        assert in_words(Recurrence(start, rrule=text)).startswith("Every ")


def test_the_bound_lets_through_the_rarest_sensible_rules() -> None:
    rare = {
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO": datetime(2044, 2, 29, 8),
        "FREQ=HOURLY;INTERVAL=24;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO": datetime(2044, 2, 29, 8),
        "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=366": datetime(2024, 12, 31, 8),
        "FREQ=YEARLY;INTERVAL=100;BYMONTH=2;BYMONTHDAY=29": datetime(2024, 2, 29, 8),
    }

    assert {text: first_after(Recurrence(START, rrule=text), START) for text in rare} == rare
    assert STEPS_BETWEEN_DATES > 40 * 53


@pytest.mark.parametrize(
    ("recurrence", "field", "message"),
    [
        (Recurrence(START), "unit", "Give either"),
        (Recurrence(START, Unit.DAY, rrule="FREQ=DAILY"), "unit", "Give either"),
        (Recurrence(START, Unit.DAY, 0), "interval", "from 1 to 36525"),
        (Recurrence(START, Unit.YEAR, 101), "interval", "from 1 to 100"),
        (Recurrence(START.replace(tzinfo=UTC), Unit.DAY), "start", "without a time zone"),
        (
            Recurrence(START, Unit.DAY, until=START.replace(tzinfo=UTC)),
            "until",
            "without a time zone",
        ),
        (Recurrence(START, Unit.DAY, until=datetime(2023, 1, 1)), "until", "before the start"),
        (
            Recurrence(START, Unit.DAY, exdates=frozenset({START.replace(tzinfo=UTC)})),
            "exdates",
            "without a time zone",
        ),
        (
            Recurrence(START, Unit.DAY, exdates=frozenset({START}), until=START),
            "exdates",
            "Every date is excluded",
        ),
        (
            Recurrence(START, rrule="FREQ=MONTHLY;BYMONTHDAY=1", until=datetime(2024, 1, 31, 9)),
            "until",
            "lies after the end",
        ),
        (
            Recurrence(
                START,
                Unit.DAY,
                exdates=frozenset(START + timedelta(days=number) for number in range(501)),
            ),
            "exdates",
            "At most 500",
        ),
    ],
)
def test_refuses_the_field_at_fault(recurrence: Recurrence, field: str, message: str) -> None:
    with pytest.raises(InvalidRecurrence, match=message) as caught:
        validate(recurrence)

    assert caught.value.field == field


def test_reads_what_calendars_write() -> None:
    expected = [datetime(2024, 2, 2, 8), datetime(2024, 2, 5, 8)]
    for text in ("RRULE:FREQ=WEEKLY;BYDAY=MO,FR;", " freq=weekly;byday=fr, mo,MO "):
        recurrence = Recurrence(START, rrule=text)
        validate(recurrence)
        assert list(islice(after(recurrence, START), 2)) == expected


def test_until_as_a_date_includes_that_day() -> None:
    recurrence = Recurrence(START, rrule="FREQ=DAILY;UNTIL=20240202")

    assert list(after(recurrence, START)) == [datetime(2024, 2, 1, 8), datetime(2024, 2, 2, 8)]


@pytest.mark.parametrize(
    ("name", "second"),
    [
        ("daily", date(2024, 2, 1)),
        ("weekly", date(2024, 2, 7)),
        ("biweekly", date(2024, 2, 14)),
        ("monthly", date(2024, 2, 29)),
        ("quarterly", date(2024, 4, 30)),
        ("semiannual", date(2024, 7, 31)),
        ("annual", date(2025, 1, 31)),
    ],
)
def test_named_frequencies(name: str, second: date) -> None:
    unit, interval = FREQUENCIES[name]

    assert first_after(Recurrence(START, unit, interval), START) == datetime.combine(
        second, START.time()
    )


def test_month_ends_follow_the_anchor_not_the_previous_date() -> None:
    found = {
        overflow: [
            day.date().isoformat()[5:]
            for day in islice(
                after(Recurrence(START, Unit.MONTH, 1, None, overflow=overflow), START), 4
            )
        ]
        for overflow in Overflow
    }

    assert found == {
        Overflow.CLAMP: ["02-29", "03-31", "04-30", "05-31"],
        Overflow.SKIP: ["03-31", "05-31", "07-31", "08-31"],
        Overflow.NEXT_DAY: ["03-01", "03-31", "05-01", "05-31"],
    }


def test_floating_rules_keep_their_calendar_and_respect_the_end() -> None:
    first_mondays = Recurrence(START, rrule="FREQ=MONTHLY;BYDAY=1MO")
    monthly = Recurrence(START, Unit.MONTH, 1, until=datetime(2024, 6, 1))

    assert floating_next(first_mondays, date(2024, 3, 4)) == datetime(2024, 4, 1, 8)
    assert floating_next(first_mondays, date(2024, 3, 3)) == datetime(2024, 3, 4, 8)
    assert floating_next(monthly, date(2024, 3, 31)) == datetime(2024, 4, 30, 8)
    assert floating_next(monthly, date(2024, 5, 10)) is None


def test_nominal_intervals() -> None:
    assert interval_days(Recurrence(START, Unit.WEEK, 2)) == 14
    assert interval_days(Recurrence(START, Unit.MONTH, 3)) == pytest.approx(91.3125)
    assert interval_days(Recurrence(START, rrule="FREQ=WEEKLY;BYDAY=MO,TH")) == 3.5
    assert interval_days(Recurrence(START, rrule="FREQ=DAILY;INTERVAL=10;COUNT=2")) == 10
    assert interval_days(Recurrence(START, rrule="FREQ=YEARLY;COUNT=1")) == 365.25


def test_the_end_of_the_calendar_ends_every_series() -> None:
    last_days = datetime(9999, 12, 30, 8)
    for recurrence in (
        *(Recurrence(START, unit) for unit in Unit),
        Recurrence(START, rrule="FREQ=WEEKLY"),
        Recurrence(START, rrule="FREQ=MONTHLY;INTERVAL=7;BYDAY=MO,TU;BYSETPOS=-1"),
        Recurrence(START, rrule="FREQ=YEARLY;INTERVAL=3"),
        Recurrence(START, rrule="FREQ=HOURLY;INTERVAL=30"),
    ):
        assert all(day > last_days for day in after(recurrence, last_days))
        assert first_after(recurrence, datetime.max) is None
        assert first_after(recurrence, datetime.min) is not None
