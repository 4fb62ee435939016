"""The one console of the product."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from unfold.sites import UnfoldAdminSite

from accounts.rights import Right, has_right

#: Apps may bring console pages in `<app>/pages/urls.py`; they appear under /admin/ as `admin:<name>`.
_APPS = ("accounts", "scheduling", "worklogs", "notifications", "reporting", "integrations")


class ConsoleSite(UnfoldAdminSite):
    """Every active user of an organisation signs in here; the table of rights decides what each one sees."""

    site_title = "Mainstay"
    site_header = "Mainstay"
    index_title = "Dashboard"
    login_template = "registration/sign_in.html"

    def has_permission(self, request: HttpRequest) -> bool:
        """Any signed-in, active user; each page checks its own right."""
        return bool(request.user.is_active and request.user.is_authenticated)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Whoever came for no page in particular is led to their start page."""
        asked = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME)
        if asked in {None, "", reverse("admin:index")}:
            extra_context = {REDIRECT_FIELD_NAME: reverse("start"), **(extra_context or {})}
        return super().login(request, extra_context)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Django's own list of everything, made only if somebody asks: the navigation is ours, and no page shows it."""
        return SimpleLazyObject(lambda: super(ConsoleSite, self).get_app_list(request, app_label))

    def app_index(self, request: HttpRequest, app_label: str, extra_context: Any = None) -> Any:
        """Django's page of one app says less than the navigation; whoever asks for it meets the dashboard."""
        return HttpResponseRedirect(reverse("admin:index"))

    def get_urls(self) -> list[Any]:
        """Django's lists and forms, and the pages that the apps bring."""
        pages: list[Any] = []
        for app in _APPS:
            if find_spec(f"{app}.pages") and find_spec(f"{app}.pages.urls"):
                pages += import_module(f"{app}.pages.urls").urlpatterns
        return [*pages, *super().get_urls()]


def start(request: HttpRequest) -> HttpResponse:
    """Whoever does the work meets it first; whoever plans it, or only reports, the dashboard."""
    user: Any = request.user
    by_hand = has_right(user, Right.WORK_ORDER_WORK) and not has_right(
        user, Right.WORK_ORDER_ASSIGN
    )
    return redirect("admin:my_work" if by_hand else "admin:index")
