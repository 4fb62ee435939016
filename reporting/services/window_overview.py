"""Maintenance windows at a glance: how many in which state, whom they affect, what is at work now and what comes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count

from scheduling import states
from scheduling.models import Resource, Window
from scheduling.services.conflicts import Taking, booked_counts

if TYPE_CHECKING:
    from accounts.models import User

#: The figures look so far back, the list so far ahead.
PAST, AHEAD = timedelta(days=30), timedelta(days=7)
_LISTED, _COUNTED = 12, 500
_STATES = (
    states.DRAFT,
    states.SCHEDULED,
    states.IN_PROGRESS,
    states.COMPLETED,
    states.CANCELLED,
)


@dataclass(frozen=True, slots=True)
class Coming:
    """A window of the next days, and how many bookings it meets."""

    window: Window
    bookings: int


@dataclass(frozen=True, slots=True)
class WindowOverview:
    """What one person sees of the windows; `late` should have begun, or ended, by now."""

    by_status: dict[str, int]
    affected_bookings: int
    coming: list[Coming]
    count_coming: int
    at_work: list[Window]
    late: list[Window]
    under_maintenance: list[Resource]

    @property
    def total(self) -> int:
        return sum(self.by_status.values())


def window_overview(user: "User", *, now: datetime) -> WindowOverview:
    """A fixed number of statements, whatever the number of windows."""
    seen = Window.objects.visible_to(user)
    counts = seen.filter(starts_at__gte=now - PAST).values("status").annotate(n=Count("pk"))
    counted = {row["status"]: row["n"] for row in counts.order_by("status")}
    open_states = [*sorted(states.BLOCKING), states.DRAFT]
    rows = seen.filter(status__in=open_states).select_related("resource", "assigned_to")
    coming = list(
        rows.filter(starts_at__gt=now, starts_at__lt=now + AHEAD).order_by("starts_at", "pk")[
            :_COUNTED
        ]
    )
    begun = list(rows.filter(starts_at__lte=now).order_by("starts_at", "pk")[:_COUNTED])
    at_work = [row for row in begun if row.status == states.IN_PROGRESS]
    met = _met([*at_work, *coming])
    late = [
        row
        for row in begun
        if row.status == states.SCHEDULED
        or (row.status == states.IN_PROGRESS and row.ends_at <= now)
    ]
    below: Any = Resource.objects.visible_to(user)
    maintained = below.filter(status=Resource.Status.UNDER_MAINTENANCE).order_by("name", "pk")
    return WindowOverview(
        by_status={state: counted.get(state, 0) for state in _STATES},
        affected_bookings=sum(met.values()),
        coming=[Coming(row, met.get(row.pk, 0)) for row in coming[:_LISTED]],
        count_coming=len(coming),
        at_work=at_work[:_LISTED],
        late=late[:_LISTED],
        under_maintenance=list(maintained[:_LISTED]),
    )


def _met(windows: Iterable[Window]) -> dict[Any, int]:
    return booked_counts(
        Taking(row.pk, row.resource.path, row.effect, row.blocked_from, row.blocked_to)
        for row in windows
    )
