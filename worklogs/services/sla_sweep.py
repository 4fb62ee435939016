"""Looking at the clocks when their time has come: warnings, breaches, escalations (REQUIREMENTS D6).

Set-based, and each told once however many workers look: orders are locked, and unique keys decide which rows are new.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction

from core import outbox
from core.ids import new_id
from core.querysets.rowset import insert_new_rows, update_rows
from core.sweeps import in_each
from core.tenancy import all_tenants, current_organization_id
from worklogs import states
from worklogs.models import SlaEscalation, SlaViolation, SlaWarning, WorkOrder
from worklogs.rules import service_levels as levels
from worklogs.services import numbers, sla_clocks
from worklogs.services.sla_clocks import Facts, Standing

BATCH = 500
#: What was missed longer ago is put on record and alarms nobody: orders that were taken over from elsewhere.
_NEWS = timedelta(days=1)
_WARNING = ("pk", "work_order", "clock", "percent", "due_at")
_VIOLATION = ("pk", "work_order", "clock", "policy", "breached_at")
_ESCALATION = ("pk", "violation", "next_at")
_KEPT = ("sla_policy_id", "response_due_at", "resolution_due_at", "sla_look_at")


class _Breach(NamedTuple):
    """A deadline that went by; `is_running` while nobody has ended the clock."""

    order: UUID
    clock: str
    policy: UUID | None
    due_at: datetime | None
    is_running: bool
    escalates_after: timedelta | None

    def is_news(self, now: datetime) -> bool:
        """Whether somebody can still do something about it, and does not know it for long."""
        return self.is_running and self.due_at is not None and self.due_at > now - _NEWS


def sweep(*, now: datetime) -> dict[str, int]:
    """Look at every order and every escalation whose time has come, in every organisation; returns how many of each."""
    with all_tenants(reason="the sweep looks at the clocks of every organisation"):
        orders = WorkOrder.objects.to_look_at(now=now).values_list("organization", flat=True)
        raised = SlaEscalation.objects.to_raise(now=now).values_list("organization", flat=True)
        found = sorted({*orders.distinct(), *raised.distinct()})
    counts = {"looked": 0, "escalated": 0}

    def one() -> int:
        counts["looked"] += _repeated(_look, now)
        counts["escalated"] += _repeated(_raise, now)
        return 1

    in_each(found, one)
    return counts


def _repeated(batch: Any, now: datetime) -> int:
    done = 0
    while count := batch(now=now):
        done += count
        if count < BATCH:
            break
    return done


@transaction.atomic
def _look(*, now: datetime) -> int:
    """One batch of orders, locked; what another worker holds is left to it."""
    rows = WorkOrder.objects.to_look_at(now=now).order_by("sla_look_at", "pk")
    held = rows.select_for_update(of=("self",), skip_locked=True, no_key=True)
    keys = list(held.values_list("pk", flat=True)[:BATCH])
    if not keys:
        return 0
    columns = WorkOrder.objects.filter(pk__among=keys).values_list(*sla_clocks.COLUMNS)
    facts = [Facts(*row) for row in columns]
    found = sla_clocks.of_many(facts, now=now)
    warned = _warn(facts, found, now)
    breached = _violate(facts, found, now)
    update_rows(WorkOrder, _KEPT, [_kept(one.pk, found[one.pk], now) for one in facts])
    if warned or breached:
        _publish("noticed", {"warnings": warned, "violations": breached}, now=now)
    return len(keys)


def _kept(key: UUID, found: Standing, now: datetime) -> list[Any]:
    """The order's columns; what is breached is on record, so nothing is left to look at there."""
    coming = [at for run in found.runs if not run.is_breached(now) for at in run.looks(now)]
    columns = {**found.columns(now), "sla_look_at": min(coming, default=None)}
    return [key, *(columns[name] for name in _KEPT)]


def _warn(
    facts: Sequence[Facts], found: dict[UUID, Standing], now: datetime
) -> list[tuple[UUID, str, int]]:
    """Put new warnings on record; returns order, clock and per cent, of each clock the highest."""
    reached = [
        (one.pk, run, percent)
        for one in facts
        if not one.is_over
        for run in found[one.pk].runs
        for percent in run.warnings(now)
    ]
    known = _known(SlaWarning, {key for key, *_ in reached}, "clock", "percent")
    rows: list[list[Any]] = [
        [new_id(), key, run.name, percent, run.due_at()]
        for key, run, percent in reached
        if (key, run.name, percent) not in known
    ]
    new = insert_new_rows(SlaWarning, _WARNING, rows, shared={"at": now}) if rows else set()
    highest: dict[tuple[UUID, str], int] = {}
    for key, order, clock, percent, _ in rows:
        if key in new:
            highest[order, clock] = max(percent, highest.get((order, clock), 0))
    return [(order, clock, percent) for (order, clock), percent in highest.items()]


def _violate(facts: Sequence[Facts], found: dict[UUID, Standing], now: datetime) -> list[UUID]:
    """Put new violations on record; those whose clock still runs are escalated, and returned to be told."""
    reached = [one for row in facts for one in _breaches(row, found[row.pk], now)]
    known = _known(SlaViolation, {one.order for one in reached}, "clock")
    breaches = {new_id(): one for one in reached if (one.order, one.clock) not in known}
    if not breaches:
        return []
    rows = [[key, *one[:4]] for key, one in breaches.items()]
    new = insert_new_rows(SlaViolation, _VIOLATION, rows, shared={"found_at": now})
    running = {key: one for key, one in breaches.items() if key in new and one.is_news(now)}
    if running:
        lines = [
            [new_id(), key, now + one.escalates_after if one.escalates_after else None]
            for key, one in running.items()
        ]
        insert_new_rows(SlaEscalation, _ESCALATION, lines, shared=_raised(1, now))
    return list(running)


def _known(model: Any, orders: Collection[UUID], *names: str) -> set[tuple[Any, ...]]:
    """What is on record of these orders. SQLite's append-only tables refuse what they know instead of passing it over;
    there nobody else writes meanwhile.
    """
    rows = model.objects.filter(work_order__id__among=orders).values_list("work_order", *names)
    return set(rows) if orders else set()


def _breaches(facts: Facts, found: Standing, now: datetime) -> list[_Breach]:
    policy = found.policy
    return [
        _Breach(
            *(facts.pk, run.name, policy.key if policy else None, run.due_at()),
            is_running=run.ended_at is None,
            escalates_after=policy.escalates_after if policy else None,
        )
        for run in found.runs
        if run.is_breached(now)
    ]


@transaction.atomic
def _raise(*, now: datetime) -> int:
    """One batch of escalations that nobody took up: the next level hears of those that still matter."""
    rows = SlaEscalation.objects.to_raise(now=now).order_by("next_at", "pk")
    keys = list(rows.select_for_update(skip_locked=True).values_list("pk", flat=True)[:BATCH])
    if not keys:
        return 0
    columns = ("violation", "level", "violation__clock", "violation__work_order__responded_at")
    lines = SlaEscalation.objects.filter(
        pk__among=keys, violation__work_order__status__in=states.OPEN
    ).values_list(*columns)
    new = [
        [new_id(), violation, None]
        for violation, level, clock, responded_at in lines
        if level < max(SlaEscalation.Level) and not (clock == levels.RESPONSE and responded_at)
    ]
    highest = max(SlaEscalation.Level).value
    told = (
        insert_new_rows(SlaEscalation, _ESCALATION, new, shared=_raised(highest, now))
        if new
        else ()
    )
    SlaEscalation.objects.filter(pk__among=keys).update(next_at=None)
    if told:
        _publish("escalated", {"escalations": list(told)}, now=now)
    return len(keys)


def _raised(level: int, now: datetime) -> dict[str, Any]:
    blank = dict.fromkeys(("acknowledged_at", "acknowledged_by"))
    return {"level": level, "raised_at": now, "created_at": now, "updated_at": now, **blank}


def _publish(what: str, payload: dict[str, Any], *, now: datetime) -> None:
    organization_id = current_organization_id()
    assert organization_id is not None  # noqa: S101 - rows were written in its scope
    outbox.publish(f"worklogs.sla.{what}", payload, organization_id=organization_id, now=now)


@transaction.atomic
def look_again(*, now: datetime) -> int:
    """Have every open order of the organisation in scope reckoned anew: policies or working time have changed."""
    numbers.draw(0)  # whoever writes many orders waits in line
    return int(WorkOrder.objects.open().update(sla_look_at=now))
