"""Photos and documents: taken in, checked by content, and shown only to those entitled."""

import hashlib
import secrets
from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import PurePath
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.db import transaction

from core import audit
from core.errors import Invalid, TooLarge
from core.models import Attachment
from core.rules import documents, photos
from core.tenancy import TenantScopeMissing, current_organization_id

MayView = Callable[[Any, UUID], bool]
_targets: dict[str, MayView] = {}


def register_target(target_type: str, *, may_view: MayView) -> None:
    """Say who may see the attachments of one kind of object; called when an app is ready."""
    _targets[target_type] = may_view


def may_view(user: Any, attachment: Attachment) -> bool:
    """Those who may see the object; before it exists, whoever uploaded the file."""
    if attachment.target_id is None:
        return attachment.uploaded_by_id is not None and attachment.uploaded_by_id == user.pk
    allowed = _targets.get(attachment.target_type)
    return allowed is not None and allowed(user, attachment.target_id)


def store(
    *,
    upload: "File[Any] | IO[bytes]",
    name: str,
    target_type: str,
    target_id: UUID | None,
    by: Any,
    now: datetime,
    only_photos: bool = False,
) -> Attachment:
    """Keep an uploaded file. Raises Invalid with a sentence for the person when it is refused."""
    if target_type not in _targets:
        raise Invalid(f"Files cannot be attached to {target_type}.", field="target_type")
    organization_id = current_organization_id()
    if organization_id is None:
        raise TenantScopeMissing("A file needs the organisation that it belongs to.")
    data = _read(upload)
    attachment = Attachment(
        organization_id=organization_id,
        name=_tidy(name),
        target_type=target_type,
        target_id=target_id,
        uploaded_by=by,
    )
    thumbnail = _identify(attachment, data, only_photos=only_photos)
    return _keep(attachment, thumbnail, by=by, now=now)


def attach(
    ids: Collection[UUID], *, target_type: str, target_id: UUID, by: Any, now: datetime
) -> int:
    """Give files that the person uploaded beforehand to the object that now exists.

    Raises Invalid unless every one of them is the person's own and still free.
    """
    with transaction.atomic():
        free = Attachment.objects.filter(
            pk__in=ids, target_type=target_type, target_id=None, uploaded_by=by
        )
        taken: int = free.update(target_id=target_id, updated_at=now)
        if taken != len(set(ids)):
            raise Invalid("A file is missing or already belongs elsewhere.", field="attachments")
    return taken


def _read(upload: "File[Any] | IO[bytes]") -> bytes:
    most = max(settings.MAX_PHOTO_BYTES, settings.MAX_DOCUMENT_BYTES)
    upload.seek(0)
    data = upload.read(most + 1)
    if not data:
        raise Invalid("The file is empty.", field="file")
    if len(data) > most:
        raise TooLarge(f"The file is larger than {_megabytes(most)}.", field="file")
    return bytes(data)


def _identify(attachment: Attachment, data: bytes, *, only_photos: bool) -> bytes | None:
    """Set kind, type and content; returns the small copy of a photo."""
    try:
        photo = photos.read_photo(data)
    except photos.PhotoRefused as error:
        raise Invalid(str(error), field="file") from error
    if photo is not None:
        _limit(len(data), settings.MAX_PHOTO_BYTES, "photo")
        attachment.kind, attachment.content_type = Attachment.Kind.PHOTO, photo.content_type
        data, suffix = photo.data, photos.SUFFIXES[photo.content_type]
    elif only_photos:
        raise Invalid("Only photos can be added here: JPEG, PNG, WebP, GIF.", field="file")
    else:
        content_type = documents.content_type_of(data, attachment.name)
        if content_type is None:
            raise Invalid(
                "This kind of file is not accepted. Photos: JPEG, PNG, WebP, GIF. "
                "Documents: PDF, Word (docx), Excel (xlsx), CSV, plain text.",
                field="file",
            )
        _limit(len(data), settings.MAX_DOCUMENT_BYTES, "document")
        attachment.kind, attachment.content_type = Attachment.Kind.DOCUMENT, content_type
        suffix = documents.SUFFIXES[content_type]
    attachment.size = len(data)
    attachment.sha256 = hashlib.sha256(data).hexdigest()
    attachment.file = ContentFile(data, name=f"{secrets.token_hex(16)}{suffix}")
    return photo.thumbnail if photo else None


def _keep(attachment: Attachment, thumbnail: bytes | None, *, by: Any, now: datetime) -> Attachment:
    """Write files, row and audit entry; when the row is refused the files go again."""
    if thumbnail is not None:
        attachment.thumbnail = ContentFile(thumbnail, name=f"{secrets.token_hex(16)}.webp")
    try:
        with transaction.atomic():
            attachment.save(force_insert=True)
            audit.record(
                "upload", attachment, by=by, now=now, changes={"file": [None, attachment.name]}
            )
    except Exception:
        for stored in (attachment.file, attachment.thumbnail):
            if stored.name and stored.storage.exists(stored.name):
                stored.storage.delete(stored.name)
        raise
    return attachment


def _limit(size: int, most: int, kind: str) -> None:
    if size > most:
        raise TooLarge(f"A {kind} may have at most {_megabytes(most)}.", field="file")


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.3g} MB"


def _tidy(name: str) -> str:
    """The last part of the name, without control characters."""
    last = PurePath(name.replace("\\", "/")).name
    printable = "".join(letter for letter in last if letter.isprintable())
    return printable[-200:] or "file"
