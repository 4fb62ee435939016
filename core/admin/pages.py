"""Pages of the console beside Django's lists and forms, behind the same sign-in and the same rights."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from core import features
from core.rights_hook import has_right

View = Callable[..., HttpResponse]


def console_page(right: str, *, scheduling: bool = False) -> Callable[[View], View]:
    """A console page that needs `right`; with `scheduling`, also that the organisation has switched it on.

    Anonymous people are sent to sign in and come back; without the right the answer is 403.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not has_right(request.user, right):
                raise PermissionDenied(right)
            return shown(request, *args, **kwargs)

        shown = while_enabled(view) if scheduling else view
        guarded.right = right  # type: ignore[attr-defined]  # so that tests know what each page needs
        return admin.site.admin_view(guarded)

    return decorate


def while_enabled(view: View) -> View:
    """The view, or “not enabled” for people whose organisation has not switched scheduling on."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated and not features.scheduling_enabled(request.user):
            return render_page(request, "admin/not_enabled.html", title="Not enabled", status=404)
        return view(request, *args, **kwargs)

    return guarded


def render_page(
    request: HttpRequest, template: str, *, title: str, status: int = 200, **context: Any
) -> TemplateResponse:
    """A page inside the console's frame: navigation, theme, messages."""
    return TemplateResponse(
        request,
        template,
        {**admin.site.each_context(request), "title": title, **context},
        status=status,
    )
