"""`GET analytics/…`: what work cost, and how reliable things are."""

from typing import Any, cast

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.rights import Right
from accounts.zones import zone_name_of as zone_of
from core.api.viewsets import GuardedView
from core.errors import Invalid
from reporting.services import work_figures
from reporting.services.work_figures import COST_GROUPS, Performance, Period
from scheduling.api.calendar import span, subtree
from worklogs.models import WorkOrder

_MOST = 200
_PERIOD = [
    OpenApiParameter("start", OpenApiTypes.DATETIME, required=True, description="From then on."),
    OpenApiParameter("end", OpenApiTypes.DATETIME, required=True, description="Until before then."),
    OpenApiParameter("resource", OpenApiTypes.UUID, description="It and everything below it."),
    OpenApiParameter(
        "kind", OpenApiTypes.STR, description="Kinds of orders that count, with commas between."
    ),
]


class CostRow(serializers.Serializer[Any]):
    """The columns of the groups asked for, and the sums."""

    orders = serializers.IntegerField()
    labor_cost = serializers.DecimalField(max_digits=16, decimal_places=2)
    parts_cost = serializers.DecimalField(max_digits=16, decimal_places=2)
    other_cost = serializers.DecimalField(max_digits=16, decimal_places=2)
    total_cost = serializers.DecimalField(max_digits=16, decimal_places=2)


class CostsView(GuardedView):
    """An order counts when it was completed, or was reported where it is not."""

    rights = {"get": Right.WORK_ORDER_WORK}
    requires_scheduling = True

    @extend_schema(
        parameters=[
            *_PERIOD,
            OpenApiParameter(
                "by", OpenApiTypes.STR, description=f"Of {', '.join(COST_GROUPS)}, with commas."
            ),
        ],
        responses=CostRow(many=True),
    )
    def get(self, request: Request) -> Response:
        """The sums of a period, for each group."""
        by = _listed(request, "by", COST_GROUPS)
        user = cast("User", request.user)
        return Response(work_figures.costs(user, _period(request), by))


class DeviceFigures(serializers.Serializer[Any]):
    """`mtbf_hours` is the mean calendar time from one failure to the next; null below three failures."""

    resource = serializers.UUIDField()
    resource_code = serializers.CharField()
    resource_name = serializers.CharField()
    orders = serializers.IntegerField()
    failures = serializers.IntegerField()
    repaired = serializers.IntegerField()
    first_failure_at = serializers.DateTimeField(allow_null=True)
    last_failure_at = serializers.DateTimeField(allow_null=True)
    mttr_hours = serializers.FloatField(allow_null=True)
    mtbf_hours = serializers.FloatField(allow_null=True)
    downtime_hours = serializers.FloatField()


class DeviceAnswer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    results = DeviceFigures(many=True)


class DevicePerformanceView(GuardedView):
    """A resource counts as down from the report of an order to its completion; reports meanwhile are one failure."""

    rights = {"get": Right.DASHBOARD_VIEW}
    requires_scheduling = True

    @extend_schema(
        parameters=[
            *_PERIOD,
            OpenApiParameter("limit", OpenApiTypes.INT, description=f"At most {_MOST}."),
            OpenApiParameter("offset", OpenApiTypes.INT),
        ],
        responses=DeviceAnswer,
    )
    def get(self, request: Request) -> Response:
        """How often things failed in a period, and how long they were down, by code."""
        limit, offset = _number(request, "limit", 50), _number(request, "offset", 0)
        if limit > _MOST:
            raise Invalid(f"Ask for at most {_MOST} at a time.", field="limit")
        user = cast("User", request.user)
        count, rows = work_figures.performance(user, _period(request), limit=limit, offset=offset)
        return Response({"count": count, "results": [_device(row) for row in rows]})


def _device(row: Performance) -> dict[str, Any]:
    found = row.figures
    return {
        "resource": row.resource.pk,
        "resource_code": row.resource.code,
        "resource_name": row.resource.name,
        "orders": row.orders,
        "failures": found.failures,
        "repaired": found.ended,
        "first_failure_at": found.first,
        "last_failure_at": found.last,
        "mttr_hours": _hours(found.time_to_repair),
        "mtbf_hours": _hours(found.time_between_failures),
        "downtime_hours": _hours(found.downtime),
    }


def _hours(span: Any) -> float | None:
    return None if span is None else round(span.total_seconds() / 3600, 4)


def _period(request: Request) -> Period:
    values, user = request.query_params, cast("User", request.user)
    start, end = span(values, zone_of(user))
    kinds = _listed(request, "kind", WorkOrder.Kind.values)
    return Period(start, end, subtree(values, user), kinds)


def _listed(request: Request, name: str, known: Any) -> list[str]:
    """Words with commas between. Raises `Invalid` for one that is not known."""
    words = [word.strip() for word in request.query_params.get(name, "").split(",")]
    found = [word for word in dict.fromkeys(words) if word]
    for word in found:
        if word not in known:
            raise Invalid(f"“{word}” is not known. There are {', '.join(known)}.", field=name)
    return found


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or len(text) > 9:
        raise Invalid(f"“{text[:20]}” is not a whole number.", field=name)
    return int(text)
