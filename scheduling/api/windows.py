"""Maintenance windows: their life, their conflicts, and where they fit."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rights import Right
from core.api.filters import MomentFilter, RelatedFilter, TenantFilterSet
from scheduling.api.asking import ASKING_RIGHTS, ASKING_SERIALIZERS, AskingActions
from scheduling.api.window_serializers import (
    COLUMNS,
    AlternativeAnswer,
    AlternativesInput,
    ApproveInput,
    CancelInput,
    CollisionAnswer,
    ExtendInput,
    ImpactAnswer,
    SuggestInput,
    SuggestionAnswer,
    ValidateAnswer,
    ValidateInput,
    WindowChange,
    WindowInput,
    WindowRead,
    affected,
)
from scheduling.models import Window
from scheduling.rules.slots import Request as SlotRequest
from scheduling.services import alternatives as places
from scheduling.services import availability, window_preview, window_series, windows
from scheduling.services.conflicts import Taking, booked_counts
from scheduling.services.discretion import seen_by
from scheduling.services.impact import impact_of
from scheduling.services.window_series import Scope


class WindowFilter(TenantFilterSet):
    """`after` and `before` bound the time: windows with a moment in `[after, before)`."""

    resource = RelatedFilter()
    assigned_to = RelatedFilter()
    after = MomentFilter(field_name="ends_at", lookup_expr="gt")
    before = MomentFilter(field_name="starts_at", lookup_expr="lt")

    class Meta:
        model = Window
        fields = ["status", "kind", "effect"]


class WindowViewSet(AskingActions):
    """When a resource is taken for maintenance. Deleting cancels; the row stays on record."""

    model = Window
    requires_scheduling = True
    serializer_class = WindowRead
    input_serializer_class = WindowInput
    action_serializers: ClassVar[Any] = {
        "update": WindowChange,
        "partial_update": WindowChange,
        "cancel": CancelInput,
        "approve": ApproveInput,
        "extend": ExtendInput,
        "validate": ValidateInput,
        "suggest": SuggestInput,
        **ASKING_SERIALIZERS,
    }
    filterset_class = WindowFilter
    search_fields = ["title", "resource__name", "resource__code"]
    ordering_fields: ClassVar[Any] = {
        name: name for name in ("starts_at", "ends_at", "created_at", "title")
    }
    ordering = "starts_at"
    list_values: ClassVar[Any] = {
        **{name: name for name in COLUMNS},
        "rrule": "series__rrule",
        "affected_bookings_count": "resource__path",
    }
    finished = frozenset({"rrule", "affected_bookings_count"})
    rights: ClassVar[Any] = {
        **dict.fromkeys(
            ("list", "retrieve", "conflicts", "validate", "suggest", "impact"), Right.WINDOW_VIEW
        ),
        "alternatives": Right.BOOKING_VIEW,
        "create": Right.WINDOW_ADD,
        **dict.fromkeys(
            ("update", "partial_update", "destroy", "cancel", "extend", "approve"),
            Right.WINDOW_CHANGE,
        ),
        **dict.fromkeys(("start", "complete"), Right.WINDOW_WORK),
        **ASKING_RIGHTS,
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
            row["rrule"] = row["rrule"] or ""
            row["affected_bookings_count"] = counted.get(row["id"], 0)
        return rows

    def create_row(self, values: dict[str, Any]) -> Window:
        is_back_dated, rrule = values.pop("back_dated"), values.pop("rrule").strip()
        leaves_out, now = values.pop("leave_out"), timezone.now()
        if rrule:
            made = window_series.create_series(
                Window(**values),
                rrule,
                by=self.by,
                now=now,
                leaves_out=leaves_out,
                is_back_dated=is_back_dated,
            )
            return made[0]
        return windows.create_window(
            Window(**values), by=self.by, now=now, is_back_dated=is_back_dated
        )

    def update_row(self, row: Window, values: dict[str, Any]) -> Window:
        scope = Scope(values.pop("scope", Scope.ONE))
        is_back_dated = values.pop("back_dated", False)
        changed = window_series.change_series(
            row, values, scope, by=self.by, now=timezone.now(), is_back_dated=is_back_dated
        )
        return next((one for one in changed if one.pk == row.pk), row)

    def delete_row(self, row: Window) -> None:
        windows.cancel_window(row, reason="Deleted", by=self.by, now=timezone.now())

    @extend_schema(responses=WindowRead)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Call the window off; the reason is told to those affected."""
        row, values = self.get_object(), self.parsed()
        scope = Scope(values.get("scope", Scope.ONE))
        called_off = window_series.cancel_series(
            row, scope, reason=values["reason"], by=self.by, now=timezone.now()
        )
        return self.answer(next((one for one in called_off if one.pk == row.pk), row))

    @extend_schema(request=None, responses=WindowRead)
    @action(detail=True, methods=["post"])
    def start(self, request: Request, pk: str) -> Response:
        """Work begins; the resource is under maintenance. Outside of its time the window moves to now, if it may."""
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

    @extend_schema(request=ApproveInput, responses=WindowRead)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Schedule a draft, or all drafts of a series; where approval is demanded, for those who may approve."""
        row, values = self.get_object(), self.parsed()
        scope = Scope(values.get("scope", Scope.ONE))
        done = window_series.approve_series(row, scope, by=self.by, now=timezone.now())
        return self.answer(next((one for one in done if one.pk == row.pk), row))

    @extend_schema(responses=ImpactAnswer, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def impact(self, request: Request, pk: str) -> Response:
        """Whom the window harms: bookings, people, nights and hours, firm ones apart from options."""
        return Response(impact_of(self.get_object(), by=self.by).as_row())

    @extend_schema(
        parameters=[AlternativesInput], responses=AlternativeAnswer(many=True), filters=False
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def alternatives(self, request: Request, pk: str) -> Response:
        """Where else, and when else, an affected booking could be."""
        window = self.get_object()
        asked = AlternativesInput(data=request.query_params, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        booking = asked.validated_data["booking"]
        found = [
            *places.elsewhere(booking, window),
            *places.another_time(booking, window, now=timezone.now()),
        ]
        return Response(
            [
                {
                    "resource": str(one.resource.pk),
                    "resource_name": one.resource.name,
                    "starts_at": one.starts_at,
                    "ends_at": one.ends_at,
                }
                for one in found
            ]
        )

    @extend_schema(responses=CollisionAnswer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def conflicts(self, request: Request, pk: str) -> Response:
        """What shares a moment with the window now."""
        found = seen_by(self.by, windows.collisions_of(self.get_object()))
        return Response([one.as_row() for one in found])

    @extend_schema(request=ValidateInput, responses=ValidateAnswer)
    @action(detail=False, methods=["post"])
    def validate(self, request: Request) -> Response:
        """What creating the window, or changing it so, would answer; nothing is written."""
        values = self.parsed()
        window, is_back_dated = values.pop("id", None) or Window(), values.pop("back_dated", False)
        for name, value in values.items():
            setattr(window, name, value)
        found = windows.collisions_of(window)
        is_emergency = window.kind == Window.Kind.EMERGENCY
        problems = window_preview.problems(
            window,
            values.keys() - {"title"},
            found,
            by=self.by,
            now=timezone.now(),
            is_back_dated=is_back_dated,
        )
        return Response(
            {
                "valid": not problems and (is_emergency or not any(one.is_hard for one in found)),
                "problems": problems,
                "conflicts": [one.as_row() for one in seen_by(self.by, found)],
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


PERIOD = [
    OpenApiParameter("start", datetime, required=True),
    OpenApiParameter("end", datetime, required=True),
]
