"""`GET dashboard/windows`: maintenance windows at a glance."""

from typing import Any, cast

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.rights import Right
from core.api.viewsets import GuardedView
from reporting.services.window_overview import window_overview
from scheduling.models import Window


class StatusCounts(serializers.Serializer[Any]):
    draft = serializers.IntegerField()
    scheduled = serializers.IntegerField()
    in_progress = serializers.IntegerField()
    completed = serializers.IntegerField()
    cancelled = serializers.IntegerField()


class WindowItem(serializers.Serializer[Any]):
    window = serializers.UUIDField()
    title = serializers.CharField()
    resource = serializers.UUIDField()
    resource_name = serializers.CharField()
    status = serializers.ChoiceField(choices=Window.Status.choices)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    assigned_to_name = serializers.CharField(allow_null=True)


class ComingItem(WindowItem):
    affected_bookings_count = serializers.IntegerField()


class ComingPart(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    first = ComingItem(many=True)


class MaintainedItem(serializers.Serializer[Any]):
    resource = serializers.UUIDField()
    resource_name = serializers.CharField()


class WindowOverviewAnswer(serializers.Serializer[Any]):
    """`total` and `by_status` count the windows of the last 30 days and all to come."""

    total = serializers.IntegerField()
    by_status = StatusCounts()
    affected_bookings_count = serializers.IntegerField()
    next_7_days = ComingPart()
    at_work = WindowItem(many=True)
    late = WindowItem(many=True)
    under_maintenance = MaintainedItem(many=True)


class WindowOverviewView(GuardedView):
    """Lists hold the first few, earliest first; `late` should have begun or ended by now."""

    rights = {"get": Right.WINDOW_VIEW}
    requires_scheduling = True

    @extend_schema(responses=WindowOverviewAnswer)
    def get(self, request: Request) -> Response:
        """How many windows in which state, whom they affect, what is at work now and what comes."""
        found = window_overview(cast("User", request.user), now=timezone.now())
        return Response(
            {
                "total": found.total,
                "by_status": found.by_status,
                "affected_bookings_count": found.affected_bookings,
                "next_7_days": {
                    "count": found.count_coming,
                    "first": [
                        _item(one.window) | {"affected_bookings_count": one.bookings}
                        for one in found.coming
                    ],
                },
                "at_work": [_item(row) for row in found.at_work],
                "late": [_item(row) for row in found.late],
                "under_maintenance": [
                    {"resource": row.pk, "resource_name": row.name}
                    for row in found.under_maintenance
                ],
            }
        )


def _item(row: Window) -> dict[str, Any]:
    return {
        "window": row.pk,
        "title": row.title,
        "resource": row.resource_id,
        "resource_name": row.resource.name,
        "status": row.status,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "assigned_to_name": row.assigned_to.name if row.assigned_to else None,
    }
