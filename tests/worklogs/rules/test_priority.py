"""Priorities and their reasons."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worklogs.rules import priority
from worklogs.rules.priority import Facts, judge

NOW = datetime(2026, 3, 4, 6, tzinfo=UTC)
LEVELS = ["low", "medium", "high", "critical"]
CATEGORIES = ["plumbing", "electrical", "hvac", "appliance", "furniture", "safety", "other"]

facts = st.builds(
    Facts,
    is_unsafe=st.booleans(),
    is_emergency=st.booleans(),
    criticality=st.sampled_from(LEVELS),
    category=st.sampled_from(CATEGORIES),
    due_at=st.none() | st.integers(-3000, 3000).map(lambda n: NOW + timedelta(minutes=n)),
)


@pytest.mark.parametrize(
    ("given_facts", "level"),
    [
        (Facts(), "medium"),
        (Facts(criticality="low", category="furniture"), "low"),
        (Facts(criticality="critical", category="plumbing"), "high"),
        (Facts(criticality="critical", category="safety"), "critical"),
        (Facts(criticality="low", category="furniture", is_unsafe=True), "critical"),
        (Facts(criticality="low", category="furniture", is_emergency=True), "critical"),
        (Facts(criticality="low", category="furniture", due_at=NOW), "medium"),
        (Facts(category="plumbing", due_at=NOW - timedelta(hours=1)), "high"),
    ],
)
def test_levels(given_facts: Facts, level: str) -> None:
    assert judge(given_facts, now=NOW).level == level


def test_reasons_in_words_with_the_weightiest_first() -> None:
    found = judge(Facts(criticality="high", category="hvac", is_unsafe=True), now=NOW)
    assert priority.in_words(found.reasons) == [
        "somebody's safety is at risk (6 points)",
        "the resource is of high criticality (2 points)",
        "it concerns heating, ventilation or air (1 point)",
    ]
    assert priority.in_words(["plan"]) == ["the plan says so"]
    assert priority.in_words(["criticality=critical+3"]) == ["the resource is critical (3 points)"]


def test_until_when_it_holds() -> None:
    due = NOW + timedelta(days=3)
    assert judge(Facts(due_at=due), now=NOW).holds_until == due - priority.SOON
    assert judge(Facts(due_at=due), now=due - priority.SOON).holds_until == due
    assert judge(Facts(due_at=due), now=due).holds_until is None
    assert judge(Facts(), now=NOW).holds_until is None


@given(facts, st.integers(0, 6000))
def test_the_clock_changes_nothing_before_the_moment_that_was_named(
    given_facts: Facts, minutes: int
) -> None:
    first, later = judge(given_facts, now=NOW), NOW + timedelta(minutes=minutes)
    if first.holds_until is None or later < first.holds_until:
        assert judge(given_facts, now=later) == first


@given(facts)
def test_every_point_has_its_reason_and_dangers_are_critical(given_facts: Facts) -> None:
    found = judge(given_facts, now=NOW)
    points = [int(reason.rpartition("+")[2]) for reason in found.reasons]
    assert points == sorted(points, reverse=True)
    assert len(priority.in_words(found.reasons)) == len(points)
    if given_facts.is_unsafe or given_facts.is_emergency:
        assert found.level == "critical"
    assert (sum(points) >= 6) == (found.level == "critical")
