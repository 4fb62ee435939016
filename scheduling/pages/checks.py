"""Runs the due check from the console."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.models import Organization
from accounts.rights import Right
from core.admin.pages import console_page
from core.tenancy import current_organization_id
from scheduling.services.due_check import check_now


@require_POST
@console_page(Right.DUE_CHECK_RUN, scheduling=True)
def due_check_run(request: HttpRequest) -> HttpResponse:
    """Runs the check now; the relay tells people right after."""
    organization = Organization.objects.filter(pk=current_organization_id()).get()  # type: ignore[misc]
    run = check_now(organization=organization, by=request.user, now=timezone.now())  # type: ignore[arg-type]
    messages.success(
        request,
        f"Checked {run.checked}: {run.due_today} due today, {run.due_tomorrow} tomorrow, "
        f"{run.overdue} newly overdue.",
    )
    return HttpResponseRedirect(reverse("admin:scheduling_duecheckrun_changelist"))
