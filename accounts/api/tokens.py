"""Tokens for the API: a day of access, refreshed by a token that works once.

All tokens of one sign-in are a family. Revoking any refresh token ends the whole family, access tokens included; so
does using a refresh token twice, because then somebody else has it too.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import RefreshToken, Token
from rest_framework_simplejwt.utils import datetime_from_epoch, get_md5_hash_password

from accounts.models import User
from accounts.services import tokens as families
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
        families.begin_family(token["jti"], user, now=token.current_time, expires_at=_end(token))
    return Pair(str(token.access_token), str(token))


def refresh(text: str) -> Pair:
    """A new pair for a refresh token, which is used up by that. Raises TokenRefused."""
    with all_tenants(reason="tokens are found by people"), transaction.atomic():
        token = _parsed(text, used_too=True)
        if person_of(token) is None:
            raise TokenRefused("The token is not valid any more.")
        _, first_use = token.blacklist()
        if first_use:
            token.set_jti()
            token.set_exp()
            token.set_iat()
            token.outstand()
            families.prolong_family(str(token.get(FAMILY)), expires_at=_end(token))
            return Pair(str(token.access_token), str(token))
        families.end_family(str(token.get(FAMILY)))
    raise TokenRefused("The token was used before.")


def revoke(text: str) -> User | None:
    """End the family of a refresh token. Returns the person, if they are still there. Raises TokenRefused."""
    with all_tenants(reason="tokens are found by people"), transaction.atomic():
        token = _parsed(text)
        user = person_of(token)
        token.blacklist()
        families.end_family(str(token.get(FAMILY)))
        return user


def person_of(token: Any) -> User | None:
    """The active person of a token, while password and family stand; one query."""
    try:
        user_id = UUID(str(token[api_settings.USER_ID_CLAIM]))
    except (KeyError, ValueError):
        return None
    user = families.person_of(user_id, token.get(FAMILY))
    if user is None:
        return None
    stands = token.get(api_settings.REVOKE_TOKEN_CLAIM) == get_md5_hash_password(user.password)
    return user if stands else None


class _AnyRefreshToken(Token):
    """A refresh token whose signature, kind and end are right, whether or not it was used before."""

    token_type = RefreshToken.token_type
    lifetime = RefreshToken.lifetime


def _parsed(text: str, *, used_too: bool = False) -> Any:
    try:
        if not used_too:
            return RefreshToken(text)  # type: ignore[arg-type]
        _AnyRefreshToken(text)  # type: ignore[arg-type]
        return RefreshToken(text, verify=False)  # type: ignore[arg-type]
    except TokenError as error:
        raise TokenRefused("The token is not valid any more.") from error


def _end(token: Any) -> datetime:
    return datetime_from_epoch(token["exp"])
