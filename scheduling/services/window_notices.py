"""Moments of windows that come by themselves: a start that is near, an end that passed, answers that did not come."""

import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from accounts.models import Organization
from core import outbox
from core.ids import new_id
from core.querysets.rowset import insert_new_rows
from core.tenancy import all_tenants, tenant_scope
from scheduling import states
from scheduling.models import Inquiry, Window, WindowNotice, WindowSeries
from scheduling.services import window_series

#: Series are prolonged a week at a time, which leaves one row in the trail a week.
_PROLONGED_BY = timedelta(days=7)
_About = WindowNotice.About
#: Organisation, window and the moment that people are told of.
_Moment = tuple[UUID, UUID, datetime]
logger = logging.getLogger(__name__)


def tell_moments(now: datetime) -> dict[str, int]:
    """Publish each moment that has come and was not told yet, once, however many workers look."""
    with all_tenants(reason="the sweep serves every organisation"):
        found = {
            _About.COMING: _coming(now),
            _About.STILL_OPEN: _still_open(now),
            _About.UNANSWERED: _unanswered(now),
        }
    return {about.value: _publish_new(about, rows, now=now) for about, rows in found.items()}


def prolong_series(now: datetime) -> int:
    """Make the windows of every series that have come within its horizon; returns how many."""
    short = now + window_series.HORIZON - _PROLONGED_BY
    with all_tenants(reason="the sweep serves every organisation"):
        due = WindowSeries.objects.filter(ended_at=None, generated_to__lt=short)
        enabled = due.filter(organization__maintenance_scheduling_enabled=True)
        rows = list(enabled.values_list("organization", "pk"))
    made = 0
    for organization_id, pk in rows:
        with tenant_scope(organization_id):
            try:
                series = WindowSeries.objects.select_related("resource").get(pk=pk)
                made += len(window_series.prolong(series, now=now))
            except Exception:  # one series that cannot go on holds up no other
                logger.exception("Series %s could not be prolonged.", pk)
    return made


def _coming(now: datetime) -> list[_Moment]:
    """Scheduled windows whose start is as near as their organisation wants to be reminded."""
    enabled = Organization.objects.filter(maintenance_scheduling_enabled=True)
    by_hours: dict[int, list[UUID]] = defaultdict(list)
    for pk, hours in enabled.values_list("pk", "window_reminder_hours"):
        by_hours[hours].append(pk)
    found: list[_Moment] = []
    for hours, organizations in by_hours.items():
        near = Window.objects.filter(
            organization__in=organizations,
            status=states.SCHEDULED,
            starts_at__gt=now,
            starts_at__lte=now + timedelta(hours=hours),
        )
        found += _untold(near, _About.COMING, "starts_at")
    return found


def _still_open(now: datetime) -> list[_Moment]:
    """Windows at work although their end has passed."""
    late = Window.objects.filter(
        organization__maintenance_scheduling_enabled=True,
        status=states.IN_PROGRESS,
        ends_at__lte=now,
    )
    return _untold(late, _About.STILL_OPEN, "ends_at")


def _unanswered(now: datetime) -> list[_Moment]:
    """Windows of which some contact has not answered in time; the last of the times counts."""
    silent = Inquiry.objects.overdue(now=now).filter(
        organization__maintenance_scheduling_enabled=True
    )
    latest: dict[tuple[UUID, UUID], datetime] = {}
    for organization, window, moment in silent.values_list("organization", "window", "answer_by"):
        key = (organization, window)
        latest[key] = max(moment, latest.get(key, moment))
    known = WindowNotice.objects.filter(
        window__in=[window for _, window in latest], about=_About.UNANSWERED
    )
    told = set(known.values_list("window", "moment"))
    return [(*key, moment) for key, moment in latest.items() if (key[1], moment) not in told]


def _untold(windows: Any, about: _About, field: str) -> list[_Moment]:
    told = WindowNotice.objects.filter(window=OuterRef("pk"), about=about, moment=OuterRef(field))
    rows = windows.filter(~Exists(told)).annotate(moment=F(field))
    return list(rows.values_list("organization", "pk", "moment"))


def _publish_new(about: _About, rows: Iterable[_Moment], *, now: datetime) -> int:
    """The unique key decides between workers that found the same moment."""
    by_organization: dict[UUID, dict[UUID, tuple[UUID, datetime]]] = defaultdict(dict)
    for organization_id, window_id, moment in rows:
        by_organization[organization_id][new_id()] = (window_id, moment)
    told = 0
    for organization_id, wanted in by_organization.items():
        with tenant_scope(organization_id), transaction.atomic():
            values = [[pk, window_id, moment] for pk, (window_id, moment) in wanted.items()]
            shared = {"about": about.value, "created_at": now, "updated_at": now}
            names = ("id", "window", "moment")
            new = insert_new_rows(WindowNotice, names, values, shared=shared)
            payloads = [{"window_id": wanted[pk][0]} for pk in new]
            name = f"scheduling.window.{about.value}"
            outbox.publish_many(name, payloads, organization_id=organization_id, now=now)
            told += len(new)
    return told
