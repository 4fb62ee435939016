"""`GET calendar`: the dates of a range as FullCalendar event objects, expanded instants with offsets."""

from collections.abc import Mapping
from datetime import datetime, time
from hashlib import blake2b
from typing import cast
from uuid import UUID

import orjson
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.models import User
from accounts.rights import Right, has_right
from accounts.zones import zone_name_of as zone_of
from core.api.viewsets import GuardedView
from core.errors import Invalid
from scheduling.models import Resource, Schedule
from scheduling.rules import zones
from scheduling.services import calendar

_YEARS = range(1970, 2201)
_CACHE = "private, max-age=300"


class CalendarView(GuardedView):
    """Browsers keep an answer for five minutes and may then ask whether it has changed (REQUIREMENTS B12)."""

    rights = {"get": Right.SCHEDULE_VIEW}
    requires_scheduling = True

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> HttpResponse:
        """The events of the range; when it holds too many, the earliest ones and a hint in `X-Calendar-Cut`."""
        user = cast("User", request.user)
        feed = calendar.feed(
            user,
            wanted_range(request.query_params, user),
            now=timezone.now(),
            may_move=has_right(user, Right.OCCURRENCE_MOVE),
        )
        # hundreds of kilobytes of plain values: raw bytes, past DRF's rendering
        body = orjson.dumps(feed.events)
        tag = f'"{blake2b(body, digest_size=16).hexdigest()}"'
        known = request.headers.get("If-None-Match", "")
        response = (
            HttpResponse(status=304)
            if tag in known
            else HttpResponse(body, content_type="application/json")
        )
        response["ETag"], response["Cache-Control"] = tag, _CACHE
        response["Vary"] = "Authorization, Cookie"
        if feed.cut:
            response["X-Calendar-Cut"] = (
                f"Only the first {calendar.MOST_EVENTS:,} dates are shown. Choose a shorter range or a filter."
            )
        return response


def wanted_range(values: Mapping[str, str], user: User) -> calendar.Range:
    """The query parameters as a range; raises `Invalid` with the parameter to mend, 404 for an unknown resource."""
    zone = zone_of(user)
    start, end = _moment(values, "start", zone), _moment(values, "end", zone)
    if end <= start:
        raise Invalid("The end must lie after the start.", field="end")
    if end - start > calendar.LONGEST_RANGE:
        raise Invalid("A range may be at most 13 months long.", field="end")
    resource = values.get("resource")
    maintenance_type = values.get("type") or None
    if maintenance_type and maintenance_type not in Schedule.MaintenanceType.values:
        raise Invalid(f"“{maintenance_type}” is not a maintenance type.", field="type")
    return calendar.Range(
        start=start,
        end=end,
        layers=_layers(values.get("layers", "")),
        path=(
            get_object_or_404(
                Resource.objects.visible_to(user), pk=_identifier(resource, "resource")
            ).path
            if resource
            else None
        ),
        maintenance_type=maintenance_type,
        assignee=_assignee(values.get("assignee", ""), user),
    )


def _moment(values: Mapping[str, str], name: str, zone: str) -> datetime:
    """A moment with offset; without one, or a plain date, it is meant in the person's zone."""
    # a plus sign that was not escaped arrives as a space
    text = values.get(name, "").replace(" ", "+")
    try:
        moment = parse_datetime(text) or datetime.combine(parse_date(text), time())  # type: ignore[arg-type]
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.year not in _YEARS:
        raise Invalid(
            f"Give {name} as a date or a moment, such as 2026-03-01 or 2026-03-01T00:00:00+01:00.",
            field=name,
        )
    return moment if moment.tzinfo else zones.to_utc(moment, zone)


def _layers(text: str) -> frozenset[str]:
    names = frozenset(name.strip() for name in text.split(",") if name.strip())
    if unknown := names - calendar.layer_names():
        raise Invalid(
            f"Unknown layer: {', '.join(sorted(unknown))}. "
            f"There are {', '.join(sorted(calendar.layer_names()))}.",
            field="layers",
        )
    return names or calendar.layer_names()


def _assignee(text: str, user: User) -> UUID | str | None:
    if text in {"", "none"}:
        return text or None
    return user.pk if text == "me" else _identifier(text, "assignee")


def _identifier(text: str, name: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(f"“{text}” is not an id.", field=name) from None
