"""The calendar: the page, and what its script asks for beside the feed."""

import json
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.rights import Right, has_right
from accounts.zones import zone_name_of as zone_of
from core.admin.pages import console_page, render_page
from core.errors import DomainError, Invalid, NotAllowed
from core.rules.moments import day_and_time
from scheduling.models import DueState, Resource, Schedule
from scheduling.pages.plan import LAYERS, WITHOUT_BOOKINGS
from scheduling.rules import zones
from scheduling.services import occurrences
from scheduling.services.calendar import has_anything
from scheduling.services.dates import about_date
from scheduling.services.reach import check_change

_MOST_SUGGESTIONS = 20
_YEARS = range(1970, 2201)


@require_safe
@console_page(Right.SCHEDULE_VIEW, scheduling=True)
def calendar(request: HttpRequest) -> HttpResponse:
    """The page; events come from the API's feed, the choice of filters stands in the address."""
    user = cast("User", request.user)
    assignees = (
        User.objects.active().order_by("name").values_list("pk", "name")[:200]
        if has_right(user, Right.USER_VIEW)
        else []
    )
    resource = named_resource(user, request.GET.get("resource", ""))
    return render_page(
        request,
        "scheduling/calendar.html",
        title="Calendar",
        layers=LAYERS if has_right(user, Right.BOOKING_VIEW) else WITHOUT_BOOKINGS,
        types=Schedule.MaintenanceType.choices,
        assignees=assignees,
        resource=resource,
        zone=zone_of(user),
        has_anything=has_anything(user),
    )


def named_resource(user: User, text: str) -> Resource | None:
    """The resource that an address names, if the person may see it."""
    try:
        found: Resource | None = Resource.objects.visible_to(user).filter(pk=UUID(text)).first()
    except ValueError:
        return None
    return found


@require_safe
@console_page(Right.SCHEDULE_VIEW, scheduling=True)
def calendar_resources(request: HttpRequest) -> JsonResponse:
    """Resources whose name or code contains what was typed, with the place they belong to."""
    text = request.GET.get("q", "").strip()
    rows = Resource.objects.visible_to(cast("User", request.user)).in_service()
    matching = rows.named_like(text) if text else rows
    found = matching.order_by("path").values("pk", "name", "code", "parent__name")
    return JsonResponse(
        {
            "results": [
                {
                    "id": str(row["pk"]),
                    "label": f"{row['name']} ({row['code']})",
                    "place": row["parent__name"] or "",
                }
                for row in found[:_MOST_SUGGESTIONS]
            ]
        }
    )


@require_safe
@console_page(Right.SCHEDULE_VIEW, scheduling=True)
def calendar_date(request: HttpRequest) -> HttpResponse:
    """What, where, why and the next steps of one date, as a fragment for the side panel."""
    user = cast("User", request.user)
    schedule_id, resource_id = _ids(request.GET)
    state = get_object_or_404(
        DueState.objects.visible_to(user)
        .select_related("schedule__assigned_to", "schedule__organization", "resource__parent")
        .filter(schedule__deleted_at=None),
        schedule=schedule_id,
        resource=resource_id,
    )
    date = about_date(state, request.GET.get("occurrence", ""), now=timezone.now())
    if date is None:
        raise Http404
    return render(
        request,
        "scheduling/calendar_date.html",
        {
            "date": date,
            "schedule": state.schedule,
            "resource": state.resource,
            "when": day_and_time(date.due_at, zone_of(user)),
            "may_log": has_right(user, Right.LOG_ADD),
            "may_skip": has_right(user, Right.OCCURRENCE_SKIP),
        },
    )


@require_POST
@console_page(Right.OCCURRENCE_MOVE, scheduling=True)
def calendar_move(request: HttpRequest) -> JsonResponse:
    """Give one date another moment; a wall time without offset is meant in the person's zone."""
    user = cast("User", request.user)
    values = _values(request)
    schedule_id, resource_id = _visible_ids(user, values)
    try:
        check_change(user, Schedule.objects.get(pk=schedule_id))
        row = occurrences.move(
            schedule_id=schedule_id,
            resource_id=resource_id,
            occurrence_key=str(values.get("occurrence", "")),
            due_at=_moment(str(values.get("due_at", "")), zone_of(user)),
            by=user,
            now=timezone.now(),
        )
    except DomainError as error:
        return _refused(error)
    return JsonResponse(
        {"due_at": row.due_at.isoformat(), "shown": day_and_time(row.due_at, zone_of(user))}
    )


@require_POST
@console_page(Right.OCCURRENCE_SKIP, scheduling=True)
def calendar_skip(request: HttpRequest) -> JsonResponse:
    """Close the next date as skipped, with a reason."""
    user = cast("User", request.user)
    values = _values(request)
    schedule_id, resource_id = _visible_ids(user, values)
    try:
        check_change(user, Schedule.objects.get(pk=schedule_id))
        occurrences.skip(
            schedule_id=schedule_id,
            resource_id=resource_id,
            occurrence_key=str(values.get("occurrence", "")),
            reason=str(values.get("reason", "")),
            by=user,
            now=timezone.now(),
        )
    except DomainError as error:
        return _refused(error)
    return JsonResponse({"detail": "Skipped."})


def _refused(error: DomainError) -> JsonResponse:
    return JsonResponse(
        {"detail": str(error)}, status=403 if isinstance(error, NotAllowed) else 409
    )


def _values(request: HttpRequest) -> dict[str, Any]:
    try:
        values = json.loads(request.body)
    except ValueError as error:
        raise Http404 from error
    if not isinstance(values, dict):
        raise Http404
    return values


def _visible_ids(user: User, values: Any) -> tuple[UUID, UUID]:
    """The schedule and the resource meant; 404 unless the person may see the two together."""
    schedule_id, resource_id = _ids(values)
    if not (
        DueState.objects.visible_to(user)
        .filter(schedule=schedule_id, resource=resource_id)
        .exists()
    ):
        raise Http404
    return schedule_id, resource_id


def _ids(values: Any) -> tuple[UUID, UUID]:
    try:
        return UUID(str(values.get("schedule"))), UUID(str(values.get("resource")))
    except ValueError as error:
        raise Http404 from error


def _moment(text: str, zone: str) -> datetime:
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None or moment.year not in _YEARS:
        raise Invalid("This is not a moment. Choose a day and a time.", field="due_at")
    return moment if moment.tzinfo else zones.to_utc(moment, zone)
