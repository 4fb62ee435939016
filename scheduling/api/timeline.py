"""`GET timeline`: a page of resources with the bars of a range."""

from collections.abc import Mapping
from typing import Any, cast

import orjson
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.rights import Right
from accounts.zones import zone_name_of as zone_of
from core.api.viewsets import GuardedView
from core.errors import Invalid
from scheduling.api.calendar import chosen_layers, identifier, period, subtree
from scheduling.models import Resource
from scheduling.services import timeline

_PARAMETERS = [
    OpenApiParameter("start", str, required=True, description="A date or a moment."),
    OpenApiParameter("end", str, required=True, description="A date or a moment, not included."),
    OpenApiParameter("offset", int, description="How many resources to leave out; 0 by default."),
    OpenApiParameter(
        "limit", int, description="Resources in the answer; 100 by default, 500 at most."
    ),
    OpenApiParameter("layers", str, description="windows, bookings, due; all by default."),
    OpenApiParameter("resource", str, description="A resource: it and everything below it."),
    OpenApiParameter("type", str, description="A resource type."),
    OpenApiParameter("status", str, description="A status of resources."),
    OpenApiParameter("search", str, description="In names and codes."),
]


class TimelineView(GuardedView):
    """Resources in the order of their tree against time."""

    rights = {"get": Right.WINDOW_VIEW}
    requires_scheduling = True

    @extend_schema(parameters=_PARAMETERS, responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> HttpResponseBase:
        """Resources from `offset` on, each with its windows, bookings and dates that share a moment with the range."""
        user = cast("User", request.user)
        found = timeline.page(user, wanted_view(request.query_params, user), now=timezone.now())
        if request.accepted_renderer.format != "json":
            return Response(found)
        # thousands of plain values: raw bytes, past DRF's rendering
        return HttpResponse(
            orjson.dumps(found, option=orjson.OPT_UTC_Z), content_type="application/json"
        )


def wanted_view(values: Mapping[str, str], user: User) -> timeline.View:
    """The query parameters as a view; raises `Invalid` with the parameter to mend, 404 for an unknown resource."""
    start, end = period(values, zone_of(user))
    status = values.get("status") or None
    if status and status not in Resource.Status.values:
        raise Invalid(f"“{status}” is not a status of resources.", field="status")
    kind, search = values.get("type"), values.get("search", "").strip()
    if "\x00" in search:
        raise Invalid("Null characters cannot be searched for.", field="search")
    return timeline.View(
        start=start,
        end=end,
        layers=chosen_layers(values, timeline.LAYERS),
        offset=_number(values, "offset", 0, least=0),
        limit=_number(values, "limit", 100, least=1, most=timeline.MOST_ROWS),
        path=subtree(values, user),
        type=identifier(kind, "type") if kind else None,
        status=status,
        search=search,
    )


def _number(
    values: Mapping[str, Any], name: str, default: int, *, least: int, most: int = 10**8
) -> int:
    text = values.get(name) or str(default)
    is_number = text.isascii() and text.isdigit() and len(text) < 10
    if not (is_number and least <= int(text) <= most):
        raise Invalid(f"Give {name} as a number from {least:,} to {most:,}.", field=name)
    return int(text)
