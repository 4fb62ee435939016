"""Forgotten passwords: ask for a link, follow it, choose a new one. Nothing here tells who exists."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.pages.forms import NewPasswordForm, PasswordChangeForm, ResetRequestForm
from accounts.services import passwords
from core import correlation, counter
from core.admin.forms import add_refusal, themed
from core.admin.pages import render_page
from core.errors import DomainError

_LINK = "password_link"


@never_cache
@require_http_methods(["GET", "POST"])
def reset_request(request: HttpRequest) -> HttpResponse:
    """Asks for the address; the answer is the same whether somebody has it or not."""
    form = themed(ResetRequestForm(request.POST or None))
    if request.method == "POST" and form.is_valid():
        if _may_ask():
            passwords.request_reset(form.cleaned_data["email"], now=timezone.now())
            return redirect("admin:password_reset_sent")
        form.add_error(None, "Too many requests. Try again in 15 minutes.")
    return _outside(request, "reset_request", "Forgotten password", form=form)


@never_cache
def reset_sent(request: HttpRequest) -> HttpResponse:
    """What happens next; where mails are kept as files, in which folder."""
    hours = settings.PASSWORD_RESET_TIMEOUT // 3600
    kept = settings.EMAIL_BACKEND == "django.core.mail.backends.filebased.EmailBackend"
    return _outside(request, "reset_sent", "Check your mail", hours=hours, kept=kept)


@never_cache
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "POST"])
def reset_confirm(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """The link of the mail: moves the token into the session, so that no other site sees it as referrer."""
    if token != _LINK:
        request.session[_LINK] = token
        return redirect("admin:password_reset_confirm", uid=uid, token=_LINK)
    secret = request.session.get(_LINK, "")
    person = passwords.person_of_link(uid, secret)
    if person is None:
        return _outside(request, "reset_expired", "This link has ended", status=410)
    form = themed(NewPasswordForm(request.POST or None))
    if request.method == "POST" and form.is_valid():
        try:
            passwords.set_by_link(uid, secret, form.cleaned_data["password"], now=timezone.now())
        except DomainError as error:
            add_refusal(form, error)
        else:
            del request.session[_LINK]
            messages.success(request, "Your password is set. Sign in with it.")
            return redirect("admin:login")
    return _outside(request, "reset_confirm", "Choose a password", form=form, person=person)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest) -> HttpResponse:
    """One's own password; this session goes on, others and all tokens end."""
    user: Any = request.user
    form = themed(PasswordChangeForm(request.POST or None))
    if request.method == "POST" and form.is_valid():
        current, new = form.cleaned_data["current"], form.cleaned_data["password"]
        try:
            passwords.change_password(user, current=current, new=new, now=timezone.now())
        except DomainError as error:
            _show(form, error)
        else:
            update_session_auth_hash(request, user)
            messages.success(request, "Your password is changed. Other sign-ins of yours ended.")
            return redirect("admin:profile")
    return render_page(request, "accounts/password.html", title="Change password", form=form)


def _show(form: forms.Form, error: DomainError) -> None:
    for name, texts in getattr(error, "errors", {}).items():
        for text in texts:
            form.add_error({"new": "password"}.get(name, name), text)


def _may_ask() -> bool:
    """As often as somebody may try to sign in, from one place."""
    key = f"password-reset:{correlation.client_address()}"
    window = int(settings.SIGN_IN_WINDOW.total_seconds())
    return counter.count(key, timeout=window) <= int(settings.SIGN_IN_ATTEMPTS)


def _outside(
    request: HttpRequest, page: str, title: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    """A page for people who are not signed in, in the frame of the sign-in page."""
    shown = {**admin.site.each_context(request), "title": title, **context}
    return TemplateResponse(request, f"registration/{page}.html", shown, status=status)
