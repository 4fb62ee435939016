"""Hands out stored files to those entitled; everybody else learns nothing, not even that they exist."""

from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.core.files.storage import Storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from core.models import Attachment
from core.rules.documents import PDF
from core.rules.photos import SUFFIXES as PHOTO_SUFFIXES
from core.services import attachments


@require_safe
def download(request: HttpRequest, attachment_id: UUID) -> HttpResponseBase:
    return _serve(request, attachment_id, small=False)


@require_safe
def thumbnail(request: HttpRequest, attachment_id: UUID) -> HttpResponseBase:
    return _serve(request, attachment_id, small=True)


def _serve(request: HttpRequest, attachment_id: UUID, *, small: bool) -> HttpResponseBase:
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    attachment = Attachment.objects.filter(pk=attachment_id).first()
    if attachment is None or not attachments.may_view(request.user, attachment):
        raise Http404
    return file_response(attachment, small=small)


def file_response(attachment: Attachment, *, small: bool = False) -> FileResponse:
    """The file or its small copy, told to the browser so that it cannot run as a page.

    Raises Http404 when there is no small copy or the store has lost the file.
    """
    stored = attachment.thumbnail if small else attachment.file
    content_type = "image/webp" if small else attachment.content_type
    inline = content_type in PHOTO_SUFFIXES or content_type == PDF
    if not stored:
        raise Http404
    storage: Storage = stored.storage
    try:
        opened = storage.open(str(stored.name), "rb")
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(
        opened, as_attachment=not inline, filename=attachment.name, content_type=content_type
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, max-age=3600"
    # Browsers do not draw a PDF in a sandbox; their viewers keep its scripts from the site.
    sandbox = "default-src 'none'; frame-ancestors 'self'"
    response["Content-Security-Policy"] = sandbox if content_type == PDF else f"{sandbox}; sandbox"
    return response
