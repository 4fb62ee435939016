"""The page of one resource, its photos, its label, and the inputs of its attributes."""

import io
from typing import Any
from uuid import UUID

import segno
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST, require_safe

from accounts.rights import Right, has_right
from accounts.zones import zone_name_of as zone_of
from core.admin.pages import console_page, render_page
from core.errors import DomainError
from core.models import Attachment
from core.rules.moments import away, day_and_time, overdue_by
from core.services import attachments
from scheduling.admin.attributes import attribute_inputs
from scheduling.admin.resources import TONES, type_named
from scheduling.models import DueState, Resource
from scheduling.services.history import history_of
from scheduling.services.wording import rule_text_of

_MOST_BELOW = 100
_MOST_PHOTOS = 60


def _resource(request: HttpRequest, pk: UUID) -> Resource:
    rows = Resource.objects.visible_to(request.user).select_related("type", "owner", "parent")  # type: ignore[arg-type]
    found: Resource = get_object_or_404(rows, pk=pk)
    return found


@require_safe
@console_page(Right.RESOURCE_VIEW)
def resource_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What is due here, what it is, what stands below it and what has happened."""
    resource = _resource(request, pk)
    user: Any = request.user
    now, zone = timezone.now(), zone_of(user)
    below = resource.children.select_related("type").order_by("name", "pk")
    return render_page(
        request,
        "scheduling/resource.html",
        title=resource.name,
        resource=resource,
        tone=TONES[resource.status],
        ancestors=_ancestors(request, resource),
        due=_due(request, resource, now, zone),
        below=below[:_MOST_BELOW],
        attributes=_attributes(resource),
        photos=Attachment.objects.filter(target_type="resource", target_id=pk).order_by("-pk")[
            :_MOST_PHOTOS
        ],
        history=[
            {**entry, "shown": day_and_time(entry["at"], zone)} for entry in history_of(resource)
        ],
        may_change=has_right(user, Right.RESOURCE_CHANGE),
        may_schedule=has_right(user, Right.SCHEDULE_ADD),
        may_add=has_right(user, Right.RESOURCE_ADD),
        may_upload=_may_upload(user),
    )


def _may_upload(user: Any) -> bool:
    """A file becomes part of the resource's record."""
    return has_right(user, Right.ATTACHMENT_ADD) and has_right(user, Right.RESOURCE_CHANGE)


def _ancestors(request: HttpRequest, resource: Resource) -> list[Resource]:
    ids = [UUID(part) for part in resource.path.split("/")[:-2]]
    rows = Resource.objects.visible_to(request.user).filter(pk__in=ids)  # type: ignore[arg-type]
    return list(rows.order_by("path"))


def _due(request: HttpRequest, resource: Resource, now: Any, zone: str) -> list[dict[str, Any]]:
    """Each schedule that covers the resource, soonest first."""
    states = (
        DueState.objects.visible_to(request.user)  # type: ignore[arg-type]
        .filter(resource=resource, schedule__deleted_at=None)
        .select_related("schedule__assigned_to")
        .order_by("next_due_at", "pk")
    )
    found = []
    for state in states[:_MOST_BELOW]:
        late = state.overdue_at is not None and state.overdue_at <= now
        due = state.next_due_at
        found.append(
            {
                "schedule": state.schedule,
                "key": state.next_due_key,
                "rule": rule_text_of(vars(state.schedule), resource.effective_time_zone),
                "late": late,
                "shown": day_and_time(due, zone) if due else "",
                "hint": (overdue_by if late else away)(due, now=now, zone=zone) if due else "",
            }
        )
    return sorted(found, key=lambda row: not row["shown"])


def _attributes(resource: Resource) -> list[tuple[str, str]]:
    words = {True: "yes", False: "no"}
    declared = resource.type.attribute_fields if resource.type else []
    found = []
    for field in declared:
        value = resource.attributes.get(field["key"])
        if value is not None:
            text = words[value] if isinstance(value, bool) else str(value)
            found.append((field["label"], f"{text} {field.get('unit', '')}".strip()))
    known = {field["key"] for field in declared}
    return found + [(k, str(v)) for k, v in resource.attributes.items() if k not in known]


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
    return HttpResponseRedirect(reverse("admin:resource_detail", args=[pk]) + "#photos")


@require_safe
@console_page(Right.RESOURCE_VIEW)
def resource_label(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A label to print and stick on: name, code, and a QR code that opens the resource's page."""
    resource = _resource(request, pk)
    address = f"{settings.SITE_URL}{reverse('admin:resource_detail', args=[pk])}"
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        drawn, kind="svg", border=2, xmldecl=False, svgns=True, omitsize=True
    )
    picture = mark_safe(drawn.getvalue().decode())  # noqa: S308  (drawn by us)
    return render(
        request,
        "scheduling/label.html",
        {"resource": resource, "picture": picture, "address": address},
    )
