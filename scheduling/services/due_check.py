"""The daily due check (REQUIREMENTS B9): everything due up to the end of tomorrow, or overdue, is found and told once.

The check asks the database for due states whose `attention_at` has come, in batches, and handles each batch in one
transaction: dates get their rows, what people are to be told becomes one outbox event. Any number of checks may run
at once: a batch's schedules are locked (PostgreSQL skips what others hold, SQLite queues writers), and what was told
is marked.
"""

import logging
import time
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.models import Organization, User
from core import audit, outbox
from core.tenancy import all_tenants, tenant_scope
from scheduling import states
from scheduling.models import DueCheckRun, DueState
from scheduling.rules import due, zones
from scheduling.rules.clock import next_check
from scheduling.rules.due import Dated, Stage
from scheduling.services import cases
from scheduling.services.cases import Case

BATCH = 1000
LEASE = timedelta(minutes=5)
_COUNTS = ("checked", "opened", "due_today", "due_tomorrow", "due_later", "overdue", "missed")
_COUNTED = (*_COUNTS, "without_recipient")

logger = logging.getLogger(__name__)


def run_due_organizations(*, now: datetime) -> int:
    """Start the daily check of every organisation whose hour has come and finish those a dead worker left.

    Returns how many runs this call finished. A fault in one organisation stops no other: it is logged, and the run is
    tried again when its lease is over.
    """
    with all_tenants(reason="the sweep looks for organisations whose check is due"):
        due_now = list(
            Organization.objects.filter(
                Q(next_check_at__lte=now) | Q(next_check_at=None),
                maintenance_scheduling_enabled=True,
            )
        )
    for organization in due_now:
        try:
            _start_daily(organization, now=now)
        except Exception:
            logger.exception("The daily check of %s could not be started.", organization.pk)
    with all_tenants(reason="the sweep resumes runs that a dead worker left"):
        waiting = list(DueCheckRun.objects.abandoned(now=now).values_list("pk", "organization"))
    finished = 0
    for pk, organization_id in waiting:
        try:
            with tenant_scope(organization_id):
                if DueCheckRun.objects.claim(pk, now=now, lease_until=now + LEASE):
                    _work_through(DueCheckRun.objects.get(pk=pk), now=now)
                    finished += 1
        except Exception:
            logger.exception("The check %s of %s stays unfinished.", pk, organization_id)
    return finished


@transaction.atomic
def _start_daily(organization: Organization, *, now: datetime) -> None:
    """Move the organisation's clock on and leave a run to be taken; only one caller's UPDATE matches.

    An organisation without a clock, new or with changed hours, first gets one.
    """
    coming = next_check(now, zone=organization.time_zone, hour=organization.check_hour)
    claimed = Organization.objects.filter(
        pk=organization.pk, next_check_at=organization.next_check_at
    )
    if claimed.update(next_check_at=coming) == 0 or organization.next_check_at is None:
        return
    with tenant_scope(organization.pk):
        DueCheckRun.objects.get_or_create(
            trigger=DueCheckRun.Trigger.DAILY,
            period=zones.local_date(now, organization.time_zone),
            defaults={"as_of": now, "started_at": now, "lease_until": now},
        )


def check_now(*, organization: Organization, by: User | None, now: datetime) -> DueCheckRun:
    """Run the check of one organisation on request, as of `now`. Call inside the organisation's scope."""
    run = DueCheckRun.objects.create(
        trigger=DueCheckRun.Trigger.MANUAL,
        period=zones.local_date(now, organization.time_zone),
        as_of=now,
        started_at=now,
        lease_until=now + LEASE,
        started_by=by,
    )
    if by is not None:
        audit.record("due check", run, by=by, now=now)
    return _work_through(run, now=now)


def figures(run: DueCheckRun) -> dict[str, Any]:
    """The metrics of a run by name, as command and API answer them."""
    names = (*_COUNTS, "sent", "failed", "without_recipient", "seconds")
    return {
        "run": str(run.pk),
        "as_of": run.as_of.isoformat(),
        **{name: getattr(run, name) for name in names},
    }


def _work_through(run: DueCheckRun, *, now: datetime) -> DueCheckRun:
    """Batch after batch until nothing waits; first what nobody else works on, then waiting for the others."""
    started, before = time.monotonic(), run.seconds
    handled: int | None = 1
    aside: set[UUID] = set()
    while handled is not None:
        former = _counted(run)
        try:
            handled = _one_batch(run, wait=handled == 0, aside=aside)
        except Exception:
            logger.exception("A batch of the check %s failed and is done one by one.", run.pk)
            _set_counts(run, former)
            handled = _one_by_one(run, aside)
        elapsed = time.monotonic() - started
        run.seconds = round(before + elapsed, 3)
        run.lease_until = now + timedelta(seconds=elapsed) + LEASE
    run.finished_at = run.started_at + timedelta(seconds=run.seconds)
    run.save(update_fields=[*_COUNTED, "seconds", "finished_at", "updated_at"])
    return run


def _one_by_one(run: DueCheckRun, aside: set[UUID]) -> int:
    """Handle the batch that failed as a whole; due states that fail alone are set `aside` and keep waiting."""
    waiting = DueState.objects.needing_attention(now=run.as_of).exclude(pk__in=aside)
    batch = list(waiting.values_list("pk", "schedule")[:BATCH])
    for pk, schedule_id in batch:
        former = _counted(run)
        try:
            _one_batch(run, wait=True, aside=aside, only=pk)
        except Exception:
            logger.exception("Due state %s of schedule %s cannot be checked.", pk, schedule_id)
            _set_counts(run, former)
            aside.add(pk)
    return len(batch)


def _counted(run: DueCheckRun) -> dict[str, int]:
    return {name: getattr(run, name) for name in _COUNTED}


def _set_counts(run: DueCheckRun, counts: dict[str, int]) -> None:
    """Forget what a transaction counted that left nothing behind."""
    for name, count in counts.items():
        setattr(run, name, count)


@transaction.atomic
def _one_batch(
    run: DueCheckRun, *, wait: bool, aside: Collection[UUID] = (), only: UUID | None = None
) -> int | None:
    """Handle up to `BATCH` due states, or `only` one, and return how many; none when nothing is left.

    Without `wait`, states whose schedule somebody else works on are left out, perhaps all.
    """
    waiting = DueState.objects.needing_attention(now=run.as_of)
    if aside:
        waiting = waiting.exclude(pk__among=aside)
    if only is not None:
        waiting = waiting.filter(pk=only)
    found = dict(waiting.values_list("pk", "schedule")[:BATCH])
    if not found:
        return None
    held = cases.lock(found.values(), wait=wait)
    mine = [pk for pk, schedule_id in found.items() if schedule_id in held]
    batch = cases.load(waiting.filter(pk__among=mine).engine_rows())
    alerts: list[tuple[Case, Dated, Stage]] = []
    for case in batch:
        alerts += _advance(case, run)
    run.without_recipient += _without_recipient(alerts)
    cases.store_checked(batch, now=run.as_of)
    _publish(run, alerts)
    run.checked += len(batch)
    run.save(update_fields=[*_COUNTED, "seconds", "lease_until", "updated_at"])
    return len(batch)


def _advance(case: Case, run: DueCheckRun) -> list[tuple[Case, Dated, Stage]]:
    advance = due.enter(case.plan, case.standing, case.pending, now=run.as_of)
    cases.take(case, advance)
    run.opened += sum(occurrence.status == states.OPEN for occurrence in advance.entered)
    run.missed += sum(occurrence.status == states.MISSED for occurrence in advance.entered)
    if not advance.finished:
        return []
    told = due.tell(case.plan, case.pending, now=run.as_of)
    case.touch(occurrence for occurrence, _ in told)
    for occurrence, stage in told:
        name = _count_name(case, occurrence, stage, run.as_of)
        setattr(run, name, getattr(run, name) + 1)
    return [(case, occurrence, stage) for occurrence, stage in told]


def _without_recipient(alerts: list[tuple[Case, Dated, Stage]]) -> int:
    """How many alerts have neither an assignee nor an owner who is active: nobody hears of them."""
    people = [
        {case.schedule.assigned_to_id, case.state.resource.owner_id} - {None} for case, *_ in alerts
    ]
    wanted = set[UUID]().union(*people)
    rows = User.objects.active().filter(pk__among=wanted) if wanted else User.objects.none()
    active = set(rows.values_list("pk", flat=True))
    return sum(active.isdisjoint(each) for each in people)


def _count_name(case: Case, occurrence: Dated, stage: Stage, now: datetime) -> str:
    if stage == Stage.OVERDUE:
        return "overdue"
    zone = case.plan.zone
    days = (zones.local_date(occurrence.due_at, zone) - zones.local_date(now, zone)).days
    return {0: "due_today", 1: "due_tomorrow"}.get(days, "due_later" if days > 0 else "due_today")


def _publish(run: DueCheckRun, alerts: list[tuple[Case, Dated, Stage]]) -> None:
    if not alerts:
        return
    payload = {
        "run_id": str(run.pk),
        "as_of": run.as_of.isoformat(),
        "alerts": [
            [str(case.rows[occurrence.key].pk), stage.value] for case, occurrence, stage in alerts
        ],
    }
    outbox.publish(
        "scheduling.occurrences.came_due",
        payload,
        organization_id=run.organization_id,
        now=run.as_of,
    )
