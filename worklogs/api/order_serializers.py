"""How work orders and their parts enter and leave the API."""

from typing import Any, ClassVar

from django.db.models import Q
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import User
from accounts.rights import Right, has_right
from core.api.serializers import MomentField, RelatedRow, RelatedRows, TenantSerializer
from scheduling.models import Resource
from worklogs import states
from worklogs.models import (
    Checklist,
    ChecklistVersion,
    WorkOrder,
    WorkOrderTransition,
)
from worklogs.rules import priority, standing
from worklogs.services.reports import MOST_PHOTOS
from worklogs.services.routes import MOST_STOPS

COLUMNS = (
    *("id", "number", "resource", "schedule", "occurrence", "window", "checklist", "failed_steps"),
    *("title", "description"),
    *("kind", "task_type", "category", "safety_concern", "priority", "priority_source", "status"),
    *("reported_by", "reported_at", "assigned_to", "team", "vendor", "assigned_at"),
    *("due_at", "overdue_at"),
    *("scheduled_start_at", "scheduled_end_at", "response_due_at", "resolution_due_at"),
    *("deadline_at", "sla_policy"),
    *("responded_at", "started_at", "completed_at", "completed_by", "verified_at", "verified_by"),
    *("closed_at", "close_reason", "duplicate_of", "held_at", "hold_kind", "hold_reason"),
    *("delayed_at", "delay_reason", "escalation_level", "estimated_duration_minutes"),
    *("estimated_cost", "labor_cost", "parts_cost", "other_cost"),
    *("warranty_months", "warranty_until", "warranty_distance", "odometer"),
    *("failure_mode", "cause", "remedy", "booking_reference", "guest_id"),
    *("order_type", "external_id", "created_at", "updated_at"),
)
_PLANNED = [
    *("resource", "title", "description", "kind", "task_type", "category", "safety_concern"),
    *("priority", "due_at", "deadline_at", "scheduled_start_at", "scheduled_end_at", "window"),
    *("team", "vendor", "estimated_duration_minutes", "estimated_cost"),
    *("warranty_months", "warranty_until", "warranty_distance", "odometer"),
    *("booking_reference", "guest_id"),
]
#: Amounts concern those who do or plan the work, not whoever reported it.
MONEY = ("estimated_cost", "labor_cost", "parts_cost", "other_cost", "total_cost")
_MAY_BE_NULL: Any = {"allow_null": True}
_MAY_BE_EMPTY: Any = {"required": False, "allow_blank": True}


def amounts_for(user: Any, row: Any) -> Any:
    """The row, its amounts null for whoever neither does nor plans work."""
    if not has_right(user, Right.WORK_ORDER_WORK):
        row.update(dict.fromkeys(name for name in MONEY if name in row))
    return row


class WorkOrderRead(TenantSerializer):
    """`overdue_at` is the end of the tolerance. `priority_reasons` say in words what `priority` follows from.
    `days_until_due` are calendar days where the resource is, less than none once the day is past. Amounts are null for
    whoever neither does nor plans work.
    """

    priority_reasons = serializers.SerializerMethodField()
    is_overdue = serializers.SerializerMethodField()
    is_delayed = serializers.SerializerMethodField()
    days_until_due = serializers.SerializerMethodField()
    task_state = serializers.SerializerMethodField()
    total_cost = serializers.DecimalField(
        max_digits=14, decimal_places=2, read_only=True, allow_null=True
    )

    class Meta:
        model = WorkOrder
        fields: ClassVar[Any] = [
            *COLUMNS,
            *("priority_reasons", "is_overdue", "is_delayed", "days_until_due", "task_state"),
            "total_cost",
        ]
        read_only_fields = fields
        extra_kwargs: ClassVar[Any] = dict.fromkeys(
            ("labor_cost", "parts_cost", "other_cost"), _MAY_BE_NULL
        )

    def to_representation(self, instance: WorkOrder) -> Any:
        """As in lists."""
        return amounts_for(self.context["request"].user, super().to_representation(instance))

    def get_priority_reasons(self, order: WorkOrder) -> list[str]:
        """What the priority follows from."""
        return priority.in_words(order.priority_reasons.split())

    def get_is_overdue(self, order: WorkOrder) -> bool:
        """Open past the end of its tolerance."""
        return standing.is_overdue(vars(order), now=self.context["now"])

    def get_is_delayed(self, order: WorkOrder) -> bool:
        """A person said so, or not begun or ended when planned, or not answered in time."""
        return standing.is_delayed(vars(order), now=self.context["now"])

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_days_until_due(self, order: WorkOrder) -> int | None:
        """On the clock of the resource."""
        zone = order.resource.effective_time_zone
        return standing.days_until(order.due_at, now=self.context["now"], zone=zone)

    def get_task_state(self, order: WorkOrder) -> str:
        """pending, assigned, in_progress, completed or verified; else the status."""
        return standing.task_state(order.status)


class ChosenChecklist(RelatedRow):
    """A checklist by its id, or by that of one of its versions as orders show it."""

    def to_internal_value(self, data: Any) -> Checklist:
        key = self.key_of(data)
        rows = Checklist.objects.select_related("current")
        of_version = ChecklistVersion.objects.filter(pk=key).values("checklist")
        row: Checklist | None = rows.filter(Q(pk=key) | Q(pk__in=of_version)).first()
        if row is None:
            raise self.missing()
        return row


_BY_COMMAND = "This follows from commands, such as start or complete."
_BY_ENTRY = "Costs are sums of entries: add time or a cost."
_GIVEN = "This is given by the system and stays."
#: What orders show and nobody sets, with how it comes to be.
NOT_SET = {
    **dict.fromkeys(("started_at", "completed_at", "completed_by", "verified_at"), _BY_COMMAND),
    **dict.fromkeys(("verified_by", "closed_at", "close_reason", "duplicate_of"), _BY_COMMAND),
    **dict.fromkeys(("labor_cost", "parts_cost", "other_cost", "total_cost"), _BY_ENTRY),
    **dict.fromkeys(("number", "schedule", "occurrence", "reported_by", "reported_at"), _GIVEN),
}


class OrderBody(TenantSerializer):
    """Refuses what nobody sets, unless it says what the order shows already."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given: Any = self.initial_data
        named = [name for name in NOT_SET if given.get(name) not in (None, "")]
        if "status" in given and "status" not in self.fields:
            named.append("status")
        shown: Any = {}
        if named and self.instance is not None:
            shown = WorkOrderRead(self.instance, context=self.context).data
        wrong = [name for name in named if str(given[name]) != str(shown.get(name))]
        if wrong:
            refused = {name: [NOT_SET.get(name, _BY_COMMAND)] for name in wrong}
            raise serializers.ValidationError(refused, code="not_set")
        return attrs


class WorkOrderInput(OrderBody):
    """`status` says where it begins; `resources` are those of a round besides `resource`, in the order of the way.

    Without `priority` it is computed. With `assigned_to` it begins as planned and is given to that person. `checklist`
    is one in use, of which the order keeps the version of now; without, that of its task type or kind.
    """

    assigned_to = RelatedRow(queryset=User.objects, required=False)
    checklist = ChosenChecklist(queryset=Checklist.objects, required=False, allow_null=True)

    status = serializers.ChoiceField(choices=states.FIRST, required=False)
    resources = RelatedRows(model=Resource, most=MOST_STOPS, required=False)

    class Meta:
        model = WorkOrder
        fields: ClassVar[Any] = [*_PLANNED, "assigned_to", "checklist", "status", "resources"]
        extra_kwargs: ClassVar[Any] = {"priority": _MAY_BE_EMPTY}


class WorkOrderChange(OrderBody):
    """An empty `priority` lets it be computed again. The status changes by commands only; another `assigned_to` is one:
    `assign`, or `reassign` where somebody has it. `resources` is the whole route besides `resource`, while it is open.
    Another `checklist`, or none, only while nothing is answered.
    """

    assigned_to = RelatedRow(queryset=User.objects, required=False)
    resources = RelatedRows(model=Resource, most=MOST_STOPS, required=False)
    checklist = ChosenChecklist(queryset=Checklist.objects, required=False, allow_null=True)

    class Meta:
        model = WorkOrder
        fields: ClassVar[Any] = [
            *(*_PLANNED, "assigned_to", "checklist", "resources"),
            *("failure_mode", "cause", "remedy"),
        ]
        extra_kwargs: ClassVar[Any] = {"priority": _MAY_BE_EMPTY}


class RequestInput(TenantSerializer):
    """What somebody noticed, and where. `attachments` are photos uploaded for a work order."""

    attachments = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MOST_PHOTOS
    )

    class Meta:
        model = WorkOrder
        fields: ClassVar[Any] = [
            *("resource", "title", "description", "category", "safety_concern"),
            *("booking_reference", "guest_id", "attachments"),
        ]


class AssignedRead(WorkOrderRead):
    """`warnings`: what speaks against whoever has it now: a skill, a certificate, a shift. They refuse nothing."""

    warnings = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta(WorkOrderRead.Meta):
        fields: ClassVar[Any] = [*WorkOrderRead.Meta.fields, "warnings"]
        read_only_fields = fields


class KnownRead(serializers.Serializer[Any]):
    """An open report as others at the same place may read it. `voices`: who reported it or said “me too”."""

    id = serializers.UUIDField(source="pk")
    title = serializers.CharField()
    category = serializers.CharField()
    standing = serializers.CharField(help_text="Received, Seen, Planned or In work.")
    reported_at = MomentField()
    voices = serializers.IntegerField()


class FollowRead(serializers.Serializer[Any]):
    """How many reported it or follow it, and where it stands."""

    standing = serializers.CharField()
    voices = serializers.IntegerField()


class TaskInput(TenantSerializer):
    """Housekeeping. Without a title it is called like its type; its kind follows from the type."""

    assigned_to = RelatedRow(queryset=User.objects, required=False)
    checklist = ChosenChecklist(queryset=Checklist.objects, required=False, allow_null=True)

    class Meta:
        model = WorkOrder
        fields: ClassVar[Any] = [
            *(*(name for name in _PLANNED if name != "kind"), "assigned_to", "checklist")
        ]
        extra_kwargs: ClassVar[Any] = {"priority": _MAY_BE_EMPTY, "title": _MAY_BE_EMPTY}


class TransitionRead(TenantSerializer):
    """One move. `pauses_clock`: from here on, work waits for something nobody here can change."""

    class Meta:
        model = WorkOrderTransition
        fields: ClassVar[Any] = [
            *("step", "command", "source", "target", "reason", "pauses_clock"),
            *("assigned_to", "by", "at"),
        ]
        read_only_fields = fields
