"""What belongs to a work order, as actions of `work-orders`: comments, links, costs, places."""

from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rights import Right
from core.api.chosen_fields import chosen_fields, only
from worklogs.api import part_serializers as parts
from worklogs.models import WorkOrder, WorkOrderLink
from worklogs.services import labor, stops, talk


class Sorting(NamedTuple):
    """How rows that are no list of a view are sorted in pages."""

    model: Any
    ordering_fields: dict[str, str]
    ordering: str


def _key(name: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.UUID, OpenApiParameter.PATH)


class PartActions:
    """Said, linked, spent, visited. What was entered by mistake is removed again."""

    part_inputs: ClassVar[Any] = {
        "comments": parts.CommentInput,
        "links": parts.LinkInput,
        "costs": parts.CostInput,
        "mark_stop": parts.PlaceInput,
    }
    part_rights: ClassVar[Any] = {
        **dict.fromkeys(("comments", "stops"), Right.WORK_ORDER_VIEW),
        "mark_stop": Right.WORK_ORDER_WORK,
        **dict.fromkeys(("links", "costs", "remove_link", "remove_cost"), Right.WORK_ORDER_CHANGE),
    }

    @extend_schema(
        methods=["get"], responses=parts.CommentRead(many=True), filters=False, request=None
    )
    @extend_schema(methods=["post"], responses={201: parts.CommentRead})
    @action(detail=True, methods=["get", "post"])
    def comments(self: Any, request: Request, pk: str) -> Response:
        """What was said, the first first; POST says more."""
        order = self.get_object()
        if request.method == "POST":
            made = talk.add_comment(order, **self.parsed(), by=self.by, now=timezone.now())
            return Response(parts.CommentRead(made).data, status=201)
        return _page(self, order.comments.prefetch_related("mentioned"), parts.CommentRead)

    @extend_schema(
        methods=["get"], responses=parts.LinkRead(many=True), filters=False, request=None
    )
    @extend_schema(methods=["post"], responses={201: parts.LinkRead})
    @action(detail=True, methods=["get", "post"])
    def links(self: Any, request: Request, pk: str) -> Response:
        """Orders that hang together with this one, in both directions; POST adds one."""
        order = self.get_object()
        if request.method == "POST":
            made = talk.add_link(order, **self.parsed(), by=self.by, now=timezone.now())
            return Response(parts.LinkRead(made).data, status=201)
        return _page(self, WorkOrderLink.objects.touching(order), parts.LinkRead)

    @extend_schema(
        methods=["get"], responses=parts.CostRead(many=True), filters=False, request=None
    )
    @extend_schema(methods=["post"], responses={201: parts.CostRead})
    @action(detail=True, methods=["get", "post"])
    def costs(self: Any, request: Request, pk: str) -> Response:
        """Money spent besides labour; POST adds some."""
        order = self.get_object()
        if request.method == "POST":
            given = self.parsed()
            despite = given.pop("despite_warranty", False)
            cost = order.costs.model(work_order=order, **given)
            labor.add_cost(cost, by=self.by, now=timezone.now(), despite_warranty=despite)
            return Response(parts.CostRead(cost).data, status=201)
        return _page(self, order.costs.all(), parts.CostRead)

    @extend_schema(responses={204: None}, filters=False, parameters=[_key("link")])
    @action(detail=True, methods=["delete"], url_path="links/(?P<link>[^/.]+)")
    def remove_link(self: Any, request: Request, pk: str, link: str) -> Response:
        """They do not hang together that way after all; either order's address will do."""
        order = self.get_object()
        row = _part(WorkOrderLink.objects.touching(order), link)
        talk.remove_link(row, order=order, by=self.by, now=timezone.now())
        return Response(status=204)

    @extend_schema(responses={204: None}, filters=False, parameters=[_key("cost")])
    @action(detail=True, methods=["delete"], url_path="costs/(?P<cost>[^/.]+)")
    def remove_cost(self: Any, request: Request, pk: str, cost: str) -> Response:
        """It was entered by mistake. 409 once the work is verified or has ended otherwise: then enter a credit note."""
        order = self.get_object()
        row = _part(order.costs.select_related("work_order"), cost)
        labor.remove_cost(row, by=self.by, now=timezone.now())
        return Response(status=204)

    @extend_schema(responses=parts.PlaceRead(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def stops(self: Any, request: Request, pk: str) -> Response:
        """The places of a round in the order of the way, its own resource first, and what became of each."""
        return _way(self.get_object())

    @extend_schema(
        request=parts.PlaceInput, responses=parts.PlaceRead(many=True), parameters=[_key("stop")]
    )
    @action(detail=True, methods=["post"], url_path="stops/(?P<stop>[^/.]+)")
    def mark_stop(self: Any, request: Request, pk: str, stop: str) -> Response:
        """Tick a place, by the id of its resource, say why it was not done, or take that back.

        409 unless the order is in somebody's hands.
        """
        order = self.get_object()
        keys = {str(place.resource.pk): place.resource.pk for place in stops.places_of(order)}
        if stop.lower() not in keys:
            raise Http404
        stops.say(order, keys[stop.lower()], **self.parsed(), by=self.by, now=timezone.now())
        return _way(order)


def _way(order: WorkOrder) -> Response:
    return Response(parts.PlaceRead(stops.places_of(order), many=True).data)


def _page(view: Any, rows: Any, shape: Any) -> Response:
    """A page of what belongs to an order, the first first unless asked otherwise."""
    sorted_by = Sorting(rows.model, {"created_at": "created_at"}, "created_at")
    page = view.paginator.paginate_queryset(rows, view.request, view=sorted_by)
    names = chosen_fields(view.request, shape)
    answer: Response = view.get_paginated_response(only(shape(page, many=True).data, names))
    return answer


def _part(rows: Any, key: str) -> Any:
    """The row of the address among those of the order; 404 for any other."""
    try:
        found = rows.filter(pk=UUID(key)).first()
    except ValueError:
        raise Http404 from None
    if found is None:
        raise Http404
    return found
