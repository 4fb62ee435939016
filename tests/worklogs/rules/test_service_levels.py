"""Clocks and policies, tried on many cases."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from worklogs.rules import service_levels as levels
from worklogs.rules.service_levels import Case, Policy, Run
from worklogs.rules.sla_clock import Calendar, Pause, Target, round_the_clock

START = datetime(2026, 3, 27, 8, tzinfo=UTC)  # the Friday before the clocks change in Berlin
WEEK = Calendar("Europe/Berlin", tuple((day, time(8), time(17)) for day in range(5)))
ALWAYS = round_the_clock("Europe/Berlin")
minutes = st.integers(1, 6_000).map(lambda count: timedelta(minutes=count))
calendars = st.sampled_from([WEEK, ALWAYS])


@st.composite
def pauses(draw: st.DrawFn) -> tuple[Pause, ...]:
    found, at = [], START
    for _ in range(draw(st.integers(0, 4))):
        begin = at + draw(minutes)
        at = begin + draw(minutes)
        found.append((begin, at))
    return tuple(found)


targets = st.one_of(
    minutes.map(lambda span: Target(span=span)), st.integers(1, 6).map(lambda n: Target(days=n))
)


@settings(max_examples=150, deadline=None)
@given(calendars, targets, pauses(), minutes)
def test_intervals_add_up_and_pauses_never_shorten(
    calendar: Calendar, target: Target, stood: tuple[Pause, ...], later: timedelta
) -> None:
    now = START + later
    run = Run("resolution", START, target, calendar, stood)
    plain = Run("resolution", START, target, calendar)
    stretches = run.running(now)
    assert sum((end - begin for begin, end in stretches), timedelta(0)) == run.elapsed(now)
    assert all(a[1] < b[0] for a, b in pairwise(stretches))
    assert all(
        end <= low or begin >= high for begin, end in stretches for low, high in stood if high
    )
    assert run.elapsed(now) <= plain.elapsed(now) <= now - START
    due, earliest = run.due_at(), plain.due_at()
    assert due is not None
    assert earliest is not None
    assert due >= earliest
    assert run.is_breached(now) is (now > due)
    assert run.elapsed(due) == run.whole()
    looks = run.looks(now)
    assert all(at > now for at in looks)
    warned = [run.warned_at(percent) for percent in levels.WARNINGS]
    assert warned == sorted(at for at in warned if at is not None)


@settings(max_examples=100, deadline=None)
@given(pauses(), minutes, minutes)
def test_an_agreed_deadline_never_moves(
    stood: tuple[Pause, ...], ahead: timedelta, later: timedelta
) -> None:
    agreed = START + ahead
    run = Run("resolution", START, Target(), WEEK, stood, agreed=agreed)
    assert run.due_at() == agreed
    assert run.elapsed(START + later) == later


_values = st.sampled_from(["", "a", "b"])


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(_values, _values, _values, st.integers(0, 3)), max_size=8),
    st.tuples(*[st.sampled_from(["a", "b"])] * 3),
    st.randoms(use_true_random=False),
)
def test_the_closest_policy_holds_in_whatever_order_they_come(
    told: list[tuple[str, str, str, int]], facts: tuple[str, str, str], shuffler: object
) -> None:
    policies = [
        Policy(
            key=UUID(int=number),
            name=f"P{number}",
            position=position,
            conditions=tuple(
                (name, value)
                for name, value in zip(("kind", "category", "priority"), values, strict=True)
                if value
            ),
            calendar=WEEK,
            calendar_name="Week",
            response=None,
            resolution=None,
        )
        for number, (*values, position) in enumerate(told)
    ]
    case = Case(facts[0], "", facts[1], facts[2], None)
    found = levels.choose(policies, case)
    shuffler.shuffle(policies)  # type: ignore[attr-defined]
    assert levels.choose(policies, case) == found
    fitting = [policy for policy in policies if policy.fits(case)]
    assert (found is None) is (not fitting)
    if found is not None:
        most = max(len(policy.conditions) for policy in fitting)
        assert len(found.conditions) == most
        assert found.position == min(p.position for p in fitting if len(p.conditions) == most)
