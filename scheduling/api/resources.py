"""Resource types and resources."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

import django_filters
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rights import Right
from accounts.zones import zone_name_of
from core.api.filters import RelatedFilter, TenantFilterSet
from core.api.serializers import TenantSerializer
from core.api.viewsets import CrudViewSet
from core.errors import Invalid
from core.services import records
from scheduling.api.parameters import WholeNumber, limit_of, moment_of
from scheduling.api.window_serializers import AvailabilityAnswer, FreeAnswer
from scheduling.api.windows import PERIOD
from scheduling.models import Resource, ResourceType
from scheduling.services import availability, resource_types, resources
from scheduling.services.discretion import seen_by
from scheduling.services.free_time import free_times
from scheduling.services.history import history_of
from scheduling.services.reach import check_place

_TYPE_FIELDS = ["id", "code", "name", "kind", "attribute_fields", "created_at", "updated_at"]
_COLUMNS = (
    *("id", "code", "name", "type", "kind", "parent", "owner", "status", "criticality"),
    *("external_id", "description", "attributes", "time_zone", "effective_time_zone"),
    *("created_at", "updated_at"),
)
_INPUT = [
    *("code", "name", "type", "kind", "parent", "owner", "status", "criticality", "external_id"),
    *("description", "attributes", "time_zone"),
]


_PLANNED = frozenset({"schedules", "windows", "availability", "free"})


class ResourceTypeRead(TenantSerializer):
    class Meta:
        model = ResourceType
        fields = _TYPE_FIELDS


@extend_schema_field(
    {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["label"],
            "properties": {
                "key": {"type": "string"},
                "label": {"type": "string"},
                "type": {"enum": list(resource_types.KINDS)},
                "required": {"type": "boolean"},
                "unit": {"type": "string"},
                "choices": {"type": "array", "items": {"type": "string"}},
            },
        },
    }
)
class AttributeFields(serializers.JSONField):
    """The attributes that resources of a type carry."""


class ResourceTypeInput(TenantSerializer):
    attribute_fields = AttributeFields(required=False)

    class Meta:
        model = ResourceType
        fields = ["code", "name", "kind", "attribute_fields"]


class ResourceTypeViewSet(CrudViewSet):
    """Classes of like resources, with the attributes that each of them carries."""

    model = ResourceType
    serializer_class = ResourceTypeRead
    input_serializer_class = ResourceTypeInput
    search_fields = ["code", "name"]
    ordering_fields: ClassVar[Any] = {"name": "name", "code": "code", "created_at": "created_at"}
    ordering = "name"
    filterset_fields = ["kind", "code"]
    list_values: ClassVar[Any] = {name: name for name in _TYPE_FIELDS}
    rights: ClassVar[Any] = {
        "list": Right.RESOURCE_TYPE_VIEW,
        "retrieve": Right.RESOURCE_TYPE_VIEW,
        "create": Right.RESOURCE_TYPE_MANAGE,
        "update": Right.RESOURCE_TYPE_MANAGE,
        "partial_update": Right.RESOURCE_TYPE_MANAGE,
        "destroy": Right.RESOURCE_TYPE_MANAGE,
    }

    def create_row(self, values: dict[str, Any]) -> ResourceType:
        row = ResourceType(**values)
        return resource_types.create_resource_type(row, by=self.by, now=timezone.now())

    def update_row(self, row: ResourceType, values: dict[str, Any]) -> ResourceType:
        return resource_types.update_resource_type(row, values, by=self.by, now=timezone.now())

    def delete_row(self, row: ResourceType) -> None:
        records.delete(row, by=self.by, now=timezone.now())


class ResourceRead(TenantSerializer):
    class Meta:
        model = Resource
        fields = list(_COLUMNS)
        read_only_fields = list(_COLUMNS)


class ResourceInput(TenantSerializer):
    class Meta:
        model = Resource
        fields = _INPUT
        extra_kwargs = {"type": {"required": False}, "kind": {"required": False}}


class HistoryEntry(serializers.Serializer[Any]):
    """`kind`: log, date (skipped, missed, superseded), window (begun, completed, cancelled), order (asked
    for, given up) or change."""

    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=["log", "date", "window", "order", "change"])
    text = serializers.CharField()
    by = serializers.CharField(allow_blank=True)
    id = serializers.UUIDField()


class ResourceFilter(TenantFilterSet):
    """`below`: the resource and everything below it."""

    type = RelatedFilter()
    parent = RelatedFilter()
    owner = RelatedFilter()
    below = django_filters.UUIDFilter(method="filter_below")

    class Meta:
        model = Resource
        fields = ["code", "type", "kind", "parent", "owner", "status", "criticality", "external_id"]

    def filter_below(self, rows: Any, name: str, value: Any) -> Any:
        top = Resource.objects.visible_to(self.request.user).filter(pk=value).first()
        if top is None:
            raise Http404
        return rows.subtree(top.path)


_DURATION = WholeNumber("duration_minutes", 60, 62 * 24 * 60)
_PEOPLE = WholeNumber("people", 0, 100_000)


class ResourceViewSet(CrudViewSet):
    """Everything that can need maintenance, in a tree."""

    model = Resource
    serializer_class = ResourceRead
    input_serializer_class = ResourceInput
    filterset_class = ResourceFilter
    search_fields = ["code", "name", "external_id"]
    ordering_fields: ClassVar[Any] = {
        **{name: name for name in ("name", "code", "status", "criticality", "created_at")},
        "path": "path",
    }
    ordering = "name"
    list_values: ClassVar[Any] = {name: name for name in _COLUMNS}
    rights: ClassVar[Any] = {
        "list": Right.RESOURCE_VIEW,
        "retrieve": Right.RESOURCE_VIEW,
        "create": Right.RESOURCE_ADD,
        "update": Right.RESOURCE_CHANGE,
        "partial_update": Right.RESOURCE_CHANGE,
        "destroy": Right.RESOURCE_DELETE,
        "history": Right.RESOURCE_VIEW,
        "schedules": Right.SCHEDULE_VIEW,
        "availability": Right.WINDOW_VIEW,
        "free": Right.WINDOW_VIEW,
        "windows": Right.WINDOW_VIEW,
    }

    @property
    def requires_scheduling(self) -> bool:  # type: ignore[override]
        """Resources are there without scheduling; what is planned on them is not."""
        return self.action in _PLANNED

    def create_row(self, values: dict[str, Any]) -> Resource:
        check_place(self.by, values.get("parent"))
        return resources.create_resource(Resource(**values), by=self.by, now=timezone.now())

    def update_row(self, row: Resource, values: dict[str, Any]) -> Resource:
        if "parent" in values and values["parent"] != row.parent:
            check_place(self.by, values["parent"])
        return resources.update_resource(row, values, by=self.by, now=timezone.now())

    def delete_row(self, row: Resource) -> None:
        resources.delete_resource(row, by=self.by, now=timezone.now())

    @extend_schema(
        responses=HistoryEntry(many=True), parameters=[limit_of.parameter], filters=False
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def history(self, request: Request, pk: str) -> Response:
        """The complete trail of the resource, newest first: logs, dates not done, windows, orders, changes."""
        zone = zone_name_of(self.by)
        resource, limit = self.get_object(), limit_of(request)
        found = history_of(resource, zone=zone, limit=limit, seen_by=self.by)
        return Response(HistoryEntry(found, many=True).data)

    @extend_schema(responses=AvailabilityAnswer, parameters=PERIOD, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def availability(self, request: Request, pk: str) -> Response:
        """Whether the resource can be had for `[start, end)`, and what is there: what leaves it usable is soft."""
        resource = self.get_object()
        start, end = moment_of(request, "start"), moment_of(request, "end")
        if start is None or end is None:
            missing = "end" if start else "start"
            raise Invalid("Give a moment such as 2026-03-04T06:00:00Z.", field=missing)
        found = availability.taken(resource, start, end)
        rows = [one.as_row() for one in seen_by(self.by, found)]
        return Response({"available": availability.is_usable(found), "conflicts": rows})

    @extend_schema(
        responses=FreeAnswer(many=True),
        parameters=[
            *(OpenApiParameter("start", datetime), OpenApiParameter("end", datetime)),
            *(_DURATION.parameter, _PEOPLE.parameter),
            OpenApiParameter("working_hours", bool),
        ],
    )
    @action(
        detail=False,
        methods=["get"],
        pagination_class=None,
        url_path="availability",
        url_name="free",
    )
    def free(self, request: Request) -> Response:
        """Which resources are free for `duration_minutes` within `[start, end)`, and when; those free soonest first."""
        start, end = moment_of(request, "start"), moment_of(request, "end")
        start = start or timezone.now()
        rows: Any = self.filter_queryset(self.get_queryset())
        found = free_times(
            rows.in_service(),
            start,
            end or start + timedelta(days=7),
            duration=timedelta(minutes=_DURATION(request)),
            working_hours_only=request.query_params.get("working_hours") in {"true", "1"},
            people=_PEOPLE(request),
        )
        return Response([one.as_row() for one in found])

    @action(detail=True, methods=["get"])
    def windows(self, request: Request, pk: str) -> Response:
        """The windows of the resource, also those that are over."""
        from scheduling.api.windows import WindowViewSet

        view = WindowViewSet(request=request, action="list", format_kwarg=None)
        mine = view.get_list_queryset().filter(resource=self.get_object())
        rows: Any = self.paginator.paginate_queryset(mine, request, view=view)  # type: ignore[union-attr]
        return self.get_paginated_response(view.listed_rows(rows))

    @action(detail=True, methods=["get"])
    def schedules(self, request: Request, pk: str) -> Response:
        """The schedules that cover the resource, also those for its type."""
        from scheduling.api.schedules import ScheduleViewSet

        resource = self.get_object()
        view = ScheduleViewSet(request=request, action="list", format_kwarg=None)
        covering = view.get_list_queryset().kept().filter(due_states__resource=resource)
        rows: Any = self.paginator.paginate_queryset(covering, request, view=view)  # type: ignore[union-attr]
        return self.get_paginated_response(view.listed_rows(rows))
