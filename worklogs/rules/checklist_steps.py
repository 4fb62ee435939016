"""Steps of checklists: what a step may be, and its stored form."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

MOST_STEPS = 200
MOST_OPTIONS = 30
_KEY = re.compile(r"[a-z0-9_-]{1,40}")
_LARGEST = Decimal("1e12")


class StepKind(StrEnum):
    """What a step asks for."""

    CHECK = "check"
    NUMBER = "number"
    CHOICE = "choice"
    TEXT = "text"
    METER = "meter"
    PHOTO = "photo"
    SIGNATURE = "signature"


class FollowUp(StrEnum):
    """What a failed step leads to: nothing, an order at one click, or an order by itself."""

    NONE = "none"
    OFFER = "offer"
    OPEN = "open"


YES, NO = "yes", "no"
#: What a condition may ask of any step before; besides its own answers.
PASSED, FAILED = "passed", "failed"
NUMERIC = frozenset({StepKind.NUMBER, StepKind.METER})
WITH_FILE = frozenset({StepKind.PHOTO, StepKind.SIGNATURE})


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a choice; `fails`: whoever chooses it has found something."""

    label: str
    fails: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """Ask only if `step`, which comes before, was answered so."""

    step: str
    answer: str


@dataclass(frozen=True, slots=True)
class Step:
    """One question. `key` names it through all versions; limits are inclusive."""

    key: str
    kind: StepKind
    text: str
    help: str = ""
    is_required: bool = True
    unit: str = ""
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    options: tuple[Option, ...] = ()
    condition: Condition | None = None
    follow_up: FollowUp = FollowUp.OFFER

    @property
    def can_fail(self) -> bool:
        """Whether some answer of it is a bad one."""
        if self.kind in NUMERIC:
            return self.minimum is not None or self.maximum is not None
        return self.kind == StepKind.CHECK or any(option.fails for option in self.options)

    @property
    def limits(self) -> str:
        """The limits in words, such as “at least 0.9 m/s”; empty without any."""
        unit = f" {self.unit}" if self.unit else ""
        if self.minimum is not None and self.maximum is not None:
            return f"{plain(self.minimum)} to {plain(self.maximum)}{unit}"
        if self.minimum is not None:
            return f"at least {plain(self.minimum)}{unit}"
        return f"at most {plain(self.maximum)}{unit}" if self.maximum is not None else ""

    @property
    def answers(self) -> list[str]:
        """What a later step's condition may name."""
        own = {StepKind.CHECK: [YES, NO], StepKind.CHOICE: [one.label for one in self.options]}
        both = [PASSED, FAILED] if self.can_fail and self.kind != StepKind.CHECK else []
        return [*own.get(self.kind, []), *both]


class ChecklistError(ValueError):
    """What is wrong, by the number of the step (0: the whole) in a sentence for the person."""

    def __init__(self, problems: Sequence[tuple[int, str]]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(self.sentences))

    @property
    def sentences(self) -> list[str]:
        """Each problem with the step that it is about."""
        return [f"Step {number}: {said}" if number else said for number, said in self.problems]


def plain(number: Decimal) -> str:
    """Without the zeros that say nothing: 1.50 as 1.5, 10 as 10."""
    return f"{number.normalize():f}"


def to_number(value: Any) -> Decimal | None:
    """A number as people write it, also with a comma; None for nothing. Raises ValueError otherwise."""
    text = str(value if value is not None else "").strip().replace(",", ".")
    if not text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("This is not a number.") from None
    if not number.is_finite() or abs(number) >= _LARGEST:
        raise ValueError("This number is too large.")
    return round(number, 6) if number else Decimal(0)


def parse(rows: Any) -> list[Step]:
    """Steps from their stored or sent form. Raises ChecklistError with all that is wrong."""
    if not isinstance(rows, list):
        raise ChecklistError([(0, "Give the steps as a list.")])
    if len(rows) > MOST_STEPS:
        raise ChecklistError([(0, f"A checklist has {MOST_STEPS} steps at most.")])
    steps, problems = list[Step](), list[tuple[int, str]]()
    for number, row in enumerate(rows, start=1):
        try:
            step = _step(row, number)
            _check(step, steps)
            steps.append(step)
        except ValueError as error:
            problems.append((number, str(error)))
    if problems:
        raise ChecklistError(problems)
    return steps


def dump(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """The stored form: every field of every step, numbers as text."""
    return [
        {
            "key": step.key,
            "kind": step.kind.value,
            "text": step.text,
            "help": step.help,
            "required": step.is_required,
            "unit": step.unit,
            "minimum": None if step.minimum is None else plain(step.minimum),
            "maximum": None if step.maximum is None else plain(step.maximum),
            "options": [{"label": one.label, "fails": one.fails} for one in step.options],
            "condition": None
            if step.condition is None
            else {"step": step.condition.step, "answer": step.condition.answer},
            "follow_up": step.follow_up.value,
        }
        for step in steps
    ]


def _step(row: Any, number: int) -> Step:
    if not isinstance(row, Mapping):
        raise ValueError("Give each step as an object.")
    condition = row.get("condition") or None
    if condition is not None and not isinstance(condition, Mapping):
        raise ValueError("Give the condition as an object with step and answer.")
    return Step(
        key=str(row.get("key") or f"step-{number}"),
        kind=_one_of(StepKind, row.get("kind"), "kind"),
        text=_text(row, "text", 300),
        help=_text(row, "help", 1000),
        is_required=bool(row.get("required", True)),
        unit=_text(row, "unit", 20),
        minimum=to_number(row.get("minimum")),
        maximum=to_number(row.get("maximum")),
        options=_options(row.get("options") or []),
        condition=Condition(_text(condition, "step", 40), _text(condition, "answer", 200))
        if condition
        else None,
        follow_up=_one_of(FollowUp, row.get("follow_up") or FollowUp.OFFER, "follow-up"),
    )


def _one_of(kind: Any, value: Any, name: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        possible = ", ".join(kind)
        raise ValueError(f"The {name} is one of: {possible}.") from None


def _text(row: Mapping[str, Any], name: str, most: int) -> str:
    text = str(row.get(name) or "").strip()
    if len(text) > most or "\x00" in text:
        raise ValueError(f"The {name} takes {most} letters at most.")
    return text


def _options(rows: Any) -> tuple[Option, ...]:
    if not isinstance(rows, list) or len(rows) > MOST_OPTIONS:
        raise ValueError(f"A choice has {MOST_OPTIONS} options at most, as a list.")
    found = []
    for row in rows:
        if not isinstance(row, Mapping):
            raise ValueError("Give each option as an object with label and fails.")
        found.append(Option(_text(row, "label", 100), bool(row.get("fails"))))
    return tuple(found)


def _check(step: Step, before: Sequence[Step]) -> None:
    """Raises ValueError unless the step makes sense after those before."""
    if not _KEY.fullmatch(step.key) or step.key in {one.key for one in before}:
        raise ValueError("Its key is taken, or has other letters than a to z, 0 to 9, _ and -.")
    if not step.text:
        raise ValueError("Say what is to be done or answered.")
    labels = [one.label for one in step.options]
    if step.kind == StepKind.CHOICE:
        if len(labels) < 2 or not all(labels) or len(set(labels)) < len(labels):
            raise ValueError("A choice needs two different options at least.")
        if {PASSED, FAILED} & set(labels):
            raise ValueError(f"“{PASSED}” and “{FAILED}” are words of conditions, not options.")
    elif labels:
        raise ValueError("Only a choice has options.")
    has_limits = step.minimum is not None or step.maximum is not None
    if has_limits and step.kind not in NUMERIC:
        raise ValueError("Only numbers and meter readings have limits.")
    if step.minimum is not None and step.maximum is not None and step.minimum > step.maximum:
        raise ValueError("The lower limit is above the upper one.")
    _check_condition(step, before)


def _check_condition(step: Step, before: Sequence[Step]) -> None:
    if step.condition is None:
        return
    asked_of = next((one for one in before if one.key == step.condition.step), None)
    if asked_of is None:
        raise ValueError("Its condition must name a step before it.")
    if step.condition.answer not in asked_of.answers:
        possible = ", ".join(asked_of.answers) or "nothing"
        raise ValueError(f"Its condition can ask of “{asked_of.text}”: {possible}.")
