"""Answers to checklists: what they mean, what is asked, what is still missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from worklogs.rules.checklist_steps import (
    FAILED,
    NO,
    NUMERIC,
    PASSED,
    WITH_FILE,
    YES,
    Condition,
    Step,
    StepKind,
    plain,
    to_number,
)

LONGEST_TEXT = 2000


@dataclass(frozen=True, slots=True)
class Given:
    """An answer: what was chosen or written, the number of a numeric step, how many files came with it."""

    text: str = ""
    number: Decimal | None = None
    files: int = 0


class AnswerError(ValueError):
    """Why a step does not take this answer."""


def read(step: Step, given: Given) -> Given:
    """The answer as it is kept. Raises AnswerError when the step does not take it."""
    text = given.text.strip()
    if len(text) > LONGEST_TEXT or "\x00" in text:
        raise AnswerError(f"Write {LONGEST_TEXT} letters at most.")
    if step.kind in NUMERIC:
        return Given(number=_number(given))
    if step.kind == StepKind.CHECK and text not in {YES, NO}:
        raise AnswerError("Answer with yes or no.")
    if step.kind == StepKind.CHOICE and text not in {one.label for one in step.options}:
        raise AnswerError("Choose one of: " + ", ".join(one.label for one in step.options) + ".")
    if step.kind == StepKind.TEXT and not text:
        raise AnswerError("Write something.")
    if step.kind in WITH_FILE:
        if not given.files:
            raise AnswerError("Add a photo." if step.kind == StepKind.PHOTO else "Sign first.")
        return Given(text=text, files=given.files)
    if given.files:
        raise AnswerError("This step takes no file.")
    return Given(text=text)


def fails(step: Step, given: Given) -> bool:
    """Whether the answer is a bad one: outside the limits, “no”, or an option that fails."""
    if step.kind in NUMERIC:
        if given.number is None:
            return False
        too_low = step.minimum is not None and given.number < step.minimum
        return too_low or (step.maximum is not None and given.number > step.maximum)
    if step.kind == StepKind.CHECK:
        return given.text == NO
    return any(one.fails and one.label == given.text for one in step.options)


def asked(steps: Sequence[Step], answers: Mapping[str, Given]) -> list[Step]:
    """The steps that apply, in their order, as far as the answers tell.

    A step whose condition names one that is not asked is not asked either, whatever was answered there before.
    """
    found: dict[str, Step] = {}
    for step in steps:
        if step.condition is None or _holds(step.condition, found, answers):
            found[step.key] = step
    return list(found.values())


def missing(steps: Sequence[Step], answers: Mapping[str, Given]) -> list[Step]:
    """Required steps that apply and have no answer."""
    return [step for step in asked(steps, answers) if step.is_required and step.key not in answers]


def failed(steps: Sequence[Step], answers: Mapping[str, Given]) -> list[Step]:
    """Steps that apply and were answered badly."""
    return [
        step
        for step in asked(steps, answers)
        if step.key in answers and fails(step, answers[step.key])
    ]


def in_words(step: Step, given: Given) -> str:
    """The answer as people read it, such as “1.2 m/s, outside 0.9 to 1.1 m/s”."""
    if step.kind in NUMERIC:
        said = f"{plain(given.number or Decimal(0))} {step.unit}".strip()
        return f"{said}, outside {step.limits}" if fails(step, given) else said
    if step.kind == StepKind.SIGNATURE:
        return f"signed by {given.text}" if given.text else "signed"
    if step.kind == StepKind.PHOTO:
        files = "1 photo" if given.files == 1 else f"{given.files} photos"
        return f"{files}: {given.text}" if given.text else files
    return given.text


def asked_of(step: Step) -> str:
    """What is asked, ready for the answer behind it: “Oil:” or “Is it dry?”."""
    return step.text if step.text.endswith(("?", ":")) else f"{step.text}:"


def summary(title: str, steps: Sequence[Step], answers: Mapping[str, Given]) -> str:
    """What was answered, line by line, for the log of the work."""
    lines = [title]
    for number, step in enumerate(steps, start=1):
        if step not in asked(steps, answers):
            continue
        if step.key not in answers:
            lines.append(f"{number}. {asked_of(step)} not answered")
            continue
        given = answers[step.key]
        mark = " (failed)" if fails(step, given) else ""
        lines.append(f"{number}. {asked_of(step)} {in_words(step, given)}{mark}")
    return "\n".join(lines)


def _holds(condition: Condition, found: Mapping[str, Step], answers: Mapping[str, Given]) -> bool:
    step, given = found.get(condition.step), answers.get(condition.step)
    if step is None or given is None:
        return False
    if condition.answer in {PASSED, FAILED}:
        return fails(step, given) is (condition.answer == FAILED)
    return given.text == condition.answer


def _number(given: Given) -> Decimal:
    try:
        number = given.number if given.number is not None else to_number(given.text)
        number = to_number(number)
    except ValueError as error:
        raise AnswerError(str(error)) from error
    if number is None:
        raise AnswerError("Give a number.")
    return number
