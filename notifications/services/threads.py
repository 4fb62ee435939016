"""Mails about one thing stand together: each answers a first one that is the same for a recipient, and never sent."""

from urllib.parse import urlsplit
from uuid import UUID, uuid5

from django.conf import settings


def headers(about: UUID, recipient: UUID) -> dict[str, str]:
    """What puts mails about this object to this recipient into one thread (RFC 5322, 3.6.4)."""
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    first = f"<{uuid5(about, recipient.hex)}@{host}>"
    return {"In-Reply-To": first, "References": first}
