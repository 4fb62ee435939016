"""Answering the checklist of an order: append-only, corrected by superseding; failed steps lead to further orders."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from core import audit, outbox
from core.errors import Conflict, Invalid
from core.models import Attachment
from core.services import attachments as files
from worklogs import states
from worklogs.models import ChecklistAnswer, ChecklistFollowUp, WorkOrder, WorkOrderLink
from worklogs.rules import checklists
from worklogs.rules.checklist_steps import FollowUp, Step, StepKind
from worklogs.rules.checklists import AnswerError, Given
from worklogs.services import moving, numbers, orders, sheets, talk
from worklogs.services.sheets import TARGET
from worklogs.services.uploads import is_blank

if TYPE_CHECKING:
    from accounts.models import User

MOST_FILES = 10
_PNG = "image/png"


@transaction.atomic
def answer(
    order: WorkOrder,
    key: str,
    given: Given,
    *,
    by: "User | None",
    now: datetime,
    attachments: Collection[UUID] = (),
    answered_at: datetime | None = None,
) -> ChecklistAnswer:
    """Answer the step `key`, or correct what was answered. The same again changes nothing.

    `attachments` are files that `by` uploaded for it; photos add to those before, a signature replaces the former.
    `answered_at` is when the person answered, for what was kept on a phone without connection; it loses against what
    was answered later. Raises Invalid, NotAllowed, or Conflict where the order takes no answers.
    """
    moving.check_hands(order, by)
    if _may_open(order, key):
        numbers.draw(0)  # who makes orders waits in line before locking any
    locked = _locked(order)
    step = _step(locked, key)
    current = _current(locked, key)
    at = min(answered_at or now, now)
    hashes = _hashes(step, current, attachments, by=by)
    kept = _read(step, Given(given.text, given.number, files=len(hashes)))
    if current is not None and (current.given, current.attachment_hashes) == (kept, hashes):
        return current
    if current is not None and answered_at is not None and current.answered_at > at:
        message = "Somebody answered this step later. Look at it, and answer again if it is wrong."
        raise Conflict(message, code="answered_later")
    made: ChecklistAnswer = ChecklistAnswer.objects.create(
        work_order=locked,
        step=key,
        text=kept.text,
        number=kept.number,
        attachment_hashes=hashes,
        is_failed=checklists.fails(step, kept),
        supersedes=current,
        answered_by=by,
        answered_at=at,
    )
    if attachments:
        files.attach(set(attachments), target_type=TARGET, target_id=made.pk, by=by, now=now)
    _mark(locked, order, step, made, current, by=by, now=now)
    return made


@transaction.atomic
def follow_up(order: WorkOrder, key: str, *, by: "User | None", now: datetime) -> WorkOrder:
    """The order for what a failed step found: a report on the same resource, linked, made once."""
    moving.check_hands(order, by)
    numbers.draw(0)  # who makes orders waits in line before locking any
    locked = _locked(order, also=(states.COMPLETED, states.VERIFIED))
    known = ChecklistFollowUp.objects.filter(work_order=locked, step=key).select_related("order")
    for row in known:
        found: WorkOrder = row.order
        return found
    step = _step(locked, key)
    current = _current(locked, key)
    if current is None or not checklists.fails(step, current.given):
        raise Conflict("This step did not fail: there is nothing to follow up.", code="not_failed")
    said = checklists.in_words(step, current.given)
    made = WorkOrder(
        resource=locked.resource,
        title=f"{checklists.asked_of(step)} {said}"[:200],
        description=f"Found on work order {locked}.\n{checklists.asked_of(step)} {said}.",
        kind=WorkOrder.Kind.CORRECTIVE,
        category=locked.category,
        status=states.REPORTED,
        priority="",
    )
    # whoever may do the work may report what it brought to light, wherever that lies
    orders.create_order(made, by=None, now=now, reported_by=by)
    talk.add_link(locked, made, WorkOrderLink.Kind.FOLLOW_UP, by=by, now=now)
    ChecklistFollowUp.objects.create(work_order=locked, step=key, order=made)
    return made


def _locked(order: WorkOrder, *, also: Sequence[str] = ()) -> WorkOrder:
    """The order as it stands; nobody completes it meanwhile. Raises Conflict unless it is in somebody's hands."""
    rows = WorkOrder.objects.select_for_update(of=("self",), no_key=True)
    locked: WorkOrder = rows.select_related("resource", "checklist").get(pk=order.pk)
    if locked.checklist is None:
        raise Conflict("This work order has no checklist.", code="no_checklist")
    if locked.status not in (*states.HELD_BY_SOMEBODY, *also):
        word = locked.get_status_display().lower()
        message = f"This work order is {word}: its checklist takes no answers."
        raise Conflict(message, code="not_in_hand")
    return locked


def _may_open(order: WorkOrder, key: str) -> bool:
    """Whether an answer to this step may lead to a further order."""
    steps = order.checklist.parsed if order.checklist else []
    return any(step.key == key and step.follow_up == FollowUp.OPEN for step in steps)


def _current(order: WorkOrder, key: str) -> ChecklistAnswer | None:
    found: ChecklistAnswer | None = ChecklistAnswer.objects.of(order).filter(step=key).first()
    return found


def _step(order: WorkOrder, key: str) -> Step:
    assert order.checklist is not None  # noqa: S101 - `_locked` has looked
    steps = order.checklist.parsed
    for step in checklists.asked(steps, sheets.given_on(order)):
        if step.key == key:
            return step
    if any(step.key == key for step in steps):
        raise Conflict("This step does not apply after the answers before it.", code="not_asked")
    raise Invalid("The checklist has no such step.", field="step", code="no_such_step")


def _hashes(
    step: Step,
    current: ChecklistAnswer | None,
    attachments: Collection[UUID],
    *,
    by: "User | None",
) -> list[str]:
    """The contents that are the evidence with the new files."""
    former = list(current.attachment_hashes) if current else []
    if not attachments:
        return former
    free = Attachment.objects.filter(
        pk__in=attachments, target_type=TARGET, target_id=None, uploaded_by=by
    )
    found = list(free.order_by("created_at", "pk"))
    if len(found) != len(set(attachments)):
        raise Invalid("A file is missing or already belongs elsewhere.", field="attachments")
    if not all(file.is_photo for file in found):
        raise Invalid("Only photos are accepted here.", field="file")
    new = [file.sha256 for file in found]
    if step.kind == StepKind.SIGNATURE:
        if len(found) != 1 or found[0].content_type != _PNG:
            raise Invalid("A signature is one PNG picture.", field="file")
        if is_blank(found[0].file):
            raise Invalid("The signature is empty. Sign first.", field="file")
        return new
    merged = list(dict.fromkeys([*former, *new]))
    if len(merged) > MOST_FILES:
        raise Invalid(f"A step takes {MOST_FILES} photos at most.", field="file")
    return merged


def _read(step: Step, given: Given) -> Given:
    try:
        return checklists.read(step, given)
    except AnswerError as error:
        raise Invalid(str(error), field="value") from error


def _mark(
    locked: WorkOrder,
    order: WorkOrder,
    step: Step,
    made: ChecklistAnswer,
    before: ChecklistAnswer | None,
    *,
    by: "User | None",
    now: datetime,
) -> None:
    """What follows from an answer: the order's count of failed steps, its history, the order that a step asks for."""
    assert locked.checklist is not None  # noqa: S101 - `_locked` has looked
    bad = checklists.failed(locked.checklist.parsed, sheets.given_on(locked))
    order.failed_steps = locked.failed_steps = len(bad)
    WorkOrder.objects.filter(pk=locked.pk).update(failed_steps=len(bad), updated_at=now)
    said = [checklists.in_words(step, one.given) if one else None for one in (before, made)]
    audit.record("answer", locked, by=by, now=now, changes={step.text: said})
    if not made.is_failed:
        return
    payload = {
        "work_order_id": locked.pk,
        "step": step.key,
        "text": step.text,
        "answer": said[1],
        "by_id": by.pk if by else None,
    }
    outbox.publish(
        "worklogs.checklist.step_failed", payload, organization_id=locked.organization_id, now=now
    )
    if step.follow_up == FollowUp.OPEN:
        follow_up(locked, step.key, by=by, now=now)
