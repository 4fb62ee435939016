"""`GET calendar`: the dates of a range as FullCalendar event objects, expanded instants with offsets."""

from collections.abc import Mapping
from datetime import datetime, time
from hashlib import sha256
from typing import cast
from uuid import UUID

import orjson
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

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
    def get(self, request: Request) -> HttpResponseBase:
        """The events of the range; when it holds too many, the earliest ones and a hint in `X-Calendar-Cut`."""
        user = cast("User", request.user)
        feed = calendar.feed(
            user,
            wanted_range(request.query_params, user),
            now=timezone.now(),
            may_move=has_right(user, Right.OCCURRENCE_MOVE),
        )
        if request.accepted_renderer.format != "json":
            return Response(feed.events, headers=_cut(feed))
        # hundreds of kilobytes of plain values: raw bytes, past DRF's rendering
        body = orjson.dumps(feed.events)
        tag = f'"{sha256(body).hexdigest()[:32]}"'
        known = request.headers.get("If-None-Match", "")
        response = (
            HttpResponse(status=304)
            if tag in known
            else HttpResponse(body, content_type="application/json", headers=_cut(feed))
        )
        response["ETag"], response["Cache-Control"] = tag, _CACHE
        response["Vary"] = "Authorization, Cookie"
        return response


def _cut(feed: calendar.Feed) -> dict[str, str]:
    """What to do when the range holds too many dates."""
    hint = f"Only the first {calendar.MOST_EVENTS:,} dates are shown. Choose a shorter range or a filter."
    return {"X-Calendar-Cut": hint} if feed.cut else {}


def wanted_range(values: Mapping[str, str], user: User) -> calendar.Range:
    """The query parameters as a range; raises `Invalid` with the parameter to mend, 404 for an unknown resource."""
    start, end = period(values, zone_of(user))
    maintenance_type = values.get("type") or None
    if maintenance_type and maintenance_type not in Schedule.MaintenanceType.values:
        raise Invalid(f"“{maintenance_type}” is not a maintenance type.", field="type")
    return calendar.Range(
        start=start,
        end=end,
        layers=chosen_layers(values, calendar.layer_names()),
        path=subtree(values, user),
        maintenance_type=maintenance_type,
        assignee=_assignee(values.get("assignee", ""), user),
    )


def span(values: Mapping[str, str], zone: str) -> tuple[datetime, datetime]:
    """`start` and `end`, in order."""
    start, end = _moment(values, "start", zone), _moment(values, "end", zone)
    if end <= start:
        raise Invalid("The end must lie after the start.", field="end")
    return start, end


def period(values: Mapping[str, str], zone: str) -> tuple[datetime, datetime]:
    """`start` and `end`, in order and not too far apart."""
    start, end = span(values, zone)
    if end - start > calendar.LONGEST_RANGE:
        raise Invalid("A range may be at most 13 months long.", field="end")
    return start, end


def subtree(values: Mapping[str, str], user: User) -> str | None:
    """The path of the chosen resource; 404 unless the person may see it."""
    text = values.get("resource")
    if not text:
        return None
    rows = Resource.objects.visible_to(user)
    return str(get_object_or_404(rows, pk=identifier(text, "resource")).path)


def _moment(values: Mapping[str, str], name: str, zone: str) -> datetime:
    """A moment with offset; without one, or a plain date, it is meant in the person's zone."""
    # a plus sign that was not escaped arrives as a space
    text = values.get(name, "").replace(" ", "+")
    try:
        moment = parse_datetime(text) or datetime.combine(parse_date(text), time())  # type: ignore[arg-type]
    except (TypeError, ValueError):
        moment = None
    if moment is not None and moment.year not in _YEARS:
        raise Invalid(f"The years from {_YEARS[0]} to {_YEARS[-1]} can be shown.", field=name)
    if moment is None:
        raise Invalid(
            f"Give {name} as a date or a moment, such as 2026-03-01 or 2026-03-01T00:00:00+01:00.",
            field=name,
        )
    return moment if moment.tzinfo else zones.to_utc(moment, zone)


def chosen_layers(values: Mapping[str, str], known: frozenset[str]) -> frozenset[str]:
    """The layers asked for; all of them unless some are named."""
    names = frozenset(name.strip() for name in values.get("layers", "").split(",")) - {""}
    if unknown := names - known:
        raise Invalid(
            f"Unknown layer: {', '.join(sorted(unknown))}. There are {', '.join(sorted(known))}.",
            field="layers",
        )
    return names or known


def _assignee(text: str, user: User) -> UUID | str | None:
    if text in {"", "none"}:
        return text or None
    return user.pk if text == "me" else identifier(text, "assignee")


def identifier(text: str, name: str) -> UUID:
    """An id that a parameter carries."""
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(f"“{text}” is not an id.", field=name) from None
