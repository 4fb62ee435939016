"""The organisation's settings and its working hours."""

import re
from datetime import time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.models import Organization, WorkingCalendar, WorkingHours
from accounts.pages.forms import SettingsForm
from accounts.rights import Right, has_right
from accounts.services import calendars, organizations
from core.admin.forms import add_refusal, themed
from core.admin.pages import console_page, render_page
from core.errors import DomainError, Invalid
from core.rules.moments import day_and_time
from core.tenancy import current_organization_id

_STRETCH = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")


@console_page(Right.ORGANIZATION_VIEW)
@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """Name, zone, currency, check hour and the feature switch."""
    user: Any = request.user
    organization = Organization.objects.get(pk=current_organization_id() or "")
    form = themed(SettingsForm(request.POST or None, instance=organization, by=user))
    if request.method == "POST" and form.is_valid():
        if not has_right(user, Right.ORGANIZATION_MANAGE):
            raise PermissionDenied
        try:
            organizations.change_organization(
                organization, form.cleaned_data, by=user, now=timezone.now()
            )
        except DomainError as error:
            add_refusal(form, error)
        else:
            messages.success(request, "Saved.")
            return redirect("admin:settings")
    return _page(request, organization, form)


@console_page(Right.ORGANIZATION_MANAGE)
@require_http_methods(["POST"])
def working_hours(request: HttpRequest) -> HttpResponse:
    """Write one calendar's week; an empty `calendar` makes a new one. What is refused comes back as it was typed."""
    user: Any = request.user
    name = request.POST.get("name", "").strip()
    now = timezone.now()
    try:
        hours = _parsed(request.POST)
        if identity := request.POST.get("calendar"):
            calendar = _calendar(identity)
            changes: dict[str, Any] = {"name": name}
            if "is_default" in request.POST:
                changes["is_default"] = True
            calendars.change_calendar(calendar, changes, hours, by=user, now=now)
        else:
            calendars.create_calendar(WorkingCalendar(name=name), hours, by=user, now=now)
    except DomainError as error:
        messages.error(request, str(error))
        organization = Organization.objects.get(pk=current_organization_id() or "")
        form = themed(SettingsForm(instance=organization, by=user))
        return _page(request, organization, form, typed=request.POST)
    messages.success(request, "Saved.")
    return redirect("admin:settings")


@console_page(Right.ORGANIZATION_MANAGE)
@require_http_methods(["POST"])
def delete_calendar(request: HttpRequest) -> HttpResponse:
    """Remove a calendar that is not the default."""
    user: Any = request.user
    try:
        calendar = _calendar(request.POST.get("calendar", ""))
        calendars.delete_calendar(calendar, by=user, now=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{calendar.name} is removed.")
    return redirect("admin:settings")


def _page(
    request: HttpRequest,
    organization: Organization,
    form: SettingsForm,
    *,
    typed: QueryDict | None = None,
) -> HttpResponse:
    """`typed`: a week that was refused."""
    rows = WorkingCalendar.objects.prefetch_related("hours").order_by("-is_default", "name")
    return render_page(
        request,
        "accounts/settings.html",
        title="Settings",
        form=form,
        organization=organization,
        next_check=day_and_time(organization.next_check_at, ZoneInfo(organization.time_zone)),
        calendars=[{"row": row, **_shown_week(row, typed)} for row in rows],
        new_week=_shown_week(None, typed),
        may_change=has_right(request.user, Right.ORGANIZATION_MANAGE),  # type: ignore[arg-type]
    )


def _shown_week(calendar: WorkingCalendar | None, typed: QueryDict | None) -> dict[str, Any]:
    """Name and days of a calendar for its form: as they are kept, or as they were typed into it."""
    days = _week(calendar)
    if typed is None or typed.get("calendar", "") != str(calendar.pk if calendar else ""):
        return {"name": calendar.name if calendar else "", "days": days, "is_typed": False}
    days = [{**day, "text": typed.get(f"day{day['number']}", day["text"])} for day in days]
    return {"name": typed.get("name", ""), "days": days, "is_typed": True}


def _week(calendar: WorkingCalendar | None) -> list[dict[str, Any]]:
    """The seven days, each with its stretches as people write them."""
    rows = sorted(calendar.hours.all(), key=lambda row: row.opens_at) if calendar else []
    return [
        {
            "number": day.value,
            "label": day.label,
            "text": ", ".join(
                f"{row.opens_at:%H:%M}–{row.closes_at:%H:%M}" for row in rows if row.weekday == day
            ),
        }
        for day in WorkingHours.Weekday
    ]


def _parsed(form: QueryDict) -> list[dict[str, Any]]:
    """ "08:00–12:00, 13:00–17:00" for each day. Raises Invalid and says which day cannot be read."""
    hours = []
    for day in WorkingHours.Weekday:
        for text in filter(None, (part.strip() for part in form.get(f"day{day}", "").split(","))):
            found = _STRETCH.fullmatch(text)
            try:
                if found is None:
                    raise ValueError
                start, end = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
            except ValueError:
                raise Invalid(
                    f"{day.label}: “{text}” is not a time such as 08:00–17:00.", field="hours"
                ) from None
            hours.append({"weekday": day.value, "opens_at": start, "closes_at": end})
    return hours


def _calendar(identity: str) -> WorkingCalendar:
    try:
        found: WorkingCalendar | None = WorkingCalendar.objects.filter(pk=UUID(identity)).first()
    except ValueError:
        found = None
    if found is None:
        raise Http404("There is no such calendar.")
    return found
