"""Two sweeps at once: one warning, one violation. Threads with connections of their own, on either database."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

import tests.flush  # noqa: F401
from accounts.models import Organization, WorkingCalendar
from accounts.services import calendars
from core.models import OutboxEvent
from core.querysets.rowset import insert_rows
from tests import factories
from tests.threads import in_threads
from worklogs.models import SlaPolicy, SlaViolation, SlaWarning
from worklogs.services import sla_policies, sla_sweep

NOW = factories.START
MINUTE = timedelta(minutes=1)
RACERS = 6


@pytest.fixture(autouse=True)
def promised(house: Organization) -> None:
    """Three reports, each to be answered within 100 minutes."""
    always = WorkingCalendar(name="Always", is_round_the_clock=True)
    calendars.create_calendar(always, [], by=None, now=NOW)
    policy = SlaPolicy(name="All", response_minutes=100)
    sla_policies.create_policy(policy, by=None, now=NOW)
    for _ in range(3):
        factories.work_order(now=NOW)


def sweeps(minutes: int) -> None:
    _, errors = in_threads(RACERS, lambda _: sla_sweep.sweep(now=NOW + minutes * MINUTE))
    assert errors == []


def told() -> int:
    return OutboxEvent.objects.filter(name="worklogs.sla.noticed").count()


def test_however_many_sweep_each_is_told_once() -> None:
    sweeps(80)
    assert SlaWarning.objects.count() == 3
    sweeps(120)
    assert SlaViolation.objects.count() == 3
    events = OutboxEvent.objects.filter(name="worklogs.sla.noticed")
    assert sum(len(event.payload["warnings"]) for event in events) == 3
    assert sum(len(event.payload["violations"]) for event in events) == 3


def test_the_race_is_real(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without looking what is known already, only the database's own keys still refuse the second warning."""

    def unguarded(model: Any, names: Any, rows: Any, *, shared: Any = None) -> set[UUID]:
        insert_rows(model, names, rows, shared=shared)
        return {row[0] for row in rows}

    monkeypatch.setattr(sla_sweep, "insert_new_rows", unguarded)
    monkeypatch.setattr(sla_sweep, "_known", lambda *_: set())
    sla_sweep.sweep(now=NOW + 80 * MINUTE)
    sla_sweep.look_again(now=NOW + 81 * MINUTE)
    _, errors = in_threads(2, lambda _: sla_sweep.sweep(now=NOW + 82 * MINUTE))
    assert errors != []
    assert SlaWarning.objects.count() == 3
