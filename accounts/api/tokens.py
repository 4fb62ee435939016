"""Tokens for the API: a day of access, refreshed by a token that works once.

All tokens of one sign-in are a family. Revoking any refresh token ends the whole family, access tokens included.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken
from rest_framework_simplejwt.utils import datetime_from_epoch, get_md5_hash_password

from accounts.models import User
from core.errors import DomainError
from core.tenancy import all_tenants

FAMILY = "family"


class TokenRefused(DomainError):
    """The token is not valid, not valid any more, or was used before."""

    default_code = "token_not_valid"


@dataclass(frozen=True, slots=True)
class Pair:
    access: str
    refresh: str


def issue(user: User) -> Pair:
    """The first pair of a family."""
    with all_tenants(reason="tokens are found by people"):
        token: Any = RefreshToken.for_user(user)
    token[FAMILY] = token["jti"]
    return Pair(str(token.access_token), str(token))


def refresh(text: str) -> Pair:
    """A new pair for a refresh token, which is used up by that. Raises TokenRefused."""
    with all_tenants(reason="tokens are found by people"), transaction.atomic():
        token = _parsed(text)
        user = person_of(token)
        if user is None:
            raise TokenRefused("The token is not valid any more.")
        _, first_use = token.blacklist()
        if not first_use:
            raise TokenRefused("The token was used before.")
        token.set_jti()
        token.set_exp()
        token.set_iat()
        token.outstand()
        return Pair(str(token.access_token), str(token))


def revoke(text: str, *, now: datetime) -> User | None:
    """End the family of a refresh token. Returns the person, if they are still there. Raises TokenRefused."""
    with all_tenants(reason="tokens are found by people"), transaction.atomic():
        token = _parsed(text)
        user = person_of(token)
        token.blacklist()
        mark, _ = OutstandingToken.objects.get_or_create(
            jti=_mark(token.get(FAMILY)),
            defaults={"user": user, "token": "", "created_at": now, "expires_at": _end(token)},
        )
        BlacklistedToken.objects.get_or_create(token=mark)
        return user


def person_of(token: Any) -> User | None:
    """The active person of a token, while password and family stand; one query."""
    try:
        user_id = UUID(str(token[api_settings.USER_ID_CLAIM]))
    except (KeyError, ValueError):
        return None
    revoked = BlacklistedToken.objects.filter(token__jti=_mark(token.get(FAMILY)))
    with all_tenants(reason="tokens are found by people"):
        user: User | None = (
            User.objects.active()
            .select_related("organization")
            .filter(~Exists(revoked), pk=user_id)
            .first()
        )
    if user is None:
        return None
    stands = token.get(api_settings.REVOKE_TOKEN_CLAIM) == get_md5_hash_password(user.password)
    return user if stands else None


def _parsed(text: str) -> Any:
    try:
        return RefreshToken(text)  # type: ignore[arg-type]
    except TokenError as error:
        raise TokenRefused("The token is not valid any more.") from error


def _mark(family: Any) -> str:
    return f"family:{family}"


def _end(token: Any) -> datetime:
    return datetime_from_epoch(token["exp"])
