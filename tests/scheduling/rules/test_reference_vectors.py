"""The vectors of libical, python-dateutil and ical.js, and dates of maintenance plans."""

import json
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest

from scheduling.rules.recurrence import InvalidRecurrence, Recurrence, after, validate
from scheduling.rules.zones import to_utc
from tests.shared_data import shared_data

OWN_VECTORS: list[dict[str, Any]] = [
    {
        "id": "own-month-end",
        "dtstart": "2024-01-31T08:00:00",
        "rrule": "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3",
        "finite": True,
        "expected": ["2024-01-31T08:00:00", "2024-02-29T08:00:00", "2024-03-31T08:00:00"],
    },
    {
        "id": "own-second-tuesday",
        "dtstart": "2024-01-09T06:30:00",
        "rrule": "FREQ=MONTHLY;BYDAY=2TU",
        "finite": False,
        "expected": ["2024-01-09T06:30:00", "2024-02-13T06:30:00", "2024-03-12T06:30:00"],
    },
]
OWN_PLANS: list[dict[str, Any]] = [
    {
        "name": "own: daily 02:30 over the spring change",
        "dtstart": "2025-03-28T02:30",
        "tz": "Europe/Berlin",
        "rrule": "FREQ=DAILY",
        "after_local": "2025-03-29T00:00",
        "next_local": ["2025-03-29T02:30", "2025-03-30T02:30", "2025-03-31T02:30"],
        "next_utc": ["2025-03-29T01:30Z", "2025-03-30T01:30Z", "2025-03-31T00:30Z"],
    }
]
TIERS = {"must": 83, "stretch": 9, "unsynchronised": 67}

# Vectors whose rule this system refuses for good reason: they expand right, but no schedule may use them.
REFUSED = {
    "dateutil-testUntilEmpty": "UNTIL lies before the start",
    "icaljs-065": "The rule never gives a date",
    "dateutil-testHourlyByMinuteAndSecond": "more than 48 dates a day",
}


def _vectors() -> list[dict[str, Any]]:
    path = shared_data("rrule_vectors/rrule_vectors.shown.json")
    return OWN_VECTORS + (json.loads(path.read_text()) if path else [])


def _plans() -> list[dict[str, Any]]:
    path = shared_data("rrule_vectors/expected.shown.json")
    if path is None:
        return OWN_PLANS
    (check,) = [check for check in json.loads(path.read_text())["checks"] if check["id"] == "RR-2"]
    return [*OWN_PLANS, *check["expected"]]


def _local(text: str) -> datetime:
    return datetime.fromisoformat(text.removesuffix("Z"))


@pytest.mark.parametrize("vector", _vectors(), ids=lambda vector: vector["id"])
def test_expands_the_reference_vector(vector: dict[str, Any]) -> None:
    recurrence = Recurrence(start=_local(vector["dtstart"]), rrule=vector["rrule"])
    expected = [_local(text) for text in vector["expected"]]
    one_more = 1 if vector["finite"] else 0

    found = list(
        islice(after(recurrence, recurrence.start, inclusive=True), len(expected) + one_more)
    )

    assert found == expected


@pytest.mark.parametrize("vector", _vectors(), ids=lambda vector: vector["id"])
def test_accepts_the_reference_vector_or_says_why_not(vector: dict[str, Any]) -> None:
    recurrence = Recurrence(start=_local(vector["dtstart"]), rrule=vector["rrule"])
    if vector["id"] in REFUSED:
        with pytest.raises(InvalidRecurrence, match=REFUSED[vector["id"]]):
            validate(recurrence)
    else:
        validate(recurrence)


def test_the_reference_vectors_are_all_there() -> None:
    tiers = [vector.get("tier") for vector in _vectors() if "tier" in vector]

    assert {tier: tiers.count(tier) for tier in set(tiers)} in ({}, TIERS)


@pytest.mark.parametrize("plan", _plans(), ids=lambda plan: plan["name"])
def test_finds_the_next_dates_of_the_plan(plan: dict[str, Any]) -> None:
    recurrence = Recurrence(start=_local(plan["dtstart"]), rrule=plan["rrule"])
    expected = [_local(text) for text in plan["next_local"]]
    instants = [_local(text).replace(tzinfo=UTC) for text in plan["next_utc"]]

    found = list(islice(after(recurrence, _local(plan["after_local"])), max(10, len(expected))))

    assert found[: len(expected)] == expected
    assert [to_utc(local, plan["tz"]) for local in found[: len(expected)]] == instants
    if "COUNT" in plan["rrule"]:
        assert len(found) == len(expected)
