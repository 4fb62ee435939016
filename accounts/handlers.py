"""Reactions to Django's own events."""

from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.utils import timezone

from accounts.models import User
from accounts.services import sign_in


@receiver(user_logged_out, dispatch_uid="accounts.sign_out")
def record_sign_out(user: Any = None, **_: Any) -> None:
    """Ending a session of the console belongs into the trail."""
    if isinstance(user, User):
        sign_in.record_sign_out(user, now=timezone.now())
