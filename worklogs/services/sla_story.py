"""The clocks of one order, every figure expanded into the stretches that it adds up, with words."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from worklogs.models import SlaClock, SlaEscalation, SlaPolicy, SlaViolation, WorkOrder
from worklogs.rules import service_levels as levels
from worklogs.rules.service_levels import Run, span_in_words
from worklogs.rules.sla_clock import Pause, Stretch, round_the_clock
from worklogs.services import sla_book, sla_clocks
from worklogs.services.sla_clocks import Standing

#: How a clock stands.
KEPT, MISSED, RUNNING, BREACHED, PAUSED = "kept", "missed", "running", "breached", "paused"


@dataclass(frozen=True, slots=True)
class ClockStory:
    """One clock. `intervals` add up to `elapsed`; `share` of the target, which is in words, is used up."""

    clock: SlaClock
    state: str
    target: str
    zone: str
    starts_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    elapsed: timedelta
    remaining: timedelta | None
    share: float
    intervals: list[Stretch]
    pauses: tuple[Pause, ...]
    words: str
    violation: SlaViolation | None


@dataclass(frozen=True, slots=True)
class Story:
    """Which policy holds and why, and its clocks."""

    policy: SlaPolicy | None
    why: str
    clocks: list[ClockStory]
    deadline_at: datetime | None


def tell(order: WorkOrder, *, now: datetime) -> Story:
    """How the clocks of an order stand."""
    facts = sla_clocks.facts_of(order)
    book = sla_book.load(with_inactive=facts.is_over)
    if facts.is_over:  # what has ended was measured by the policy of then
        known = book.by_key(order.sla_policy_id)
        book = sla_book.Book((known,) if known else ())
    lines = sla_clocks.histories([order.pk])[order.pk]
    found = sla_clocks.standing(facts, book, lines, now=now)
    policy = _row(found)
    violations = SlaViolation.objects.filter(work_order=order).select_related("excuse__by")
    missed = {row.clock: row for row in violations}
    is_waiting = facts.is_paused
    clocks = [_clock(run, missed.get(run.name), is_waiting, now) for run in found.runs]
    return Story(policy, _why(policy, order), clocks, order.deadline_at)


def escalations_of(order: WorkOrder) -> list[SlaEscalation]:
    """Who was told further up because of it, and who sees to it."""
    rows = SlaEscalation.objects.filter(violation__work_order=order)
    related = ("acknowledged_by", "violation__work_order")
    return list(rows.select_related(*related).order_by("raised_at", "pk"))


def _row(found: Standing) -> SlaPolicy | None:
    if found.policy is None:
        return None
    row: SlaPolicy = SlaPolicy.objects.select_related("resource_type").get(pk=found.policy.key)
    return row


def _why(policy: SlaPolicy | None, order: WorkOrder) -> str:
    if policy is None:
        return "No SLA policy fits this order, so that nothing is promised."
    count = len(sla_book.conditions_of(policy))
    most = "No policy that fits asks for more." if count else "No other policy fits more closely."
    closer = order.safety_concern or order.category == WorkOrder.Category.SAFETY
    always = " Safety is at stake, so every hour counts." if closer else ""
    return f"“{policy}” holds for {sla_book.words_of(policy)}. {most}{always}"


def _clock(run: Run, missed: SlaViolation | None, is_paused: bool, now: datetime) -> ClockStory:
    due_at, elapsed, whole = run.due_at(), run.elapsed(now), run.whole()
    state = _state(run, missed, is_paused, now)
    remaining = None if run.ended_at else whole - elapsed
    return ClockStory(
        clock=SlaClock(run.name),
        state=state,
        target=_target(run),
        zone=run.calendar.zone,
        starts_at=run.start,
        due_at=due_at,
        ended_at=run.ended_at,
        elapsed=elapsed,
        remaining=remaining,
        share=round(elapsed / whole, 4) if whole else 1.0,
        intervals=run.running(now),
        pauses=run.pauses if run.agreed is None else (),
        words=_words(state, elapsed, remaining),
        violation=missed,
    )


def _state(run: Run, missed: SlaViolation | None, is_paused: bool, now: datetime) -> str:
    if run.ended_at is not None:
        return MISSED if missed or run.is_breached(now) else KEPT
    if missed or run.is_breached(now):
        return BREACHED
    return PAUSED if is_paused and run.agreed is None else RUNNING


def _target(run: Run) -> str:
    if run.agreed is not None:
        return "the deadline that was agreed upon"
    is_always = run.calendar.hours == round_the_clock().hours
    return levels.target_in_words(run.target, is_round_the_clock=is_always)


def _words(state: str, elapsed: timedelta, remaining: timedelta | None) -> str:
    used = span_in_words(elapsed)
    if state in {KEPT, MISSED}:
        return f"{'In time' if state == KEPT else 'Too late'}, after {used}."
    left = remaining if remaining is not None else timedelta(0)
    if state == BREACHED:
        return f"The deadline is past; {used} have gone by."
    if state == PAUSED:
        return f"The clock stands still while the order is on hold. {span_in_words(left)} are left."
    return f"{span_in_words(left)} are left; {used} have gone by."
