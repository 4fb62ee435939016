"""Periodic clean-up of sign-ins."""

from datetime import datetime, timedelta

from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from core.sweeps import sweep


@sweep("accounts.forget_expired_tokens", every=timedelta(hours=6))
def forget_expired_tokens(now: datetime) -> object:
    return {"removed": OutstandingToken.objects.filter(expires_at__lt=now).delete()[0]}
