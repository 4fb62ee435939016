"""The due check, end to end until the notification rows stand, beside the two statements that do the same by hand."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from accounts.models import Organization
from core import outbox
from core.tenancy import tenant_scope
from notifications.models import Notification
from scheduling.models import Occurrence
from scheduling.services import due_check
from tests.bench.meter import Meter, per_call

_SELECT = """
    FROM scheduling_duestate d
    JOIN scheduling_schedule s ON s.id = d.schedule_id
    JOIN scheduling_resource r ON r.id = d.resource_id
    WHERE d.organization_id = %s AND d.attention_at <= %s
"""
_UUID = {
    "postgresql": "gen_random_uuid()",
    "sqlite": "lower(hex(randomblob(16)))",
}


def measure(organization: Organization, now: datetime) -> dict[str, Any]:
    """By hand (rolled back), the check, the check again with nothing to do."""
    by_hand = _by_hand(organization, now)
    with tenant_scope(organization.pk), Meter() as checking:
        run = due_check.check_now(organization=organization, by=None, now=now)
    with Meter() as telling:
        while outbox.relay(now):
            pass
    with tenant_scope(organization.pk):
        nothing_due = per_call(
            lambda: due_check.check_now(organization=organization, by=None, now=now), count=10
        )
        rows = {
            "occurrences": Occurrence.objects.count(),
            "notifications": Notification.objects.count(),
        }
    seconds = checking.wall_seconds + telling.wall_seconds
    return {
        "checked": run.checked,
        **rows,
        "wall_seconds": round(seconds, 3),
        "by_hand_wall_seconds": by_hand.wall_seconds,
        "times_by_hand": round(seconds / by_hand.wall_seconds, 2),
        "check": checking.figures(),
        "notifications_standing": telling.figures(),
        "nothing_due": nothing_due,
    }


def _by_hand(organization: Organization, now: datetime) -> Meter:
    """One INSERT of the notifications, one UPDATE of the due states, as somebody would write them for this case."""
    new_id = _UUID[connection.vendor]
    key = organization.pk if connection.vendor == "postgresql" else organization.pk.hex
    moment = connection.ops.adapt_datetimefield_value(now)
    later = connection.ops.adapt_datetimefield_value(now + timedelta(days=90))
    insert = f"""
        INSERT INTO notifications_notification
            (id, organization_id, recipient_id, kind, priority, fact_key, title, message, why, object_type, object_id,
             action_url, run_id, in_app, read_at, expires_at, created_at, updated_at)
        SELECT {new_id}, d.organization_id, COALESCE(s.assigned_to_id, r.owner_id), 'maintenance_due', 'normal',
               'by hand:' || d.id, 'Due: ' || s.title || ' – ' || r.name, '', '', 'due_state', d.id, '', NULL,
               %s, NULL, %s, %s, %s
        {_SELECT}
    """
    update = """
        UPDATE scheduling_duestate SET attention_at = overdue_at, position = next_due_key, updated_at = %s
        WHERE organization_id = %s AND attention_at <= %s
    """
    with transaction.atomic(), Meter() as meter, connection.cursor() as cursor:
        cursor.execute(insert, [True, later, moment, moment, key, moment])
        cursor.execute(update, [moment, key, moment])
        transaction.set_rollback(True)
    return meter
