"""Browsers that show messages: taken up, let go."""

import base64
import hashlib
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from accounts.models import User
from core import audit
from core.errors import Invalid
from core.tenancy import all_tenants, tenant_scope
from notifications.models import BrowserSubscription

#: More are old ones that nobody uses: the oldest make room.
MOST_BROWSERS = 10
_LONGEST_ENDPOINT, _LONGEST_LABEL = 1000, 80
_PUBLIC_BYTES, _SECRET_BYTES = 65, 16


@transaction.atomic
def subscribe(
    user: User, *, endpoint: str, public_key: str, secret: str, label: str, now: datetime
) -> BrowserSubscription:
    """Show messages of this person in a browser; one that showed somebody else's shows theirs no more.

    Raises Invalid for what is no subscription that a browser made.
    """
    _check(endpoint, public_key, secret)
    hashed = _hashed(endpoint)
    with all_tenants(
        reason="a browser may have shown messages of somebody of another organisation"
    ):
        BrowserSubscription.objects.filter(endpoint_hash=hashed).delete()
    with tenant_scope(user.organization_id):
        mine = BrowserSubscription.objects.filter(user=user)
        oldest = mine.order_by("-created_at", "-pk").values_list("pk", flat=True)
        mine.filter(pk__in=list(oldest[MOST_BROWSERS - 1 :])).delete()
        made: BrowserSubscription = BrowserSubscription.objects.create(
            user=user,
            endpoint=endpoint,
            endpoint_hash=hashed,
            public_key=public_key,
            secret=secret,
            label=label[:_LONGEST_LABEL] or "A browser",
        )
        audit.record("show messages in a browser", made, by=user, now=now)
    return made


@transaction.atomic
def unsubscribe(user: User, endpoint: str, *, now: datetime) -> bool:
    """Show messages in this browser no more; false when it shows none of this person."""
    with tenant_scope(user.organization_id):
        mine = BrowserSubscription.objects.filter(user=user, endpoint_hash=_hashed(endpoint))
        found = mine.first()
        if found is None:
            return False
        audit.record("end messages in a browser", found, by=user, now=now)
        found.delete()
    return True


def hashes(user: User) -> list[str]:
    """By which a browser recognises that it shows messages of this person."""
    with tenant_scope(user.organization_id):
        mine = BrowserSubscription.objects.filter(user=user).order_by("pk")
        return list(mine.values_list("endpoint_hash", flat=True))


def _hashed(endpoint: str) -> str:
    return hashlib.sha256(endpoint.encode()).hexdigest()


def _check(endpoint: str, public_key: str, secret: str) -> None:
    try:
        parts = urlsplit(endpoint)
        host, _ = parts.hostname, parts.port
        keys = [len(_bytes(public_key)), len(_bytes(secret))]
    except ValueError:
        host, keys = None, []
    schemes = {"https", "http"} if settings.CHANNELS_PRIVATE else {"https"}
    is_sound = (
        host and ":" not in host and parts.scheme in schemes and len(endpoint) <= _LONGEST_ENDPOINT
    )
    if not is_sound or keys != [_PUBLIC_BYTES, _SECRET_BYTES]:
        raise Invalid("This is not a subscription of a browser. Try again.")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
