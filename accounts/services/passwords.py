"""Passwords: rules, changes, invitations and resets by mail.

Mails leave as `accounts.mail.requested` events, so that a mail server that is down fails no request. An event says only
who gets which letter. The text is written when it is sent: its link opens the account, so it is kept nowhere.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import password_validation
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from accounts.models import User
from core import audit, outbox
from core.errors import Invalid
from core.tenancy import all_tenants, tenant_scope

_HOURS = settings.PASSWORD_RESET_TIMEOUT // 3600


class _Links(PasswordResetTokenGenerator):
    """Links that also end with the access of their person."""

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.access_ended_at or ''}"


_links = _Links()


class Letter(StrEnum):
    """A letter with a link by which its reader, and nobody else, chooses a password."""

    PASSWORD_RESET = "password_reset"  # noqa: S105 - a kind of letter
    INVITATION = "invitation"


def check(password: str, user: User | None, *, field: str = "password") -> None:
    """Raise Invalid with a sentence for each rule that the password breaks."""
    try:
        password_validation.validate_password(password, user)
    except ValidationError as error:
        raise Invalid(errors={field: error.messages}) from error


def change_password(user: User, *, current: str, new: str, now: datetime) -> None:
    """The person's own change. Tokens and other sessions end with the old password."""
    if not user.check_password(current):
        raise Invalid("This is not your current password.", field="current")
    check(new, user, field="new")
    _set(user, new, action="password_change", now=now)


def request_reset(email: str, *, now: datetime) -> None:
    """Mail a link to the active person with this address. Callers answer the same when there is none."""
    with all_tenants(reason="password reset"):
        user = User.objects.active().filter(email=email.strip().lower()).first()
    if user is None:
        return
    with tenant_scope(user.organization_id), transaction.atomic():
        audit.record("password_reset_request", user, by=None, now=now)
        _mail(user, Letter.PASSWORD_RESET, now=now)


def send_invitation(user: User, *, now: datetime) -> None:
    """Mail a link with which a new person chooses the first password."""
    with transaction.atomic():
        _mail(user, Letter.INVITATION, now=now)


def subject_of(letter: Letter, user: User) -> str:
    """The subject; it tells no secret."""
    if letter is Letter.PASSWORD_RESET:
        return "Choose a new password"
    return f"Welcome to {user.organization.name}"


def write(letter: Letter, user: User) -> str:
    """The text with a fresh link. For whoever hands it to the mail server at once, never for storing."""
    if letter is Letter.PASSWORD_RESET:
        return (
            f"Hello {user.name},\n\nsomebody asked for a new password for {user.email}. To choose one, open:\n\n"
            f"{_link(user)}\n\nThe link works once, for {_HOURS} hours. "
            "If it was not you, ignore this message: nothing has changed."
        )
    return (
        f"Hello {user.name},\n\nyou can now use Mainstay for {user.organization.name}. "
        f"Sign in with {user.email}. Choose your password here:\n\n{_link(user)}\n\n"
        f"The link works once, for {_HOURS} hours. Later, ask for a new one under "
        f"{settings.SITE_URL}{reverse('admin:admin_password_reset')}"
    )


def person_of_link(uid: str, token: str) -> User | None:
    """The active person for whom a link was made, while it is good."""
    try:
        user_id = UUID(urlsafe_base64_decode(uid).decode())
    except (ValueError, OverflowError):
        return None
    with all_tenants(reason="password reset"):
        user: User | None = (
            User.objects.active().select_related("organization").filter(pk=user_id).first()
        )
    good = user is not None and _links.check_token(user, token)
    return user if good else None


def set_by_link(uid: str, token: str, password: str, *, now: datetime) -> User:
    """Choose a password with a link; each link does so once. Raises Invalid."""
    user = person_of_link(uid, token)
    if user is None:
        raise Invalid("This link was used before, or its time is over. Ask for a new one.")
    check(password, user)
    with tenant_scope(user.organization_id), transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        if not _links.check_token(locked, token):
            raise Invalid("This link was used before. Ask for a new one.")
        _set(user, password, action="password_reset", now=now)
    return user


def _set(user: User, password: str, *, action: str, now: datetime) -> None:
    with tenant_scope(user.organization_id), transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password", "updated_at"])
        audit.record(action, user, by=user, now=now)


def _link(user: User) -> str:
    uid = urlsafe_base64_encode(str(user.pk).encode())
    token = _links.make_token(user)
    return f"{settings.SITE_URL}{reverse('admin:password_reset_confirm', args=[uid, token])}"


def _mail(user: User, letter: Letter, *, now: datetime) -> None:
    outbox.publish(
        "accounts.mail.requested",
        {"user_id": user.pk, "letter": letter},
        organization_id=user.organization_id,
        now=now,
    )
