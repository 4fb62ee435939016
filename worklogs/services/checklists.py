"""Checklists as templates: drafts, published versions, and what they are for."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q

from accounts.rights import Right, require
from core import audit
from core.errors import Conflict, Invalid, NotAllowed
from core.services import records
from scheduling.models import Schedule
from worklogs import states
from worklogs.models import Checklist, ChecklistAnswer, ChecklistUse, ChecklistVersion, WorkOrder
from worklogs.rules.checklist_steps import ChecklistError, dump, parse

if TYPE_CHECKING:
    from accounts.models import User


class Uses(NamedTuple):
    """Which published version orders take, by what they come from."""

    by_schedule: Mapping[UUID, UUID]
    by_task_type: Mapping[str, UUID]
    by_kind: Mapping[str, UUID]

    def pick(self, *, schedule_id: UUID | None, task_type: str, kind: str) -> UUID | None:
        """That of the plan, else of the task type, else of the kind."""
        of_plan = self.by_schedule.get(schedule_id) if schedule_id else None
        return of_plan or self.by_task_type.get(task_type) or self.by_kind.get(kind)


def uses_for(schedules: Collection[UUID] = ()) -> Uses:
    """What orders of these plans, of every task type and of every kind take now; one question for all."""
    rows = ChecklistUse.objects.filter(checklist__is_active=True, checklist__current__isnull=False)
    wanted = rows.filter(Q(schedule=None) | Q(schedule__id__among=set(schedules)))
    found = Uses({}, {}, {})
    columns = ("schedule", "task_type", "kind", "checklist__current")
    for schedule_id, task_type, kind, version in wanted.values_list(*columns):
        places: Any = found.by_schedule if schedule_id else found.by_task_type
        places = places if schedule_id or task_type else found.by_kind
        places[schedule_id or task_type or kind] = version
    return found


def chosen(order: WorkOrder, checklist: Checklist | None) -> ChecklistVersion | None:
    """The version that the order takes of a checklist that somebody chose for it; a version that it has stays.

    Raises Conflict once something is answered or the work is done, Invalid for a checklist that is not in use.
    """
    kept: ChecklistVersion | None = order.checklist
    if checklist is None and kept is None:
        return None
    if checklist is not None and kept is not None and kept.checklist_id == checklist.pk:
        return kept
    if order.status not in states.OPEN or ChecklistAnswer.objects.filter(work_order=order).exists():
        message = "Work has gone too far for another checklist: something is answered, or done."
        raise Conflict(message, code="answered", field="checklist")
    if checklist is None:
        return None
    if not checklist.is_active or checklist.current is None:
        raise Invalid("This checklist is not in use.", field="checklist")
    found: ChecklistVersion = checklist.current
    return found


@transaction.atomic
def create_checklist(
    checklist: Checklist, steps: Any, *, by: "User | None", now: datetime
) -> Checklist:
    """Add a template with a draft of its first version. Raises Invalid with all that is wrong with the steps."""
    _require(by)
    rows = checked(steps)
    records.create(checklist, by=by, now=now)
    _new_draft(checklist, rows)
    return checklist


@transaction.atomic
def change_checklist(
    checklist: Checklist, changes: Mapping[str, Any], *, by: "User | None", now: datetime
) -> Checklist:
    """Change name, description, whether it is in use; `steps` go to the draft. Published versions stay as they are."""
    _require(by)
    wanted = dict(changes)
    steps = wanted.pop("steps", None)
    if steps is not None:
        save_draft(checklist, steps, by=by, now=now)
    return records.update(checklist, wanted, by=by, now=now)


@transaction.atomic
def save_draft(
    checklist: Checklist, steps: Any, *, by: "User | None", now: datetime
) -> ChecklistVersion:
    """Keep the steps as the draft of the next version."""
    _require(by)
    rows = checked(steps)
    _lock(checklist)
    draft = draft_of(checklist)
    if draft is None:
        current = checklist.current
        if current is not None and current.steps == rows:
            return current
        draft = _new_draft(checklist, rows)
    elif draft.steps != rows:
        draft.steps = rows
        draft.save(update_fields=["steps", "updated_at"])
    else:
        return draft
    audit.record("draft", checklist, by=by, now=now, changes={"steps": [None, len(rows)]})
    return draft


@transaction.atomic
def publish(checklist: Checklist, *, by: "User | None", now: datetime) -> ChecklistVersion:
    """Make the draft the version that new orders take; from now on it never changes.

    Orders keep the version that they were made with.
    """
    _require(by)
    _lock(checklist)
    draft = draft_of(checklist)
    if draft is None:
        raise Conflict("There is no draft to publish. Change the steps first.", code="no_draft")
    if not draft.steps:
        raise Invalid("Add a step before publishing.", field="steps")
    checked(draft.steps)
    draft.published_at, draft.published_by = now, by
    draft.save(update_fields=["published_at", "published_by", "updated_at"])
    checklist.current = draft
    checklist.save(update_fields=["current", "updated_at"])
    audit.record("publish", checklist, by=by, now=now, changes={"version": [None, draft.number]})
    return draft


@transaction.atomic
def discard_draft(checklist: Checklist, *, by: "User | None", now: datetime) -> None:
    """Forget the draft; what is published stays."""
    _require(by)
    draft = draft_of(checklist)
    if draft is None or checklist.current_id is None:
        raise Conflict("There is no draft beside a published version.", code="no_draft")
    audit.record("discard draft", checklist, by=by, now=now)
    draft.delete()


@transaction.atomic
def remove_checklist(checklist: Checklist, *, by: "User | None", now: datetime) -> None:
    """Delete what was never published; what was is put away, for orders and their answers name it."""
    _require(by)
    if checklist.current_id is not None:
        records.update(checklist, {"is_active": False}, by=by, now=now)
        return
    checklist.uses.all().delete()
    records.delete(checklist, by=by, now=now)


def take_back(checklist: Checklist, *, by: "User | None", now: datetime) -> None:
    """Let new orders take it again."""
    _require(by)
    records.update(checklist, {"is_active": True}, by=by, now=now)


@transaction.atomic
def set_uses(
    checklist: Checklist,
    *,
    by: "User | None",
    now: datetime,
    schedules: Sequence[Schedule] | None = None,
    task_types: Sequence[str] | None = None,
    kinds: Sequence[str] | None = None,
) -> None:
    """Say what the checklist is for; what is None stays. One checklist for each plan, task type and kind.

    A person's plans are those that they may see: links to others stay untouched.
    """
    _require(by)
    _lock(checklist)
    if schedules is not None:
        _set_schedules(checklist, schedules, by)
    for name, values in (("task_type", task_types), ("kind", kinds)):
        if values is not None:
            _set_choices(checklist, name, values)
    audit.record("use", checklist, by=by, now=now, changes={"for": [None, in_use_for(checklist)]})


def in_use_for(checklist: Checklist) -> list[str]:
    """What the checklist is for, in words."""
    rows = checklist.uses.select_related("schedule").order_by("schedule__title", "pk")
    return [
        str(one.schedule or one.get_task_type_display() or one.get_kind_display()) for one in rows
    ]


def draft_of(checklist: Checklist) -> ChecklistVersion | None:
    """The version that is being written."""
    draft: ChecklistVersion | None = checklist.versions.filter(published_at=None).first()
    return draft


def shown_version(checklist: Checklist) -> ChecklistVersion | None:
    """What an editor starts from: the draft, else what is published."""
    return draft_of(checklist) or checklist.current


def checked(steps: Any) -> list[dict[str, Any]]:
    """The steps in their stored form; raises Invalid with every problem and the step that it is about."""
    try:
        return dump(parse(steps))
    except ChecklistError as error:
        raise Invalid(errors={"steps": error.sentences}) from error


def _set_schedules(checklist: Checklist, schedules: Sequence[Schedule], by: "User | None") -> None:
    wanted = {schedule.pk: schedule for schedule in schedules}
    if by is not None:
        seen = Schedule.objects.visible_to(by)
        if seen.filter(pk__among=wanted).count() < len(wanted):
            raise NotAllowed("You cannot see this schedule.", field="schedules")
    others = ChecklistUse.objects.filter(schedule__id__among=wanted).exclude(checklist=checklist)
    for other in others.select_related("checklist", "schedule")[:1]:
        message = f"“{other.schedule}” has the checklist “{other.checklist}” already."
        raise Conflict(message, code="not_unique", field="schedules")
    own = checklist.uses.filter(schedule__isnull=False)
    reached = own.filter(schedule__in=Schedule.objects.visible_to(by)) if by else own
    known = set(own.values_list("schedule", flat=True))
    reached.exclude(schedule__id__among=wanted).delete()
    ChecklistUse.objects.bulk_create(
        [ChecklistUse(checklist=checklist, schedule=wanted[key]) for key in wanted.keys() - known]
    )


def _set_choices(checklist: Checklist, name: str, values: Sequence[str]) -> None:
    wanted = set(values)
    others = ChecklistUse.objects.filter(**{f"{name}__in": wanted}).exclude(checklist=checklist)
    for other in others.select_related("checklist")[:1]:
        label = other.get_task_type_display() or other.get_kind_display()
        message = f"{label} has the checklist “{other.checklist}” already."
        raise Conflict(message, code="not_unique", field=f"{name}s")
    own = checklist.uses.exclude(**{name: ""})
    known = set(own.values_list(name, flat=True))
    own.exclude(**{f"{name}__in": wanted}).delete()
    made = [ChecklistUse(checklist=checklist, **{name: value}) for value in wanted - known]
    for use in made:
        records.validate(use)
    ChecklistUse.objects.bulk_create(made)


def _new_draft(checklist: Checklist, rows: list[dict[str, Any]]) -> ChecklistVersion:
    last = checklist.versions.aggregate(last=Max("number"))["last"] or 0
    made: ChecklistVersion = ChecklistVersion.objects.create(
        checklist=checklist, number=last + 1, steps=rows
    )
    return made


def _lock(checklist: Checklist) -> None:
    """Editors of one checklist wait for each other; `current` is as it stands then."""
    rows = Checklist.objects.select_for_update(of=("self",), no_key=True)
    checklist.current = rows.get(pk=checklist.pk).current


def _require(by: "User | None") -> None:
    if by is not None:
        require(by, Right.CHECKLIST_MANAGE)
