"""Who calls: a person with a token, a machine with a key, or the console's session."""

from functools import lru_cache
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotFound
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken
from rest_framework_simplejwt.utils import aware_utcnow

from accounts.api import tokens
from accounts.models import ApiKey, Organization, User
from accounts.services import api_keys
from core.tenancy import enter_scope

ORGANIZATION_HEADER = "X-Organization"


@lru_cache(maxsize=4096)
def _signed(raw_token: bytes) -> AccessToken:
    """The claims of a token with the right signature, which last; when they end is for each request to ask."""
    return AccessToken(raw_token)  # type: ignore[arg-type]


class TokenAuthentication(JWTAuthentication):
    """`Authorization: Bearer <access token>`; ends with the token, a new password or the person's leave."""

    def get_validated_token(self, raw_token: bytes) -> Any:
        """As the base, but the signature of a token that was right before is not reckoned again."""
        try:
            token = _signed(raw_token)
            token.check_exp(current_time=aware_utcnow())
        except TokenError:
            return super().get_validated_token(raw_token)  # which tells what is wrong
        return token

    def get_user(self, validated_token: Any) -> User:  # type: ignore[override]
        user = tokens.person_of(validated_token)
        if user is None:
            raise AuthenticationFailed("The token is not valid any more.", code="token_not_valid")
        return user

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        found = super().authenticate(request)
        if found is None:
            return None
        user: Any = found[0]
        enter_scope(chosen_organization(request, user))
        return user, found[1]


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Api-Key <key>`: acts as the key's person, within the key's scope."""

    keyword = "api-key"

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        kind, _, secret = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != self.keyword:
            return None
        key = api_keys.find_usable(secret.strip(), now=timezone.now())
        if key is None:
            raise AuthenticationFailed("This key is unknown, expired or revoked.", code="bad_key")
        enter_scope(key.organization_id)
        key.user.acting_through = f"key {key.name} ({key.prefix}…)"
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        return 'Api-Key realm="api"'


class ConsoleSessionAuthentication(SessionAuthentication):
    """The console's session with its CSRF check; the scope is the middleware's."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        found: tuple[Any, None] | None = super().authenticate(request)
        if found is not None and request.headers.get(ORGANIZATION_HEADER):
            enter_scope(chosen_organization(request, found[0]))
        return found


def chosen_organization(request: Request, user: User) -> UUID:
    """The person's organisation; a platform operator names another by `X-Organization: <slug>`."""
    return named_organization(request.headers.get(ORGANIZATION_HEADER, ""), user)


def named_organization(slug: str, user: User) -> UUID:
    """The person's organisation, or the one that a platform operator names. Raises NotFound for anybody else's."""
    if not slug or slug == user.organization.slug:
        return user.organization_id
    found = Organization.objects.filter(slug=slug).values_list("pk", flat=True).first()
    if found is None or not user.is_superuser:
        raise NotFound("There is no such organisation.")
    return found


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """For the OpenAPI document."""

    target_class = "accounts.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """For the OpenAPI document."""

    target_class = "accounts.api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "Api-Key followed by a space and the key.",
        }


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """For the OpenAPI document."""

    target_class = "accounts.api.authentication.ConsoleSessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
