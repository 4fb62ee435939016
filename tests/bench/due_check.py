"""The due check, end to end until the notification rows stand, beside the statements that do the same by hand."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection
from django.urls import reverse

from accounts.models import Organization
from core import outbox
from core.tenancy import tenant_scope
from scheduling.services import due_check
from tests.bench import by_hand, teller, yardstick
from tests.bench.meter import Meter, per_call


def measure(organization: Organization, now: datetime) -> dict[str, Any]:
    """By hand (rolled back), the check, the check again with nothing to do. Both must leave the same rows behind."""
    hand, expected = by_hand.measure(organization, now)
    reverse(
        "admin:index"
    )  # finding all addresses belongs to the start of a process, not to its first check
    with _telling(now) as finish, Meter() as standing:
        with tenant_scope(organization.pk), Meter() as checking:
            run = due_check.check_now(organization=organization, by=None, now=now)
        told = finish()
    found = by_hand.rows()
    if found != expected:
        raise RuntimeError(f"By hand {expected}, by the check {found}.")
    with tenant_scope(organization.pk):
        nothing_due = per_call(
            lambda: due_check.check_now(organization=organization, by=None, now=now), count=10
        )
    cpu_seconds = standing.cpu_seconds + told.cpu_seconds
    return {
        "checked": run.checked,
        "rows": found,
        "wall_seconds": standing.wall_seconds,
        "cpu_seconds": round(cpu_seconds, 3),
        "times_by_hand": {
            "wall": round(standing.wall_seconds / hand.wall_seconds, 2),
            "cpu": round(cpu_seconds / hand.cpu_seconds, 2),
        },
        "by_hand": hand.figures(),
        "check_alone_wall_seconds": checking.wall_seconds,
        "python_cpu_seconds": round(standing.python_cpu_seconds + told.cpu_seconds, 3),
        "database_cpu_seconds": standing.database_cpu_seconds,
        "peak_memory_mib": standing.peak_memory_mib,
        "second_worker_peak_memory_mib": told.peak_memory_mib,
        "nothing_due": nothing_due,
        "yardstick": per_call(yardstick.read, count=100),
    }


@contextmanager
def _telling(now: datetime) -> Iterator[Callable[[], teller.Cost]]:
    """A second worker; SQLite, with its one writer, is told by this one when the check is done."""
    if connection.vendor == "postgresql":
        with teller.telling(now) as finish:
            yield finish
        return

    def here() -> teller.Cost:
        while outbox.relay(now):
            pass
        return teller.Cost(0.0, 0)

    yield here
