"""Looking for a free room or machine, and going on to plan its window."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts.rights import Right, has_right
from accounts.zones import zone_name_of
from core.admin.forms import add_refusal, themed
from core.admin.pages import console_page, render_page
from core.errors import DomainError
from scheduling.admin.use import span
from scheduling.models import Resource, ResourceType
from scheduling.rules import zones
from scheduling.services.free_time import MOST, Free, free_times, holds

_LENGTHS = [
    *((minutes, f"{minutes} minutes") for minutes in (30, 45)),
    *((hours * 60, f"{hours} hour{'s' * (hours > 1)}") for hours in (1, 2, 3, 4, 6, 8, 12)),
    *((days * 1440, f"{days} day{'s' * (days > 1)}") for days in (1, 2, 3, 5, 7, 14)),
]
_MOST_CHOICES, _MOST_SHOWN, _SLOTS = 200, 40, 4
_WEEK, _QUARTER = timedelta(days=6), timedelta(minutes=15)


class SearchForm(forms.Form):
    """What is looked for."""

    type = forms.ModelChoiceField(
        queryset=ResourceType.objects.none(), required=False, empty_label="Any type"
    )
    below = forms.ModelChoiceField(
        queryset=Resource.objects.none(), required=False, label="In", empty_label="Everywhere"
    )
    minutes = forms.TypedChoiceField(choices=_LENGTHS, coerce=int, initial=180, label="For")
    start = forms.DateField(
        label="From", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    end = forms.DateField(
        label="Up to", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    people = forms.IntegerField(required=False, min_value=1, label="For how many people")
    working_hours = forms.BooleanField(required=False, label="In working hours only")

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reached = Resource.objects.visible_to(request.user)  # type: ignore[arg-type]
        parents = reached.filter(children__isnull=False).distinct().order_by("path")
        self._limit("type", ResourceType.objects.order_by("name"))
        self._limit("below", parents)
        themed(self)

    def _limit(self, name: str, rows: Any) -> None:
        """Bounded choices, asked for once."""
        field: Any = self.fields[name]
        field.queryset = rows
        field.choices = [
            ("", field.empty_label),
            *((str(row.pk), str(row)) for row in rows[:_MOST_CHOICES]),
        ]


@require_safe
@console_page(Right.WINDOW_VIEW, scheduling=True)
def availability(request: HttpRequest) -> HttpResponse:
    """Which resources are free for how long, soonest first; each slot leads to its window."""
    zone = zone_name_of(request.user)
    now = timezone.now()
    today = zones.local_date(now, zone)
    usual = {"minutes": 180, "start": today, "end": today + _WEEK, "working_hours": True}
    asked = bool(request.GET)
    form = SearchForm(request.GET if asked else None, initial=usual, request=request)
    found: list[Free] = []
    if asked and form.is_valid():
        try:
            found = _search(request, form.cleaned_data, zone, now)
        except DomainError as error:
            add_refusal(form, error)
    may_plan = has_right(request.user, Right.WINDOW_ADD)  # type: ignore[arg-type]
    length = timedelta(minutes=form.cleaned_data.get("minutes", 180)) if asked else timedelta()
    return render_page(
        request,
        "scheduling/availability.html",
        title="Free time",
        form=form,
        asked=asked and not form.errors,
        rows=[_row(one, length, zone) for one in found[:_MOST_SHOWN]],
        count=len(found),
        most=_MOST_SHOWN,
        looked_at=MOST,
        may_plan=may_plan,
        zone=zone,
    )


def _search(request: HttpRequest, values: dict[str, Any], zone: str, now: datetime) -> list[Free]:
    rows = Resource.objects.visible_to(request.user).in_service()  # type: ignore[arg-type]
    if values["type"]:
        rows = rows.filter(type=values["type"])
    if values["below"]:
        rows = rows.subtree(values["below"].path)
    first: date = values["start"]
    start = max(_next_quarter(now), zones.to_utc(datetime.combine(first, time()), zone))
    end = zones.to_utc(datetime.combine(values["end"] + timedelta(days=1), time()), zone)
    return free_times(
        rows.order_by("path")[:MOST] if not values["people"] else rows.order_by("path"),
        start,
        end,
        duration=timedelta(minutes=values["minutes"]),
        working_hours_only=values["working_hours"],
        people=values["people"] or 0,
    )


def _next_quarter(now: datetime) -> datetime:
    rest = timedelta(minutes=now.minute % 15, seconds=now.second, microseconds=now.microsecond)
    return now - rest + _QUARTER if rest else now


def _row(one: Free, length: timedelta, zone: str) -> dict[str, Any]:
    slots = []
    for start, end in one.stretches[:_SLOTS]:
        query = {
            "resource": str(one.resource.pk),
            "starts_at": start.isoformat(),
            "ends_at": (start + length).isoformat(),
        }
        slots.append(
            {
                "address": f"{reverse('admin:scheduling_window_add')}?{urlencode(query)}",
                "text": " to ".join(span(start, end, zone)),
            }
        )
    return {
        "resource": one.resource,
        "holds": holds(one.resource),
        "slots": slots,
        "more": max(0, len(one.stretches) - _SLOTS),
    }
