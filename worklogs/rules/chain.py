"""The hash chain over the log of work: each row's hash covers its content and the hash before it."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID


def link(content: Mapping[str, Any], previous_hash: str) -> str:
    """SHA-256 in hex over the canonical JSON of `content` and the hash of the row before it ("" for the first).

    Canonical: keys sorted, no spaces, UTF-8; moments in UTC with microseconds; ids as text.
    """
    plain = {name: _plain(value) for name, value in content.items()}
    text = json.dumps(
        {**plain, "previous_hash": previous_hash},
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value) if isinstance(value, UUID) else value
