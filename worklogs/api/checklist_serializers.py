"""How checklists and the answers to them enter and leave the API."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.serializers import MomentField, RelatedRows, TenantSerializer
from scheduling.models import Schedule
from worklogs.models import Checklist, ChecklistAnswer, ChecklistVersion, WorkOrder
from worklogs.rules.checklist_steps import FollowUp, StepKind, plain
from worklogs.services.answers import MOST_FILES

MOST_USES = 500


class OptionShape(serializers.Serializer[Any]):
    """`fails`: whoever chooses it has found something."""

    label = serializers.CharField(max_length=100)  # type: ignore[assignment]
    fails = serializers.BooleanField(default=False)


class ConditionShape(serializers.Serializer[Any]):
    """Ask only if the step of this key, which comes before, was answered so, or `passed`, or `failed`."""

    step = serializers.CharField(max_length=40)
    answer = serializers.CharField(max_length=200)


class StepShape(serializers.Serializer[Any]):
    """One question. Limits are inclusive; `follow_up` says what becomes of a failed step."""

    key = serializers.CharField(max_length=40, required=False)
    kind = serializers.ChoiceField(choices=[kind.value for kind in StepKind])
    text = serializers.CharField(max_length=300)
    help = serializers.CharField(max_length=1000, required=False, allow_blank=True)
    required = serializers.BooleanField(default=True)  # type: ignore[assignment]
    unit = serializers.CharField(max_length=20, required=False, allow_blank=True)
    minimum = serializers.CharField(max_length=30, required=False, allow_null=True)
    maximum = serializers.CharField(max_length=30, required=False, allow_null=True)
    options = OptionShape(many=True, required=False)
    condition = ConditionShape(required=False, allow_null=True)
    follow_up = serializers.ChoiceField(
        choices=[choice.value for choice in FollowUp], default=FollowUp.OFFER.value
    )


@extend_schema_field(StepShape(many=True))
class StepsField(serializers.JSONField):
    """The steps in their order; the service says what is wrong with them."""


class VersionRead(TenantSerializer):
    """A version; without `published_at` it is the draft."""

    steps = StepsField(read_only=True)

    class Meta:
        model = ChecklistVersion
        fields: ClassVar[Any] = ["id", "number", "steps", "published_at", "published_by"]
        read_only_fields = fields


class ChecklistRead(TenantSerializer):
    """`current` is what new orders take; `draft` is what the next version will be."""

    current = VersionRead(read_only=True)
    draft = serializers.SerializerMethodField()
    schedules = serializers.SerializerMethodField()
    task_types = serializers.SerializerMethodField()
    kinds = serializers.SerializerMethodField()

    class Meta:
        model = Checklist
        fields: ClassVar[Any] = [
            *("id", "name", "description", "is_active", "current", "draft"),
            *("schedules", "task_types", "kinds", "created_at", "updated_at"),
        ]
        read_only_fields = fields

    @extend_schema_field(VersionRead(allow_null=True))
    def get_draft(self, row: Checklist) -> Any:
        """What is being written."""
        drafts = [one for one in row.versions.all() if one.published_at is None]
        return VersionRead(drafts[0], context=self.context).data if drafts else None

    @extend_schema_field(serializers.ListField(child=serializers.UUIDField()))
    def get_schedules(self, row: Checklist) -> list[str]:
        """The plans that it is for."""
        return [str(use.schedule_id) for use in row.uses.all() if use.schedule_id]

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_task_types(self, row: Checklist) -> list[str]:
        """The task types whose orders take it."""
        return [use.task_type for use in row.uses.all() if use.task_type]

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_kinds(self, row: Checklist) -> list[str]:
        """The kinds whose orders take it."""
        return [use.kind for use in row.uses.all() if use.kind]


class ChecklistInput(TenantSerializer):
    """`steps` go to the draft; publish makes it count. `schedules`, `task_types`, `kinds` say what it is for."""

    steps = StepsField(required=False)
    schedules = RelatedRows(model=Schedule, most=MOST_USES, required=False)
    task_types = serializers.ListField(
        child=serializers.ChoiceField(choices=WorkOrder.TaskType.choices), required=False
    )
    kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=WorkOrder.Kind.choices), required=False
    )

    class Meta:
        model = Checklist
        fields: ClassVar[Any] = [
            *("name", "description", "is_active", "steps", "schedules", "task_types", "kinds")
        ]


class AnswerRead(TenantSerializer):
    """What was answered. `value` is text, or a number as text; `supersedes` is the answer that it corrects."""

    value = serializers.SerializerMethodField("value_of")

    class Meta:
        model = ChecklistAnswer
        fields: ClassVar[Any] = [
            *("id", "step", "value", "is_failed", "attachment_hashes", "supersedes"),
            *("answered_by", "answered_at", "created_at"),
        ]
        read_only_fields = fields

    def value_of(self, row: ChecklistAnswer) -> str:
        """As it was given."""
        return row.text if row.number is None else plain(row.number)


class AnswerInput(serializers.Serializer[Any]):
    """`value`: yes, no, an option, a text, a number, or who signed. Files come as `file` (multipart) or by id.

    `answered_at` is for answers that were kept without connection; what was answered later wins.
    """

    value = serializers.CharField(
        required=False, allow_blank=True, max_length=2000, trim_whitespace=True
    )
    attachments = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MOST_FILES
    )
    file = serializers.FileField(required=False)
    answered_at = MomentField(required=False)


class LineRead(serializers.Serializer[Any]):
    """One step with what was answered."""

    number = serializers.IntegerField()
    key = serializers.CharField(source="step.key")
    kind = serializers.CharField(source="step.kind")
    text = serializers.CharField(source="step.text")
    help = serializers.CharField(source="step.help")
    required = serializers.BooleanField(source="step.is_required")  # type: ignore[assignment]
    unit = serializers.CharField(source="step.unit")
    limits = serializers.CharField(source="step.limits")
    options = OptionShape(many=True, source="step.options")
    is_asked = serializers.BooleanField()
    is_failed = serializers.BooleanField()
    answer = AnswerRead(allow_null=True)
    earlier = AnswerRead(many=True)
    attachments = serializers.SerializerMethodField()
    follow_up = serializers.UUIDField(source="follow_up.pk", allow_null=True)

    @extend_schema_field(serializers.ListField(child=serializers.UUIDField()))
    def get_attachments(self, line: Any) -> list[str]:
        """The evidence."""
        return [str(file.pk) for file in line.files]


class SheetRead(serializers.Serializer[Any]):
    """The checklist of an order in the version that it keeps. `missing` are the keys to be answered before it ends."""

    checklist = serializers.UUIDField(source="version.checklist_id")
    name = serializers.CharField(source="version.checklist.name")
    version = serializers.IntegerField(source="version.number")
    done = serializers.IntegerField()
    asked = serializers.SerializerMethodField()
    missing = serializers.SerializerMethodField()
    failed = serializers.SerializerMethodField()
    steps = LineRead(many=True, source="lines")

    def get_asked(self, sheet: Any) -> int:
        """How many steps apply."""
        return len(sheet.asked)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_missing(self, sheet: Any) -> list[str]:
        """Keys of required steps without an answer."""
        return [line.step.key for line in sheet.missing]

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_failed(self, sheet: Any) -> list[str]:
        """Keys of steps that were answered badly."""
        return [line.step.key for line in sheet.failed]
