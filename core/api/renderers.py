"""JSON as the serializers would write it, several times faster."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import orjson
from django.utils.duration import duration_string
from rest_framework.renderers import BaseRenderer


class JSONRenderer(BaseRenderer):
    """Renders serializer output and rows of `.values()` alike: decimals as text, UTC as Z."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        if data is None:
            return b""
        options = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS
        if _wants_indent(accepted_media_type, renderer_context):
            options |= orjson.OPT_INDENT_2
        return orjson.dumps(data, default=_other, option=options)


def _wants_indent(media_type: str | None, context: Mapping[str, Any] | None) -> bool:
    """The browsable API asks for it."""
    return "indent" in (media_type or "") or bool((context or {}).get("indent"))


def _other(value: Any) -> Any:
    match value:
        case Decimal():
            return format(value, "f")
        case timedelta():
            return duration_string(value)
        case Mapping():
            return dict(value)
        case bytes():
            return value.decode()
        case set() | frozenset():
            return sorted(value, key=str)
        case list() | tuple():
            return list(value)
    if hasattr(value, "__iter__") and not isinstance(value, str):
        return list(value)
    return str(value)
