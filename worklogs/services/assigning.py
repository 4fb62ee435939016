"""Giving work to people by the rule of `rules/assignment.py`: one order on demand, or all that wait."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Case, F, Value, When

from accounts import rights
from accounts.models import User
from accounts.rights import Right
from core import audit, outbox
from core.errors import Conflict
from core.ids import new_id
from core.querysets.rowset import insert_rows
from scheduling.models import Schedule
from worklogs import states
from worklogs.models import WorkOrder, WorkOrderTransition
from worklogs.rules import assignment
from worklogs.rules.assignment import Candidate, Choice
from worklogs.services import moving, numbers, staff
from worklogs.services.moving import Move

#: The most orders of one call.
MOST = 5000
_LINE = ("pk", "work_order_id", "step", "reason", "assigned_to_id")
_URGENT_FIRST = Case(
    *(When(priority=level, then=Value(-at)) for at, level in enumerate(Schedule.Priority.values))
)
#: The most urgent first.
FIRST = (_URGENT_FIRST, F("due_at").asc(nulls_last=True), "number")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an order: somebody, or nobody, and why."""

    order: WorkOrder
    person: User | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Who could do an order, the best first, and who could not; `why_nobody` where nobody could."""

    able: Sequence[Candidate]
    refused: Sequence[Candidate]
    why_nobody: str


@transaction.atomic
def auto_assign(
    ids: Collection[UUID] | None, *, by: User | None, now: datetime, dry_run: bool = False
) -> list[Outcome]:
    """Give the scheduled orders that nobody has to people, the urgent first; `ids` None: all of them, `MOST` at most.

    Orders among `ids` that somebody has, or that are not scheduled, are left out. Each order given is one move, as by
    hand: its history says why it was this person. With `dry_run` nothing is written. Whoever does the same at the same
    moment waits and then finds those orders taken.
    """
    if by is not None:
        rights.require(by, Right.WORK_ORDER_ASSIGN)
    rows = (
        WorkOrder.objects.pending() if by is None else WorkOrder.objects.pending().changeable_by(by)
    )
    if ids is not None:
        rows = rows.filter(pk__among=list(ids))
    if not dry_run:
        numbers.draw(0)  # whoever writes many orders waits in line
        keys = rows.order_by(*FIRST)[:MOST].values_list("pk", flat=True)
        locked = WorkOrder.objects.pending().filter(pk__among=list(keys)).order_by("pk")
        held = locked.select_for_update(of=("self",), no_key=True)
        rows = WorkOrder.objects.filter(pk__among=list(held.values_list("pk", flat=True)))
    choices = _choose(rows, now=now)
    orders = WorkOrder.objects.select_related("resource").in_bulk([one.job.key for one in choices])
    people = User.objects.in_bulk({one.person.key for one in choices if one.person})
    found = [_outcome(choice, orders, people) for choice in choices]
    if not dry_run:
        _give([one for one in found if one.person is not None], by=by, now=now)
    return found


def suggest(order: WorkOrder, *, now: datetime) -> Suggestion:
    """Everybody for one order, the best first, each with the reasons; nothing is written."""
    here = staff.load(now=now, without=order.pk)
    jobs = here.jobs(WorkOrder.objects.filter(pk=order.pk))
    staff.note_last_jobs(here, jobs)
    ranked = assignment.rank(jobs[0], here.people, words=here.words)
    able = [one for one in ranked if not one.refusal]
    refused = [one for one in ranked if one.refusal]
    return Suggestion(able, refused, "" if able else here.words.nobody(jobs[0], refused))


def give_to(order: WorkOrder, person: User, *, by: User, now: datetime) -> WorkOrder:
    """Give the order to a person, by whichever command leads there; the history says what spoke for them."""
    reason = reason_for(order, person, now=now)
    name = "assign" if order.status == states.SCHEDULED else "reassign"
    return moving.move(order, name, {"assigned_to": person, "reason": reason}, by=by, now=now)


def reason_for(order: WorkOrder, person: User, *, now: datetime) -> str:
    """What speaks for the person, as the history keeps it; empty where something speaks against them."""
    able = suggest(order, now=now).able
    chosen = next((one for one in able if one.person.key == person.pk), None)
    return _sentence(chosen.reasons) if chosen else ""


def warnings(order: WorkOrder, *, now: datetime) -> list[str]:
    """What speaks against whoever has the order: a skill, a certificate, a shift. It refuses nothing."""
    refused = suggest(order, now=now).refused if order.assigned_to_id else ()
    chosen = [one for one in refused if one.person.key == order.assigned_to_id]
    return [f"{one.person.name} {one.refusal}." for one in chosen]


def _choose(rows: Any, *, now: datetime) -> list[Choice]:
    here = staff.load(now=now)
    jobs = here.jobs(rows.order_by(*FIRST)[:MOST])
    staff.note_last_jobs(here, jobs)
    return assignment.assign(jobs, here.people, words=here.words)


def _outcome(choice: Choice, orders: dict[UUID, Any], people: dict[UUID, Any]) -> Outcome:
    person = people[choice.person.key] if choice.person else None
    return Outcome(orders[choice.job.key], person, choice.reasons)


def _sentence(reasons: Sequence[str]) -> str:
    text = "; ".join(reasons)
    return f"{text[:1].upper()}{text[1:]}."[:300]


def _give(given: Sequence[Outcome], *, by: User | None, now: datetime) -> None:
    """The moves of all these orders, each with its line of history, its event and its entry in the trail."""
    if not given:
        return
    _move(given, now=now)
    lines, events, trail = [], [], []
    for one in given:
        order, person = one.order, one.person
        assert person is not None  # noqa: S101 - the caller looked
        reason = _sentence(one.reasons)
        order.status, order.assigned_to, order.step = states.ASSIGNED, person, order.step + 1
        lines.append((new_id(), order.pk, order.step, reason, person.pk))
        events.append(moving.told(order, Move("assign", states.SCHEDULED, reason), by=by))
        found = {
            "status": [states.SCHEDULED, states.ASSIGNED],
            "assigned_to": [None, str(person)],
            "assigned_at": [None, now],
            "reason": ["", reason],
        }
        trail.append((order, found))
    shared = {
        **{"command": "assign", "source": states.SCHEDULED, "target": states.ASSIGNED},
        **{"pauses_clock": False, "by_id": by.pk if by else None, "at": now},
    }
    insert_rows(WorkOrderTransition, _LINE, lines, shared=shared)
    organization_id = given[0].order.organization_id
    name = "worklogs.work_order.assigned"
    outbox.publish_many(name, events, organization_id=organization_id, now=now)
    audit.record_many("assign", trail, by=by, now=now)


def _move(given: Sequence[Outcome], *, now: datetime) -> None:
    """Each order goes only if it still waits for somebody; else all stay where they are."""
    by_person: dict[User, list[UUID]] = defaultdict(list)
    for one in given:
        assert one.person is not None  # noqa: S101 - the caller looked
        by_person[one.person].append(one.order.pk)
    for person, keys in by_person.items():
        if WorkOrder.objects.give_pending(keys, person, now=now) != len(keys):
            message = "Somebody assigned one of these orders at the same moment. Try again."
            raise Conflict(message, code="overtaken")
