"""How events are signed, by the Standard Webhooks specification (https://www.standardwebhooks.com)."""

import base64
import hashlib
import hmac
from collections.abc import Iterable

PREFIX = "whsec_"


def secret_of(key: bytes) -> str:
    """A key as receivers are given it. The specification asks for 24 to 64 bytes."""
    return PREFIX + base64.b64encode(key).decode()


def signature(secret: str, *, event_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the signature; `timestamp` is in seconds since 1970."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{event_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(
    secrets: Iterable[str], *, event_id: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """What a request bears: one signature for each secret, so that a receiver that knows any of them is content."""
    found = (
        signature(secret, event_id=event_id, timestamp=timestamp, body=body) for secret in secrets
    )
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(found),
    }
