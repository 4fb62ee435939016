"""How schedules enter and leave the API."""

from typing import Any

from rest_framework import serializers

from core.api.serializers import MomentField, RelatedRow, TenantSerializer
from scheduling.models import Resource, Schedule

INPUT = (
    *("title", "description", "maintenance_type", "priority", "resource", "resource_type"),
    *("external_id", "trigger", "frequency", "interval", "interval_unit", "rrule", "exdates"),
    *("basis", "overflow", "start_at", "until", "tolerance_days", "tolerance_percent", "backlog"),
    *("lead_days", "advance_notice_days", "assigned_to", "estimated_duration_minutes"),
    "estimated_cost",
)
COLUMNS = (
    *("id", *INPUT, "is_active", "paused_at", "pause_reason", "deleted_at"),
    *("next_due_at", "created_at", "updated_at"),
)


class ScheduleRead(TenantSerializer):
    """`is_overdue`, `days_until_due` (calendar days where the resource is) and `rule_text` are computed.

    `exceptions`: the ids of the resources of the type that are left out.
    """

    resource_name = serializers.CharField(allow_null=True, read_only=True)
    is_overdue = serializers.BooleanField(read_only=True)
    days_until_due = serializers.IntegerField(allow_null=True, read_only=True)
    rule_text = serializers.CharField(read_only=True)
    exceptions = serializers.ListField(child=serializers.UUIDField(), read_only=True)

    class Meta:
        model = Schedule
        fields = [
            *(*COLUMNS, "resource_name", "is_overdue", "days_until_due", "rule_text"),
            "exceptions",
        ]
        read_only_fields = fields


class ScheduleInput(TenantSerializer):
    """Either `resource` or `resource_type`. `exceptions`: resources of the type that are left out."""

    trigger = serializers.ChoiceField(
        choices=Schedule.Trigger.choices,
        required=False,
        error_messages={"invalid_choice": "“{input}” is not available yet. Use “time”."},
    )
    exdates = serializers.ListField(
        child=serializers.CharField(max_length=19), required=False, max_length=500
    )
    exceptions = serializers.ListField(
        child=RelatedRow(queryset=Resource.objects), required=False, max_length=1000
    )
    is_active = serializers.BooleanField(required=False)

    class Meta:
        model = Schedule
        fields = [*INPUT, "exceptions", "is_active"]


class PreviewInput(ScheduleInput):
    """A definition that is still being typed: only the start is needed."""

    title = serializers.CharField(required=False, allow_blank=True, max_length=200)

    class Meta(ScheduleInput.Meta):
        fields = ["id", *ScheduleInput.Meta.fields]


class PreviewAnswer(serializers.Serializer[Any]):
    rule_text = serializers.CharField()
    dates = serializers.ListField(child=serializers.DateTimeField())
    time_zone = serializers.CharField()


class ReasonInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=300)


class OneDate(serializers.Serializer[Any]):
    """`resource` is needed only where the schedule is for several."""

    resource = RelatedRow(queryset=Resource.objects, required=False, allow_null=True)
    occurrence_key = serializers.CharField(max_length=40, required=False, allow_blank=True)


class SkipInput(OneDate):
    reason = serializers.CharField(max_length=300)


class MoveInput(OneDate):
    occurrence_key = serializers.CharField(max_length=40)
    due_at = MomentField()


class OccurrenceAnswer(serializers.Serializer[Any]):
    """A date with a row (`id`), or to come (`id` null, `status` scheduled)."""

    id = serializers.UUIDField(allow_null=True)
    key = serializers.CharField()
    resource = serializers.UUIDField()
    resource_name = serializers.CharField()
    due_at = serializers.DateTimeField()
    overdue_at = serializers.DateTimeField()
    status = serializers.CharField()


class Reason(serializers.Serializer[Any]):
    kind = serializers.CharField()
    text = serializers.CharField()


class ExplanationAnswer(serializers.Serializer[Any]):
    resource_id = serializers.UUIDField()
    resource = serializers.CharField()
    next_due_at = serializers.DateTimeField(allow_null=True)
    reasons = Reason(many=True)


class StatisticsAnswer(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    active = serializers.IntegerField()
    paused = serializers.IntegerField()
    deleted = serializers.IntegerField()
    overdue = serializers.IntegerField()
    due_today = serializers.IntegerField()
    due_tomorrow = serializers.IntegerField()
    next_7_days = serializers.IntegerField()
    by_maintenance_type = serializers.DictField(child=serializers.IntegerField())
    by_frequency = serializers.DictField(child=serializers.IntegerField())
    by_priority = serializers.DictField(child=serializers.IntegerField())
