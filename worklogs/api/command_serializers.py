"""What the commands of work orders are given; what is missing is judged by the service, after the state."""

from typing import Any

from rest_framework import serializers

from accounts.models import User
from core.api.serializers import MomentField, RelatedRow
from scheduling.models import Schedule, Window
from worklogs.models import Log, WorkOrder

#: What the column of readings holds on every database.
MOST_READ = 2_147_483_647


class OrderReasonInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True)


class TriageInput(serializers.Serializer[Any]):
    """What was reported, put in order."""

    title = serializers.CharField(max_length=200, required=False)
    kind = serializers.ChoiceField(choices=WorkOrder.Kind.choices, required=False)
    category = serializers.ChoiceField(choices=WorkOrder.Category.choices, required=False)
    safety_concern = serializers.BooleanField(required=False)
    priority = serializers.ChoiceField(
        choices=Schedule.Priority.choices, required=False, allow_blank=True
    )
    due_at = MomentField(required=False, allow_null=True)
    estimated_duration_minutes = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=1_000_000
    )


class OrderTimesInput(serializers.Serializer[Any]):
    """When. One of `scheduled_start_at` and `due_at` is needed, unless the order has it."""

    scheduled_start_at = MomentField(required=False)
    scheduled_end_at = MomentField(required=False)
    due_at = MomentField(required=False)
    window = RelatedRow(queryset=Window.objects, required=False, allow_null=True)


class AssignInput(OrderTimesInput):
    """Who, and perhaps when."""

    assigned_to = RelatedRow(queryset=User.objects, required=False)


class HoldInput(OrderReasonInput):
    """All kinds but `other` pause the clock."""

    hold_kind = serializers.ChoiceField(choices=WorkOrder.HoldKind.choices, required=False)


class CompleteInput(serializers.Serializer[Any]):
    """Nothing is needed. `attachments` are files uploaded for a log. `all_done`: so are the places of a round that
    nobody ticked; without it 409 `stops_open` names them where others were.

    `duration_minutes` become a labour entry of whoever has the work, unless they kept time on the order already.
    """

    performed_at = MomentField(required=False)
    all_done = serializers.BooleanField(required=False)
    notes = serializers.CharField(required=False, allow_blank=True, max_length=20_000)
    issues_found = serializers.ChoiceField(choices=Log.Issues.choices, required=False)
    duration_minutes = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=1_000_000
    )
    attachments = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=30
    )
    failure_mode = serializers.CharField(required=False, allow_blank=True, max_length=200)
    cause = serializers.CharField(required=False, allow_blank=True, max_length=200)
    remedy = serializers.CharField(required=False, allow_blank=True, max_length=200)
    odometer = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=MOST_READ
    )


class DuplicateInput(OrderReasonInput):
    duplicate_of = RelatedRow(queryset=WorkOrder.objects, required=False)


class DelayInput(OrderReasonInput):
    """`scheduled_end_at`: until when, if it is known."""

    scheduled_end_at = MomentField(required=False)


#: What the commands are given, for those that ask for something.
INPUTS: dict[str, Any] = {
    "triage": TriageInput,
    "reject": OrderReasonInput,
    "duplicate": DuplicateInput,
    "schedule": OrderTimesInput,
    "assign": AssignInput,
    "give_back": OrderReasonInput,
    "reassign": AssignInput,
    "hold": HoldInput,
    "complete": CompleteInput,
    "reopen": OrderReasonInput,
    "cancel": OrderReasonInput,
    "delay": DelayInput,
    "escalate": OrderReasonInput,
}
