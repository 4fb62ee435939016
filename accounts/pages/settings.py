"""The organisation's settings."""

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.models import Organization
from accounts.pages import weeks
from accounts.pages.forms import SettingsForm
from accounts.rights import Right, has_right
from accounts.services import organizations
from core.admin.forms import add_refusal, themed
from core.admin.pages import console_page, render_page
from core.errors import DomainError
from core.rules.moments import day_and_time
from core.tenancy import current_organization_id


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
    return page(request, organization, form)


def page(
    request: HttpRequest,
    organization: Organization,
    form: SettingsForm,
    *,
    typed: QueryDict | None = None,
    refusal: str = "",
) -> HttpResponse:
    """`typed`: a week that was refused, and `refusal`: why."""
    zone = ZoneInfo(organization.time_zone)
    today = timezone.now().astimezone(zone).date()
    return render_page(
        request,
        "accounts/settings.html",
        title="Settings",
        status=422 if refusal else 200,
        refusal=refusal,
        form=form,
        organization=organization,
        next_check=day_and_time(organization.next_check_at, zone),
        **weeks.shown(typed, today=today),
        may_change=has_right(request.user, Right.ORGANIZATION_MANAGE),  # type: ignore[arg-type]
    )
