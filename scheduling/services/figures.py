"""Counts over the schedules that a person may see."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet

from scheduling.models import Schedule
from scheduling.rules import zones


def statistics(schedules: "QuerySet[Schedule]", *, now: datetime, zone: str) -> dict[str, Any]:
    """How many schedules there are, by state, maintenance type and frequency; days are those of `zone`."""
    today = zones.local_date(now, zone)
    tomorrow, after, week = (
        zones.start_of_day(today + timedelta(days=days), zone) for days in (1, 2, 8)
    )
    kept = Q(deleted_at=None)
    figures = schedules.aggregate(
        total=Count("pk", filter=kept),
        active=Count("pk", filter=kept & Q(is_active=True)),
        paused=Count("pk", filter=kept & Q(is_active=False)),
        deleted=Count("pk", filter=~kept),
        overdue=Count("pk", filter=kept & Q(overdue_at__lte=now)),
        due_today=Count("pk", filter=kept & Q(next_due_at__lt=tomorrow, overdue_at__gt=now)),
        due_tomorrow=Count("pk", filter=kept & Q(next_due_at__gte=tomorrow, next_due_at__lt=after)),
        next_7_days=Count("pk", filter=kept & Q(next_due_at__gte=tomorrow, next_due_at__lt=week)),
    )
    groups = {}
    for name in ("maintenance_type", "frequency", "priority"):
        counted = schedules.kept().values_list(name).annotate(n=Count("pk")).order_by(name)  # type: ignore[attr-defined]
        groups[f"by_{name}"] = dict(counted)
    return {**figures, **groups}
