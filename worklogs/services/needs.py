"""What work needs: skills, and how long it takes."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from accounts.models import Skill
from core import audit
from core.errors import Conflict
from core.services import records
from worklogs import states
from worklogs.models import WorkNeed, WorkOrder, WorkOrderSkill
from worklogs.rules import workload
from worklogs.services import moving

if TYPE_CHECKING:
    from accounts.models import User

MOST_SKILLS = 20
#: What of an order decides; `resource__type` is the type of its resource.
COLUMNS = ("task_type", "category", "resource__type", "schedule")


class Needs:
    """All needs of the organisation in scope, asked once for many orders."""

    def __init__(self) -> None:
        self._rows = list(WorkNeed.objects.order_by("pk"))
        self._known: dict[tuple[Any, ...], list[WorkNeed]] = {}

    def skills(self, *work: Any) -> frozenset[UUID]:
        """The skills that work with these values of `COLUMNS` needs."""
        return frozenset(row.skill_id for row in self._matching(work) if row.skill_id)

    def minutes(self, kind: str, *work: Any) -> int:
        """How long it takes: by the need that says most about it, else as such work usually takes."""
        told = [(_weight(row), row.minutes) for row in self._matching(work) if row.minutes]
        return max(told)[1] if told else workload.usual_minutes(work[0], kind)

    def _matching(self, work: tuple[Any, ...]) -> Sequence[WorkNeed]:
        if work not in self._known:
            self._known[work] = [row for row in self._rows if _applies(row, work)]
        return self._known[work]


def _conditions(row: WorkNeed) -> tuple[Any, ...]:
    return (row.task_type, row.category, row.resource_type_id, row.schedule_id)


def _applies(row: WorkNeed, work: tuple[Any, ...]) -> bool:
    pairs = zip(_conditions(row), work, strict=True)
    return all(not wanted or wanted == value for wanted, value in pairs)


def _weight(row: WorkNeed) -> tuple[bool, int]:
    """A schedule says more than everything else."""
    return bool(row.schedule_id), sum(map(bool, _conditions(row)))


def chosen(orders: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """The skills that people chose, by order."""
    found: dict[UUID, set[UUID]] = defaultdict(set)
    rows = WorkOrderSkill.objects.filter(work_order__id__among=list(orders))
    for order, skill in rows.values_list("work_order", "skill"):
        found[order].add(skill)
    return found


def skills_of(order: WorkOrder) -> list[Skill]:
    """The skills that one order needs, by name."""
    if order.skills_chosen:
        keys: Collection[UUID] = chosen([order.pk])[order.pk]
    else:
        work = (order.task_type, order.category, order.resource.type_id, order.schedule_id)
        keys = Needs().skills(*work)
    return list(Skill.objects.filter(pk__in=keys).order_by("name")) if keys else []


@transaction.atomic
def choose_skills(
    order: WorkOrder, skills: Collection[Skill] | None, *, by: "User | None", now: datetime
) -> None:
    """Say which skills this order needs; none given: those that follow from what it is."""
    moving.check_reach(order, by)
    stored = WorkOrder.objects.select_for_update(of=("self",), no_key=True).get(pk=order.pk)
    if stored.status not in states.OPEN:
        raise Conflict(
            "This work is done or will not be done; it needs nobody any more.", code="over"
        )
    before = [str(skill) for skill in skills_of(stored)]
    WorkOrderSkill.objects.filter(work_order=order).delete()
    rows = [WorkOrderSkill(work_order=order, skill=skill) for skill in skills or ()]
    WorkOrderSkill.objects.bulk_create(rows)
    order.skills_chosen = stored.skills_chosen = skills is not None
    records.update(order, {"skills_chosen": order.skills_chosen}, by=by, now=now)
    after = [str(skill) for skill in skills_of(stored)]
    if before != after:
        audit.record("update", order, by=by, now=now, changes={"skills": [before, after]})
