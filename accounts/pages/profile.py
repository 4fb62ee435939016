"""One's own data, and, for the platform's operators, the organisation to work in."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.models import Organization
from accounts.pages.forms import ProfileForm
from accounts.rights import Right
from accounts.services import users
from core import audit
from core.admin.forms import add_refusal, themed
from core.admin.pages import console_page, render_page
from core.errors import DomainError
from core.middleware import CHOSEN_ORGANIZATION
from core.tenancy import current_organization_id, tenant_scope


@console_page(Right.DASHBOARD_VIEW)
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Name, phone and time zone; the way to password and messages."""
    user: Any = request.user
    form = themed(ProfileForm(request.POST or None, instance=user))
    if request.method == "POST" and form.is_valid():
        try:
            with tenant_scope(user.organization_id):
                users.change_profile(user, form.cleaned_data, now=timezone.now())
        except DomainError as error:
            add_refusal(form, error)
        else:
            messages.success(request, "Saved.")
            return redirect("admin:profile")
    return render_page(request, "accounts/profile.html", title="Your profile", form=form)


@console_page(Right.ORGANIZATION_SWITCH)
@require_http_methods(["GET", "POST"])
def switch(request: HttpRequest) -> HttpResponse:
    """Work in another organisation until the session ends or one's own is chosen again."""
    if request.method == "POST":
        return _enter(request)
    return render_page(
        request,
        "accounts/switch.html",
        title="Organisations",
        organizations=Organization.objects.order_by("name"),
        current=current_organization_id(),
    )


def _enter(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    chosen = Organization.objects.filter(slug=request.POST.get("slug", "")).first()
    if chosen is None:
        raise Http404("There is no such organisation.")
    audit.record(
        "switch_organization", chosen, by=user, now=timezone.now(), organization_id=chosen.pk
    )
    if chosen.pk == user.organization_id:
        request.session.pop(CHOSEN_ORGANIZATION, None)
    else:
        request.session[CHOSEN_ORGANIZATION] = str(chosen.pk)
    messages.success(request, f"You are now working in {chosen.name}.")
    return redirect("admin:index")
