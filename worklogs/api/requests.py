"""`requests`: what people noticed, from the floor."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rights import Right
from core.api.viewsets import CreateMixin, ReadOnlyViewSet
from scheduling.models import Resource
from worklogs.api import order_serializers as shapes
from worklogs.api.orders import OrderList
from worklogs.models import WorkOrder
from worklogs.rules.reports import standing
from worklogs.services import reports


class RequestViewSet(OrderList, CreateMixin, ReadOnlyViewSet):
    """What people noticed. POST reports; somebody else decides what becomes of it."""

    input_serializer_class = shapes.RequestInput
    rights: ClassVar[Any] = {
        "list": Right.WORK_ORDER_VIEW,
        "retrieve": Right.WORK_ORDER_VIEW,
        **dict.fromkeys(("create", "known", "follow"), Right.WORK_ORDER_REPORT),
    }

    def _visible(self, rows: Any) -> Any:
        return rows.visible_to(self.request.user).reports()

    def create_row(self, values: dict[str, Any]) -> WorkOrder:
        photos = values.pop("attachments", ())
        order = WorkOrder(**values)
        reports.submit(order, by=self.by, now=timezone.now(), photos=photos)
        return order

    @extend_schema(
        parameters=[OpenApiParameter("resource", OpenApiTypes.UUID, required=True)],
        responses=shapes.KnownRead(many=True),
        filters=False,
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def known(self, request: Request) -> Response:
        """What was reported on a resource and is not done yet: to be looked at before reporting it again."""
        key = _identity(request.query_params.get("resource", ""))
        if key is None:
            raise ValidationError({"resource": ["Name the resource by its id."]})
        resource = Resource.objects.visible_to(self.by).filter(pk=key).first()
        if resource is None:
            raise Http404
        return Response(shapes.KnownRead(reports.known(resource, by=self.by), many=True).data)

    @extend_schema(request=None, responses=shapes.FollowRead)
    @action(detail=True, methods=["post"])
    def follow(self, request: Request, pk: str) -> Response:
        """ "Me too": follow an open report on a resource that the caller sees, instead of reporting it again."""
        places = Resource.objects.visible_to(self.by)
        rows = WorkOrder.objects.reports().filter(pk=_identity(pk), resource__in=places)
        order = rows.first()
        if order is None:
            raise Http404
        reports.follow(order, by=self.by, now=timezone.now())
        said = {"standing": standing(order.status)[0], "voices": order.followers.count()}
        return Response(shapes.FollowRead(said).data)


def _identity(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
