"""Work orders of one resource, and of one schedule before they are due."""

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rights import Right
from core.api.filters import TenantFilterSet
from core.api.serializers import RelatedRow, TenantSerializer
from core.api.viewsets import CrudViewSet, TenantViewSet
from scheduling.models import Resource, Schedule
from worklogs.api.order_serializers import WorkOrderRead
from worklogs.api.orders import WorkOrderViewSet
from worklogs.models import LaborRate, WorkOrder
from worklogs.services import generation


class ResourceOrdersViewSet(TenantViewSet):
    """The work orders of one resource."""

    model = Resource
    serializer_class = WorkOrderRead
    filter_backends = []
    rights: ClassVar[Any] = {"work_orders": Right.WORK_ORDER_VIEW}

    @extend_schema(responses=WorkOrderRead(many=True), operation_id="resources_work_orders_list")
    def work_orders(self, request: Request, pk: str) -> Response:
        """Newest first, also those that are done, and rounds that come here."""
        view = WorkOrderViewSet(request=request, action="list", format_kwarg=None)
        mine = view.get_list_queryset().at(self.get_object().pk)
        rows: Any = self.paginator.paginate_queryset(mine, request, view=view)  # type: ignore[union-attr]
        return self.get_paginated_response(view.listed_rows(rows))


class GenerateInput(serializers.Serializer[Any]):
    """`resource`: only there, of a schedule for a whole type."""

    resource = RelatedRow(queryset=Resource.objects, required=False, allow_null=True)


class ScheduleOrdersViewSet(TenantViewSet):
    """Work orders of one schedule."""

    requires_scheduling = True
    model = Schedule
    serializer_class = WorkOrderRead
    input_serializer_class = GenerateInput
    action_serializers: ClassVar[Any] = {"generate": GenerateInput}
    filter_backends = []
    pagination_class = None
    rights: ClassVar[Any] = {"generate": Right.WORK_ORDER_ADD}

    @extend_schema(request=GenerateInput, responses={201: WorkOrderRead(many=True)})
    def generate(self, request: Request, pk: str) -> Response:
        """Make the order of the next date now. A date that has one already gets no other: then the list is empty."""
        schedule = self.get_object()
        only = self.parsed().get("resource")
        made = generation.generate_next(schedule, only=only, by=self.by, now=timezone.now())
        rows = WorkOrder.objects.shown().filter(pk__in=made).order_by("number")
        context = {**self.get_serializer_context(), "now": timezone.now()}
        return Response(WorkOrderRead(rows, many=True, context=context).data, status=201)


class RateFilter(TenantFilterSet):
    class Meta:
        model = LaborRate
        fields: ClassVar[Any] = ["valid_from"]


class RateRead(TenantSerializer):
    """What an hour costs from `valid_from` on; without `person` that of everybody who has no own rate."""

    class Meta:
        model = LaborRate
        fields: ClassVar[Any] = ["id", "person", "hourly_rate", "valid_from", "created_at"]
        read_only_fields = fields


class RateInput(TenantSerializer):
    class Meta:
        model = LaborRate
        fields: ClassVar[Any] = ["person", "hourly_rate", "valid_from"]


class LaborRateViewSet(CrudViewSet):
    """Labour rates by day. Time that was entered keeps the rate that it was priced with."""

    model = LaborRate
    serializer_class = RateRead
    input_serializer_class = RateInput
    filterset_class = RateFilter
    ordering_fields: ClassVar[Any] = {"valid_from": "valid_from", "created_at": "created_at"}
    rights: ClassVar[Any] = {
        **dict.fromkeys(("list", "retrieve"), Right.ORGANIZATION_VIEW),
        **dict.fromkeys(
            ("create", "update", "partial_update", "destroy"), Right.ORGANIZATION_MANAGE
        ),
    }
