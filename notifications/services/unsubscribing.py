"""Turning mail off from within a mail, without signing in (RFC 8058)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core import signing
from django.urls import reverse

from accounts.models import User
from core.errors import Invalid
from core.tenancy import tenant_scope
from notifications.models import Kind
from notifications.services import links, preferences

_SALT = "notifications.unsubscribe"


@dataclass(frozen=True, slots=True)
class Subscription:
    """What one link turns off: these kinds, through this channel, for this person."""

    organization_id: UUID
    user_id: UUID
    channel: str
    kinds: tuple[str, ...]

    @property
    def labels(self) -> list[str]:
        """The kinds as people read them."""
        return [str(Kind(kind).label) for kind in self.kinds]


def address(*, organization_id: UUID, user_id: UUID, channel: str, kinds: Collection[str]) -> str:
    """The link for a mail; it stays valid, because mail is read late."""
    parts = [organization_id.hex, user_id.hex, channel, *sorted(kinds)]
    token = signing.Signer(salt=_SALT).sign_object(parts, compress=True)
    return links.absolute(reverse("admin:notifications_unsubscribe", args=[token]))


def read(token: str) -> Subscription:
    """What the link turns off. Raises Invalid when it was not made here."""
    try:
        organization, user, channel, *kinds = signing.Signer(salt=_SALT).unsign_object(token)
    except signing.BadSignature as error:
        raise Invalid("This link is incomplete. Copy it whole from the mail.") from error
    return Subscription(UUID(organization), UUID(user), channel, tuple(kinds))


def unsubscribe(subscription: Subscription, *, now: datetime) -> None:
    """Turn off what the link names; doing it twice changes nothing more."""
    with tenant_scope(subscription.organization_id):
        user = User.objects.filter(pk=subscription.user_id).first()
        if user is not None:
            wishes = {(kind, subscription.channel): False for kind in subscription.kinds}
            preferences.choose(user, wishes, by=user, now=now)
