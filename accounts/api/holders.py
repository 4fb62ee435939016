"""Who holds a session, a token or a key: for doors that stay open and ask again."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from rest_framework.exceptions import APIException
from rest_framework_simplejwt.exceptions import TokenError

from accounts.api.authentication import TokenAuthentication, named_organization
from accounts.backends import EmailBackend
from accounts.models import User
from accounts.services import api_keys
from core.middleware import organization_of_request


@dataclass(frozen=True, slots=True)
class Holder:
    """A person, what they are at present, and the organisation in which they work; two are equal while that stands."""

    user: User = field(compare=False)
    user_id: UUID
    role: str
    organization_id: UUID


def of_session(key: str) -> Holder | None:
    """Who signed in to the console by this session, while it stands."""
    session = SessionStore(key)
    kept = session.load() if key else {}
    try:
        user = EmailBackend().get_user(UUID(str(kept.get(SESSION_KEY))))
    except ValueError:
        return None
    if user is None or not _stands(user, str(kept.get(HASH_SESSION_KEY))):
        return None
    request: Any = HttpRequest()
    request.user, request.session = user, kept
    return _holder(user, organization_of_request(request))


def of_token(text: str, *, organization: str = "") -> Holder | None:
    """Whose access token or API key this is, while it is valid; `organization` is where a platform operator works."""
    key = api_keys.find_usable(text, now=timezone.now())
    if key is not None:
        return _holder(key.user, key.organization_id)
    door = TokenAuthentication()
    try:
        user = door.get_user(door.get_validated_token(text.encode()))
        return _holder(user, named_organization(organization, user))
    except (APIException, TokenError):
        return None


def _stands(user: User, kept: str) -> bool:
    """Whether the password is still that of the session; read only, for nobody here could be given a new cookie."""
    former: Any = user.get_session_auth_fallback_hash()
    return any(
        constant_time_compare(kept, known) for known in (user.get_session_auth_hash(), *former)
    )


def _holder(user: User, organization_id: UUID | None) -> Holder | None:
    if organization_id is None:
        return None
    return Holder(user, user.pk, user.role, organization_id)
