"""Maintenance windows: their life, their conflicts, and where they fit."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

import django_filters
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rights import Right
from core.api.filters import RelatedFilter, TenantFilterSet
from core.api.serializers import RelatedRow, TenantSerializer
from core.api.viewsets import CrudViewSet
from scheduling import states
from scheduling.models import Resource, Window
from scheduling.rules.slots import Request as SlotRequest
from scheduling.services import availability, window_series, windows
from scheduling.services.conflicts import Collision, Taking, booked_counts
from scheduling.services.window_series import Scope

_COLUMNS = (
    *("id", "resource", "title", "description", "kind", "effect", "status", "starts_at", "ends_at"),
    *("setup_minutes", "cleanup_minutes", "blocked_from", "blocked_to", "override_reason"),
    *("occurrence", "assigned_to", "series", "created_by", "approved_at", "approved_by"),
    *("started_at", "closed_at", "closed_by", "cancel_reason", "created_at", "updated_at"),
)
_INPUT = [
    *("resource", "title", "description", "kind", "effect", "starts_at", "ends_at"),
    *("setup_minutes", "cleanup_minutes", "override_reason", "occurrence", "assigned_to"),
]


class CollisionAnswer(serializers.Serializer[Any]):
    """What shares a moment with the window. `hard` does not give way to planned maintenance."""

    type = serializers.ChoiceField(choices=["booking", "window"])
    id = serializers.UUIDField()
    resource = serializers.UUIDField()
    resource_name = serializers.CharField()
    title = serializers.CharField()
    status = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    severity = serializers.ChoiceField(choices=["hard", "soft"])


class WindowRead(TenantSerializer):
    affected_bookings_count = serializers.SerializerMethodField()

    class Meta:
        model = Window
        fields = [*_COLUMNS, "affected_bookings_count"]
        read_only_fields = list(_COLUMNS)

    def get_affected_bookings_count(self, window: Window) -> int:
        return len(affected(windows.collisions_of(window)))


class WindowInput(TenantSerializer):
    """`back_dated` admits a start in the past."""

    status = serializers.ChoiceField(
        choices=[states.DRAFT, states.SCHEDULED], required=False, default=states.SCHEDULED
    )
    back_dated = serializers.BooleanField(required=False, default=False, write_only=True)

    class Meta:
        model = Window
        fields = [*_INPUT, "status", "back_dated"]
        extra_kwargs = {"description": {"required": False}}


class WindowChange(TenantSerializer):
    """`scope` says which windows of a series are meant; a window that does not recur needs none."""

    scope = serializers.ChoiceField(
        choices=[scope.value for scope in Scope], required=False, write_only=True
    )

    class Meta:
        model = Window
        fields = [*_INPUT, "scope"]


class CancelInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=300)


class ExtendInput(serializers.Serializer[Any]):
    ends_at = serializers.DateTimeField()


class ValidateInput(WindowChange):
    """A window as it would be; `id` when it is there already and only moves."""

    id = RelatedRow(queryset=Window.objects.none(), required=False)
    title = serializers.CharField(max_length=200, required=False, default="Window")

    class Meta(WindowChange.Meta):
        fields = [*_INPUT, "id"]


class ValidateAnswer(serializers.Serializer[Any]):
    valid = serializers.BooleanField()
    conflicts = CollisionAnswer(many=True)
    affected_bookings_count = serializers.IntegerField()


class SuggestInput(serializers.Serializer[Any]):
    """One resource or several, how long, and the period to look in."""

    resource = RelatedRow(queryset=Resource.objects.none(), required=False)
    resources = RelatedRow(queryset=Resource.objects.none(), many=True, required=False)
    duration_minutes = serializers.IntegerField(min_value=1, max_value=366 * 24 * 60)
    earliest = serializers.DateTimeField(required=False)
    latest = serializers.DateTimeField(required=False)
    setup_minutes = serializers.IntegerField(min_value=0, max_value=10_080, default=0)
    cleanup_minutes = serializers.IntegerField(min_value=0, max_value=10_080, default=0)
    effect = serializers.ChoiceField(choices=Window.Effect.choices, default="out_of_order")

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if not data.get("resource") and not data.get("resources"):
            raise serializers.ValidationError({"resource": ["Name a resource, or several."]})
        return data


class SuggestionAnswer(serializers.Serializer[Any]):
    resource = serializers.UUIDField()
    resource_name = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    is_free = serializers.BooleanField()
    bookings = serializers.IntegerField()
    people = serializers.IntegerField()
    tentative_bookings = serializers.IntegerField()
    booked_minutes = serializers.IntegerField()
    minutes_outside_working_hours = serializers.IntegerField()
    reasons = serializers.ListField(child=serializers.CharField())


class WindowFilter(TenantFilterSet):
    """`after` and `before` bound the time: windows with a moment in `[after, before)`."""

    resource = RelatedFilter()
    assigned_to = RelatedFilter()
    after = django_filters.IsoDateTimeFilter(field_name="ends_at", lookup_expr="gt")
    before = django_filters.IsoDateTimeFilter(field_name="starts_at", lookup_expr="lt")

    class Meta:
        model = Window
        fields = ["status", "kind", "effect"]


class WindowViewSet(CrudViewSet):
    """When a resource is taken for maintenance. Deleting cancels; the row stays on record."""

    model = Window
    requires_scheduling = True
    serializer_class = WindowRead
    input_serializer_class = WindowInput
    action_serializers: ClassVar[Any] = {
        "update": WindowChange,
        "partial_update": WindowChange,
        "cancel": CancelInput,
        "extend": ExtendInput,
        "validate": ValidateInput,
        "suggest": SuggestInput,
    }
    filterset_class = WindowFilter
    search_fields = ["title", "resource__name", "resource__code"]
    ordering_fields: ClassVar[Any] = {
        name: name for name in ("starts_at", "ends_at", "created_at", "title")
    }
    ordering = "starts_at"
    list_values: ClassVar[Any] = {
        **{name: name for name in _COLUMNS},
        "affected_bookings_count": "resource__path",
    }
    rights: ClassVar[Any] = {
        **dict.fromkeys(
            ("list", "retrieve", "conflicts", "validate", "suggest"), Right.WINDOW_VIEW
        ),
        "create": Right.WINDOW_ADD,
        **dict.fromkeys(
            ("update", "partial_update", "destroy", "cancel", "extend"), Right.WINDOW_CHANGE
        ),
        **dict.fromkeys(("start", "complete"), Right.WINDOW_WORK),
        "approve": Right.WINDOW_APPROVE,
    }

    def finish_list(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        counted = booked_counts(
            Taking(
                row["id"],
                row.pop("affected_bookings_count"),
                *(row[name] for name in ("effect", "blocked_from", "blocked_to")),
            )
            for row in rows
        )
        for row in rows:
            row["affected_bookings_count"] = counted.get(row["id"], 0)
        return rows

    def create_row(self, values: dict[str, Any]) -> Window:
        is_back_dated = values.pop("back_dated")
        return windows.create_window(
            Window(**values), by=self.by, now=timezone.now(), is_back_dated=is_back_dated
        )

    def update_row(self, row: Window, values: dict[str, Any]) -> Window:
        scope = Scope(values.pop("scope", Scope.ONE))
        changed = window_series.change_series(row, values, scope, by=self.by, now=timezone.now())
        return next((one for one in changed if one.pk == row.pk), row)

    def delete_row(self, row: Window) -> None:
        windows.cancel_window(row, reason="Deleted", by=self.by, now=timezone.now())

    @extend_schema(responses=WindowRead)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Call the window off; the reason is told to those affected."""
        row, values = self.get_object(), self.parsed()
        return self.answer(windows.cancel_window(row, **values, by=self.by, now=timezone.now()))

    @extend_schema(request=None, responses=WindowRead)
    @action(detail=True, methods=["post"])
    def start(self, request: Request, pk: str) -> Response:
        """Work begins; the resource is under maintenance."""
        return self.answer(windows.start_window(self.get_object(), by=self.by, now=timezone.now()))

    @extend_schema(request=None, responses=WindowRead)
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, pk: str) -> Response:
        """Work is done; the resource is free again."""
        row = self.get_object()
        return self.answer(windows.complete_window(row, by=self.by, now=timezone.now()))

    @extend_schema(responses=WindowRead)
    @action(detail=True, methods=["post"])
    def extend(self, request: Request, pk: str) -> Response:
        """Let the window last longer; the same check decides."""
        row, values = self.get_object(), self.parsed()
        return self.answer(windows.extend_window(row, **values, by=self.by, now=timezone.now()))

    @extend_schema(request=None, responses=WindowRead)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Schedule a draft."""
        row = self.get_object()
        return self.answer(windows.approve_window(row, by=self.by, now=timezone.now()))

    @extend_schema(responses=CollisionAnswer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def conflicts(self, request: Request, pk: str) -> Response:
        """What shares a moment with the window now."""
        return Response([one.as_row() for one in windows.collisions_of(self.get_object())])

    @extend_schema(request=ValidateInput, responses=ValidateAnswer)
    @action(detail=False, methods=["post"])
    def validate(self, request: Request) -> Response:
        """The check of a window that is not written."""
        values = self.parsed()
        window = values.pop("id", None) or Window()
        for name, value in values.items():
            setattr(window, name, value)
        found = windows.collisions_of(window)
        is_emergency = window.kind == Window.Kind.EMERGENCY
        return Response(
            {
                "valid": is_emergency or not any(one.is_hard for one in found),
                "conflicts": [one.as_row() for one in found],
                "affected_bookings_count": len(affected(found)),
            }
        )

    @extend_schema(request=SuggestInput, responses=SuggestionAnswer(many=True), filters=False)
    @action(detail=False, methods=["post"], pagination_class=None)
    def suggest(self, request: Request) -> Response:
        """Where the window fits: free slots first, then those that harm least, with reasons."""
        values = self.parsed()
        earliest = values.get("earliest") or timezone.now()
        wanted = SlotRequest(
            duration=timedelta(minutes=values["duration_minutes"]),
            earliest=earliest,
            latest=values.get("latest") or earliest + timedelta(days=14),
            setup=timedelta(minutes=values["setup_minutes"]),
            cleanup=timedelta(minutes=values["cleanup_minutes"]),
        )
        rows = values.get("resources") or [values["resource"]]
        found = availability.suggest(rows, wanted, effect=values["effect"])
        return Response([one.as_row() for one in found])


def affected(found: list[Collision]) -> list[Collision]:
    """The bookings among what is in the way."""
    return [one for one in found if one.type == "booking"]


class AvailabilityAnswer(serializers.Serializer[Any]):
    available = serializers.BooleanField()
    conflicts = CollisionAnswer(many=True)


PERIOD = [
    OpenApiParameter("start", datetime, required=True),
    OpenApiParameter("end", datetime, required=True),
]
