"""The slot finder against trying every start, on random small cases."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.rules.slots import Claim, Harm, Request, Surroundings, find_slots, harm_of

ZERO = datetime(2026, 3, 2, tzinfo=UTC)
STEP = timedelta(minutes=30)
GRID = 48


def at(step: int) -> datetime:
    return ZERO + step * STEP


def overlap(low: datetime, high: datetime, start: datetime, end: datetime) -> timedelta:
    return max(timedelta(), min(high, end) - max(low, start))


def harm_by_hand(start: datetime, request: Request, around: Surroundings) -> Harm | None:
    """The definition, written out."""
    end = start + request.duration
    low, high = start - request.setup, end + request.cleanup
    if any(low < taken_end and taken_start < high for taken_start, taken_end in around.taken):
        return None
    hit = [claim for claim in around.claims if low < claim.end and claim.start < high]
    firm = [claim for claim in hit if claim.is_firm]
    outside = timedelta()
    if around.working is not None:
        moments = (start + minute * STEP for minute in range(request.duration // STEP))
        outside = STEP * sum(
            not any(opens <= moment < closes for opens, closes in around.working)
            for moment in moments
        )
    return Harm(
        len(firm),
        sum(claim.people for claim in firm),
        len(hit) - len(firm),
        sum((overlap(low, high, claim.start, claim.end) for claim in hit), timedelta()),
        outside,
    )


@st.composite
def intervals(draw: st.DrawFn) -> tuple[datetime, datetime]:
    start = draw(st.integers(-4, GRID))
    return at(start), at(start + draw(st.integers(1, 12)))


@st.composite
def claims(draw: st.DrawFn) -> Claim:
    start, end = draw(intervals())
    return Claim(start, end, draw(st.booleans()), draw(st.integers(0, 4)))


SURROUNDINGS = st.builds(
    Surroundings,
    st.lists(claims(), max_size=8),
    st.lists(intervals(), max_size=4),
    st.none() | st.lists(intervals(), max_size=4),
)
STEPS = st.integers(0, 3).map(lambda number: number * STEP)
REQUESTS = st.builds(
    Request,
    duration=st.integers(1, 8).map(lambda number: number * STEP),
    earliest=st.integers(0, 10).map(at),
    latest=st.integers(8, GRID).map(at),
    setup=STEPS,
    cleanup=STEPS,
)


@settings(max_examples=1000, deadline=None)
@given(REQUESTS, SURROUNDINGS)
def test_the_best_slots_are_those_of_trying_every_start(
    request: Request, around: Surroundings
) -> None:
    """On a grid of half hours every start is tried; each further slot is the best beside those found."""
    steps = (request.latest - request.duration - request.earliest) // STEP
    starts = [request.earliest + step * STEP for step in range(steps + 1)]
    left = {start: harm for start in starts if (harm := harm_by_hand(start, request, around))}
    for slot in (found := find_slots(request, around, limit=3)):
        best = min((harm, start) for start, harm in left.items())
        assert (slot.harm, slot.start) == best
        assert slot.end - slot.start == request.duration
        left = {
            start: harm
            for start, harm in left.items()
            if abs(start - slot.start) >= request.duration
        }
    assert len(found) == 3 or not left


@settings(max_examples=200, deadline=None)
@given(REQUESTS, SURROUNDINGS, st.integers(-2, GRID))
def test_harm_is_what_the_definition_says(
    request: Request, around: Surroundings, step: int
) -> None:
    assert harm_of(at(step), request, around) == harm_by_hand(at(step), request, around)


def test_touching_is_not_overlapping() -> None:
    """Between a departure at 11:00 and an arrival at 15:00 four hours fit, five do not."""
    around = Surroundings(claims=[Claim(at(0), at(22)), Claim(at(30), at(60))])
    wanted = Request(timedelta(hours=4), earliest=at(0), latest=at(60))
    [slot, *_] = find_slots(wanted, around)
    assert (slot.start, slot.end) == (at(22), at(30))
    assert slot.harm.firm_bookings == 0
    longer = Request(timedelta(hours=5), earliest=at(0), latest=at(60))
    assert find_slots(longer, around)[0].harm.firm_bookings == 1


def test_nothing_where_no_stretch_is_long_enough() -> None:
    wanted = Request(timedelta(hours=2), earliest=at(0), latest=at(8))
    assert find_slots(wanted, Surroundings(taken=[(at(2), at(6))])) == []
