"""Schedules: definition, life, coming dates."""

from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any, ClassVar

import django_filters
from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rights import Right
from accounts.zones import home_zone_name
from core.api.etag import etag_of
from core.api.filters import MomentFilter, RelatedFilter, TenantFilterSet
from core.api.viewsets import CrudViewSet, list_columns
from core.errors import Invalid
from core.querysets.tenant import in_scope
from scheduling.api import schedule_serializers as forms
from scheduling.api.parameters import days_of, limit_of, moment_of
from scheduling.models import Schedule
from scheduling.rules import zones
from scheduling.services import occurrences, schedules
from scheduling.services.explain import explain, forecast
from scheduling.services.figures import statistics
from scheduling.services.reach import check_change, check_schedule, resource_of
from scheduling.services.wording import preview, rule_text_of

_AHEAD = timedelta(days=366)


class ScheduleFilter(TenantFilterSet):
    """`due_before` and `due_after` bound the next due date; `deleted=true` lists what can be restored."""

    resource = RelatedFilter()
    resource_type = RelatedFilter()
    assigned_to = RelatedFilter()
    due_before = MomentFilter(field_name="next_due_at", lookup_expr="lt")
    due_after = MomentFilter(field_name="next_due_at", lookup_expr="gte")
    is_overdue = django_filters.BooleanFilter(method="filter_overdue")
    deleted = django_filters.BooleanFilter(
        field_name="deleted_at", lookup_expr="isnull", exclude=True
    )

    class Meta:
        model = Schedule
        fields = [
            *("maintenance_type", "priority", "frequency", "basis", "is_active", "external_id"),
        ]

    def filter_overdue(self, rows: Any, name: str, value: bool) -> Any:
        late = rows.filter(overdue_at__lte=timezone.now())
        return late if value else rows.exclude(pk__in=late.values("pk"))


class ScheduleViewSet(CrudViewSet):
    """What must be done, on what, and when. Deleting puts a schedule away; `restore` brings it back."""

    model = Schedule
    requires_scheduling = True
    serializer_class = forms.ScheduleRead
    input_serializer_class = forms.ScheduleInput
    filterset_class = ScheduleFilter
    action_serializers: ClassVar[Any] = {
        "pause": forms.ReasonInput,
        "skip": forms.SkipInput,
        "move": forms.MoveInput,
        "preview": forms.PreviewInput,
    }
    search_fields = ["title", "resource__name", "resource__code", "external_id"]
    ordering_fields: ClassVar[Any] = {
        name: name for name in ("next_due_at", "title", "created_at", "overdue_at")
    }
    ordering = "next_due_at"
    list_values: ClassVar[Any] = {
        **{name: name for name in forms.COLUMNS},
        "resource_name": "resource__name",
        "is_overdue": "overdue_at",
        "days_until_due": "resource__effective_time_zone",
    }
    finished = frozenset({"is_overdue", "days_until_due", "rule_text", "exceptions"})
    rights: ClassVar[Any] = {
        **dict.fromkeys(
            ("list", "retrieve", "occurrences", "explain", "statistics", "overdue", "upcoming"),
            Right.SCHEDULE_VIEW,
        ),
        "create": Right.SCHEDULE_ADD,
        **dict.fromkeys(
            ("update", "partial_update", "restore", "activate", "pause"), Right.SCHEDULE_CHANGE
        ),
        "destroy": Right.SCHEDULE_DELETE,
        "skip": Right.OCCURRENCE_SKIP,
        "move": Right.OCCURRENCE_MOVE,
        "preview": Right.SCHEDULE_VIEW,
    }

    def filter_queryset(self, queryset: Any) -> Any:
        rows: Any = super().filter_queryset(queryset)
        return rows if "deleted" in self.request.query_params else rows.kept()

    def get_object(self) -> Schedule:
        schedule: Schedule = super().get_object()
        if self.rights[self.action] != Right.SCHEDULE_VIEW:
            check_change(self.by, schedule)
        return schedule

    def finish_list(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        now, home = timezone.now(), home_zone_name(self.by)
        left_out = schedules.left_out([row["id"] for row in rows if row["resource_type"]])
        today = cache(partial(zones.local_date, now))
        for row in rows:
            zone, overdue_at = row["days_until_due"] or home, row["is_overdue"]
            row["is_overdue"] = overdue_at is not None and overdue_at <= now
            due_at = row["next_due_at"]
            row["days_until_due"] = due_at and (zones.local_date(due_at, zone) - today(zone)).days
            row["rule_text"] = rule_text_of(row, zone)
            row["exceptions"] = left_out.get(row["id"], [])
        return rows

    def answer(self, row: Schedule, *, code: int = 200) -> Response:
        """One row exactly as lists show it."""
        (data,) = self.finish_list(list(in_scope(list_columns(type(self))).filter(pk=row.pk)))
        row.updated_at = data["updated_at"]
        return Response(data, status=code, headers={"ETag": str(etag_of(row))})

    @transaction.atomic
    def create_row(self, values: dict[str, Any]) -> Schedule:
        exceptions, active = values.pop("exceptions", []), values.pop("is_active", True)
        schedule, now = Schedule(**values), timezone.now()
        check_schedule(self.by, resource=schedule.resource, resource_type=schedule.resource_type)
        schedules.create_schedule(schedule, by=self.by, now=now, exceptions=exceptions)
        if not active:
            schedules.pause_schedule(schedule, reason="Created inactive", by=self.by, now=now)
        return schedule

    @transaction.atomic
    def update_row(self, row: Schedule, values: dict[str, Any]) -> Schedule:
        exceptions, active = values.pop("exceptions", None), values.pop("is_active", row.is_active)
        target = {
            name: values.get(name, getattr(row, name)) for name in ("resource", "resource_type")
        }
        check_schedule(self.by, **target)
        now, was_active = timezone.now(), row.is_active
        schedules.update_schedule(row, values, by=self.by, now=now, exceptions=exceptions)
        if active and not was_active:
            schedules.resume_schedule(row, by=self.by, now=now)
        elif was_active and not active:
            schedules.pause_schedule(row, reason="Switched off", by=self.by, now=now)
        return row

    def delete_row(self, row: Schedule) -> None:
        schedules.delete_schedule(row, by=self.by, now=timezone.now())

    @extend_schema(request=None, responses=forms.ScheduleRead)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        """Bring a deleted schedule back; it goes on where it stood."""
        row = self.get_object()
        return self.answer(schedules.restore_schedule(row, by=self.by, now=timezone.now()))

    @extend_schema(request=None, responses=forms.ScheduleRead)
    @action(detail=True, methods=["post"])
    def activate(self, request: Request, pk: str) -> Response:
        """Resume a paused schedule; the backlog policy decides about the dates of the pause."""
        row = self.get_object()
        return self.answer(schedules.resume_schedule(row, by=self.by, now=timezone.now()))

    @extend_schema(request=forms.ReasonInput, responses=forms.ScheduleRead)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        """Nothing comes due and nobody is told until the schedule is activated."""
        row, values = self.get_object(), self.parsed()
        return self.answer(schedules.pause_schedule(row, **values, by=self.by, now=timezone.now()))

    @extend_schema(request=forms.SkipInput, responses=forms.ScheduleRead)
    @action(detail=True, methods=["post"])
    def skip(self, request: Request, pk: str) -> Response:
        """Close the next date without the work, with the reason."""
        row, values = self.get_object(), self.parsed()
        occurrences.skip(**self._date(row, values), by=self.by, now=timezone.now())
        return self.answer(row)

    @extend_schema(request=forms.MoveInput, responses=forms.ScheduleRead)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: str) -> Response:
        """Give one date another moment; the series stays."""
        row, values = self.get_object(), self.parsed()
        occurrences.move(**self._date(row, values), by=self.by, now=timezone.now())
        return self.answer(row)

    def _date(self, row: Schedule, values: dict[str, Any]) -> dict[str, Any]:
        chosen = values.pop("resource", None)
        resource_id = resource_of(self.by, row, chosen.pk if chosen else None)
        return {"schedule_id": row.pk, "resource_id": resource_id, **values}

    @extend_schema(
        responses=forms.OccurrenceAnswer(many=True),
        parameters=[
            OpenApiParameter("start", datetime),
            OpenApiParameter("end", datetime),
            limit_of.parameter,
        ],
        filters=False,
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def occurrences(self, request: Request, pk: str) -> Response:
        """The dates in `[start, end)`, rows and coming ones, by default from now for a year; writes nothing."""
        row = self.get_object()
        now = timezone.now()
        start = moment_of(request, "start") or now
        end = moment_of(request, "end") or start + _AHEAD
        if end <= start:
            raise Invalid("The end lies before the start.", field="end")
        dates = forecast(
            row, start=start, end=end, now=now, limit=limit_of(request), seen_by=self.by
        )
        return Response(dates)

    @extend_schema(responses=forms.ExplanationAnswer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def explain(self, request: Request, pk: str) -> Response:
        """Why each due date is what it is."""
        found = explain(self.get_object(), seen_by=self.by)
        return Response(forms.ExplanationAnswer(found, many=True).data)

    @extend_schema(responses=forms.StatisticsAnswer, filters=False)
    @action(detail=False, methods=["get"], pagination_class=None)
    def statistics(self, request: Request) -> Response:
        """How many schedules there are, by state and kind."""
        zone = self.by.organization.time_zone
        return Response(statistics(self.get_queryset(), now=timezone.now(), zone=zone))

    @action(detail=False, methods=["get"])
    def overdue(self, request: Request) -> Response:
        """Schedules whose earliest open date is past its tolerance."""
        rows = self.filter_queryset(self.get_list_queryset()).overdue(now=timezone.now())
        return self.listed(self.paginate_queryset(rows))

    @extend_schema(parameters=[days_of.parameter])
    @action(detail=False, methods=["get"])
    def upcoming(self, request: Request) -> Response:
        """Schedules that come due within the coming days, by default seven."""
        now = timezone.now()
        rows = self.filter_queryset(self.get_list_queryset())
        coming = rows.upcoming(now, now + timedelta(days=days_of(request)))
        return self.listed(self.paginate_queryset(coming))

    @extend_schema(request=forms.PreviewInput, responses=forms.PreviewAnswer)
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """A definition in words with its first five dates; writes nothing."""
        values = self.parsed()
        for name in ("exceptions", "is_active", "title"):
            values.pop(name, None)
        schedule = Schedule(**values)
        found = preview(schedule, now=schedule.start_at or timezone.now())
        return Response(
            {"rule_text": found.rule_text, "dates": found.dates, "time_zone": found.zone}
        )
