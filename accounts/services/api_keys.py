"""Keys for machines: made once, shown once, revoked for good."""

import hashlib
import secrets
from datetime import datetime

from django.db import transaction
from django.db.models import CharField, DateTimeField, QuerySet

from accounts.models import ApiKey, User
from accounts.rights import ROLE_RANK, Role
from accounts.services import users
from core import audit
from core.errors import Conflict, Invalid, NotAllowed
from core.querysets.prepared import Prepared, Slot
from core.services import records
from core.tenancy import all_tenants

_MARK = "msk"


def create_key(
    *, name: str, user: User, scope: str, expires_at: datetime, by: User, now: datetime
) -> tuple[ApiKey, str]:
    """A new key that acts as `user`, and its secret, which is kept nowhere.

    Keys act for oneself or for people of lower rank: nobody gets to act under the name of an equal.
    """
    if not users.may_act_for(by, user):
        raise NotAllowed("A key may act for yourself or for somebody of lower rank than yours.")
    if expires_at <= now:
        raise Invalid("The end must lie in the future.", field="expires_at")
    if not user.is_active:
        raise Invalid("This person is not active.", field="user")
    prefix = secrets.token_hex(4)
    secret = f"{_MARK}_{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey(
        name=name,
        user=user,
        scope=scope,
        role=user.role,
        expires_at=expires_at,
        prefix=prefix,
        secret_hash=_hash(secret),
    )
    return records.create(key, by=by, now=now), secret


def _usable() -> QuerySet[ApiKey]:
    with all_tenants(reason="sign-in by API key"):
        rows = ApiKey.objects.usable(now=Slot("now", DateTimeField()))
        keys: QuerySet[ApiKey] = rows.select_related("user__organization")
        return keys.filter(prefix=Slot("prefix", CharField()))


_USABLE = Prepared(_usable)


def find_usable(secret: str, *, now: datetime) -> ApiKey | None:
    """The key with this secret, unless it is revoked, expired or its person has left since it was made.

    Its person comes with the lower of the key's role and their own.
    """
    parts = secret.split("_", 2)
    if len(parts) != 3 or parts[0] != _MARK or not secret.isascii():
        return None
    key: ApiKey | None = _USABLE.first(now=now, prefix=parts[1][:12])
    if key is None or not secrets.compare_digest(key.secret_hash, _hash(secret)):
        return None
    key.user.role = min(key.role, key.user.role, key=lambda role: ROLE_RANK[Role(role)])
    return key


def revoke_key(key: ApiKey, *, by: User, now: datetime) -> ApiKey:
    """From now on the key opens nothing. Raises Conflict when it was revoked before."""
    with transaction.atomic():
        taken = ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(
            revoked_at=now, revoked_by=by, updated_at=now
        )
        if not taken:
            raise Conflict("This key is already revoked.", code="already_revoked")
        key.refresh_from_db()
        audit.record("revoke", key, by=by, now=now)
    return key


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
