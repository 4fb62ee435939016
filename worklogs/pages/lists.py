"""The table of logs and its export."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.rights import Right, has_right
from accounts.zones import zone_name_of as zone_of
from core.admin.pages import console_page, render_page
from scheduling.models import Resource, Schedule
from worklogs.models import Log
from worklogs.pages.download import csv_response
from worklogs.pages.rows import rows_of
from worklogs.querysets import LogQuerySet

PAGE = 50
_YEARS = range(1900, 2201)
_PERIODS = {"7": "Last 7 days", "30": "Last 30 days", "90": "Last 90 days", "365": "Last 12 months"}
_SHOWN = {"": "What counts", "all": "Everything ever recorded", "replaced": "Corrected and void"}
_ISSUES = {"found": "Any issue", **dict(Log.Issues.choices)}
_FIELDS = ("q", "issues", "period", "person", "kind", "shown", "resource", "schedule")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the person asked for, by the names in the address; unknown values ask for nothing."""

    values: Mapping[str, str]

    def get(self, name: str) -> str:
        """The value, or nothing."""
        return self.values.get(name, "")

    def applied_to(self, rows: LogQuerySet, *, now: datetime) -> LogQuerySet:
        """The logs that fit."""
        shown = self.get("shown")
        if shown == "replaced":
            rows = rows.replaced()
        elif shown != "all":
            rows = rows.effective()
        if self.get("q"):
            rows = rows.mentioning(self.get("q"))
        if self.get("issues") == "found":
            rows = rows.exclude(issues_found=Log.Issues.NONE)
        elif self.get("issues") in Log.Issues.values:
            rows = rows.filter(issues_found=self.get("issues"))
        if self.get("period") in _PERIODS:
            rows = rows.filter(performed_at__gte=now - timedelta(days=int(self.get("period"))))
        if self.get("kind") in Schedule.MaintenanceType.values:
            rows = rows.filter(schedule__maintenance_type=self.get("kind"))
        for name, column in (
            ("person", "performed_by"),
            ("resource", "resource"),
            ("schedule", "schedule"),
        ):
            if self.get(name):
                key = identity(self.get(name))
                rows = rows.filter(**{column: key}) if key else rows.none()
        return rows

    def address(self, **changes: str) -> str:
        """The query string with some values exchanged."""
        kept = {name: value for name, value in {**self.values, **changes}.items() if value}
        return urlencode(kept)


def identity(text: str) -> UUID | None:
    """The id in an address, or None for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _filters(request: HttpRequest) -> Filters:
    given = {name: request.GET.get(name, "").replace("\x00", "").strip() for name in _FIELDS}
    return Filters({name: value for name, value in given.items() if value})


def visible_logs(request: HttpRequest) -> LogQuerySet:
    """The logs that the person may see."""
    user: Any = request.user
    rows: LogQuerySet = Log.objects.visible_to(user)
    return rows


@require_safe
@console_page(Right.LOG_VIEW)
def log_list(request: HttpRequest) -> HttpResponse:
    """Newest first, page by page without counting; each row opens to its details."""
    now, filters = timezone.now(), _filters(request)
    rows = filters.applied_to(visible_logs(request), now=now)
    logs, older, newer = _page(rows, request.GET)
    return render_page(
        request,
        "worklogs/list.html",
        title="Logs",
        rows=rows_of(logs, user=request.user, now=now),
        filters=filters.values,
        choices=_choices(request),
        narrowed=_narrowed(request, filters),
        older=filters.address(before=older) if older else "",
        newer=filters.address(after=newer) if newer else "",
        query=filters.address(),
        can_export=has_right(request.user, Right.LOG_EXPORT),  # type: ignore[arg-type]
        zone=zone_of(request.user),
    )


def _page(rows: LogQuerySet, query: Mapping[str, Any]) -> tuple[list[Log], str, str]:
    """One page, and where the older and newer ones begin."""
    after, before = _place(query.get("after", "")), _place(query.get("before", ""))
    shown = rows.shown()
    if after is not None:
        found = list(shown.after(*after).order_by("performed_at", "pk")[: PAGE + 1])
        has_newer, logs = len(found) > PAGE, found[:PAGE][::-1]
        has_older = True
    else:
        found = list((shown.before(*before) if before else shown).newest_first()[: PAGE + 1])
        has_older, logs = len(found) > PAGE, found[:PAGE]
        has_newer = before is not None
    if not logs:
        return [], "", ""
    return logs, _mark(logs[-1]) if has_older else "", _mark(logs[0]) if has_newer else ""


def _mark(log: Log) -> str:
    return f"{log.performed_at.isoformat()}~{log.pk}"


def _place(text: str) -> tuple[datetime, UUID] | None:
    when, _, key = text.partition("~")
    try:
        moment, pk = parse_datetime(when), identity(key)
    except ValueError:
        return None
    if moment is None or not moment.tzinfo or moment.year not in _YEARS or pk is None:
        return None
    return moment, pk


def _choices(request: HttpRequest) -> dict[str, list[tuple[str, str]]]:
    people = User.objects.visible_to(request.user).order_by("name", "pk")  # type: ignore[arg-type]
    return {
        "issues": list(_ISSUES.items()),
        "period": list(_PERIODS.items()),
        "person": [(str(key), name) for key, name in people.values_list("pk", "name")[:300]],
        "kind": list(Schedule.MaintenanceType.choices),
        "shown": [(key, label) for key, label in _SHOWN.items() if key],
    }


def _narrowed(request: HttpRequest, filters: Filters) -> list[dict[str, str]]:
    """The resource and schedule that the table is narrowed to, each with the way out."""
    found = []
    user: Any = request.user
    reach = {
        "resource": Resource.objects.visible_to(user),
        "schedule": Schedule.objects.visible_to(user),
    }
    for name, rows in reach.items():
        key = identity(filters.get(name))
        row = rows.filter(pk=key).first() if key else None
        if filters.get(name):
            found.append(
                {
                    "label": f"{name.capitalize()}: {row or 'unknown'}",
                    "without": filters.address(**{name: ""}),
                }
            )
    return found


@require_safe
@console_page(Right.LOG_EXPORT)
def log_export(request: HttpRequest) -> Any:
    """The same rows as CSV, sent while it is made; with a byte order mark, which Excel needs for UTF-8."""
    now, filters = timezone.now(), _filters(request)
    rows = filters.applied_to(visible_logs(request), now=now)
    return csv_response(request, rows, asked=dict(filters.values), with_bom=True, now=now)


def list_address(**values: Any) -> str:
    """The table narrowed to something."""
    query = urlencode({name: value for name, value in values.items() if value})
    return reverse("admin:worklogs_log_changelist") + (f"?{query}" if query else "")


urlpatterns = [
    path("worklogs/log/", log_list, name="worklogs_log_changelist"),
    path("worklogs/log/export/", log_export, name="worklogs_log_export"),
]
