"""The page of one resource, its photos, its label, and the inputs of its attributes."""

import io
from typing import Any
from uuid import UUID

import segno
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_POST, require_safe

from accounts.rights import Right, has_right
from core import features
from core.admin.pages import console_page, render_page
from core.errors import DomainError
from core.services import attachments
from scheduling.admin.attributes import attribute_inputs
from scheduling.admin.resources import TONES, type_named
from scheduling.models import Resource
from scheduling.pages.resource_tabs import tabs_for
from scheduling.pages.tabs import look, shown
from scheduling.services import labels


def _resource(request: HttpRequest, pk: UUID) -> Resource:
    rows = Resource.objects.visible_to(request.user).select_related("type", "owner", "parent")  # type: ignore[arg-type]
    found: Resource = get_object_or_404(rows, pk=pk)
    return found


@require_safe
@console_page(Right.RESOURCE_VIEW)
def resource_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What happens next here, and by tabs what covers it, what was done, its files and its history."""
    resource = _resource(request, pk)
    seen = look(request, resource)
    return render_page(
        request,
        "scheduling/resource.html",
        title=resource.name,
        resource=resource,
        tone=TONES[resource.status],
        ancestors=_ancestors(request, resource),
        may_change=has_right(seen.user, Right.RESOURCE_CHANGE),
        may_schedule=features.scheduling_enabled(seen.user)
        and has_right(seen.user, Right.SCHEDULE_ADD),
        may_add=has_right(seen.user, Right.RESOURCE_ADD),
        may_upload=_may_upload(seen.user),
        **shown(request, tabs_for(seen.user), seen),
    )


def _may_upload(user: Any) -> bool:
    """A file becomes part of the resource's record."""
    return has_right(user, Right.ATTACHMENT_ADD) and has_right(user, Right.RESOURCE_CHANGE)


def _ancestors(request: HttpRequest, resource: Resource) -> list[Resource]:
    ids = [UUID(part) for part in resource.path.split("/")[:-2]]
    rows = Resource.objects.visible_to(request.user).filter(pk__in=ids)  # type: ignore[arg-type]
    return list(rows.order_by("path"))


@require_POST
@console_page(Right.RESOURCE_VIEW)
def resource_attributes(request: HttpRequest) -> HttpResponse:
    """The inputs for the type that was chosen just now, with what was typed already."""
    values = {
        key.removeprefix("attribute-"): value
        for key, value in request.POST.items()
        if key.startswith("attribute-")
    }
    return HttpResponse(attribute_inputs(type_named(request.POST.get("type")), values))


@require_POST
@console_page(Right.ATTACHMENT_ADD)
def resource_photo(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Keeps photos and documents of the resource, from those who may change it."""
    if not _may_upload(request.user):
        raise PermissionDenied(Right.RESOURCE_CHANGE)
    resource = _resource(request, pk)
    uploads = request.FILES.getlist("file")
    if not uploads:
        messages.error(request, "Choose a photo or document first.")
    for upload in uploads:
        try:
            attachments.store(
                upload=upload,
                name=upload.name or "file",
                target_type="resource",
                target_id=resource.pk,
                by=request.user,
                now=timezone.now(),
            )
        except DomainError as error:
            messages.error(request, f"{upload.name}: {error.message}")
        else:
            messages.success(request, f"{upload.name} is kept.")
    return HttpResponseRedirect(reverse("admin:resource_detail", args=[pk]) + "?tab=files")


@require_safe
@console_page(Right.RESOURCE_VIEW)
def resource_label(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A label to print and stick on: name, code, and a QR code to report a problem by."""
    resource = _resource(request, pk)
    address = labels.address(resource)
    return render(
        request,
        "scheduling/label.html",
        {
            "resource": resource,
            "picture": _drawn(address) if address else None,
            "may_replace": has_right(request.user, Right.RESOURCE_CHANGE),  # type: ignore[arg-type]
        },
    )


def _drawn(address: str) -> SafeString:
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        drawn, kind="svg", border=2, xmldecl=False, svgns=True, omitsize=True
    )
    return mark_safe(drawn.getvalue().decode())  # noqa: S308  (drawn by us)
