"""How logs enter and leave the API."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import User
from core.api.serializers import MomentField, RelatedRow, TenantSerializer
from core.models import Attachment
from scheduling.models import Resource, Schedule
from worklogs.api.attachments import AttachmentRead
from worklogs.models import Log
from worklogs.pages.rows import successor_of
from worklogs.services.logs import TARGET

COLUMNS = (
    *("id", "sequence", "schedule", "resource", "occurrence", "performed_by", "performed_at"),
    *("duration_minutes", "notes", "issues_found", "effect", "attachment_hashes", "supersedes"),
    *("is_void", "correction_reason", "external_id", "recorded_by", "recorded_at", "hash"),
)


class LogRead(TenantSerializer):
    """A log as it was recorded. `superseded_by` took its place; `occurrence_key` is the date that it satisfied.

    `work_order` is the order whose completion wrote it.
    """

    occurrence_key = serializers.SerializerMethodField()
    superseded_by = serializers.SerializerMethodField()
    work_order = serializers.SerializerMethodField()
    attachments = serializers.SerializerMethodField()

    class Meta:
        model = Log
        fields: ClassVar[Any] = [
            *COLUMNS,
            *("occurrence_key", "superseded_by", "work_order", "attachments"),
        ]
        read_only_fields = fields

    def get_occurrence_key(self, log: Log) -> str | None:
        """Which date of the schedule."""
        return log.occurrence.occurrence_key if log.occurrence else None

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_superseded_by(self, log: Log) -> Any:
        """The correction."""
        newer = successor_of(log)
        return newer.pk if newer else None

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_work_order(self, log: Log) -> Any:
        """The order whose completion wrote it."""
        link = getattr(log, "order_link", None)
        return link.work_order_id if link else None

    @extend_schema_field(AttachmentRead(many=True))
    def get_attachments(self, log: Log) -> Any:
        """The files of the log."""
        if not log.attachment_hashes:
            return []
        rows = Attachment.objects.filter(target_type=TARGET, target_id=log.pk)
        return AttachmentRead(rows.order_by("created_at", "pk"), many=True).data


class LogInput(serializers.Serializer[Any]):
    """Work that was done, or with `supersedes` the correction of a log.

    `resource` may be left out when the schedule is for exactly one. `occurrence` is the date that the work is for: the
    id of an occurrence or an occurrence key. `counts_for_occurrence` says whether early work counts. A correction
    takes only what is different, with `correction_reason`; `is_void` declares that the work was not done.
    """

    schedule = RelatedRow(queryset=Schedule.objects, required=False, allow_null=True)
    resource = RelatedRow(queryset=Resource.objects, required=False)
    performed_by = RelatedRow(queryset=User.objects, required=False, allow_null=True)
    performed_at = MomentField(required=False)
    notes = serializers.CharField(required=False, allow_blank=True, max_length=20_000)
    issues_found = serializers.ChoiceField(choices=Log.Issues.choices, required=False)
    duration_minutes = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=1_000_000
    )
    attachments = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=30
    )
    occurrence = serializers.CharField(required=False, allow_blank=True, max_length=40)
    counts_for_occurrence = serializers.BooleanField(required=False, allow_null=True)
    external_id = serializers.CharField(required=False, allow_blank=True, max_length=100)
    supersedes = RelatedRow(queryset=Log.objects, required=False, allow_null=True)
    correction_reason = serializers.CharField(required=False, allow_blank=True, max_length=300)
    is_void = serializers.BooleanField(required=False)
