"""Versions of rows, so that two people do not overwrite each other unknowingly."""

import hashlib
from typing import Any

from rest_framework.request import Request

from core.api.errors import Stale


def etag_of(row: Any) -> str | None:
    """The version of a row as an HTTP entity tag; None for rows that carry no time of change."""
    changed = getattr(row, "updated_at", None)
    if changed is None:
        return None
    text = f"{row.pk}:{changed.isoformat()}"
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def check_precondition(request: Request, row: Any) -> None:
    """Raise Stale when the request names another version of the row in If-Match."""
    header = request.headers.get("If-Match")
    if not header:
        return
    # compressed on its way, by this site or a proxy, a tag becomes weak; it names the same version of the row
    named = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    if "*" not in named and etag_of(row) not in named:
        raise Stale()
