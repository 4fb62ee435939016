"""Who gets which work: never without skill, never while away, evenly, and always the same."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.rules.shifts import ALL_WEEK, Change, Pattern, stretches
from worklogs.rules import workload
from worklogs.rules.assignment import Choice, Person, assign, distance, rank
from worklogs.rules.assignment_words import Words
from worklogs.rules.workload import Job

NOW = datetime(2026, 3, 4, 6, 0, tzinfo=UTC)
END = NOW + timedelta(days=14)
EARLY = Pattern("Early", ALL_WEEK, time(6), time(14))
WORDS = Words("UTC", {"electric": "Electrical", "gas": "Gas"}, {"house": "House"})
#: However slow the machine is.
PATIENT = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
DAY = timedelta(days=1)


def person(key: str, *, patterns: Any = (EARLY,), changes: Any = (), **values: Any) -> Person:
    found = stretches(patterns, changes, start=NOW, end=END, zone="UTC")
    slots = workload.slots_of(found, now=NOW)
    capacity = sum(slot.stretch.capacity for slot in slots)
    absences = [change for change in changes if change.is_absence]
    return Person(key, key, slots=slots, capacity=capacity, absences=absences, **values)


def job(key: Any = 1, minutes: int = 60, **values: Any) -> Job:
    return Job(key, minutes, **values)


def given_to(found: list[Choice]) -> dict[Any, Any]:
    return {one.job.key: one.person.key if one.person else None for one in found}


@PATIENT
@given(st.integers(1, 12), st.integers(0, 150), st.integers(5, 90))
def test_equal_jobs_are_spread_evenly(people: int, jobs: int, minutes: int) -> None:
    crew = [person(f"p{number:02}") for number in range(people)]
    found = assign([job(n, minutes, path=("a",)) for n in range(jobs)], crew, words=WORDS)
    counts = [sum(one.person is each for one in found) for each in crew]
    if None not in given_to(found).values():
        assert all(abs(count - jobs / people) <= 1 for count in counts)
        assert max(counts) - min(counts) <= 1


@PATIENT
@given(
    st.integers(2, 8),
    st.lists(st.integers(5, 240), max_size=60),
    st.lists(st.sampled_from("abc"), min_size=60, max_size=60),
    st.sets(st.sampled_from("abc")),
)
def test_unequal_jobs_leave_nobody_more_than_the_longest_from_the_mean(
    people: int, lengths: list[int], places: list[str], known: set[str]
) -> None:
    crew = [person(f"p{n}", home=("root", "abc"[n % 3])) for n in range(people)]
    crew[0].last_done = frozenset(known)
    jobs = [
        job(n, length, path=("root", place), resource=place)
        for n, (length, place) in enumerate(zip(lengths, places, strict=False))
    ]
    found = assign(jobs, crew, words=WORDS)
    assert None not in given_to(found).values()
    mean = sum(lengths) / people
    assert all(abs(one.load - mean) <= max(lengths, default=0) + 1e-6 for one in crew)


@PATIENT
@given(st.lists(st.integers(0, 20), min_size=2, max_size=8), st.integers(0, 40))
def test_what_people_have_already_counts(before: list[int], jobs: int) -> None:
    """Whoever gets anything ends with no more than one job ahead of anybody else."""
    crew = [person(f"p{n}", load=count * 60, longest=60) for n, count in enumerate(before)]
    found = assign([job(n) for n in range(jobs)], crew, words=WORDS)
    got = {one.person.key for one in found if one.person}
    least = min(one.load for one in crew)
    assert all(one.load <= least + 60 for one in crew if one.key in got)


SKILLS = st.frozensets(st.sampled_from(["electric", "gas"]))


@PATIENT
@given(st.lists(SKILLS, min_size=1, max_size=6), st.lists(SKILLS, max_size=20))
def test_nobody_works_without_the_skill_and_the_same_comes_out_again(
    able: list[frozenset[str]], needed: list[frozenset[str]]
) -> None:
    def crew() -> list[Person]:
        return [person(f"p{n}", skills=dict.fromkeys(skills)) for n, skills in enumerate(able)]

    jobs = [job(n, 30, skills=skills) for n, skills in enumerate(needed)]
    found = assign(jobs, crew(), words=WORDS)
    for one in found:
        can = any(one.job.skills <= skills for skills in able)
        assert (one.person is not None) == can
        assert one.person is None or one.job.skills <= set(one.person.skills)
    again = assign(jobs, crew()[::-1], words=WORDS)
    assert given_to(found) == given_to(again)


@PATIENT
@given(st.lists(st.integers(0, 13), min_size=1, max_size=6), st.integers(0, 13))
def test_nobody_works_while_away(days: list[int], at: int) -> None:
    crew = [
        person(f"p{n}", changes=[Change(NOW + day * DAY, NOW + (day + 1) * DAY)])
        for n, day in enumerate(days)
    ]
    start = NOW + at * DAY + timedelta(hours=2)
    (one,) = assign([job(start=start)], crew, words=WORDS)
    assert (one.person is not None) == any(day != at for day in days)
    assert one.person is None or days[int(one.person.key[1:])] != at
    free = [slot for each in crew for slot in each.slots if slot.jobs]
    assert all(slot.stretch.start <= start < slot.stretch.end for slot in free)


def test_a_certificate_counts_on_the_day_of_the_work() -> None:
    ended = [(date(2025, 3, 4), date(2026, 3, 4))]
    valid = [*ended, (date(2026, 3, 5), None)]
    crew = [person("ended", skills={"gas": ended}), person("valid", skills={"gas": valid})]
    tomorrow = job(start=NOW + DAY, skills=frozenset({"gas"}))
    ranked = rank(tomorrow, crew, words=WORDS)
    assert [one.person.key for one in ranked] == ["valid", "ended"]
    assert ranked[1].refusal == "has no certificate for Gas that is valid on Thu 5 Mar 2026"
    assert not rank(job(start=NOW, skills=frozenset({"gas"})), crew, words=WORDS)[0].refusal


def test_nobody_begins_before_the_work_can() -> None:
    """Guests leave at two: a shift that ends before is no help, and only what is left of the next one counts."""
    gone = person("anna", patterns=[Pattern("Early", ALL_WEEK, time(6), time(10))])
    there = person("ben", load=240, patterns=[Pattern("Late", ALL_WEEK, time(11), time(18))])
    two = NOW + timedelta(hours=8)
    checkout = job(earliest=two, due_at=two + timedelta(hours=1))
    (found,) = assign([checkout], [gone, there], words=WORDS)
    assert found.person is there
    assert there.slots[0].jobs == [checkout]
    assert workload.done_by(there.slots, job(2, 181, earliest=two)) is there.slots[1]
    assert workload.put(gone.slots[:1], job(3, earliest=two)) is False


@PATIENT
@given(
    st.lists(st.tuples(st.integers(0, 330), st.integers(5, 240)), min_size=1, max_size=20),
    st.integers(1, 5),
)
def test_no_minute_is_planned_before_the_work_can_begin(
    work: list[tuple[int, int]], people: int
) -> None:
    jobs = [
        job(n, minutes, earliest=NOW + timedelta(hours=at)) for n, (at, minutes) in enumerate(work)
    ]
    crew = [person(f"p{n}") for n in range(people)]
    assign(jobs, crew, words=WORDS)
    for each in crew:
        pairs = [(slot.stretch.end, one.earliest) for slot in each.slots for one in slot.jobs]
        assert all(begin is not None and begin < end for end, begin in pairs)


def test_one_place_at_a_time() -> None:
    crew = [person("anna"), person("ben")]
    jobs = [job(n, start=NOW + timedelta(hours=1)) for n in range(3)]
    found = assign(jobs, crew, words=WORDS)
    assert sorted(map(str, given_to(found).values())) == ["None", "anna", "ben"]
    assert found[2].reasons == (
        "Nobody is free: 2 people: has other work Wed 4 Mar 2026, 07:00–08:00.",
    )


def test_whoever_knows_it_or_works_near_comes_first_where_loads_allow() -> None:
    far = person("anna", home=("site", "west", "w1"))
    near = person("ben", home=("site", "east", "e2"))
    knows = person("carl", last_done=frozenset({"boiler"}))
    work = job(path=("site", "east", "e1"), resource="boiler")
    ranked = rank(work, [far, near, knows], words=WORDS)
    assert [one.person.key for one in ranked] == ["carl", "ben", "anna"]
    assert "did the last job on this resource" in ranked[0].reasons
    assert "usually works here" in ranked[1].reasons
    knows.load = 120
    assert rank(work, [far, near, knows], words=WORDS)[0].person.key == "ben"


def test_in_time_comes_before_balance() -> None:
    busy_until_thursday = person("anna", changes=[Change(NOW, NOW + 2 * DAY)])
    loaded = person("ben", load=240, longest=60)
    ranked = rank(job(due_at=NOW + DAY), [busy_until_thursday, loaded], words=WORDS)
    assert [(one.person.key, one.is_late) for one in ranked] == [("ben", False), ("anna", True)]
    assert "after it is due" in " ".join(ranked[1].reasons)


def test_what_is_overdue_goes_into_the_next_shift() -> None:
    (found,) = rank(job(due_at=NOW - 5 * DAY), [person("anna")], words=WORDS)
    assert not found.is_late


def test_why_nobody() -> None:
    def why(work: Job, *crew: Person) -> str:
        (found,) = assign([work], crew, words=WORDS)
        assert found.person is None
        return found.reasons[0]

    anna = person("anna", skills={"gas": None})
    gas = job(skills=frozenset({"gas"}))
    assert why(job()) == "There is nobody who can be given work. Invite technicians first."
    assert why(gas, person("ben")) == "Nobody has the skill Gas."
    both = job(skills=frozenset({"gas", "electric"}))
    assert why(both, anna) == "Nobody has all of the skills Electrical and Gas."
    assert why(job(), person("ben", patterns=())).startswith("Nobody has a shift")
    assert why(job(team="house"), anna) == "Nobody is free: anna is not in the team House."
    away = person("anna", skills={"gas": None}, changes=[Change(NOW, END)])
    told = why(gas, away, person("ben"))
    assert "ben has not the skill Gas" in told or "anna is absent until" in told
    night = job(start=NOW + timedelta(hours=12))
    assert "is not on shift Wed 4 Mar 2026, 18:00–19:00" in why(night, anna)


def test_distance() -> None:
    assert distance(("a", "b", "c"), ("a", "b", "c")) == 0
    assert distance(("a", "b"), ("a", "b", "c")) == 1
    assert distance(("a", "b", "c"), ("a", "b", "d")) == 2
    assert distance(("a",), ("z",)) == distance((), ("a",)) == 99


def test_what_is_overdue_goes_to_whoever_is_there_first() -> None:
    back_later = person("anna", changes=[Change(NOW, NOW + 5 * DAY)])
    ranked = rank(
        job(due_at=NOW - DAY), [back_later, person("ben", load=240, longest=60)], words=WORDS
    )
    assert [(one.person.key, one.is_late) for one in ranked] == [("ben", False), ("anna", True)]
