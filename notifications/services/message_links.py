"""The short link of a message, for a phone at night: whoever holds it sees its title and can take it up.

It is a message's id with a seal of 64 bits: short enough for an SMS, and nobody guesses one.
"""

import base64
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from core.errors import Invalid
from core.tenancy import all_tenants
from notifications.models import Notification
from notifications.services import links

_SALT = "notifications.message_links"
_SEAL_BYTES = 8


def address(message: UUID) -> str:
    """The link, as it stands in a message."""
    code = base64.urlsafe_b64encode(message.bytes + _seal(message)).decode()
    return links.absolute(reverse("message_link", args=[code]))


def read(code: str) -> UUID:
    """Which message the link is of. Raises Invalid when it was not made here."""
    try:
        raw = base64.urlsafe_b64decode(code)
        message = UUID(bytes=raw[:16])
    except ValueError as error:
        raise Invalid("This link is incomplete. Copy it whole from the message.") from error
    if not _is_sealed(message, raw[16:]):
        raise Invalid("This link is incomplete. Copy it whole from the message.")
    return message


def find(code: str) -> Notification | None:
    """The message that a link is of, while its recipient is active. Raises Invalid when it was not made here."""
    pk = read(code)
    with all_tenants(reason="a link is opened before anybody's organisation is known"):
        rows = Notification.objects.select_related("recipient__organization", "acknowledged_by")
        found: Notification | None = rows.filter(pk=pk, recipient__is_active=True).first()
    return found


def _is_sealed(message: UUID, seal: bytes) -> bool:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(constant_time_compare(_seal(message, secret), seal) for secret in secrets)


def _seal(message: UUID, secret: str | None = None) -> bytes:
    made = salted_hmac(_SALT, message.bytes, secret=secret, algorithm="sha256")
    return made.digest()[:_SEAL_BYTES]
