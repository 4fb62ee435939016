"""Calendars as other programs read them: no errors, the same instants, in every zone and over both clock changes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.rules.ical import Event, calendar

MARCH = Event(
    uid="window-1@mainstay",
    sequence=2,
    starts_at=datetime(2026, 3, 4, 8, tzinfo=UTC),
    ends_at=datetime(2026, 3, 4, 10, tzinfo=UTC),
    zone="Europe/Berlin",
    summary="Boiler",
    stamp=datetime(2026, 3, 1, 7, 30, 15, 999, tzinfo=UTC),
)


def read(data: bytes) -> Any:
    """The events, after making sure that nothing in the calendar was misunderstood."""
    found: Any = icalendar.Calendar.from_ical(data)
    assert not any(part.errors for part in found.walk())
    return found.events


def test_an_event_says_what_a_client_needs() -> None:
    (event,) = read(calendar([MARCH], name="Plant, hall 2"))

    assert event["uid"] == "window-1@mainstay"
    assert event["sequence"] == 2
    assert event.start == datetime(2026, 3, 4, 9, tzinfo=ZoneInfo("Europe/Berlin"))
    assert event.end - event.start == timedelta(hours=2)
    assert event["dtstart"].params["tzid"] == "Europe/Berlin"
    assert event["dtstamp"].dt == datetime(2026, 3, 1, 7, 30, 15, tzinfo=UTC)
    assert (event["status"], event["transp"]) == ("CONFIRMED", "OPAQUE")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200))
def test_any_text_survives_and_no_line_is_too_long(text: str) -> None:
    data = calendar([replace(MARCH, summary=text, description=text, location=text)], name=text)

    (event,) = read(data)
    kept = "".join(sign for sign in text.replace("\r\n", "\n") if sign >= " " or sign in "\t\n")
    kept = kept.replace("\x7f", "")
    assert event["summary"] == event.get("description", "") == event.get("location", "") == kept
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))


@pytest.mark.parametrize(
    "zone",
    ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca",
     "Asia/Kolkata", "America/Santiago", "Europe/Dublin", "UTC"],
)  # fmt: skip
def test_the_time_zone_that_is_sent_along_tells_every_hour_rightly(zone: str) -> None:
    """Read by the definitions in the file alone, as a client without a zone database does."""
    first = datetime(2026, 1, 1, 0, 30, tzinfo=UTC)
    moments = [first + timedelta(hours=13 * number) for number in range(365 * 24 // 13)]
    events = [replace(MARCH, starts_at=at, ends_at=None, zone=zone) for at in moments]

    found: Any = icalendar.Calendar.from_ical(calendar(events))

    clocks = {part["tzid"]: part.to_tz(lookup_tzid=False) for part in found.walk("VTIMEZONE")}
    told = [
        event.start.replace(tzinfo=clocks[event["dtstart"].params["tzid"]])
        if "tzid" in event["dtstart"].params
        else event.start
        for event in found.events
    ]
    assert [moment.astimezone(UTC) for moment in told] == moments


def test_the_repeated_hour_is_told_twice() -> None:
    """02:30 happens twice on 25 October 2026 in Berlin; as local time it could only mean the first."""
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    events = [replace(MARCH, starts_at=second - timedelta(hours=1), ends_at=second)]

    (event,) = read(calendar(events))

    assert event["dtstart"].to_ical() == b"20261025T023000"
    assert event["dtend"].to_ical() == b"20261025T013000Z"


def test_a_mail_names_who_asks_and_who_is_asked() -> None:
    asked = replace(MARCH, organizer="plan@hotel.example", organizer_name='Hotel "Am See"')
    data = calendar([replace(asked, attendees=("guest@x.example",))], method="REQUEST")

    (event,) = read(data)
    assert event["organizer"] == "mailto:plan@hotel.example"
    assert event["organizer"].params["cn"] == "Hotel 'Am See'"
    assert event["attendee"] == "mailto:guest@x.example"
    assert b"METHOD:REQUEST\r\n" in data


def test_the_same_events_give_the_same_bytes() -> None:
    assert calendar([MARCH], name="A") == calendar([MARCH], name="A")
