"""Photos and documents that come with a form: kept at once, so that a refused form loses none of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from core.errors import Invalid
from core.models import Attachment
from core.services import attachments
from worklogs.pages.lists import identity
from worklogs.services.logs import TARGET


def take(request: HttpRequest, *, now: datetime) -> tuple[list[Attachment], list[str]]:
    """The person's free uploads named in the form and the new files; and why others were refused."""
    user: Any = request.user
    named = [key for text in request.POST.getlist("attachment") if (key := identity(text))]
    free = Attachment.objects.filter(
        pk__in=named, target_type=TARGET, target_id=None, uploaded_by=user
    )
    files, problems = list(free.order_by("created_at", "pk")) if named else [], list[str]()
    for upload in request.FILES.getlist("files"):
        try:
            files.append(
                attachments.store(
                    upload=upload,
                    name=upload.name or "photo",
                    target_type=TARGET,
                    target_id=None,
                    by=user,
                    now=now,
                )
            )
        except Invalid as error:
            problems.append(f"{upload.name}: {error.message}")
    return files, problems


def kept(request: HttpRequest) -> set[UUID]:
    """Files of the former log that stay."""
    return {key for text in request.POST.getlist("keep") if (key := identity(text))}
