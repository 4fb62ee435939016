"""Signing in and out, from the console and by the API: limited, recorded, silent about who exists."""

import hashlib
from contextlib import suppress
from datetime import datetime

from django.conf import settings
from django.contrib.auth import authenticate
from django.core.cache import cache
from django.http import HttpRequest

from accounts.models import User
from core import audit, correlation, counter
from core.errors import DomainError
from core.tenancy import all_tenants, tenant_scope

#: From one place, such as a house behind one address, so many people may fail as often as each may.
_PEOPLE_PER_PLACE = 5


class WrongCredentials(DomainError):
    """The e-mail address or the password is wrong, or the person is not active; which one is not said."""

    default_code = "wrong_credentials"


class TooManyAttempts(DomainError):
    """Too many failures for this address from this place; `seconds` until the next may be tried."""

    default_code = "too_many_attempts"

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many attempts. Try again in {max(1, round(seconds / 60))} minutes.")
        self.seconds = seconds


def sign_in(
    *, email: str, password: str, now: datetime, request: HttpRequest | None = None
) -> User:
    """The person behind the credentials. Raises WrongCredentials or TooManyAttempts; all is recorded."""
    email = email.strip().lower()
    window = int(settings.SIGN_IN_WINDOW.total_seconds())
    place, counter = _counter(""), _counter(email)
    attempts = int(settings.SIGN_IN_ATTEMPTS)
    # Both are counted every time: otherwise the end of one limit would hide the other.
    of_place, of_person = _counted(place, window), _counted(counter, window)
    if of_person > attempts or of_place > _PEOPLE_PER_PLACE * attempts:
        raise TooManyAttempts(window)
    user = authenticate(request, username=email, password=password)
    if not isinstance(user, User):
        _record_failure(email, now=now)
        raise WrongCredentials("The e-mail address or the password is wrong.")
    cache.delete(counter)
    _uncount(place)
    with tenant_scope(user.organization_id):
        User.objects.filter(pk=user.pk).update(last_login=now)
    user.last_login = now
    audit.record("sign_in", user, by=user, now=now, organization_id=user.organization_id)
    return user


def record_sign_out(user: User, *, now: datetime) -> None:
    audit.record("sign_out", user, by=user, now=now, organization_id=user.organization_id)


def _counted(key: str, window: int) -> int:
    """This attempt's number; counted before the password is looked at, so that a race gains nothing."""
    return counter.count(key, timeout=window)


def _uncount(counter: str) -> None:
    """A success is no failure of its place, where many may sign in."""
    with suppress(ValueError):  # the window ended just now
        cache.decr(counter)


def _counter(email: str) -> str:
    """Failures for an address from one place; with no address, all from that place."""
    who = f"{email} {correlation.client_address()}"
    return f"sign-in:{hashlib.sha256(who.encode(errors='replace')).hexdigest()}"


def _record_failure(email: str, *, now: datetime) -> None:
    with all_tenants(reason="sign-in"):
        known: User | None = User.objects.filter(email=email).first()
    label = email.replace("\0", "")[:200]
    target = known or ("accounts.user", "", label)
    organization_id = known.organization_id if known else None
    audit.record("sign_in_failed", target, by=None, now=now, organization_id=organization_id)
