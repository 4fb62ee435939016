"""Working calendars on the page of settings: hours, public holidays, closed days."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.models import Organization, WorkingCalendar
from accounts.pages import settings, weeks
from accounts.pages.forms import SettingsForm
from accounts.rights import Right
from accounts.services import calendars
from core.admin.forms import themed
from core.admin.pages import console_page
from core.errors import DomainError
from core.tenancy import current_organization_id


@console_page(Right.ORGANIZATION_MANAGE)
@require_http_methods(["POST"])
def working_hours(request: HttpRequest) -> HttpResponse:
    """Write one calendar's week; an empty `calendar` makes a new one. What is refused comes back as it was typed."""
    user: Any = request.user
    name = request.POST.get("name", "").strip()
    now = timezone.now()
    try:
        hours, closed = weeks.parsed(request.POST), weeks.parsed_days(request.POST)
        said = {"name": name, **weeks.said(request.POST)}
        if identity := request.POST.get("calendar"):
            calendar = _calendar(identity)
            if "is_default" in request.POST:
                said["is_default"] = True
            calendars.change_calendar(calendar, said, hours, closed, by=user, now=now)
        else:
            calendars.create_calendar(WorkingCalendar(**said), hours, closed, by=user, now=now)
    except DomainError as error:
        organization = Organization.objects.get(pk=current_organization_id() or "")
        form = themed(SettingsForm(instance=organization, by=user))
        return settings.page(
            request, organization, form, typed=request.POST, refusal=weeks.refusal(error)
        )
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


def _calendar(identity: str) -> WorkingCalendar:
    try:
        found: WorkingCalendar | None = WorkingCalendar.objects.filter(pk=UUID(identity)).first()
    except ValueError:
        found = None
    if found is None:
        raise Http404("There is no such calendar.")
    return found
