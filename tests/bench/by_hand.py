"""The due check as somebody would write it by hand for the benchmark's organisation, in a few set-based statements.

It leaves behind what the check leaves behind: occurrences, due states moved on to their next date, messages with their
words, digests and what they carry, the figures of the run; the foreign keys are checked. It knows beforehand what the
check finds out: no date has a row yet, no schedule is paused, moved, floating or behind, everybody is active, nobody
else works, nothing fails. Its ids are random, where the check gives ids that sort by time.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from accounts.models import Organization
from core.ids import new_id
from notifications.services import links
from notifications.services.telling import COLLECT_FOR, KEEP
from tests.bench.meter import Meter

#: What both sides have to leave behind, counted in the same way.
_ROWS = {
    "occurrences": "SELECT count(*) FROM scheduling_occurrence WHERE status = 'open'",
    "told": "SELECT count(*) FROM scheduling_occurrence WHERE due_told_at IS NOT NULL",
    "notifications": "SELECT count(*) FROM notifications_notification WHERE title LIKE '%: Inspection %(BM-%'",
    "overdue": "SELECT count(*) FROM notifications_notification WHERE kind = 'maintenance_overdue'",
    "digests": "SELECT count(*) FROM notifications_delivery WHERE state = 'collecting'",
    "digest_items": "SELECT count(*) FROM notifications_deliveryitem",
    "states_moved_on": "SELECT count(*) FROM scheduling_duestate WHERE position <> ''",
    "looked_at_again": "SELECT count(DISTINCT attention_at) FROM scheduling_duestate",
    "run": "SELECT checked + opened + overdue + due_today + due_tomorrow + sent FROM scheduling_duecheckrun",
}
#: SQLite knows no time zones: there the statements count with Berlin's winter time, which holds for the benchmark.
_DIALECTS = {
    "postgresql": {
        "id": "gen_random_uuid()",
        "local_day": "({} AT TIME ZONE r.effective_time_zone)::date",
        "days": "({} - {})",
        "words": "to_char({} AT TIME ZONE r.effective_time_zone, 'Dy FMDD Mon YYYY, HH24:MI')",
        "stamp": "to_char({} AT TIME ZONE 'UTC', 'YYYYMMDD\"T\"HH24MI')",
        "later": "(({} AT TIME ZONE r.effective_time_zone) + ({})::interval) AT TIME ZONE r.effective_time_zone",
        "dashes": "{}::text",
    },
    "sqlite": {
        "id": "lower(hex(randomblob(16)))",
        "local_day": "julianday(date({}, '+1 hour'))",
        "days": "CAST({} - {} AS integer)",
        "words": "strftime('%d %m %Y, %H:%M', {}, '+1 hour')",
        "stamp": "strftime('%Y%m%dT%H%M', {})",
        "later": "strftime('%Y-%m-%d %H:%M:%S', {}, {})",
        "dashes": "substr({0}, 1, 8) || '-' || substr({0}, 9, 4) || '-' || substr({0}, 13, 4) || '-'"
        " || substr({0}, 17, 4) || '-' || substr({0}, 21)",
    },
}
_INTERVAL = """
    CASE s.frequency || s.rrule WHEN 'daily' THEN '+1 day' WHEN 'weekly' THEN '+7 days' WHEN 'monthly' THEN '+1 month'
    WHEN 'quarterly' THEN '+3 months' WHEN 'semiannual' THEN '+6 months' WHEN 'annual' THEN '+1 year'
    WHEN 'customFREQ=DAILY;INTERVAL=28' THEN '+28 days' WHEN 'customFREQ=WEEKLY;INTERVAL=3' THEN '+21 days' END
"""


def measure(organization: Organization, now: datetime) -> tuple[Meter, dict[str, int]]:
    """What it costs and how many rows it leaves behind; then it is rolled back."""
    values = _values(organization, now)
    with transaction.atomic():
        with Meter() as meter, connection.cursor() as cursor:
            for statement in _statements():
                cursor.execute(statement, values)
            if connection.vendor == "postgresql":  # as the commit does
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        left = rows()
        transaction.set_rollback(True)
    return meter, left


def rows() -> dict[str, int]:
    """How many rows stand."""
    with connection.cursor() as cursor:
        counts = {}
        for name, statement in _ROWS.items():
            cursor.execute(statement)
            counts[name] = cursor.fetchone()[0]
    return counts


def _values(organization: Organization, now: datetime) -> dict[str, Any]:
    def moment(value: datetime) -> Any:
        return connection.ops.adapt_datetimefield_value(value)

    def key(value: UUID) -> Any:
        return value if connection.vendor == "postgresql" else value.hex

    return {
        "organization": key(organization.pk),
        "run": key(new_id()),
        "now": moment(now),
        "expires": moment(now + KEEP),
        "leaves": moment(now + COLLECT_FOR),
        "today": now.date(),
        "url": links.template("occurrence").replace("{}", ""),
    }


def _statements() -> list[str]:
    """One that finds what is due and works out everything, one that writes each table."""
    words = _DIALECTS[connection.vendor]
    new_id = words["id"]
    now = "CAST(%(now)s AS timestamptz)" if connection.vendor == "postgresql" else "%(now)s"
    days = words["days"].format(
        words["local_day"].format("d.next_due_at"), words["local_day"].format(now)
    )
    due = f"""
        CREATE TEMPORARY TABLE due AS
        SELECT {new_id} AS occurrence_id, {new_id} AS notification_id, d.id AS state_id, d.schedule_id, d.resource_id,
               d.next_due_key AS key, d.next_due_at AS due_at, d.overdue_at, d.overdue_at <= {now} AS is_overdue,
               s.title || ' – ' || r.name || ' (' || r.code || ')' AS subject, r.name || ' (' || r.code || ')' AS name,
               s.priority, s.assigned_to_id, COALESCE(s.assigned_to_id, r.owner_id) AS recipient_id, {days} AS days,
               {words["words"].replace("%", "%%").format("d.next_due_at")} AS words,
               {words["stamp"].replace("%", "%%").format("d.next_due_at")} AS stamp,
               CASE WHEN d.overdue_at <= {now}
                    THEN {words["later"].replace("%", "%%").format("d.overdue_at", _INTERVAL)}
                    ELSE d.overdue_at END AS attention_at
        FROM scheduling_duestate d
        JOIN scheduling_schedule s ON s.id = d.schedule_id
        JOIN scheduling_resource r ON r.id = d.resource_id
        WHERE d.organization_id = %(organization)s AND d.attention_at <= %(now)s
          AND s.is_active AND s.deleted_at IS NULL AND r.status <> 'retired'
    """
    occurrences = """
        INSERT INTO scheduling_occurrence
            (id, organization_id, schedule_id, resource_id, occurrence_key, due_at, overdue_at, status, opened_at,
             due_told_at, overdue_told_at, reason, created_at, updated_at)
        SELECT occurrence_id, %(organization)s, schedule_id, resource_id, key, due_at, overdue_at, 'open', %(now)s,
               %(now)s, CASE WHEN is_overdue THEN %(now)s END, '', %(now)s, %(now)s
        FROM due
    """.replace("THEN %(now)s", f"THEN {now}")
    occurrence = words["dashes"].format("occurrence_id")
    notifications = f"""
        INSERT INTO notifications_notification
            (id, organization_id, recipient_id, kind, priority, fact_key, title, message, why, object_type, object_id,
             action_url, run_id, correlation_id, in_app, expires_at, created_at, updated_at)
        SELECT notification_id, %(organization)s, recipient_id,
               CASE WHEN is_overdue THEN 'maintenance_overdue' ELSE 'maintenance_due' END,
               CASE WHEN is_overdue OR priority = 'critical' THEN 'high' ELSE 'normal' END,
               CASE WHEN is_overdue THEN 'maintenance_overdue:' ELSE 'maintenance_due:' END
                    || {occurrence} || ':' || stamp,
               CASE WHEN is_overdue THEN 'Overdue: ' WHEN days = 0 THEN 'Due today: ' ELSE 'Due tomorrow: ' END
                    || subject,
               CASE WHEN is_overdue THEN 'Was due ' || words || ', ' || -days || ' days ago, and is not logged yet.'
                    ELSE 'Due ' || words || '.' END,
               CASE WHEN assigned_to_id IS NOT NULL THEN 'The schedule is assigned to you.'
                    ELSE 'You are responsible for ' || name || ', and nobody else takes this.' END,
               'occurrence', occurrence_id, %(url)s || {occurrence}, %(run)s, '', true, %(expires)s, %(now)s, %(now)s
        FROM due WHERE recipient_id IS NOT NULL
        ON CONFLICT DO NOTHING
    """
    digests = f"""
        INSERT INTO notifications_delivery
            (id, organization_id, recipient_id, channel, state, subject, letter, address, message_id, attempts,
             available_at, provider_id, last_error, correlation_id, fact_key, created_at, updated_at)
        SELECT {new_id}, %(organization)s, u.id, 'email', 'collecting', '', '', u.email, {new_id}, 0,
               %(leaves)s, '', '', '', '', %(now)s, %(now)s
        FROM accounts_user u WHERE u.id IN (SELECT recipient_id FROM due)
        ON CONFLICT DO NOTHING
    """
    items = f"""
        INSERT INTO notifications_deliveryitem
            (id, organization_id, delivery_id, notification_id, created_at, updated_at)
        SELECT {new_id}, %(organization)s, d.id, due.notification_id, %(now)s, %(now)s
        FROM due JOIN notifications_delivery d ON d.recipient_id = due.recipient_id AND d.state = 'collecting'
        WHERE NOT EXISTS (SELECT 1 FROM notifications_preference p
                          WHERE p.user_id = due.recipient_id AND p.channel = 'email' AND NOT p.enabled)
    """
    states = """
        UPDATE scheduling_duestate SET position = due.key, attention_at = due.attention_at, updated_at = %(now)s
        FROM due WHERE scheduling_duestate.id = due.state_id
    """
    run = """
        INSERT INTO scheduling_duecheckrun
            (id, organization_id, trigger, period, as_of, started_at, finished_at, lease_until, checked, opened,
             due_today, due_tomorrow, due_later, overdue, missed, sent, failed, without_recipient, seconds,
             created_at, updated_at)
        SELECT %(run)s, %(organization)s, 'manual', %(today)s, %(now)s, %(now)s, %(now)s, %(now)s, count(*), count(*),
               count(CASE WHEN NOT is_overdue AND days = 0 THEN 1 END), count(CASE WHEN days = 1 THEN 1 END), 0,
               count(CASE WHEN is_overdue THEN 1 END), 0, count(recipient_id), 0,
               count(*) - count(recipient_id), 0, %(now)s, %(now)s
        FROM due
    """
    return [due, occurrences, notifications, digests, items, states, run]
