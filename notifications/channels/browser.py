"""Messages that the browser shows, sent through its maker's push service: Web Push (RFC 8030, 8291, 8292)."""

import base64
import hashlib
import json
from email.utils import parseaddr
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from core.reach import public_only
from notifications.channels.base import (
    Channel,
    DeliveryError,
    Device,
    Letter,
    Receipt,
    Recipient,
)
from notifications.rules import words

_TIMEOUT = (5, 10)
#: How long a push service keeps a message for a browser that is off.
_KEPT_SECONDS = 24 * 60 * 60
_GONE = {404, 410}
_LATER = {408, 425, 429}
#: An encrypted message has 4 kB at most.
_LONGEST_TEXT = 1000


class BrowserChannel(Channel):
    """One message to every browser of a person; it has arrived when one of them took it."""

    key = "browser"

    def __init__(self) -> None:
        self._session: Any = None

    def address_of(self, recipient: Recipient) -> str:
        """The browsers are looked up when the message leaves."""
        return ""

    def send(self, letter: Letter) -> Receipt:
        """Raises DeliveryError when no browser took it."""
        taken: list[str] = []
        refusals: list[DeliveryError] = []
        for device in letter.devices:
            try:
                taken.append(self._push(device, letter))
            except DeliveryError as error:
                refusals.append(error)
        gone = tuple(pk for error in refusals for pk in error.gone)
        if taken:
            return Receipt(provider_id=taken[0], gone=gone)
        # what may still go well comes before what is refused, and that before what is gone
        refusals.sort(key=lambda error: (error.permanent, bool(error.gone)))
        if not refusals:
            raise DeliveryError("No browser of this person takes messages.", permanent=True)
        raise DeliveryError(str(refusals[0]), permanent=refusals[0].permanent, gone=gone)

    def close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _push(self, device: Device, letter: Letter) -> str:
        """Hand it to one browser's push service; returns its address there."""
        from pywebpush import WebPusher  # a second that only who sends has to wait for
        from requests import RequestException

        keys = {"p256dh": device.public_key, "auth": device.secret}
        pusher = WebPusher({"endpoint": device.endpoint, "keys": keys}, self._open())
        with public_only(unless=settings.CHANNELS_PRIVATE) as guard:
            try:
                answer: Any = pusher.send(
                    payload(letter),
                    headers=_headers(device.endpoint, letter),
                    ttl=_KEPT_SECONDS,
                    timeout=_TIMEOUT,
                )
            except RequestException as error:
                if guard.refused:
                    message = "The browser's address lies in a private network."
                    raise DeliveryError(message, permanent=True) from error
                raise DeliveryError("The browser's push service does not answer.") from error
        return _receipt(answer, device)

    def _open(self) -> Any:
        if self._session is None:
            from requests import Session

            self._session = Session()
            self._session.max_redirects = 0
        return self._session


def payload(letter: Letter) -> bytes:
    """What the service worker shows, as JSON."""
    return json.dumps(
        {
            "title": letter.subject,
            "body": words.shorten_lines(letter.text, _LONGEST_TEXT),
            "url": letter.link,
            "tag": letter.reference,
            "urgent": letter.is_urgent,
        },
        ensure_ascii=False,
    ).encode()


@lru_cache(maxsize=4)
def public_key(private_key: str) -> str:
    """What browsers subscribe with: the public half, as URL-safe base64."""
    number = int.from_bytes(base64.urlsafe_b64decode(private_key + "=" * (-len(private_key) % 4)))
    point = ec.derive_private_key(number, ec.SECP256R1()).public_key()
    raw = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _headers(endpoint: str, letter: Letter) -> dict[str, str]:
    """The site's signature; a message that is tried again replaces the one that may have arrived."""
    from py_vapid import Vapid

    parts = urlsplit(endpoint)
    operator = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "sub": f"mailto:{operator}"}
    signed: dict[str, str] = Vapid.from_string(settings.VAPID_PRIVATE_KEY).sign(claims)
    topic = hashlib.sha256(letter.reference.encode()).hexdigest()[:32]
    return {**signed, "Urgency": "high" if letter.is_urgent else "normal", "Topic": topic}


def _receipt(answer: Any, device: Device) -> str:
    status = int(answer.status_code)
    if 200 <= status < 300:
        return str(answer.headers.get("Location", ""))[:200]
    if status in _GONE:
        raise DeliveryError("The browser has unsubscribed.", permanent=True, gone=(device.pk,))
    if status >= 500 or status in _LATER:
        raise DeliveryError(f"The browser's push service is busy (it answered {status}).")
    message = f"The browser's push service refused the message (it answered {status})."
    raise DeliveryError(message, permanent=True)
