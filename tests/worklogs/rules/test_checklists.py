"""Checklists as rules: what is asked, what fails, what is missing, for any steps and any answers."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worklogs.rules import checklists
from worklogs.rules.checklist_steps import (
    ChecklistError,
    Condition,
    FollowUp,
    Option,
    Step,
    StepKind,
    dump,
    parse,
    to_number,
)
from worklogs.rules.checklists import AnswerError, Given

NUMBERS = st.decimals(-1000, 1000, places=3)


@st.composite
def steps(draw: Any) -> list[Step]:
    """A checklist in which conditions name steps before them."""
    found: list[Step] = []
    for number in range(draw(st.integers(0, 8))):
        kind = draw(st.sampled_from(StepKind))
        low, high = sorted(draw(st.tuples(NUMBERS, NUMBERS)))
        has_limits = kind in {StepKind.NUMBER, StepKind.METER} and draw(st.booleans())
        candidates = [one for one in found if one.answers]
        condition = None
        if candidates and draw(st.booleans()):
            before = draw(st.sampled_from(candidates))
            condition = Condition(before.key, draw(st.sampled_from(before.answers)))
        found.append(
            Step(
                key=f"step-{number}",
                kind=kind,
                text=f"Question {number}",
                is_required=draw(st.booleans()),
                minimum=low if has_limits else None,
                maximum=high if has_limits else None,
                options=(Option("good"), Option("bad", fails=True))
                if kind == StepKind.CHOICE
                else (),
                condition=condition,
                follow_up=draw(st.sampled_from(FollowUp)),
            )
        )
    return found


def an_answer(step: Step) -> st.SearchStrategy[Given]:
    if step.kind in {StepKind.NUMBER, StepKind.METER}:
        return NUMBERS.map(lambda number: Given(number=number))
    if step.kind in {StepKind.PHOTO, StepKind.SIGNATURE}:
        return st.integers(1, 3).map(lambda files: Given(files=files))
    words = {StepKind.CHECK: ["yes", "no"], StepKind.CHOICE: ["good", "bad"]}
    return st.sampled_from(words.get(step.kind, ["seen"])).map(lambda text: Given(text=text))


@st.composite
def answered(draw: Any) -> tuple[list[Step], dict[str, Given]]:
    """Steps with answers to some of them."""
    found = draw(steps())
    return found, {step.key: draw(an_answer(step)) for step in found if draw(st.booleans())}


@given(steps())
def test_the_stored_form_says_everything(found: list[Step]) -> None:
    assert parse(dump(found)) == found


@given(answered())
def test_what_is_asked_depends_on_answers_before_only(
    pair: tuple[list[Step], dict[str, Given]],
) -> None:
    found, answers = pair
    whole = checklists.asked(found, answers)
    for count in range(len(found) + 1):
        before = {step.key for step in found[:count]}
        known = {key: value for key, value in answers.items() if key in before}
        asked = checklists.asked(found[:count], known)
        assert asked == [step for step in whole if step.key in before]


def test_what_follows_from_a_step_that_is_not_asked_is_not_asked_either() -> None:
    """Whatever was answered there before the first answer was corrected."""
    no = [Condition(key, "no") for key in ("a", "b")]
    first, second, third = (
        Step(key, StepKind.CHECK, key, condition=condition)
        for key, condition in zip("abc", [None, *no], strict=True)
    )
    answers = {"a": Given(text="no"), "b": Given(text="no")}
    assert checklists.asked([first, second, third], answers) == [first, second, third]
    answers["a"] = Given(text="yes")
    assert checklists.asked([first, second, third], answers) == [first]


@given(answered())
def test_answers_to_what_is_not_asked_change_nothing(
    pair: tuple[list[Step], dict[str, Given]],
) -> None:
    found, answers = pair
    asked = checklists.asked(found, answers)
    kept = {step.key: answers[step.key] for step in asked if step.key in answers}
    assert checklists.asked(found, kept) == asked
    assert checklists.missing(found, kept) == checklists.missing(found, answers)
    assert checklists.failed(found, kept) == checklists.failed(found, answers)


@given(answered())
def test_missing_is_required_asked_and_unanswered(
    pair: tuple[list[Step], dict[str, Given]],
) -> None:
    found, answers = pair
    asked = checklists.asked(found, answers)
    for step in found:
        expected = step in asked and step.is_required and step.key not in answers
        assert (step in checklists.missing(found, answers)) == expected
    text = checklists.summary("Title", found, answers)
    assert len(text.splitlines()) == len(asked) + 1


@given(answered())
def test_answering_the_first_missing_step_makes_progress(
    pair: tuple[list[Step], dict[str, Given]],
) -> None:
    found, answers = pair
    left = checklists.missing(found, answers)
    if left:
        more = {**answers, left[0].key: Given(text="x", number=Decimal(1), files=1)}
        assert left[0] not in checklists.missing(found, more)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_limits_are_inclusive(low: Decimal, high: Decimal, value: Decimal) -> None:
    low, high = sorted((low, high))
    step = Step("a", StepKind.NUMBER, "Speed", minimum=low, maximum=high)
    assert checklists.fails(step, Given(number=value)) is not (low <= value <= high)
    assert checklists.read(step, Given(text=str(value))) == Given(number=value)


@pytest.mark.parametrize(
    ("step", "said", "failed"),
    [
        (Step("a", StepKind.CHECK, "Clean?"), Given(text="no"), True),
        (Step("a", StepKind.CHECK, "Clean?"), Given(text="yes"), False),
        (Step("a", StepKind.TEXT, "Seen"), Given(text="no"), False),
        (Step("a", StepKind.METER, "Hours"), Given(text="12,5"), False),
        (
            Step("a", StepKind.CHOICE, "Oil", options=(Option("full"), Option("low", fails=True))),
            Given(text="low"),
            True,
        ),
    ],
)
def test_what_fails(step: Step, said: Given, failed: bool) -> None:
    assert checklists.fails(step, checklists.read(step, said)) is failed


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (Step("a", StepKind.CHECK, "Clean?"), Given(text="perhaps")),
        (Step("a", StepKind.NUMBER, "Speed"), Given(text="fast")),
        (Step("a", StepKind.NUMBER, "Speed"), Given(text="")),
        (Step("a", StepKind.NUMBER, "Speed"), Given(text="NaN")),
        (Step("a", StepKind.TEXT, "Seen"), Given(text="  ")),
        (Step("a", StepKind.TEXT, "Seen"), Given(text="x", files=1)),
        (Step("a", StepKind.PHOTO, "Picture"), Given(text="x")),
        (Step("a", StepKind.SIGNATURE, "Sign"), Given()),
        (Step("a", StepKind.CHOICE, "Oil", options=(Option("a"), Option("b"))), Given(text="c")),
    ],
)
def test_what_is_no_answer(step: Step, said: Given) -> None:
    with pytest.raises(AnswerError):
        checklists.read(step, said)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("nothing", "list"),
        ([{"kind": "check"}], "Say what"),
        ([{"kind": "guess", "text": "A"}], "kind is one of"),
        ([{"kind": "choice", "text": "A", "options": [{"label": "one"}]}], "two different"),
        ([{"kind": "check", "text": "A", "minimum": 1}], "Only numbers"),
        ([{"kind": "number", "text": "A", "minimum": 2, "maximum": 1}], "above"),
        ([{"kind": "number", "text": "A", "minimum": "x"}], "not a number"),
        ([{"kind": "check", "text": "A", "condition": {"step": "b", "answer": "yes"}}], "before"),
        ([{"key": "a", "kind": "check", "text": "A"}] * 2, "Step 2: Its key is taken"),
        (
            [
                {"key": "a", "kind": "text", "text": "A"},
                {"kind": "text", "text": "B", "condition": {"step": "a", "answer": "yes"}},
            ],
            "can ask",
        ),
        ([{"kind": "text", "text": "A"}] * 201, "200 steps"),
        ([7], "object"),
    ],
)
def test_wrong_steps_are_explained(rows: Any, said: str) -> None:
    with pytest.raises(ChecklistError, match=said):
        parse(rows)


def test_numbers_as_people_write_them() -> None:
    assert to_number(" 1,50 ") == Decimal("1.5")
    assert to_number("") is None
    with pytest.raises(ValueError, match="too large"):
        to_number("1e30")
