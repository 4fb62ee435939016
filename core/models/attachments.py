from django.conf import settings
from django.db import models
from django.db.models import Q

from core.models.tenant import TenantModel


def stored_name(attachment: "Attachment", filename: str) -> str:
    """Where the file lies: under its organisation, by an id nobody can guess from its name."""
    return f"{attachment.organization_id}/{attachment.target_type}/{filename}"


class Attachment(TenantModel):
    """A photo or document that belongs to one object, such as a resource or a log.

    `content_type` is decided by the content, never by the name. Photos are stored upright and
    without the place and device that cameras write into them.
    """

    class Kind(models.TextChoices):
        PHOTO = "photo", "Photo"
        DOCUMENT = "document", "Document"

    file = models.FileField(upload_to=stored_name, max_length=255)
    thumbnail = models.FileField(upload_to=stored_name, max_length=255, blank=True)
    name = models.CharField(max_length=200, help_text="The name it was uploaded under.")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    target_type = models.CharField(max_length=40)
    target_id = models.UUIDField(
        null=True, blank=True, help_text="Empty until the object it was uploaded for exists."
    )

    class Meta(TenantModel.Meta):
        # the gallery of one object
        indexes = (
            models.Index(fields=["target_type", "target_id"], name="core_attachment_target"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=["photo", "document"]), name="core_attachment_kind"
            ),
            models.CheckConstraint(condition=Q(size__gt=0), name="core_attachment_not_empty"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_photo(self) -> bool:
        return self.kind == self.Kind.PHOTO
