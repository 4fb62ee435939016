"""The due check, end to end until the notification rows stand, beside the statements that do the same by hand."""

from datetime import datetime
from typing import Any

from django.urls import reverse

from accounts.models import Organization
from core import outbox
from core.tenancy import tenant_scope
from scheduling.services import due_check
from tests.bench import by_hand
from tests.bench.meter import Meter, per_call


def measure(organization: Organization, now: datetime) -> dict[str, Any]:
    """By hand (rolled back), the check, the check again with nothing to do. Both must leave the same rows behind."""
    hand, expected = by_hand.measure(organization, now)
    reverse(
        "admin:index"
    )  # finding all addresses belongs to the start of a process, not to its first check
    with tenant_scope(organization.pk), Meter() as checking:
        run = due_check.check_now(organization=organization, by=None, now=now)
    with Meter() as telling:
        while outbox.relay(now):
            pass
    found = by_hand.rows()
    if found != expected:
        raise RuntimeError(f"By hand {expected}, by the check {found}.")
    with tenant_scope(organization.pk):
        nothing_due = per_call(
            lambda: due_check.check_now(organization=organization, by=None, now=now), count=10
        )
    return {
        "checked": run.checked,
        "rows": found,
        "wall_seconds": round(checking.wall_seconds + telling.wall_seconds, 3),
        "cpu_seconds": round(checking.cpu_seconds + telling.cpu_seconds, 3),
        "times_by_hand": {
            "wall": round((checking.wall_seconds + telling.wall_seconds) / hand.wall_seconds, 2),
            "cpu": round((checking.cpu_seconds + telling.cpu_seconds) / hand.cpu_seconds, 2),
        },
        "by_hand": hand.figures(),
        "check": checking.figures(),
        "notifications_standing": telling.figures(),
        "nothing_due": nothing_due,
    }
