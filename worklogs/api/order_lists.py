"""Lists of work orders by the clock, and many orders at once."""

from datetime import timedelta
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.rights import Right
from core.api.serializers import RelatedRow
from scheduling.api.parameters import days_of
from scheduling.models import Schedule
from worklogs.api.order_serializers import WorkOrderRead
from worklogs.models import WorkOrder
from worklogs.services import many

_ASSIGN, _PRIORITY, _CANCEL = "assign", "priority", "cancel"
_NEEDED = {_ASSIGN: "assigned_to", _PRIORITY: "priority", _CANCEL: "reason"}


class ManyInput(serializers.Serializer[Any]):
    """`assign` needs `assigned_to`, `priority` a `priority` (empty: computed again), `cancel` a `reason`."""

    ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=many.MOST)
    action = serializers.ChoiceField(choices=list(_NEEDED))
    assigned_to = RelatedRow(queryset=User.objects, required=False)
    priority = serializers.ChoiceField(
        choices=Schedule.Priority.choices, required=False, allow_blank=True
    )
    reason = serializers.CharField(max_length=300, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """What the action needs is there."""
        needed = _NEEDED[attrs["action"]]
        if needed not in attrs:
            raise serializers.ValidationError(
                {needed: [f"“{attrs['action']}” needs it."]}, code="required"
            )
        return attrs


class ManyOutcome(serializers.Serializer[Any]):
    """`code` and `detail` say why an order was refused; `not_found`: not among those that the caller may change."""

    work_order = serializers.UUIDField()
    number = serializers.IntegerField(allow_null=True)
    is_changed = serializers.BooleanField()
    code = serializers.CharField(allow_blank=True)
    detail = serializers.CharField(allow_blank=True)


class ManyRead(serializers.Serializer[Any]):
    changed = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = ManyOutcome(many=True)


class OrderListActions:
    """The part of `work-orders` that is about many of them."""

    list_rights: ClassVar[dict[str, Right]] = {
        "overdue": Right.WORK_ORDER_VIEW,
        "upcoming": Right.WORK_ORDER_VIEW,
        "bulk": Right.WORK_ORDER_CHANGE,
    }
    list_inputs: ClassVar[dict[str, Any]] = {"bulk": ManyInput}

    @extend_schema(responses=WorkOrderRead(many=True))
    @action(detail=False, methods=["get"])
    def overdue(self: Any, request: Request) -> Response:
        """Open orders past the end of their tolerance, what was due first first."""
        self.ordering = "due_at"
        rows = self.filter_queryset(self.get_list_queryset()).overdue(now=timezone.now())
        return self.listed(self.paginate_queryset(rows))  # type: ignore[no-any-return]

    @extend_schema(parameters=[days_of.parameter], responses=WorkOrderRead(many=True))
    @action(detail=False, methods=["get"])
    def upcoming(self: Any, request: Request) -> Response:
        """Open orders that are due within the coming days, by default seven, the soonest first."""
        self.ordering = "due_at"
        now, ahead = timezone.now(), timedelta(days=days_of(request))
        rows = self.filter_queryset(self.get_list_queryset()).due_within(now, now + ahead)
        return self.listed(self.paginate_queryset(rows))  # type: ignore[no-any-return]

    @extend_schema(request=ManyInput, responses=ManyRead)
    @action(detail=False, methods=["post"])
    def bulk(self: Any, request: Request) -> Response:
        """Assign, set the priority of, or cancel up to 500 orders; each by itself, answered in the order of `ids`."""
        given = self.parsed()
        keys = list(dict.fromkeys(given["ids"]))
        rows = WorkOrder.objects.changeable_by(self.by).select_related("resource", "assigned_to")
        found = rows.in_bulk(keys)
        outcomes = many.each([found[key] for key in keys if key in found], self._use_case(given))
        told = {one.order.pk: _told(one) for one in outcomes}
        results = [told.get(key) or _unknown(key) for key in keys]
        changed = sum(result["is_changed"] for result in results)
        counts = {"changed": changed, "refused": len(results) - changed}
        return Response({**counts, "results": results})

    def _use_case(self: Any, given: dict[str, Any]) -> many.UseCase:
        now = timezone.now()
        if given["action"] == _ASSIGN:
            return many.assigning(given["assigned_to"], by=self.by, now=now)
        if given["action"] == _PRIORITY:
            return many.prioritising(given["priority"], by=self.by, now=now)
        return many.cancelling(given["reason"], by=self.by, now=now)


def _told(one: many.Outcome) -> dict[str, Any]:
    return {
        "work_order": one.order.pk,
        "number": one.order.number,
        "is_changed": one.refusal is None,
        "code": one.refusal.code if one.refusal else "",
        "detail": one.refusal.message if one.refusal else "",
    }


def _unknown(key: Any) -> dict[str, Any]:
    detail = "There is no such work order among those that you may change."
    return {
        "work_order": key,
        "number": None,
        "is_changed": False,
        "code": "not_found",
        "detail": detail,
    }
