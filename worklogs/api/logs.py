"""`logs`: read, record, correct. Nothing changes or removes one."""

from typing import Any, ClassVar
from uuid import UUID

import django_filters
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rights import Right, require
from core import features
from core.api.errors import NotEnabled
from core.api.filters import MomentRangeFilter, RelatedFilter, TenantFilterSet
from core.api.viewsets import CreateMixin, ReadOnlyViewSet
from core.models import Attachment
from scheduling.models import Occurrence, Resource, Schedule
from worklogs.api.attachments import AttachmentRead
from worklogs.api.log_serializers import COLUMNS, LogInput, LogRead
from worklogs.models import Log
from worklogs.pages.download import csv_response
from worklogs.services import logs
from worklogs.services.corrections import CORRECTABLE, correct_log

Rows = list[dict[str, Any]]  # inside the viewset `list` is the action
Files = dict[UUID, list[Any]]
Renderers = list[Any]


class CsvRenderer(BaseRenderer):
    """Lets `?format=csv` be asked for; the answer itself is streamed past it. Refusals are plain text."""

    media_type = "text/csv"
    format = "csv"

    def render(self, data: Any, *_: Any, **__: Any) -> bytes:
        """A refusal: its sentence, or a line for each wrong parameter."""
        if not isinstance(data, dict):
            return "".join(f"{text}\n" for text in data or ()).encode()
        if "detail" in data:
            return str(data["detail"]).encode()
        lines = (f"{name}: {' '.join(map(str, texts))}\n" for name, texts in data.items())
        return "".join(lines).encode()


class LogFilter(TenantFilterSet):
    """`effective=true`: what counts, without corrected and void logs. `performed_at_after`, `performed_at_before`."""

    schedule = RelatedFilter()
    resource = RelatedFilter()
    performed_by = RelatedFilter()
    work_order = RelatedFilter(field_name="order_link__work_order")
    performed_at = MomentRangeFilter()
    maintenance_type = django_filters.ChoiceFilter(
        field_name="schedule__maintenance_type", choices=Schedule.MaintenanceType.choices
    )
    effective = django_filters.BooleanFilter(method="filter_effective")

    class Meta:
        model = Log
        fields = ["issues_found", "effect", "external_id", "is_void"]

    def filter_effective(self, rows: Any, name: str, value: bool) -> Any:
        return rows.effective() if value else rows.replaced()


@extend_schema_view(
    list=extend_schema(
        parameters=[
            OpenApiParameter(
                "format", str, enum=["json", "csv"], description="csv streams a file."
            ),
            OpenApiParameter("bom", bool, description="csv: begin with a byte order mark (Excel)."),
        ]
    )
)
class LogViewSet(CreateMixin, ReadOnlyViewSet):
    """Completed work. POST records it and moves the due dates; with `supersedes` it corrects a log."""

    model = Log
    serializer_class = LogRead
    input_serializer_class = LogInput
    filterset_class = LogFilter
    search_fields = ["notes", "resource__name", "resource__code", "schedule__title"]
    ordering_fields: ClassVar[Any] = {"performed_at": "performed_at", "sequence": "sequence"}
    ordering = "-performed_at"
    list_values: ClassVar[Any] = {
        **{name: name for name in COLUMNS},
        "occurrence_key": "occurrence__occurrence_key",
        "superseded_by": "superseded_by",
        "work_order": "order_link__work_order",
    }
    finished = frozenset({"attachments"})
    rights: ClassVar[Any] = {
        "list": Right.LOG_VIEW,
        "retrieve": Right.LOG_VIEW,
        "create": Right.LOG_ADD,
    }

    def get_renderers(self) -> Renderers:
        csv = [CsvRenderer()] if getattr(self, "action", "") == "list" else []
        return [*super().get_renderers(), *csv]

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if request.accepted_renderer.format != "csv":
            return super().list(request, *args, **kwargs)
        require(self.by, Right.LOG_EXPORT)
        asked = request.query_params.dict()
        streamed: Any = csv_response(
            request,
            self.filter_queryset(self.get_queryset()),
            asked=asked,
            with_bom=asked.get("bom", "").lower() in {"1", "true", "yes"},
            now=timezone.now(),
        )
        return streamed  # type: ignore[no-any-return]

    def finish_list(self, rows: Rows) -> Rows:
        """Adds the files, with one query for a page that has any."""
        files: Files = {row["id"]: [] for row in rows if row["attachment_hashes"]}
        if files:
            found = Attachment.objects.filter(target_type=logs.TARGET, target_id__in=files)
            for file in AttachmentRead(found.order_by("created_at", "pk"), many=True).data:
                files[UUID(str(file["target_id"]))].append(file)
        for row in rows:
            row["attachments"] = files.get(row["id"], [])
        return rows

    def shown(self, row: Log) -> Log:
        log: Log = Log.objects.shown().get(pk=row.pk)
        return log

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """201 with the new log; 200 with the log that the sender already recorded under this `external_id`."""
        if not features.scheduling_enabled(request.user):
            raise NotEnabled()
        values = self.parsed()
        known = logs.with_external_id(values.get("external_id", ""), by=self.by)
        if known is not None and values.get("supersedes") is None:
            return self.answer(known)
        row = self._correct(values) if values.get("supersedes") else self._record(values)
        response = self.answer(row, code=201)
        response["Location"] = f"{request.path.rstrip('/')}/{row.pk}"
        return response

    def _record(self, values: dict[str, Any]) -> Log:
        now = timezone.now()
        schedule = values.get("schedule")
        return logs.record_log(
            resource=values.get("resource") or _only_resource(schedule),
            schedule=schedule,
            performed_at=values.get("performed_at", now),
            performed_by=values.get("performed_by", self.by),
            notes=values.get("notes", ""),
            issues_found=values.get("issues_found", Log.Issues.NONE),
            duration_minutes=values.get("duration_minutes"),
            attachments=values.get("attachments", ()),
            occurrence_key=self._key(values.get("occurrence", "")),
            counts=values.get("counts_for_occurrence"),
            external_id=values.get("external_id", ""),
            by=self.by,
            now=now,
        )

    def _key(self, given: str) -> str:
        """An occurrence key as it is; the id of an occurrence becomes its key."""
        try:
            identity = UUID(given)
        except ValueError:
            return given
        row = Occurrence.objects.visible_to(self.by).filter(pk=identity).first()
        if row is None:
            raise NotFound("occurrence: there is no such row.")
        key: str = row.occurrence_key
        return key

    def _correct(self, values: dict[str, Any]) -> Log:
        old: Log = values["supersedes"]
        for name in ("schedule", "resource"):
            if name in values and values[name] != getattr(old, name):
                message = "Another piece of work: declare the log void and record the work anew."
                raise ValidationError({name: [message]})
        return correct_log(
            log=old,
            changes={name: values[name] for name in CORRECTABLE if name in values},
            reason=values.get("correction_reason", ""),
            is_void=values.get("is_void", False),
            attachments=values.get("attachments"),
            by=self.by,
            now=timezone.now(),
        )


def _only_resource(schedule: Schedule | None) -> Resource:
    if schedule is None:
        raise ValidationError({"resource": ["Name the resource, or a schedule for one resource."]})
    if schedule.resource is not None:
        return schedule.resource
    covered = list(Resource.objects.filter(due_states__schedule=schedule)[:2])
    if len(covered) != 1:
        raise ValidationError(
            {"resource": ["This schedule is for several resources: name the one."]}
        )
    only: Resource = covered[0]
    return only
