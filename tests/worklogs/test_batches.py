"""Many logs at once do to the due dates what the same logs do one by one."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Organization
from core.tenancy import tenant_scope
from scheduling.models import DueState, Occurrence, Schedule
from scheduling.services import rebuild
from tests import factories
from worklogs.models import Log
from worklogs.services import logs, verify
from worklogs.services.logs import Entry

START = datetime(2026, 1, 5, 7, tzinfo=UTC)
NOW = datetime(2026, 12, 31, tzinfo=UTC)
PLANS: list[dict[str, Any]] = [
    {"frequency": "weekly", "tolerance_days": 2},
    {"frequency": "monthly", "basis": "floating", "tolerance_days": 3},
    {"frequency": "biweekly", "backlog": "stack"},
    {"frequency": "monthly", "backlog": "supersede"},
]


def entries(schedules: list[Schedule], seed: int) -> list[Entry]:
    """Two thirds of a year of irregular work, some of it twice a day, some early and counted."""
    choose = random.Random(seed)
    return [
        Entry(
            resource=schedule.resource,  # type: ignore[arg-type]  # each is for one resource
            schedule=schedule,
            performed_at=START + timedelta(hours=choose.randrange(24 * 240), minutes=number),
            counts=choose.choice([None, None, True, False]),
            issues_found=choose.choice(["none", "minor"]),
        )
        for schedule in schedules
        for number in range(25)
    ]


def outcome(organization: Organization, seed: int, *, at_once: bool) -> list[list[Any]]:
    with tenant_scope(organization.pk):
        schedules = [factories.schedule(start_at=START, **plan) for plan in PLANS]
        work = sorted(entries(schedules, seed), key=lambda entry: entry.performed_at)
        if at_once:
            logs.record_logs(entries=work, by=None, now=NOW, batch_size=17)
        else:
            for entry in work:
                logs.record_entry(entry, by=None, now=NOW)
        assert list(rebuild.rebuild(now=NOW, write=False)) == []
        assert list(verify.verify(verify.Walk())) == []
        order = [schedule.pk for schedule in schedules]
        done = [
            (order.index(row[0]), *row[1:])
            for row in Occurrence.objects.order_by("schedule", "occurrence_key").values_list(
                "schedule", "occurrence_key", "status", "performed_at", "is_compliant"
            )
        ]
        states = DueState.objects.order_by("schedule").values_list(
            "next_due_at", "next_due_key", "position", "baseline_on", "last_done_at"
        )
        effects = Log.objects.order_by("sequence").values_list("effect", "performed_at")
        return [done, list(states), list(effects)]


@pytest.mark.parametrize("seed", range(4))
def test_the_same_as_one_by_one(
    organization: Organization, stranger: Organization, seed: int
) -> None:
    type(stranger).objects.filter(pk=stranger.pk).update(time_zone=organization.time_zone)
    assert outcome(organization, seed, at_once=True) == outcome(stranger, seed, at_once=False)
