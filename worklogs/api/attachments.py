"""Photos and documents: uploaded first, then named by the object that takes them."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import FileResponse, Http404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from accounts.rights import Right, require
from core.api.parsers import MultiPartParser
from core.api.serializers import TenantSerializer
from core.api.viewsets import CreateMixin, ReadOnlyViewSet
from core.models import Attachment
from core.pages.attachments import file_response
from core.services import attachments
from worklogs.services import sheets
from worklogs.services.logs import TARGET
from worklogs.services.reports import TARGET as ORDER

#: What files can be added to at once, and the right that it takes.
#: What is in `_LATER` takes files only when it is recorded.
_LATER = (TARGET, ORDER, sheets.TARGET)
_OPEN_TARGETS = {"resource": Right.RESOURCE_CHANGE, ORDER: Right.ATTACHMENT_ADD}
_TARGETS = [*dict.fromkeys((*_LATER, *_OPEN_TARGETS))]


class AttachmentRead(TenantSerializer):
    """A file. `url` and `thumbnail_url` answer those who may see the object it belongs to."""

    url = serializers.SerializerMethodField()
    thumbnail_url = serializers.SerializerMethodField()

    class Meta:
        model = Attachment
        fields: ClassVar[Any] = [
            *("id", "name", "kind", "content_type", "size", "sha256", "target_type", "target_id"),
            *("uploaded_by", "created_at", "url", "thumbnail_url"),
        ]
        read_only_fields = fields

    def get_url(self, row: Attachment) -> str:
        """The content."""
        return reverse("attachment-file", args=[row.pk])

    def get_thumbnail_url(self, row: Attachment) -> str | None:
        """The small copy of a photo."""
        return reverse("attachment-thumbnail", args=[row.pk]) if row.thumbnail else None


class AttachmentInput(serializers.Serializer[Any]):
    """`target_type`: log, work_order or checklist_answer, which name the file when recorded; or resource or work_order,
    with `target_id`.
    """

    file = serializers.FileField()
    target_type = serializers.ChoiceField(choices=_TARGETS, default=TARGET)
    target_id = serializers.UUIDField(required=False, allow_null=True)


@extend_schema_view(
    list=extend_schema(
        parameters=[
            OpenApiParameter("target_type", str, enum=_TARGETS),
            OpenApiParameter("target_id", OpenApiTypes.UUID, description="Whose files."),
        ]
    )
)
class AttachmentViewSet(CreateMixin, ReadOnlyViewSet):
    """Files of one object (`target_type`, `target_id`), or the caller's own that no object has taken yet."""

    model = Attachment
    serializer_class = AttachmentRead
    input_serializer_class = AttachmentInput
    parser_classes = [MultiPartParser]
    filter_backends = []
    rights: ClassVar[Any] = {
        "list": Right.LOG_VIEW,
        "retrieve": Right.LOG_VIEW,
        "file": Right.LOG_VIEW,
        "thumbnail": Right.LOG_VIEW,
        "create": Right.ATTACHMENT_ADD,
    }

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        if self.action != "list":
            return rows
        target_id = self.request.query_params.get("target_id")
        if not target_id:
            return rows.filter(target_id=None, uploaded_by=self.by)
        kind = self.request.query_params.get("target_type", TARGET)
        self._check_target(kind, _identity(target_id))
        return rows.filter(target_type=kind, target_id=target_id)

    def get_object(self) -> Attachment:
        row: Attachment = super().get_object()
        if not attachments.may_view(self.by, row):
            raise Http404
        return row

    def create_row(self, values: dict[str, Any]) -> Attachment:
        kind, target_id = values["target_type"], values.get("target_id")
        if target_id is not None:
            if kind not in _OPEN_TARGETS:
                message = "Files are taken when the row is recorded: leave this out, then name the file there."
                raise ValidationError({"target_id": [message]})
            require(self.by, _OPEN_TARGETS[kind])
            self._check_target(kind, target_id)
        upload = values["file"]
        return attachments.store(
            upload=upload,
            name=upload.name,
            target_type=kind,
            target_id=target_id,
            by=self.by,
            now=timezone.now(),
        )

    def _check_target(self, kind: str, target_id: UUID) -> None:
        """404 unless the caller may see the files of this object."""
        probe = Attachment(target_type=kind, target_id=target_id)
        if not attachments.may_view(self.by, probe):
            raise Http404

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def file(self, request: Request, **_: Any) -> FileResponse:
        """The content."""
        return file_response(self.get_object())

    @extend_schema(responses={(200, "image/webp"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def thumbnail(self, request: Request, **_: Any) -> FileResponse:
        """The small copy of a photo."""
        return file_response(self.get_object(), small=True)


def _identity(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ValidationError({"target_id": ["This is not an id."]}) from None
