"""The checklist of one order as it stands: what is asked, what was answered, what is missing. Reading only."""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from accounts.rights import Right, has_right
from core.errors import Invalid
from core.models import Attachment
from worklogs.models import ChecklistAnswer, ChecklistFollowUp, ChecklistVersion, WorkOrder
from worklogs.rules import checklists
from worklogs.rules.checklist_steps import WITH_FILE, FollowUp, Step

#: Files that are the evidence of an answer.
TARGET = "checklist_answer"


@dataclass
class Line:
    """One step with what was answered; `earlier` are answers that were corrected since, the newest first."""

    number: int
    step: Step
    is_asked: bool
    answer: ChecklistAnswer | None = None
    earlier: list[ChecklistAnswer] = field(default_factory=list)
    files: list[Attachment] = field(default_factory=list)
    follow_up: WorkOrder | None = None

    @property
    def is_failed(self) -> bool:
        """Answered badly."""
        return self.answer is not None and checklists.fails(self.step, self.answer.given)

    @property
    def is_missing(self) -> bool:
        """To be answered before the order can be completed."""
        return self.is_asked and self.step.is_required and self.answer is None

    @property
    def said(self) -> str:
        """The answer in words."""
        return checklists.in_words(self.step, self.answer.given) if self.answer else ""

    @property
    def offers_follow_up(self) -> bool:
        """Whether an order for what was found is one click away."""
        wanted = self.step.follow_up != FollowUp.NONE
        return self.is_asked and self.is_failed and wanted and self.follow_up is None


@dataclass
class Sheet:
    """The checklist of an order, in the version that the order keeps."""

    order: WorkOrder
    version: ChecklistVersion
    lines: list[Line]

    @property
    def asked(self) -> list[Line]:
        """What applies."""
        return [line for line in self.lines if line.is_asked]

    @property
    def missing(self) -> list[Line]:
        """What is left to be answered."""
        return [line for line in self.lines if line.is_missing]

    @property
    def failed(self) -> list[Line]:
        """What was found to be wrong."""
        return [line for line in self.asked if line.is_failed]

    @property
    def done(self) -> int:
        """How many of the steps that apply have an answer."""
        return sum(1 for line in self.asked if line.answer is not None)

    @cached_property
    def summary(self) -> str:
        """Question and answer, line by line, for the log."""
        answers = {line.step.key: line.answer.given for line in self.lines if line.answer}
        title = f"Checklist “{self.version.checklist}”, version {self.version.number}"
        return checklists.summary(title, self.version.parsed, answers)


def sheet_of(order: WorkOrder) -> Sheet | None:
    """The checklist of the order; None when it has none. A constant number of questions."""
    if order.checklist_id is None:
        return None
    version = ChecklistVersion.objects.select_related("checklist").get(pk=order.checklist_id)
    chains = _chains(order)
    answers = {key: chain[0].given for key, chain in chains.items()}
    asked = {step.key for step in checklists.asked(version.parsed, answers)}
    files = _files(version, chains)
    follow_ups = _follow_ups(order) if any(chain[0].is_failed for chain in chains.values()) else {}
    lines = []
    for number, step in enumerate(version.parsed, start=1):
        line = Line(number, step, step.key in asked, follow_up=follow_ups.get(step.key))
        if chain := chains.get(step.key):
            line.answer, line.earlier = chain[0], chain[1:]
            hashes = set(chain[0].attachment_hashes)
            ids = {one.pk for one in chain}
            line.files = [file for file in files if file.target_id in ids and file.sha256 in hashes]
        lines.append(line)
    return Sheet(order, version, lines)


def given_on(order: WorkOrder) -> dict[str, checklists.Given]:
    """What counts of the answers of an order, by step."""
    return {answer.step: answer.given for answer in ChecklistAnswer.objects.of(order)}


def require_done(order: WorkOrder) -> None:
    """Raises Invalid, naming the steps, unless everything that the checklist demands is answered."""
    if order.checklist_id is None:
        return
    version = ChecklistVersion.objects.get(pk=order.checklist_id)
    left = checklists.missing(version.parsed, given_on(order))
    if left:
        numbers = {step.key: number for number, step in enumerate(version.parsed, start=1)}
        named = "; ".join(f"{numbers[step.key]}. {step.text}" for step in left)
        count = "1 step" if len(left) == 1 else f"{len(left)} steps"
        message = (
            f"The checklist still asks for {count}: {named}{'' if named.endswith('?') else '.'}"
        )
        raise Invalid(message, field="checklist", code="checklist_open")


def may_view_files(user: Any, answer_id: UUID) -> bool:
    """Whoever may read checklists and sees the order sees its evidence."""
    return has_right(user, Right.CHECKLIST_VIEW) and bool(
        ChecklistAnswer.objects.visible_to(user).filter(pk=answer_id).exists()
    )


def _chains(order: WorkOrder) -> dict[str, list[ChecklistAnswer]]:
    """The answers of each step, what counts in front. Each supersedes the one before it, so ids are in their order."""
    rows = ChecklistAnswer.objects.filter(work_order=order).select_related("answered_by")
    found: dict[str, list[ChecklistAnswer]] = defaultdict(list)
    for answer in rows:
        found[answer.step].append(answer)
    return {step: _newest_first(chain) for step, chain in found.items()}


def _newest_first(chain: list[ChecklistAnswer]) -> list[ChecklistAnswer]:
    after = {answer.supersedes_id: answer for answer in chain}
    ordered: list[ChecklistAnswer] = []
    key: UUID | None = None
    while (answer := after.get(key)) is not None:
        ordered.insert(0, answer)
        key = answer.pk
    return ordered


def _files(version: ChecklistVersion, chains: dict[str, list[ChecklistAnswer]]) -> list[Attachment]:
    keys = {step.key for step in version.parsed if step.kind in WITH_FILE}
    ids = [answer.pk for key, chain in chains.items() if key in keys for answer in chain]
    if not ids:
        return []
    rows = Attachment.objects.filter(target_type=TARGET, target_id__in=ids)
    return list(rows.order_by("created_at", "pk"))


def _follow_ups(order: WorkOrder) -> dict[str, WorkOrder]:
    rows = ChecklistFollowUp.objects.filter(work_order=order).select_related("order")
    return {row.step: row.order for row in rows}
