"""Periodic jobs that any number of workers may run: each job runs once per period."""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from core import correlation, tracing
from core.errors import Conflict
from core.models import SweepState
from core.plain import plain
from core.tenancy import tenant_scope

Job = Callable[[datetime], object]

LEASE = timedelta(minutes=15)
_ERROR_LENGTH = 2_000
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sweep:
    name: str
    every: timedelta
    lease: timedelta
    is_long: bool
    job: Job


_sweeps: dict[str, Sweep] = {}


def sweep(
    name: str, *, every: timedelta, lease: timedelta = LEASE, long: bool = False
) -> Callable[[Job], Job]:
    """Register a job to run once in each `every`, on one node; `lease` is longer than any run takes.

    A `long` job may take more than seconds: workers do it beside the others, which it must not hold up.
    """

    def register(job: Job) -> Job:
        known = _sweeps.get(name)
        if known is not None and known.job.__qualname__ != job.__qualname__:
            raise ValueError(f"Two sweeps are called {name}.")
        _sweeps[name] = Sweep(name, every, lease, long, job)
        return job

    return register


def in_each(organizations: Iterable[UUID], job: Callable[[], int]) -> int:
    """The sum of what `job` returns in the scope of each organisation.

    One that fails is logged and holds up no other; the first failure is raised at the end, so that the sweep shows it.
    """
    done, failures = 0, []
    for organization_id in organizations:
        try:
            with tenant_scope(organization_id):
                done += job()
        except Exception as error:
            logger.exception("A sweep failed in organisation %s.", organization_id)
            failures.append(error)
    if failures:
        raise failures[0]
    return done


def registered() -> tuple[Sweep, ...]:
    return tuple(_sweeps.values())


def run_due_sweeps(now: datetime, *, long: bool = False) -> list[str]:
    """Run every short or every long job whose time has come; returns the names of those that this caller ran.

    A job that fails is logged and recorded, and runs again when its next period comes.
    """
    _add_missing_states(now)
    names = [entry.name for entry in _sweeps.values() if entry.is_long == long]
    due = SweepState.objects.due(now).filter(pk__in=names).values_list("pk", flat=True)
    ran = []
    for name in list(due):
        entry = _sweeps[name]
        if SweepState.objects.claim(name, now=now, every=entry.every, lease=entry.lease):
            try:
                _run(entry, now)
            except Exception:
                logger.exception("Sweep %s failed.", name)
            ran.append(name)
    return ran


def run_sweep(name: str, now: datetime) -> object:
    """Run one job now, due or not, and return its result; its errors come through.

    Raises Conflict while another node runs it.
    """
    entry = _sweeps[name]
    _add_missing_states(now)
    if not SweepState.objects.claim(
        name, now=now, every=entry.every, lease=entry.lease, early=True
    ):
        raise Conflict(f"{name} is already running.")
    return _run(entry, now)


def _add_missing_states(now: datetime) -> None:
    known = set(SweepState.objects.values_list("pk", flat=True))
    missing = [SweepState(name=name, next_run_at=now) for name in _sweeps if name not in known]
    if missing:
        SweepState.objects.bulk_create(missing, ignore_conflicts=True)


def _run(entry: Sweep, now: datetime) -> object:
    started = time.monotonic()
    outcome: dict[str, Any] = {"ended": "", "result": None}
    try:
        with correlation.correlated(), tracing.span(entry.name):
            result = entry.job(now)
        outcome = {"ended": "succeeded", "result": plain(result)}
        outcome |= {"last_succeeded_at": now, "last_error": ""}
    except Exception as error:
        text = f"{type(error).__name__}: {error}"[:_ERROR_LENGTH]
        outcome |= {"ended": "failed", "last_failed_at": now, "last_error": text}
        raise
    finally:
        outcome["last_duration_ms"] = int((time.monotonic() - started) * 1_000)
        SweepState.objects.release(entry.name, leased_until=now + entry.lease, **outcome)
    return result
