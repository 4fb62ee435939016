"""Runs the due check from the console."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.models import Organization, User
from accounts.rights import Right
from core.admin.pages import console_page
from core.errors import DomainError
from core.tenancy import current_organization_id
from scheduling.services.due_check import check_now


@require_POST
@console_page(Right.DUE_CHECK_RUN, scheduling=True)
def due_check_run(request: HttpRequest) -> HttpResponse:
    """Run the due check of the organisation in reach now, and go back to the list of checks or to the dashboard."""
    organization = get_object_or_404(Organization, pk=current_organization_id())
    try:
        run = check_now(
            organization=organization, by=cast("User", request.user), now=timezone.now()
        )
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request,
            f"The due check looked at {run.checked:,} date{'' if run.checked == 1 else 's'} "
            f"in {run.seconds:.1f} seconds: {run.opened:,} came due, {run.overdue:,} newly overdue.",
        )
    is_dashboard = request.POST.get("from") == "dashboard"
    back = "admin:index" if is_dashboard else "admin:scheduling_duecheckrun_changelist"
    return HttpResponseRedirect(reverse(back))
