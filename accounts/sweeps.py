"""Periodic jobs about people."""

from datetime import datetime, timedelta

from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from accounts.services import certificates
from core.sweeps import sweep


@sweep("accounts.forget_expired_tokens", every=timedelta(hours=6))
def forget_expired_tokens(now: datetime) -> object:
    return {"removed": OutstandingToken.objects.filter(expires_at__lt=now).delete()[0]}


@sweep("accounts.warn_of_certificates", every=timedelta(hours=1))
def warn_of_certificates(now: datetime) -> object:
    """People hear in time that a certificate ends."""
    return {"told": certificates.warn_organizations(now=now)}
