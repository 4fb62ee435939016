"""`checklists`, and the checklist of one order."""

from typing import Any, ClassVar

import django_filters
from django.db import transaction
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rights import Right
from core.api.filters import TenantFilterSet
from core.api.viewsets import CrudViewSet, TenantViewSet
from core.services import attachments
from worklogs.api import checklist_serializers as shapes
from worklogs.api.order_serializers import WorkOrderRead
from worklogs.models import Checklist, WorkOrder
from worklogs.rules.checklists import Given
from worklogs.services import answers, checklists, sheets

_USES = ("schedules", "task_types", "kinds")
_STEP = OpenApiParameter("step", OpenApiTypes.STR, OpenApiParameter.PATH, description="Its key.")


class ChecklistFilter(TenantFilterSet):
    """`is_active`, `published`: true or false."""

    published = django_filters.BooleanFilter(
        field_name="current", lookup_expr="isnull", exclude=True
    )

    class Meta:
        model = Checklist
        fields: ClassVar[Any] = ["is_active", "name"]


class ChecklistViewSet(CrudViewSet):
    """Templates in versions. Editing writes the draft; `publish` makes it the version that new orders take.

    Deleting removes what was never published, and puts away what was.
    """

    model = Checklist
    serializer_class = shapes.ChecklistRead
    input_serializer_class = shapes.ChecklistInput
    filterset_class = ChecklistFilter
    search_fields = ["name", "description"]
    ordering_fields: ClassVar[Any] = {"name": "name", "created_at": "created_at"}
    ordering = "name"
    rights: ClassVar[Any] = {
        **dict.fromkeys(("list", "retrieve", "versions"), Right.CHECKLIST_VIEW),
        **dict.fromkeys(
            ("create", "update", "partial_update", "destroy", "publish"), Right.CHECKLIST_MANAGE
        ),
    }

    def get_queryset(self) -> Any:
        rows = super().get_queryset().select_related("current")
        return rows.prefetch_related("versions", "uses")

    @transaction.atomic
    def create_row(self, values: dict[str, Any]) -> Checklist:
        now = timezone.now()
        uses = {name: values.pop(name) for name in _USES if name in values}
        steps = values.pop("steps", [])
        row = checklists.create_checklist(Checklist(**values), steps, by=self.by, now=now)
        if uses:
            checklists.set_uses(row, **uses, by=self.by, now=now)
        return row

    @transaction.atomic
    def update_row(self, row: Checklist, values: dict[str, Any]) -> Checklist:
        now = timezone.now()
        uses = {name: values.pop(name) for name in _USES if name in values}
        row = checklists.change_checklist(row, values, by=self.by, now=now)
        if uses:
            checklists.set_uses(row, **uses, by=self.by, now=now)
        return row

    def delete_row(self, row: Checklist) -> None:
        checklists.remove_checklist(row, by=self.by, now=timezone.now())

    def shown(self, row: Checklist) -> Checklist:
        """With its versions and uses as they are now."""
        found: Checklist = self.get_queryset().get(pk=row.pk)
        return found

    @extend_schema(request=None, responses=shapes.ChecklistRead)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: str) -> Response:
        """The draft becomes the version that new orders take, and never changes again."""
        row = self.get_object()
        checklists.publish(row, by=self.by, now=timezone.now())
        return self.answer(row)

    @extend_schema(responses=shapes.VersionRead(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def versions(self, request: Request, pk: str) -> Response:
        """All versions, the newest first."""
        rows = self.get_object().versions.order_by("-number")
        return Response(shapes.VersionRead(rows, many=True).data)


class OrderChecklistView(TenantViewSet):
    """`work-orders/{id}/checklist`: the questions of an order and their answers."""

    model = WorkOrder
    serializer_class = shapes.SheetRead
    parser_classes = [JSONParser, MultiPartParser, FormParser]
    action_serializers: ClassVar[Any] = {"reply": shapes.AnswerInput}
    rights: ClassVar[Any] = {
        "sheet": Right.CHECKLIST_VIEW,
        "reply": Right.WORK_ORDER_WORK,
        "follow": Right.WORK_ORDER_WORK,
    }

    @extend_schema(responses=shapes.SheetRead)
    def sheet(self, request: Request, pk: str) -> Response:
        """Every step with its answer; 404 for an order without one."""
        return Response(self._shown(self.get_object()))

    @extend_schema(request=shapes.AnswerInput, responses=shapes.SheetRead, parameters=[_STEP])
    def reply(self, request: Request, pk: str, step: str) -> Response:
        """Answer a step, or correct its answer; the same again changes nothing."""
        order, values, now = self.get_object(), self.parsed(), timezone.now()
        ids = list(values.get("attachments", ()))
        with transaction.atomic():
            if upload := values.get("file"):
                stored = attachments.store(
                    upload=upload,
                    name=upload.name,
                    target_type=sheets.TARGET,
                    target_id=None,
                    by=self.by,
                    now=now,
                )
                ids.append(stored.pk)
            answers.answer(
                order,
                step,
                Given(text=values.get("value", "")),
                attachments=ids,
                answered_at=values.get("answered_at"),
                by=self.by,
                now=now,
            )
        return Response(self._shown(order))

    @extend_schema(request=None, responses={201: WorkOrderRead}, parameters=[_STEP])
    def follow(self, request: Request, pk: str, step: str) -> Response:
        """The work order for what a failed step found; made once."""
        now = timezone.now()
        made = answers.follow_up(self.get_object(), step, by=self.by, now=now)
        context = {**self.get_serializer_context(), "now": now}
        return Response(WorkOrderRead(made, context=context).data, status=201)

    def _shown(self, order: WorkOrder) -> Any:
        sheet = sheets.sheet_of(order)
        if sheet is None:
            raise NotFound("This work order has no checklist.")
        return shapes.SheetRead(sheet, context=self.get_serializer_context()).data
